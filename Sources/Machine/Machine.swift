public import Diagnostics
public import Formats

/// The memories of one core as real bytes, and typed access to them.
///
/// Knows no time.
///
/// SBUF and PSUM are addressed by partition and byte, HBM by tensor. Programs must have passed their
/// static checks (shapes, bounds, capacity) before they run here; what can only be known while
/// running (uninitialised reads, dynamic offsets) is a `Trap`.
public struct Machine: ~Copyable {
  /// Sizes of the memories.
  public let geometry: Geometry
  /// The program's tensors.
  public private(set) var tensors: [Tensor] = []
  /// How results are rounded when they are stored.
  public var rounding: Rounding
  /// Whether the engine that runs computes with 32-bit integers natively, as GpSimd does.
  ///
  /// All others compute in fp32, which is exact up to 2^24.
  public var hasNativeIntegers = false
  /// What Vector keeps between instructions.
  public var vectorState: EngineState
  /// What the Scalar engine keeps between instructions.
  public var scalarState: EngineState
  /// What GpSimd keeps between instructions.
  public var gpsimdState: EngineState
  /// Who gets what `device_print` shows.
  public var onPrint: ((PrintedValue) -> Void)?
  /// Who is told of the first read of bytes of a memory that nothing wrote.
  ///
  /// With a listener they are NaN, and 4 in integers of HBM, as in the vendor's simulator (NKI documentation, "NKI
  /// simulator"); without one the read is a fault.
  public var onUndefinedRead: ((Trap) -> Void)?

  /// Who is told of results that depend on the order in which the parts of one instruction are done.
  public var onUndefinedResult: ((Trap) -> Void)?
  /// Whether such results are faults.
  public var faultsOnUndefinedResults = false

  /// Tells of a result that the machine leaves undefined.
  public func noteUndefinedResult(_ trap: Trap) throws(Trap) {
    if faultsOnUndefinedResults { throw trap }
    onUndefinedResult?(trap)
  }

  /// The first tensor, or memory on chip, that the system had no memory for; the machine cannot be used then.
  public private(set) var missing: String?

  let pool = BufferPool()
  let onChip: [MemoryBank]
  private(set) var device: [MemoryBank] = []

  /// Empty memories for the given tensors; HBM inputs count as written only once they are filled.
  public init(geometry: Geometry, tensors: [Tensor], rounding: Rounding = .nearestEven) {
    self.geometry = geometry
    self.rounding = rounding
    vectorState = EngineState(partitions: geometry.partitions)
    scalarState = vectorState
    gpsimdState = vectorState
    onChip = SpareMemories.take(geometry)
    if onChip.contains(where: \.isMissing) { missing = "the memories on chip" }
    for tensor in tensors { declare(tensor) }
  }

  deinit { SpareMemories.give(onChip, geometry) }

  /// Adds a tensor, whose id is the number of tensors before it.
  public mutating func declare(_ tensor: Tensor) {
    tensors.append(tensor)
    if let base = tensor.base {
      device.append(device[Int(base.index)])
    } else {
      // On-chip tensors get an empty bank, so that a tensor's index is its bank's index.
      let bank = MemoryBank(rows: 1, rowBytes: tensor.space == .hbm ? tensor.bytes : 0)
      if bank.isMissing { missing = missing ?? "'\(tensor.name)'" }
      device.append(bank)
    }
  }

  /// Adds an HBM tensor whose memory is the caller's, in use until the machine's life ends.
  /// - Throws: A diagnostic where the memory has not exactly the tensor's size, or the tensor none of
  ///   its own.
  public mutating func declare(
    _ tensor: Tensor, in memory: UnsafeMutableRawBufferPointer
  ) throws(DiagnosticError) {
    try tensor.requireMemory(of: UInt64(memory.count))
    tensors.append(tensor)
    device.append(MemoryBank(memory: memory))
    if tensor.role.isGiven { markWritten(TensorID(tensors.count - 1)) }
  }

  /// Adds an HBM tensor whose memory is another core's.
  /// - Throws: A diagnostic where the other core's tensor has another size.
  public mutating func declare(
    _ tensor: Tensor, sharing other: borrowing Machine, _ id: TensorID
  ) throws(DiagnosticError) {
    let bank = other.device[Int(id.index)]
    try tensor.requireMemory(of: UInt64(bank.rowBytes))
    tensors.append(tensor)
    device.append(bank)
  }

