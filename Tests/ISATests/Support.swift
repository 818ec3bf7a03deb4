import Device
import Formats
import Hardware
import ISA
import Machine

/// The sizes and limits of trn1, trn2 or trn3, as their configurations have them.
func geometry(generation: Int = 3) -> Geometry { geometries[generation - 2] }

private let geometries: [Geometry] = ["trn1", "trn2", "trn3"].map { name in
  guard let hardware = try? Hardware.load(named: name) else { preconditionFailure(name) }
  return Geometry(hardware)
}

/// Tensors and patterns over them, for programs of one operation.
struct Bench {
  var tensors: [Tensor] = []
  private var used: [MemorySpace: Int] = [:]

  /// Declares a tensor of `rows` × `columns` and gives the pattern of all of it.
  mutating func tile(
    _ rows: Int, _ columns: Int, _ dtype: DType = .float32, _ space: MemorySpace = .sbuf,
    partition: Int = 0
  ) -> AccessPattern {
    let address = used[space, default: 0]
    if space != .hbm {
      let unit = space == .psum ? 2048 : 64
      used[space] = address + (columns * dtype.size + unit - 1) / unit * unit
    }
    tensors.append(
      Tensor(
        name: "t\(tensors.count)", space: space, dtype: dtype, shape: [rows, columns],
        partition: partition, address: space == .hbm ? 0 : address))
    return .whole(of: TensorID(tensors.count - 1), tensors[tensors.count - 1])
  }

  func findings(
    _ operation: any Operation, engine: Engine? = nil, generation: Int = 3
  ) -> [Checker.Finding] {
    operation.findings(
      geometry: geometry(generation: generation), tensors: tensors,
      engine: engine ?? operation.defaultEngine)
  }

  func emissions(_ operation: any Operation, engine: Engine? = nil) -> [Emitted] {
    var emitter = Emitter(
      engine: engine ?? operation.defaultEngine, tensors: tensors, geometry: geometry())
    operation.lower(into: &emitter)
    return emitter.emissions.map {
      Emitted(
        emission: $0, reads: Array(emitter.operands[$0.reads]),
        writes: Array(emitter.operands[$0.writes]))
    }
  }

  func machine() -> Machine { Machine(geometry: geometry(), tensors: tensors) }
}

extension AccessPattern {
  /// The same rows with other free dimensions `(stride, size)`.
  func walking(_ dimensions: [(Int, Int)], offset: Int = 0) -> AccessPattern {
    var copy = self
    copy.offset += offset
    copy.free = FreeDimensions(dimensions.map { AccessDimension(stride: $0.0, size: $0.1) })
    return copy
  }
}

extension Emission {
  var stream: Device.Stream? {
    if case .work(.stream(let stream)) = kind { stream } else { nil }
  }
  var transfer: TransferShape? {
    if case .transfer(let shape) = kind { shape } else { nil }
  }
  var matmul: Matmul? {
    if case .work(.matmul(let matmul)) = kind { matmul } else { nil }
  }
  var weights: LoadWeights? {
    if case .work(.loadWeights(let weights)) = kind { weights } else { nil }
  }
}

/// An emission with its operands.
@dynamicMemberLookup struct Emitted {
  let emission: Emission
  let reads: [AccessPattern]
  let writes: [AccessPattern]

  subscript<Value>(dynamicMember path: KeyPath<Emission, Value>) -> Value {
    emission[keyPath: path]
  }
}
