import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Testing

@testable import Compiler

/// Explicit programs: `after`, races, deadlocks.
struct ExplicitTests {
  /// Program-level order: an instruction begins, an instruction (or its transfer) has completed.
  private struct Order {
    private let program: Program
    private var sets: [Set<Int>]

    init(_ program: Program, after: [[Int]]) {
      self.program = program
      sets = Array(repeating: [], count: 2 * program.instructions.count)
      var begun: [Engine: Int] = [:]
      var retired: [Engine: Int] = [:]
      for index in program.instructions.indices {
        let engine = program.instructions[index].resolvedEngine
        if let last = begun[engine] { add(2 * last, before: 2 * index) }
        begun[engine] = index
        for other in after[index] { add(2 * other + 1, before: 2 * index) }
        add(2 * index, before: 2 * index + 1)
        if program.isTransfer(index) { continue }
        if let last = retired[engine] { add(2 * last + 1, before: 2 * index + 1) }
        retired[engine] = index
      }
    }

    private mutating func add(_ first: Int, before second: Int) {
      sets[second].insert(first)
      sets[second].formUnion(sets[first])
    }

    /// Whether `first` has completed before `second` begins.
    func isOrdered(_ first: Int, _ second: Int) -> Bool { sets[2 * second].contains(2 * first + 1) }
  }

  /// Pairs whose order nothing but `after` gives.
  private func conflicts(_ program: Program) -> [(earlier: Int, later: Int)] {
    let touched = program.instructions.indices.map { program.touchedByAll($0) }
    var found: [(earlier: Int, later: Int)] = []
    for later in program.instructions.indices {
      for earlier in (0..<later).reversed() {
        let sameEngine =
          program.instructions[earlier].resolvedEngine
          == program.instructions[later].resolvedEngine
        if sameEngine && !program.isTransfer(earlier) { continue }
        if touched[earlier].conflict(with: touched[later]) != nil { found.append((earlier, later)) }
      }
    }
    return found
  }

  private func explicit(_ program: Program, after: [[Int]]) -> Program {
    var program = program
    program.dependencies = .explicit
    for index in after.indices { program.instructions[index].after = after[index].map(Int32.init) }
    return program
  }

