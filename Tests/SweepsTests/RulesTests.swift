import Compiler
import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Reports
@testable import Sweeps

/// Changes that `trnsim advise` tries.
@Suite struct RulesTests {
  private func evidence(_ program: Program, _ hardware: Hardware) throws -> Sweeps.Evidence {
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.run(ProgramSet(program), on: hardware, options: options)
    let causes = try #require(try run.causes())
    return Sweeps.Evidence(
      hardware: hardware, geometry: Geometry(hardware), path: CriticalPath(run, causes),
      schedule: .program)
  }

  /// Bits of the outputs: random programs make NaNs.
  private func outputs(_ program: Program, _ hardware: Hardware) throws -> [[UInt64]] {
    var random = SeededGenerator(seed: 7)
    let inputs = program.tensors(.input).map { _, tensor in
      KernelTensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
        values: (0..<tensor.elements).map { _ in Float.random(in: -2...2, using: &random) })
    }
    var options = Simulation.Options()
    options.mode = .valuesOnly
    return try Simulation.run(
      ProgramSet(program), on: hardware, inputs: [inputs], options: options
    ).outputs[0].map { $0.values.map(\.bitPattern) }
  }

  /// Changes that run give the same values; only narrower types round.
  @Test(arguments: 1...UInt64(8)) func valuesStay(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    var generator = RunnableGenerator(seed: seed, geometry: Geometry(hardware))
    var program = generator.program(instructions: 50)
    // Each instruction comes from a line, two of them from the same.
    for index in program.instructions.indices {
      program.instructions[index].location = .init(file: "k.py", line: index / 2 + 1)
    }
    let evidence = try evidence(program, hardware)
    let wanted = try outputs(program, hardware)
    var count = 0
    for rule in Rules.all where rule.key != "bfloat16" {
      for change in rule.changes(of: program, evidence) {
        #expect(try outputs(change.program, hardware) == wanted, "\(rule.key): \(change.title)")
        count += 1
      }
    }
    #expect(count > 4)
  }

  /// A tile of 4 × 6 in HBM and SBUF, and one load for each element.
  private func elementwise(_ hardware: Hardware, rowsFirst: Bool) -> Program {
    var program = Program(name: "elements")
    var x = Tensor(name: "x", space: .hbm, dtype: .float32, shape: [4, 6])
    x.role = .input
    var y = x
    y.name = "y"
    y.role = .output
    var tile = Tensor(name: "tile", space: .sbuf, dtype: .float32, shape: [4, 6])
    tile.place = OnChipPlace(byte: 0)
    program.tensors = [x, y, tile]
    let pairs =
      rowsFirst
      ? (0..<4).flatMap { row in (0..<6).map { (row, $0) } }
      : (0..<6).flatMap { column in (0..<4).map { ($0, column) } }
    for (row, column) in pairs {
      var copy = DMACopy()
      let free = FreeDimensions([AccessDimension(stride: 1, size: 1)])
      copy.src = AccessPattern(
        tensor: TensorID(0), rows: 1, rowStride: 6, offset: row * 6 + column, free: free)
      copy.dst = AccessPattern(
        tensor: TensorID(2), rowStart: row, rows: 1, offset: column, free: free)
      program.instructions.append(
        Instruction(copy, location: .init(file: "k.py", line: 3)))
    }
    program.instructions.append(
      Instruction(
        DMACopy(dst: .whole(of: TensorID(1), y), src: .whole(of: TensorID(2), tile)),
        location: .init(file: "k.py", line: 4)))
    return program
  }

  @Test(arguments: [true, false]) func smallDMAsBecomeOne(_ rowsFirst: Bool) throws {
    let hardware = try Hardware.load("trn2")
    let program = elementwise(hardware, rowsFirst: rowsFirst)
    let changes = LargerDMAs().changes(of: program, try evidence(program, hardware))
    let change = try #require(changes.first)
    #expect(changes.count == 1)
    #expect(change.program.instructions.count == 2)
    #expect(change.how.contains("one of [4, 6] in the place of 24 dma_copy at k.py:3"))
    #expect(try outputs(change.program, hardware) == outputs(program, hardware))
  }

  @Test func whatIsInBetweenKeepsSmallDMAsApart() throws {
    let hardware = try Hardware.load("trn2")
    var program = elementwise(hardware, rowsFirst: true)
    // Somebody reads the tile before its last element is there.
    let store = program.instructions[24]
    program.instructions.insert(store, at: 20)
    #expect(LargerDMAs().changes(of: program, try evidence(program, hardware)).isEmpty)
  }

  @Test func rulesHaveNamesOfTheirOwn() {
    #expect(Set(Rules.all.map(\.key)).count == Rules.all.count)
  }
}
