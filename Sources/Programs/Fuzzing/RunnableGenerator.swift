import Device
import Formats
import ISA
public import Machine

/// Makes random programs that run: they pass the checks of a machine and read written bytes only.
///
/// Tensors on chip overlap on purpose, so that the programs are full of hazards.
public struct RunnableGenerator {
  private var random: SeededGenerator
  private let geometry: Geometry
  private let handsOn: Bool
  private var program = Program(name: "random")
  /// The destination of the last write to each psum tensor, if a matmul made it.
  private var accumulators: [TensorID: AccessPattern] = [:]

  /// Makes a generator; the same seed gives the same programs.
  ///
  /// - Parameter handsOn: whether there are also operations that hand results on: scans, accumulators,
  ///   sums by the DMA rings.
  public init(seed: UInt64, geometry: Geometry, handsOn: Bool = false) {
    self.handsOn = handsOn
    random = SeededGenerator(seed: seed)
    self.geometry = geometry
  }

  /// A program with `count` random instructions between its loads and its stores.
  public mutating func program(instructions count: Int) -> Program {
    program = Program(name: "random")
    accumulators = [:]
    declare()
    let first = program.instructions.count
    while program.instructions.count < first + count {
      guard let instruction = candidate() else { continue }
      let findings = instruction.operation.findings(
        geometry: geometry, tensors: program.tensors, engine: instruction.resolvedEngine)
      if findings.isEmpty { append(instruction) }
    }
    store()
    return program
  }

  private mutating func append(_ instruction: Instruction) {
    for operand in instruction.operation.operands where operand.role != .read {
      // Psum tensors may overlap, so any write that no matmul makes forgets all.
      let isMatmul = instruction.operation is NCMatmul
      if isMatmul {
        accumulators = [operand.pattern.tensor: operand.pattern]
      } else if program.tensors[Int(operand.pattern.tensor.index)].space == .psum {
        accumulators = [:]
      }
    }
    program.instructions.append(instruction)
  }

  // MARK: Tensors

  /// Declares the tensors and fills them.
  private mutating func declare() {
    func tensor(_ name: String, _ space: MemorySpace, _ dtype: DType, _ columns: Int) -> Tensor {
      Tensor(name: name, space: space, dtype: dtype, shape: [128, columns])
    }
    for dtype in [DType.bfloat16, .float32] {
      var input = tensor("in_\(dtype)", .hbm, dtype, 128)
      input.role = .input
      program.tensors += [input, tensor("scratch_\(dtype)", .hbm, dtype, 128)]
    }
    for index in 0..<6 {
      let dtype = random.pick([DType.bfloat16, .float32])
      var tile = tensor("tile\(index)", .sbuf, dtype, random.pick([32, 96, 128]))
      tile.place = OnChipPlace(byte: 4 * random.pick(0...400))
      program.tensors.append(tile)
    }
    for index in 0..<3 {
      var tile = tensor("acc\(index)", .psum, .float32, random.pick([64, 256]))
      tile.place = OnChipPlace(byte: 512 * random.pick(0...8))
      program.tensors.append(tile)
    }
    for (index, tile) in program.tensors.enumerated() {
      let whole = AccessPattern.whole(of: TensorID(index), tile)
      if tile.space != .hbm {
        program.instructions.append(Instruction(Memset(dst: whole, value: 0.5)))
      } else if tile.role == .scratch {
        let source = AccessPattern.whole(of: TensorID(index - 1), program.tensors[index - 1])
        program.instructions.append(Instruction(DMACopy(dst: whole, src: source)))
      }
    }
  }

  /// Copies every tile into an output.
  private mutating func store() {
    for (index, tile) in program.tensors.enumerated() where tile.space == .sbuf {
      var output = Tensor(
        name: "out_\(tile.name)", space: .hbm, dtype: tile.dtype, shape: tile.shape)
      output.role = .output
      program.tensors.append(output)
      let target = AccessPattern.whole(of: TensorID(program.tensors.count - 1), output)
      program.instructions.append(
        Instruction(DMACopy(dst: target, src: .whole(of: TensorID(index), tile))))
    }
  }

  // MARK: Operations