  @Test(arguments: 1...UInt64(4))
  func neededEdgesSufficeAndEachIsNeeded(_ seed: UInt64) throws {
    let hardware = try HazardTests.hardware.get()
    let program = try HazardTests.random(seed, instructions: 14)
    let conflicts = conflicts(program)
    var after = Array(repeating: [Int](), count: program.instructions.count)
    for (earlier, later) in conflicts
    where !Order(program, after: after).isOrdered(earlier, later) {
      after[later].append(earlier)
    }
    let whole = explicit(program, after: after)
    _ = try Lowering.lower(whole, on: hardware)
    var races = 0
    for later in after.indices {
      for position in after[later].indices {
        var fewer = after
        let earlier = fewer[later].remove(at: position)
        guard !Order(program, after: fewer).isOrdered(earlier, later) else { continue }
        races += 1
        let trap = #expect(throws: Trap.self) {
          try Lowering.lower(explicit(program, after: fewer), on: hardware)
        }
        #expect(trap?.kind == .race)
        let named = (trap?.message ?? "").split(separator: " ").compactMap { Int($0) }
        // The first pair that is unordered now may be another one that the edge ordered too.
        let unordered = Order(program, after: fewer)
        let pair = try #require(
          conflicts.first { $0.later == named.first && $0.earlier == named.last },
          "\(trap?.message ?? "no message")")
        #expect(!unordered.isOrdered(pair.earlier, pair.later))
        let operand = try #require(trap?.operand)
        let operands = program.instructions[pair.later].operation.operands
        #expect(operands.contains { $0.name == operand })
        #expect(trap?.instruction == pair.later)
      }
    }
    #expect(races > 10)
  }

  // MARK: - Small programs

  /// Tiles `a`, `b`, … of 128 × 64 bf16.
  private func program(
    _ instructions: [Instruction], dependencies: Program.Dependencies = .explicit
  ) -> Program {
    var program = Program(name: "p", dependencies: dependencies)
    for (index, name) in ["a", "b", "c"].enumerated() {
      program.tensors.append(
        Tensor(
          name: name, space: .sbuf, dtype: .bfloat16, shape: [128, 64], address: 128 * index))
    }
    program.instructions = instructions
    return program
  }

  private func tile(_ index: Int) -> AccessPattern {
    AccessPattern(
      tensor: TensorID(index), rows: 128,
      free: FreeDimensions([AccessDimension(stride: 1, size: 64)]))
  }

  @Test func afterIsAWait() throws {
    let memset = Instruction(Memset(dst: tile(0), value: 1.0), engine: .vector)
    var other = Instruction(Memset(dst: tile(1), value: 1.0), engine: .gpsimd)
    let hardware = try HazardTests.hardware.get()
    #expect(try Lowering.lower(program([memset, other]), on: hardware).waits.isEmpty)
    other.after = [0]
    for dependencies in Program.Dependencies.allCases {
      let device = try Lowering.lower(
        program([memset, other], dependencies: dependencies), on: hardware)
      #expect(device.instructions[1].waitCount == 1)
      #expect(HappensBefore(device).isOrdered(HappensBefore.done(0), HappensBefore.begin(1)))
    }
  }

  @Test func afterMayPointForward() throws {
    // Vector writes a; Scalar copies it to b, and stands first.
    let copy = Instruction(
      Activation(dst: tile(1), op: .copy, data: tile(0)), after: [1])
    let memset = Instruction(Memset(dst: tile(0), value: 1.0), engine: .vector)
    let forward = program([copy, memset])
    #expect(try forward.executionOrder() == [1, 0])
    let device = try Lowering.lower(forward, on: try HazardTests.hardware.get())
    #expect(device.instructions.map(\.source) == [1, 0, 0])
    #expect(device.instructions[2].waitCount == 1)
    let geometry = Geometry(try HazardTests.hardware.get())
    #expect(forward.check(geometry).isEmpty)
    let derived = program([copy, memset], dependencies: .derived)
    #expect(try derived.executionOrder() == nil)
    #expect(
      derived.check(geometry).map(\.message) == [
        "instruction 0 comes after instruction 1, which is not before it; "
          + "derived dependencies keep program order"
      ])
  }

  @Test func deadlockNamesEveryEngine() throws {
    func place(_ line: Int) -> Diagnostics.SourceLocation {
      Diagnostics.SourceLocation(file: "k.py", line: line)
    }
    let deadlocked = program([
      Instruction(
        Memset(dst: tile(0), value: 1.0), engine: .vector, label: "x", after: [1],
        location: place(3)),
      Instruction(
        Memset(dst: tile(1), value: 1.0), engine: .gpsimd, after: [2], location: place(4)),
      Instruction(
        Activation(dst: tile(2), op: .copy, data: tile(2)), after: [0], location: place(5)),
    ])
    let trap = #expect(throws: Trap.self) { try deadlocked.executionOrder() }
    #expect(trap?.kind == .deadlock)
    #expect(trap?.message == "3 engine(s) wait for each other and none can go on")
    #expect(
      trap?.notes == [
        "Vector is at instruction 0 ('x') at k.py:3 and waits for "
          + "instruction 1 ('memset') at k.py:4 on GpSimd",
        "Scalar is at instruction 2 ('activation') at k.py:5 and waits for "
          + "instruction 0 ('x') at k.py:3 on Vector",
        "GpSimd is at instruction 1 ('memset') at k.py:4 and waits for "
          + "instruction 2 ('activation') at k.py:5 on Scalar",
        "Tensor has finished", "Sync has finished",
      ])
    #expect(trap?.location == place(3))
  }

  @Test func anInstructionCannotWaitForItself() throws {
    let alone = program([
      Instruction(Memset(dst: tile(0), value: 1.0), engine: .vector, after: [0])
    ])
    let trap = #expect(throws: Trap.self) { try alone.executionOrder() }
    #expect(trap?.kind == .deadlock)
  }

  /// Vector writes a, a transfer that waited for it reads a, Scalar waits for the transfer.
  @Test func aTransferPassesOnWhatItsEngineKnew() throws {
    let device = try Lowering.lower(
      program([
        Instruction(Memset(dst: tile(0), value: 1.0), engine: .vector),
        Instruction(DMACopy(dst: tile(1), src: tile(0)), engine: .sync, after: [0]),
        Instruction(Activation(dst: tile(0), op: .copy, data: tile(2)), after: [1]),
      ]), on: try HazardTests.hardware.get())
    #expect(device.instructions.last?.waitCount == 1)
  }
}

extension Program {
  func isTransfer(_ index: Int) -> Bool {
    let operation = instructions[index].operation
    return operation is DMACopy || operation is DMATranspose || operation is DMACompute
  }
}
