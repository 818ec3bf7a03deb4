import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

/// What goes wrong names the instruction, the operand, the text and the place.
struct FaultTests {
  private static let hardware = Result { try Hardware.load("trn2") }
  private let place = Diagnostics.SourceLocation(file: "kernel.py", line: 7, column: 3)

  /// x [128, 64] → tile → y, with an index tile.
  private func program(_ instructions: [Instruction]) -> Program {
    var program = Program(name: "p")
    program.tensors = [
      Tensor(name: "x", space: .hbm, dtype: .float32, shape: [128, 64], role: .input),
      Tensor(name: "y", space: .hbm, dtype: .float32, shape: [128, 64], role: .output),
      Tensor(name: "t", space: .sbuf, dtype: .float32, shape: [128, 64]),
      Tensor(name: "index", space: .sbuf, dtype: .int32, shape: [128, 1], address: 1024),
    ]
    program.instructions = instructions
    return program
  }

  private func whole(_ index: Int, rows: Int = 128, columns: Int = 64) -> AccessPattern {
    AccessPattern(
      tensor: TensorID(index), rows: rows, rowStride: index < 2 ? 64 : 0,
      free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
  }

  private func run(_ program: Program, _ given: [KernelTensor]? = nil) throws -> CoreRun {
    try SimulationTests.run(
      program, on: try Self.hardware.get(), inputs: given ?? inputs(program, seed: 3))
  }

  private func trap(_ program: Program) -> Trap? {
    #expect(throws: Trap.self) { try run(program) }
  }

  /// Such a place once led the search for dependencies out of its table.
  @Test(arguments: [(0, 4), (1, 0), (0, 1 << 40)])
  func hbmTensorsHaveNoPlaceOnChip(_ partition: Int, _ address: Int) {
    var program = program([
      Instruction(Memset(dst: whole(2), value: 1)),
      Instruction(DMACopy(dst: whole(1), src: whole(2))),
    ])
    program.tensors[1].place = OnChipPlace(partition: partition, byte: address)
    program.tensors[1].location = place
    #expect {
      try run(program)
    } throws: { error in
      let found = (error as? DiagnosticError)?.diagnostics ?? []
      return found.count == 1 && found[0].location == place
        && found[0].message == "tensor 'y' is in hbm and has no place on chip, but names partition "
          + "\(partition), byte \(address)"
    }
  }

  @Test func uninitializedRead() {
    let found = trap(
      program([
        Instruction(DMACopy(dst: whole(2, columns: 32), src: whole(0, columns: 32))),
        Instruction(
          TensorTensor(dst: whole(2), data1: whole(2, columns: 64), data2: whole(2), op: .add),
          location: place),
      ]))
    #expect(found?.kind == .uninitializedRead)
    #expect(found?.instruction == 1)
    #expect(found?.operand == "data1")
    #expect(found?.location == place)
    #expect(found?.instructionText?.hasPrefix("tensor_tensor dst=t") == true)
    let text = found?.rendered() ?? ""
    #expect(text.hasPrefix("kernel.py:7:3: error: uninitialized read"))
    #expect(text.contains("operand 'data1'"))
  }