  /// Counts an HBM tensor as written, whatever is in it.
  private func markWritten(_ tensor: TensorID) { device[Int(tensor.index)].markAllWritten() }

  /// A tile of the given extents with undefined contents.
  public func makeTile<Element: BitwiseCopyable>(
    rows: Int, columns: Int, of type: Element.Type = Float.self
  ) -> Tile<Element> {
    Tile(rows: rows, columns: columns, pool: pool)
  }

  /// Fills an HBM tensor with raw bytes and marks it as written.
  public mutating func fill(_ tensor: TensorID, bytes: [UInt8]) {
    let bank = device[Int(tensor.index)]
    precondition(bytes.count <= bank.rowBytes, "\(bytes.count) bytes for \(bank.rowBytes)")
    bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      bank.memory.copyMemory(from: base, byteCount: bytes.count)
    }
    bank.mark(0, bytes.count)
  }

  /// Copies a tensor's raw bytes, partition after partition on chip, and for each element whether all
  /// of it was written (1 or 0).
  public func copy(
    _ id: TensorID, into target: UnsafeMutableRawBufferPointer,
    written: UnsafeMutableBufferPointer<UInt8>?
  ) {
    let tensor = tensors[Int(id.index)]
    precondition(target.count == tensor.bytes, "\(target.count) bytes for \(tensor.bytes)")
    precondition(
      written.map { $0.count == tensor.elements } ?? true, "marks for \(tensor.elements) elements")
    let isHBM = tensor.space == .hbm
    let bank = isHBM ? device[Int(id.index)] : onChip[tensor.space == .sbuf ? 0 : 1]
    let rows = isHBM ? 1 : tensor.partitions
    let rowBytes = tensor.bytes / rows
    let size = tensor.dtype.size
    guard let base = target.baseAddress else { return }
    for row in 0..<rows {
      let start = isHBM ? 0 : (tensor.partition + row) * bank.rowBytes + tensor.address
      (base + row * rowBytes).copyMemory(from: bank.memory + start, byteCount: rowBytes)
      guard let first = written?.baseAddress else { continue }
      let marks = first + row * (rowBytes / size)
      if bank.firstNeverWritten(start, rowBytes) == nil {
        marks.update(repeating: 1, count: rowBytes / size)
      } else {
        for i in 0..<rowBytes / size {
          marks[i] = bank.firstNeverWritten(start + i * size, size) == nil ? 1 : 0
        }
      }
    }
  }

  /// Puts NaN (4 in integers) into an HBM tensor of the machine's own, which counts as unwritten all the same.
  ///
  /// It is what the vendor's simulator has in undefined memory (NKI documentation, "NKI simulator").
  public mutating func fillUndefined(_ id: TensorID) {
    device[Int(id.index)].fillUnwritten(with: tensors[Int(id.index)].dtype.undefinedElement)
  }

  /// Lets instructions read what was never written of an HBM tensor.
  public mutating func allowUndefinedReads(of id: TensorID) {
    device[Int(id.index)].allowsUndefinedReads = true
  }

  /// Fills an HBM tensor, which is never written, block by block as it is read.
  public mutating func fill(_ tensor: TensorID, lazily contents: LazyContents) {
    device[Int(tensor.index)].fill(lazily: contents)
  }

  /// The raw bytes of an HBM tensor, and the first byte that was never written.
  public func contents(of tensor: TensorID) -> (bytes: [UInt8], firstUnwritten: Int?) {
    let bank = device[Int(tensor.index)]
    let count = tensors[Int(tensor.index)].bytes
    let bytes = [UInt8](UnsafeRawBufferPointer(start: bank.memory, count: count))
    return (bytes, bank.firstNeverWritten(0, count))
  }
}

/// Contents of a tensor that are made when they are needed: most experts of a layer never are.
public struct LazyContents: Sendable {
  /// Bytes of a block; the last may be shorter.
  public let blockBytes: Int
  /// Makes a block: its number, where it goes, its bytes.
  public let fill: @Sendable (Int, UnsafeMutableRawPointer, Int) -> Void

  /// Makes a rule.
  public init(
    blockBytes: Int, fill: @escaping @Sendable (Int, UnsafeMutableRawPointer, Int) -> Void
  ) {
    self.blockBytes = blockBytes
    self.fill = fill
  }
}
