public import Device
import Formats
public import Machine

/// Bytes moved by a DMA, before it is split over rings and queues.
public struct TransferShape: Hashable, Sendable {
  /// Number of descriptors.
  public var descriptors: Int
  /// Bytes of each.
  public var bytes: Int
  /// Elements of each.
  public var elements: Int
  /// Pieces within a partition that each is written in; 1 where it is written in one.
  public var writtenPieces = 1
  /// What they do to memory.
  public var kind: DescriptorKind
  /// Bytes read from HBM in all.
  public var hbmReadBytes: Int
  /// Bytes written to HBM in all.
  public var hbmWriteBytes: Int
  /// Who makes the descriptors; `nil` leaves it to the lowering.
  public var mode: DGEMode?
  /// Partitions of SBUF that it reads or writes (writes, where it does both), equally many descriptors
  /// for each; `nil` where it is not about partitions.
  public var partitions: Range<Int>?

  /// Makes a shape.
  public init(
    descriptors: Int, bytes: Int, elements: Int, kind: DescriptorKind, hbmReadBytes: Int,
    hbmWriteBytes: Int, mode: DGEMode?, partitions: Range<Int>? = nil
  ) {
    self.descriptors = descriptors
    self.bytes = bytes
    self.elements = elements
    self.kind = kind
    self.hbmReadBytes = hbmReadBytes
    self.hbmWriteBytes = hbmWriteBytes
    self.mode = mode
    self.partitions = partitions
  }
}

/// One device instruction that an operation asks for, with what it touches.
public struct Emission: Sendable {
  /// What is asked.
  public enum Kind: Hashable, Sendable {
    case work(Work)
    case transfer(TransferShape)
    case exchange(Exchange)
  }

  /// Profiler name.
  public var opcode: DeviceOpcode
  /// What is asked.
  public var kind: Kind
  /// Operands read, as positions in the emitter's `operands`.
  public var reads: Range<Int>
  /// Operands written, as positions in the emitter's `operands`.
  public var writes: Range<Int>
  /// ACT function whose table must be loaded; `nil` for none.
  public var activation: ActivationFunction?
  /// Whether it adds to PSUM that the previous emission of the same group wrote.
  public var accumulates: Bool
}

/// Collects the device instructions of operations, one operation at a time.
public struct Emitter {
  /// The engine that runs the operation.
  public private(set) var engine: Engine
  /// The program's tensors.
  public let tensors: [Tensor]
  /// Limits of the instructions.
  public let geometry: Geometry
  /// What the operation emitted.
  public private(set) var emissions: [Emission] = []
  /// Operands of all emissions.
  public private(set) var operands: [AccessPattern] = []
  private let places: [TensorPlace]

  /// Makes an emitter.
  public init(engine: Engine, tensors: [Tensor], geometry: Geometry) {
    self.engine = engine
    self.geometry = geometry
    self.tensors = tensors
    places = tensors.map { TensorPlace($0) }
  }

  /// Forgets what was emitted: an operation on `engine` is next.
  public mutating func begin(on engine: Engine) {
    self.engine = engine
    emissions.removeAll(keepingCapacity: true)
    operands.removeAll(keepingCapacity: true)
  }

  /// The declaration of a pattern's tensor.
  public func tensor(_ pattern: AccessPattern) -> Tensor { tensors[Int(pattern.tensor.index)] }

  /// Memory and type of a pattern's tensor.
  public func place(_ pattern: AccessPattern) -> TensorPlace { places[Int(pattern.tensor.index)] }

  /// Emits an instruction of the operation's engine.
  public mutating func emit(
    _ opcode: DeviceOpcode, _ work: Work, reads: [AccessPattern], writes: [AccessPattern],
    activation: ActivationFunction? = nil, accumulates: Bool = false
  ) {
    append(
      opcode, .work(work), reads: reads, writes: writes, activation: activation,
      accumulates: accumulates)
  }

  /// Emits a DMA.
  public mutating func emit(
    _ shape: TransferShape, reads: [AccessPattern], writes: [AccessPattern]
  ) {
    append(
      .dmaTrigger, .transfer(shape), reads: reads, writes: writes, activation: nil,
      accumulates: false)
  }