  private mutating func candidate() -> Instruction? {
    let rows = random.pick([32, 64, 128])
    let columns = random.pick([1, 8, 24, 32])
    switch random.pick(0...(handsOn ? 12 : 9)) {
    case 0:
      guard let dst = tile(rows, columns) else { return nil }
      return Instruction(
        Memset(dst: dst, value: Double(random.pick(-4...4))),
        engine: random.pick([.vector, .gpsimd])
      )
    case 1:
      guard let dst = tile(rows, columns), let src = tile(rows, columns) else { return nil }
      return Instruction(
        TensorCopy(dst: dst, src: src), engine: random.pick([.vector, .scalar, .gpsimd]))
    case 2, 3:
      guard let dst = tile(rows, columns), let a = tile(rows, columns),
        let b = tile(rows, columns)
      else { return nil }
      return Instruction(
        TensorTensor(dst: dst, data1: a, data2: b, op: random.pick([.add, .maximum, .subtract])),
        engine: random.pick([.vector, .gpsimd]))
    case 4, 5:
      guard let dst = tile(rows, columns), let data = tile(rows, columns) else { return nil }
      return Instruction(
        Activation(
          dst: dst, op: random.pick([.copy, .exp, .relu, .sigmoid, .tanh, .gelu]), data: data))
    case 6, 7: return matmul()
    case 10, 11, 12: return handingOn(rows, columns)
    default: return copy(rows, columns)
    }
  }

  /// Operations that hand results on, within a row or from one instruction to the next.
  private mutating func handingOn(_ rows: Int, _ columns: Int) -> Instruction? {
    guard let dst = tile(rows, columns), let a = tile(rows, columns), let b = tile(rows, columns)
    else { return nil }
    switch random.pick(0...3) {
    case 0:
      return Instruction(
        TensorTensorScan(dst: dst, data0: a, data1: b, op0: .minimum, op1: .maximum))
    case 1: return Instruction(TensorScalarCumulative(dst: dst, src: a, op0: .add, op1: .maximum))
    case 2:
      // What was accumulated before is there from the first instruction that resets it on.
      var sum = Activation(dst: dst, op: .tanh, data: a)
      sum.reduceOp = .add
      sum.command = .resetReduce
      return Instruction(sum)
    default:
      guard let x = pattern(in: [.sbuf, .hbm], rows, columns),
        let y = pattern(in: [.sbuf], rows, columns), let sum = pattern(in: [.sbuf], rows, columns)
      else { return nil }
      return Instruction(DMACompute(dst: sum, src0: x, src1: y))
    }
  }

  private mutating func matmul() -> Instruction? {
    let k = random.pick([32, 64, 128])
    let m = random.pick([32, 64])
    let n = random.pick([8, 64])
    guard let stationary = pattern(in: [.sbuf], k, m), let moving = pattern(in: [.sbuf], k, n),
      var dst = pattern(in: [.psum], m, n)
    else { return nil }
    let before = accumulators.values.first { $0.rows == Int32(m) && $0.elementsPerRow == n }
    if let before { dst = before }
    return Instruction(
      NCMatmul(dst: dst, stationary: stationary, moving: moving, accumulate: before != nil))
  }

  private mutating func copy(_ rows: Int, _ columns: Int) -> Instruction? {
    let engine = random.pick([Engine.sync, .scalar, .gpsimd])
    guard let tile = pattern(in: [.sbuf], rows, columns),
      let other = pattern(in: [.hbm, .sbuf], rows, columns)
    else { return nil }
    let isInput = program.tensors[Int(other.tensor.index)].role == .input
    let loads = isInput || random.once(in: 2)
    return Instruction(
      DMACopy(dst: loads ? tile : other, src: loads ? other : tile), engine: engine)
  }

  private mutating func tile(_ rows: Int, _ columns: Int) -> AccessPattern? {
    pattern(in: [.sbuf, .sbuf, .psum], rows, columns)
  }

  /// Rows × columns somewhere in a random tensor: contiguous, strided, or in two pieces.
  private mutating func pattern(
    in spaces: [MemorySpace], _ rows: Int, _ columns: Int
  ) -> AccessPattern? {
    let space = random.pick(spaces)
    let found = program.tensors.indices.filter { program.tensors[$0].space == space }
    let index = random.pick(found)
    let extent = program.tensors[index].freeElements
    var free = FreeDimensions()
    var reach = columns
    switch random.pick(0...3) {
    case 0 where columns > 1:
      let step = random.pick(2...3)
      free.append(AccessDimension(stride: step, size: columns))
      reach = (columns - 1) * step + 1
    case 1 where columns % 2 == 0:
      let step = columns / 2 + random.pick(0...20)
      free.append(AccessDimension(stride: step, size: 2))
      free.append(AccessDimension(stride: 1, size: columns / 2))
      reach = step + columns / 2
    default: free.append(AccessDimension(stride: 1, size: columns))
    }
    guard reach <= extent else { return nil }
    let row = random.pick([0, 0, 32, 64, 96])
    guard row + rows <= 128 else { return nil }
    let offset = random.pick(0...extent - reach)
    if space == .hbm {
      return AccessPattern(
        tensor: TensorID(index), rows: rows, rowStride: extent, offset: row * extent + offset,
        free: free)
    }
    return AccessPattern(
      tensor: TensorID(index), rowStart: row, rows: rows, offset: offset, free: free)
  }
}
