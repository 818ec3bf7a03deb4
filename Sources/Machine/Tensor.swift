public import Diagnostics
public import Formats

/// Where a tensor lives.
public enum MemorySpace: UInt8, CaseIterable, Hashable, Sendable {
  // Raw values are the wire format of binary programs: append only.
  case hbm = 0
  case sbuf = 1
  case psum = 2

  /// Lower-case name as in program texts.
  public var name: String { String(describing: self) }
}

/// The index of a tensor in its program's tensor table.
public struct TensorID: Hashable, Sendable {
  /// Position in the table; negative means "not set".
  public var index: Int32

  /// Makes an id.
  @inlinable public init(_ index: Int) { self.index = Int32(truncatingIfNeeded: index) }

  /// The id of an operand that was never given.
  public static let unset = TensorID(-1)
}

/// Where a tensor lies in SBUF or PSUM.
public struct OnChipPlace: Hashable, Sendable {
  /// First partition.
  public var partition: Int
  /// First byte within each partition.
  public var byte: Int

  /// Makes a place.
  @inlinable public init(partition: Int = 0, byte: Int = 0) {
    self.partition = partition
    self.byte = byte
  }
}

/// A tensor's declaration: name, place, element type and shape.
public struct Tensor: Hashable, Sendable {
  /// What an HBM tensor is to the caller.
  public enum Role: UInt8, CaseIterable, Hashable, Sendable {
    case scratch = 0
    case input = 1
    case output = 2
    /// Given by the caller, and given back.
    case `inout` = 3
    /// Scratch that the cores of a rank share.
    case shared = 4

    /// Whether the caller gives the contents.
    public var isGiven: Bool { self == .input || self == .inout }
    /// Whether the caller reads the contents.
    public var isReturned: Bool { self == .output || self == .inout }
  }

  /// Unique within a program.
  public var name: String
  /// Memory that holds it.
  public var space: MemorySpace
  /// Element type.
  public var dtype: DType
  /// Extents in elements; on chip the first is the partition dimension.
  public var shape: [Int]
  /// What it is to the caller; on-chip tensors are always scratch.
  public var role: Role
  /// Where it lies on chip; `nil` in HBM, and for what the compiler is to place.
  public var place: OnChipPlace?
  /// The tensor whose memory it is, seen with other elements or extents; `nil` for its own.
  ///
  /// On chip it is where its base is, and has no place of its own.
  public var base: TensorID?
  /// Where it was declared.
  public var location: SourceLocation?

  /// Makes a declaration.
  public init(
    name: String, space: MemorySpace, dtype: DType, shape: [Int], role: Role = .scratch,
    place: OnChipPlace?, base: TensorID? = nil, location: SourceLocation? = nil
  ) {
    self.name = name
    self.space = space
    self.dtype = dtype
    self.shape = shape
    self.role = role
    self.place = place
    self.base = base
    self.location = location
  }

  /// Makes a declaration of what lies, if it is on chip, at a partition and byte.
  public init(
    name: String, space: MemorySpace, dtype: DType, shape: [Int], role: Role = .scratch,
    partition: Int = 0, address: Int = 0, base: TensorID? = nil, location: SourceLocation? = nil
  ) {
    self.init(
      name: name, space: space, dtype: dtype, shape: shape, role: role,
      place: space == .hbm ? nil : OnChipPlace(partition: partition, byte: address), base: base,
      location: location)
  }

  /// Whether it is on chip and the compiler has yet to say where.
  public var isUnplaced: Bool { space != .hbm && place == nil }
  /// First partition; 0 for HBM and for what is not placed yet.
  public var partition: Int { place?.partition ?? 0 }
  /// First byte within each partition; 0 for HBM and for what is not placed yet.
  public var address: Int { place?.byte ?? 0 }

  /// Elements in all.
  public var elements: Int { shape.reduce(1, *) }
  /// Bytes in all.
  public var bytes: Int { elements * dtype.size }
  /// Elements of one partition (product of all extents but the first).
  public var freeElements: Int { shape.dropFirst().reduce(1, *) }
  /// Bytes of one partition.
  public var freeBytes: Int { freeElements * dtype.size }
  /// Partitions used on chip; extent of the first dimension.
  public var partitions: Int { shape.first ?? 1 }
  /// Whether it is in HBM and not another tensor's memory seen anew.
  public var hasOwnMemory: Bool { space == .hbm && base == nil }

  /// Refuses memory that cannot be this tensor's.
  /// - Throws: A diagnostic with both sizes.
  public func requireMemory(of count: UInt64) throws(DiagnosticError) {
    guard hasOwnMemory else {
      throw DiagnosticError("tensor '\(name)' has no memory of its own in hbm", at: location)
    }
    guard count == UInt64(bytes), count > 0 else {
      throw DiagnosticError(
        "'\(name)' is bound to \(count) bytes, \(dtype) \(shape) needs \(bytes)", at: location)
    }
  }
}