  /// Emits this core's part of what several cores do.
  public mutating func emit(
    _ exchange: Exchange, reads: [AccessPattern], writes: [AccessPattern]
  ) {
    append(
      .collective, .exchange(exchange), reads: reads, writes: writes, activation: nil,
      accumulates: false)
  }

  @inline(__always)
  private mutating func append(
    _ opcode: DeviceOpcode, _ kind: Emission.Kind, reads: [AccessPattern],
    writes: [AccessPattern], activation: ActivationFunction?, accumulates: Bool
  ) {
    let first = operands.count
    for pattern in reads { operands.append(pattern) }
    let middle = operands.count
    for pattern in writes { operands.append(pattern) }
    emissions.append(
      Emission(
        opcode: opcode, kind: kind, reads: first..<middle, writes: middle..<operands.count,
        activation: activation, accumulates: accumulates))
  }

  /// The usual instruction of Vector, Scalar and GpSimd: streams `inputs` into `output`.
  ///
  /// The element count is the largest of all operands' (a reduction streams its input).
  /// - Parameters:
  ///   - pointers: `[P, 1]` operands, which are read but not streamed.
  ///   - elements: what the pass takes the time of, where that is not the element count.
  ///   - isSingleRate: whether 16-bit operands go no faster than others.
  public mutating func stream(
    _ opcode: DeviceOpcode, _ streamClass: StreamClass, inputs: [AccessPattern],
    pointers: [AccessPattern] = [], output: AccessPattern, alsoWrites: [AccessPattern] = [],
    activation: ActivationFunction? = nil, elements: Int? = nil, isSingleRate: Bool = false
  ) {
    var stream = Stream(streamClass, elements: output.elementsPerRow)
    stream.inputStrideBytes = 0
    stream.sixteenBitInputs = !inputs.isEmpty
    for input in inputs {
      let tensor = place(input)
      if inputs.count > 1 && input.innermostStride == 0 && input.elementsPerRow > 1 {
        stream.repeatsInput = true
      }
      stream.elements = max(stream.elements, Int32(clamping: input.elementsPerRow))
      if tensor.space == .psum { stream.readsPSUM = true }
      if !isSixteenBit(tensor) { stream.sixteenBitInputs = false }
      let stride = input.innermostStride
      if stride != 1 { stream.contiguous = false }
      stream.inputStrideBytes = max(
        stream.inputStrideBytes, Int32(clamping: abs(stride) * tensor.dtype.size))
    }
    let target = place(output)
    stream.writesPSUM = target.space == .psum
    stream.sixteenBitOutput = isSixteenBit(target)
    if output.innermostStride != 1 { stream.contiguous = false }
    stream.outputStrideBytes = Int32(clamping: abs(output.innermostStride) * target.dtype.size)
    stream.outputElementBytes = UInt8(clamping: target.dtype.size)
    if let elements { stream.elements = Int32(clamping: elements) }
    if isSingleRate {
      stream.sixteenBitInputs = false
      stream.sixteenBitOutput = false
    }
    let first = operands.count
    operands += inputs
    operands += pointers
    let middle = operands.count
    operands.append(output)
    operands += alsoWrites
    emissions.append(
      Emission(
        opcode: opcode, kind: .work(.stream(stream)), reads: first..<middle,
        writes: middle..<operands.count, activation: activation, accumulates: false))
  }

  /// Rows of 2-byte elements, walks of the innermost dimension, that begin at an odd multiple of 2 bytes.
  func misalignedRows(_ pattern: AccessPattern) -> Int {
    let tensor = place(pattern)
    guard tensor.dtype.size == 2 else { return 0 }
    let begin = tensor.address / 2 + pattern.offset
    return Device.misalignedRows(
      begin: begin, outer: pattern.free.dropLast().map { (Int($0.stride), Int($0.size)) })
  }

  private func isSixteenBit(_ tensor: TensorPlace) -> Bool {
    tensor.dtype == .bfloat16 || tensor.dtype == .float16
  }
}
