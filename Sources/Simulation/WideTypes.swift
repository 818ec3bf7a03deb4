import Diagnostics
import Formats
import ISA
public import Machine
import Programs

/// How values of bfloat16 and the 8-bit floats are kept.
public enum Precision: String, CaseIterable, Hashable, Sendable {
  /// Rounded to their types, as on the machine.
  case precise
  /// As float32, which tells a kernel's logic from its rounding (NKI documentation, "NKI simulator", "Precise
  /// Floating-Point Mode"). The time is the precise program's.
  case wide
}

/// Why a program's values need its element types as they are.
public struct NarrowTypesError: Error {
  /// For people.
  public let reason: String
}

extension DType {
  /// What the type is kept as with wide types.
  var widened: DType {
    switch self {
    case .bfloat16, .float8_e4m3, .float8_e5m2, .float8_e4m3fn: .float32
    default: self
    }
  }

  /// Whether wide types keep it as another one.
  fileprivate var isWidened: Bool { widened != self }
}

extension Geometry {
  /// Bytes on chip for each that the machine has, so that whatever lay apart lies apart: float32 is four times an 8-bit float.
  static let wideFactor = 4

  /// The machine that a program with wide types runs on.
  var widened: Geometry {
    var wide = self
    wide.sbufBytes *= Geometry.wideFactor
    wide.psumBytes *= Geometry.wideFactor
    wide.psumBankBytes *= Geometry.wideFactor
    wide.hbmBytes *= Geometry.wideFactor
    return wide
  }
}

extension Tensor {
  /// The tensor as wide types keep it.
  public var widened: Tensor {
    var wide = self
    wide.dtype = dtype.widened
    if let place {
      wide.place = OnChipPlace(
        partition: place.partition, byte: place.byte * Geometry.wideFactor)
    }
    return wide
  }
}

extension Program {
  /// The program with wide types; patterns count elements, so instructions stay as they are.
  ///
  /// - Throws: `NarrowTypesError` where an instruction needs the types that it names.
  func widened(_ geometry: Geometry) throws(NarrowTypesError) -> Program {
    var wide = self
    for index in wide.tensors.indices { wide.tensors[index] = tensors[index].widened }
    if let finding = wide.check(geometry.widened).first {
      throw NarrowTypesError(reason: finding.message)
    }
    return wide
  }

  /// Refuses programs, as their authors wrote them, that look at one memory with several types.
  ///
  /// - Throws: `NarrowTypesError` with the tensors.
  func requireWidenable() throws(NarrowTypesError) {
    for tensor in tensors {
      guard let base = tensor.base, tensors.indices.contains(Int(base.index)) else { continue }
      let owner = tensors[Int(base.index)]
      if owner.dtype != tensor.dtype && (owner.dtype.isWidened || tensor.dtype.isWidened) {
        throw NarrowTypesError(
          reason: "'\(owner.name)' is seen as \(owner.dtype) and as \(tensor.dtype)")
      }
    }
    try requireApart(usesOfPlaced())
  }

  /// What the instructions do with a tensor that the author placed.
  private struct Use {
    var tensor: Tensor
    var first: Int
    var last: Int
    var written = 0
    /// Whether something of it is read before all of it is written.
    var takesOver = false
  }

  private func usesOfPlaced() -> [Use] {
    var uses: [Int32: Use] = [:]
    for (index, instruction) in instructions.enumerated() {
      let operation = instruction.operation
      for (field, value) in zip(Swift.type(of: operation).fieldDescriptions, operation.fieldValues)
      {
        guard case .tile(let pattern) = value, tensors.indices.contains(Int(pattern.tensor.index))
        else { continue }
        let id = tensors[Int(pattern.tensor.index)].base ?? pattern.tensor
        let tensor = tensors[Int(id.index)]
        guard tensor.place != nil else { continue }
        var use = uses[id.index] ?? Use(tensor: tensor, first: index, last: index)
        use.last = index
        if field.role != .write && use.written < tensor.elements { use.takesOver = true }
        if field.role != .read {
          use.written += pattern.free.reduce(Int(pattern.rows)) { $0 * Int($1.size) }
        }
        uses[id.index] = use
      }
    }
    return uses.values.sorted { ($0.first, $0.tensor.name) < ($1.first, $1.tensor.name) }
  }

  /// Tensors that the author placed on one another hand values on only where each element stays where it is.
  private func requireApart(_ uses: [Use]) throws(NarrowTypesError) {
    // Loops place alike tensors again and again: of those the one in use for longest counts.
    var live: [Extent: Use] = [:]
    for use in uses {
      // Who takes nothing over needs to know those alone that are still in use.
      let others = live.values.filter {
        (use.takesOver || $0.last >= use.first) && overlap($0.tensor, use.tensor)
          && !keepElements($0.tensor, use.tensor)
      }
      if let other = others.min(by: { $0.first < $1.first }) {
        throw NarrowTypesError(
          reason: "'\(other.tensor.name)' and '\(use.tensor.name)' share memory")
      }
      let extent = Extent(use.tensor)
      if live[extent].map({ $0.last < use.last }) ?? true { live[extent] = use }
    }
  }

  /// What of a memory a tensor has, and as what.
  private struct Extent: Hashable {
    var space: MemorySpace
    var place: OnChipPlace?
    var partitions: Int
    var freeBytes: Int
    var dtype: DType

    init(_ tensor: Tensor) {
      space = tensor.space
      place = tensor.place
      partitions = tensor.partitions
      freeBytes = tensor.freeBytes
      dtype = tensor.dtype
    }
  }

  private func overlap(_ a: Tensor, _ b: Tensor) -> Bool {
    a.space == b.space && a.partition < b.partition + b.partitions
      && b.partition < a.partition + a.partitions && a.address < b.address + b.freeBytes
      && b.address < a.address + a.freeBytes
  }

  /// Whether what both have of a partition's bytes are the same elements, with wide types too.
  private func keepElements(_ a: Tensor, _ b: Tensor) -> Bool {
    guard a.address == b.address else { return false }
    return a.dtype == b.dtype
      || !a.dtype.isWidened && !b.dtype.isWidened && a.dtype.size == b.dtype.size
  }
}