  @Test func incompleteOutput() {
    let found = trap(
      program([
        Instruction(DMACopy(dst: whole(2), src: whole(0))),
        Instruction(DMACopy(dst: whole(1, rows: 127), src: whole(2, rows: 127))),
      ]))
    #expect(found?.kind == .uninitializedRead)
    #expect(
      found?.message
        == "output 'y' is incomplete: byte 32512 of 32768 (element 8128) was never written")
    #expect(found?.notes == ["nothing was stored to y[127, :] (64 of 8192 elements)"])
  }

  @Test func outputsMayStayUnwrittenWhereThatIsAskedFor() throws {
    let half = program([
      Instruction(DMACopy(dst: whole(2), src: whole(0))),
      Instruction(DMACopy(dst: whole(1, rows: 64), src: whole(2, rows: 64))),
    ])
    var options = Simulation.Options()
    options.unwrittenOutputs = .note
    let given = inputs(half, seed: 3)
    let run = try SimulationTests.run(
      half, on: Self.hardware.get(), inputs: given, options: options)
    #expect(
      run.unwritten.map(\.sentence) == [
        "nothing was stored to y[64:128, :] (4096 of 8192 elements)"
      ])
    let values = run.outputs[0].values
    #expect(values.prefix(4096) == given[0].values.prefix(4096))
    #expect(values.dropFirst(4096).allSatisfy { $0.isNaN })
  }

  @Test func unwrittenOutputsAreReadOnlyWhereThatIsAskedFor() throws {
    let reading = program([
      Instruction(DMACopy(dst: whole(2), src: whole(1))),
      Instruction(DMACopy(dst: whole(1, rows: 1), src: whole(2, rows: 1))),
    ])
    var options = Simulation.Options()
    options.unwrittenOutputs = .note
    let hardware = try Self.hardware.get()
    let given = inputs(reading, seed: 3)
    let found = #expect(throws: Trap.self) {
      try SimulationTests.run(reading, on: hardware, inputs: given, options: options)
    }
    #expect(found?.kind == .uninitializedRead && found?.instruction == 0)
    options.unwrittenOutputs = .read
    let run = try SimulationTests.run(reading, on: hardware, inputs: given, options: options)
    // What was read was NaN, and was stored.
    #expect(run.unwritten.map(\.place) == ["y[1:128, :]"])
    #expect(run.outputs[0].values.allSatisfy { $0.isNaN })
  }

  @Test func dynamicIndexOutOfBounds() {
    var gather = DMACopy(dst: whole(2), src: whole(0))
    gather.vectorOffset = whole(3, columns: 1)
    let found = trap(
      program([
        Instruction(Memset(dst: whole(3, columns: 1), value: 128.0)),
        Instruction(gather, location: place),
      ]))
    #expect(found?.kind == .outOfBounds)
    #expect(found?.instruction == 1)
    #expect(found?.operand == "src")
    #expect(found?.location == place)
    #expect(found?.instructionText?.hasPrefix("dma_copy") == true)
    #expect(
      found?.message
        == "index 128 of row 0 reaches element 8192 of 'x', which has 8192")
  }

  @Test func racesAreFoundBeforeValuesAreComputed() {
    var racing = program([
      Instruction(Memset(dst: whole(2), value: 1.0)),
      Instruction(DMACopy(dst: whole(1), src: whole(2)), location: place),
    ])
    racing.dependencies = .explicit
    for mode in [Simulation.Mode.valuesOnly, .timingOnly, .valuesAndTiming] {
      var options = Simulation.Options()
      options.mode = mode
      let found = #expect(throws: Trap.self) {
        try SimulationTests.run(racing, on: try Self.hardware.get(), options: options)
      }
      #expect(found?.kind == .race)
      #expect(found?.instruction == 1)
      #expect(found?.operand == "src")
      #expect(found?.instructionText?.hasPrefix("dma_copy") == true)
    }
  }

  // MARK: - Inputs

  private func diagnostics(_ given: [KernelTensor]) -> [String] {
    let copy = program([
      Instruction(DMACopy(dst: whole(2), src: whole(0))),
      Instruction(DMACopy(dst: whole(1), src: whole(2))),
    ])
    do {
      _ = try run(copy, given)
      return []
    } catch {
      return (error as? DiagnosticError)?.diagnostics.map(\.message) ?? ["\(error)"]
    }
  }

  private func tensor(_ name: String, _ dtype: DType = .float32, _ shape: [Int] = [128, 64])
    -> KernelTensor
  {
    KernelTensor(
      name: name, dtype: dtype, shape: shape,
      bytes: Array(repeating: 0, count: shape.reduce(dtype.size, *)))
  }

  @Test func inputsMustFit() {
    #expect(diagnostics([tensor("x")]).isEmpty)
    #expect(diagnostics([]) == ["input 'x' (float32 [128, 64]) is missing"])
    #expect(
      diagnostics([tensor("z"), tensor("x", .bfloat16, [64, 128])]) == [
        "there is no input 'z'",
        "input 'x' has shape [64, 128], the program declares [128, 64]",
        "input 'x' is bfloat16, the program declares float32",
      ])
    #expect(diagnostics([tensor("x"), tensor("x")]) == ["input 'x' is given 2 times"])
  }

  @Test func staticFaultsAreReportedTogether() {
    let wrong = program([
      Instruction(TensorCopy(dst: whole(2, columns: 65), src: whole(2)), location: place),
      Instruction(Memset(dst: whole(2, rows: 129), value: 0.0), location: place),
      Instruction(Memset(dst: whole(2), value: 0.0), engine: .tensor, location: place),
    ])
    let found = #expect(throws: DiagnosticError.self) { try run(wrong) }
    #expect((found?.diagnostics.count ?? 0) >= 3)
    #expect(found?.diagnostics.allSatisfy { $0.location == place } == true)
  }

  /// GpSimd adds 32-bit integers exactly, Vector through float32.
  @Test func valuesFollowTheEngine() throws {
    func sum(on engine: Engine) throws -> [Double] {
      var program = Program(name: "p")
      program.tensors = [
        Tensor(name: "t", space: .sbuf, dtype: .int32, shape: [128, 1]),
        Tensor(name: "y", space: .hbm, dtype: .int32, shape: [128, 1], role: .output),
      ]
      let tile = AccessPattern.whole(of: TensorID(0), program.tensors[0])
      let output = AccessPattern.whole(of: TensorID(1), program.tensors[1])
      program.instructions = [
        Instruction(Memset(dst: tile, value: 16_777_217.0), engine: .gpsimd),
        Instruction(
          TensorTensor(dst: tile, data1: tile, data2: tile, op: .add), engine: engine),
        Instruction(DMACopy(dst: output, src: tile)),
      ]
      return try #require(run(program).outputs.first).values
    }
    #expect(try sum(on: .gpsimd) == Array(repeating: 33_554_434, count: 128))
    #expect(try sum(on: .vector) == Array(repeating: 33_554_432, count: 128))
  }
}
