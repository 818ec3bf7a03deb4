import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Timing
import Workloads

/// Loops and registers: what they compute, how long it takes, and what can be wrong with them.
@Suite struct ControlFlowTests {
  private static let head = """
    trnsim program 1
    kernel k
    tensor x: hbm input float32 [8, 4]
    tensor n: hbm input int32 [1, 1]
    tensor y: hbm output float32 [8, 4]
    tensor a: sbuf float32 [1, 4] at partition 0 byte 0
    tensor m: sbuf int32 [1, 1] at partition 0 byte 64

    """

  private func run(
    _ body: String, count: Int32 = 8, options: Simulation.Options = .init()
  ) throws -> CoreRun {
    let program = try Program(text: Self.head + body, file: "k.trn")
    let x = KernelTensor(
      name: "x", dtype: .float32, shape: [8, 4], values: (0..<32).map { Float($0) })
    let n = KernelTensor(
      name: "n", dtype: .int32, shape: [1, 1], bytes: withUnsafeBytes(of: count) { Array($0) })
    return try SimulationTests.run(
      program, on: try Hardware.load("trn2"), inputs: options.mode == .timingOnly ? [] : [x, n],
      options: options)
  }

  private static let copyRows = """
    dma_copy dst=m src=n
    register_load dst=r0 src=m
    loop var=r1 stop=r0
    dma_copy dst=a src=x.ap([[4, 1], [1, 4]], moved=[r1, 4])
    tensor_scalar dst=a data=a op0=multiply operand0=2
    dma_copy dst=y.ap([[4, 1], [1, 4]], moved=[r1, 4]) src=a
    end_loop
    """

  @Test func aLoopRunsAsOftenAsItsRegisterSays() throws {
    let run = try run(Self.copyRows)
    #expect(run.outputs.first?.values == (0..<32).map { Double($0) * 2 })
    // Load, register, loop; then three instructions and one branch of each of two engines per pass.
    #expect(run.program.instructions.count == 3 + 8 * 5)
    #expect(run.origins?.last == 6)
    #expect(run.origins?.count == run.program.instructions.count)
  }

  @Test func timeIsThatOfTheExecutedStream() throws {
    let unrolled = (0..<8).map { row in
      """
      dma_copy dst=a src=x[\(row):\(row + 1)]
      tensor_scalar dst=a data=a op0=multiply operand0=2
      dma_copy dst=y[\(row):\(row + 1)] src=a

      """
    }
    let rolled = try #require(try run(Self.copyRows).timeline).total
    let flat = try #require(try run(unrolled.joined()).timeline).total
    // The register's load comes after a DMA of its own (about 2 µs); a branch takes tens of ns.
    #expect(rolled > flat + 1_000_000)
    #expect(rolled < flat + 4_000_000)
  }

  /// Values are computed as far as loops depend on them, where inputs are given.
  @Test func timingAloneFollowsLoadedRegisters() throws {
    let program = try Program(text: Self.head + Self.copyRows, file: "k.trn")
    #expect(program.valuesEnd == 2)
    var options = Simulation.Options()
    options.mode = .timingOnly
    let whole = try run(Self.copyRows)
    let inputs = [
      KernelTensor(
        name: "x", dtype: .float32, shape: [8, 4], values: (0..<32).map { Float($0) }),
      KernelTensor(name: "n", dtype: .int32, shape: [1, 1], bytes: [8, 0, 0, 0]),
    ]
    let timed = try SimulationTests.run(
      program, on: try Hardware.load("trn2"), inputs: inputs, options: options)
    #expect(timed.program.instructions.count == whole.program.instructions.count)
    #expect(timed.timeline?.total == whole.timeline?.total)
    #expect(timed.outputs.isEmpty)
  }

  /// What is followed is filled like what is run: an input of another shape once ended the process.
  @Test(arguments: [
    (shape: [1, 2], dtype: DType.int32, "input 'n' has shape [1, 2], the program declares [1, 1]"),
    (shape: [1, 1], dtype: .int8, "input 'n' is int8, the program declares int32"),
  ])
  func timingAloneChecksInputs(shape: [Int], dtype: DType, message: String) throws {
    let program = try Program(text: Self.head + Self.copyRows, file: "k.trn")
    var options = Simulation.Options()
    options.mode = .timingOnly
    let inputs = [
      KernelTensor(name: "x", dtype: .float32, shape: [8, 4], values: (0..<32).map { Float($0) }),
      KernelTensor(
        name: "n", dtype: dtype, shape: shape,
        bytes: [UInt8](repeating: 0, count: shape[1] * dtype.size)),
    ]
    let error = #expect(throws: DiagnosticError.self) {
      try SimulationTests.run(
        program, on: try Hardware.load("trn2"), inputs: inputs, options: options)
    }
    #expect(error?.description.contains(message) == true)
  }

  @Test func aLoopOfNoPassesIsSkipped() throws {
    let store = "memset dst=a value=1\ndma_copy dst=y src=x\n"
    let run = try run(
      store + "loop var=r1 start=5 stop=5\nloop var=r2 stop=3\nmemset dst=a value=2\n"
        + "end_loop\nend_loop\ndma_copy dst=y[0:1] src=a\n")
    #expect(run.outputs.first?.values[0] == 1)
  }

  @Test func registersCount() throws {
    // Collatz from 6: 6 3 10 5 16 8 4 2 1 takes 8 steps.
    let run = try run(
      """
      dma_copy dst=y src=x
      register_move dst=r0 src=6
      register_move dst=r1 src=0
      register_move dst=r2 src=1
      while_loop condition=r2
      register_alu dst=r3 op=bitwise_and src0=r0 src1=1
      register_alu dst=r4 op=multiply src0=r0 src1=3
      register_alu dst=r4 op=add src0=r4 src1=1
      register_alu dst=r4 op=multiply src0=r4 src1=r3
      register_alu dst=r5 op=right_shift src0=r0 src1=1
      register_alu dst=r6 op=subtract src0=1 src1=r3
      register_alu dst=r5 op=multiply src0=r5 src1=r6
      register_alu dst=r0 op=add src0=r4 src1=r5
      register_alu dst=r1 op=add src0=r1 src1=1
      register_alu dst=r2 op=not_equal src0=r0 src1=1
      end_loop
      register_store dst=m src=r1
      tensor_copy dst=a[:, 0:1] src=m
      dma_copy dst=y[0:1, 0:1] src=a[:, 0:1]
      """)
    #expect(run.outputs.first?.values[0] == 8)
  }

  /// Nothing in the loop changes what ends it: there is no need to wait for it.
  @Test(arguments: [
    "memset dst=a value=2", "loop var=r2 stop=3\nmemset dst=a value=2\nend_loop",
    "register_move dst=r0 src=1",
  ])
  func aLoopThatChangesNothingIsFoundAtOnce(_ body: String) throws {
    for mode in [Simulation.Mode.valuesAndTiming, .timingOnly] {
      var options = Simulation.Options()
      options.mode = mode
      let trap = try #require(throws: Trap.self) {
        try run(
          "register_move dst=r0 src=1\nregister_move dst=r2 src=3\nwhile_loop condition=r0\n"
            + "\(body)\nend_loop\ndma_copy dst=y src=x\n", options: options)
      }
      #expect(trap.message == "the loop never ends: a pass leaves all registers as they were")
      #expect(trap.instruction == 2)
      #expect(trap.notes.first?.hasPrefix("the loop of instruction 2 is in pass ") == true)
      #expect(trap.notes.last?.contains("r0 = 1") == true)
    }
  }

  /// A register that is loaded anew may end it, whatever the others hold.
  @Test func aLoopThatLoadsItsEndIsFollowed() throws {
    let run = try run(
      """
      dma_copy dst=y src=x
      memset dst=m value=1
      register_load dst=r0 src=m
      while_loop condition=r0
      register_load dst=r0 src=m
      memset dst=m value=0
      end_loop
      """)
    #expect(
      run.program.instructions.count { $0.operation is Memset } == 3)
  }

  @Test func immediateBoundsNeedNoValues() throws {
    var options = Simulation.Options()
    options.mode = .timingOnly
    let body = Self.copyRows.replacingOccurrences(
      "dma_copy dst=m src=n\nregister_load dst=r0 src=m\n", ""
    )
    .replacingOccurrences("stop=r0", "stop=8")
    #expect(try run(body, options: options).program.instructions.count == 1 + 8 * 5)
    do {
      _ = try run(Self.copyRows, options: options)
      Issue.record("values were not needed")
    } catch let trap as Trap {
      #expect(trap.message.contains("loaded from a tensor"))
      #expect(trap.instruction == 1)
    }
  }

  @Test(arguments: [
    ("loop var=r0 stop=4\n", "the loop has no end_loop"),
    ("end_loop\n", "ends no loop"),
    ("register_move dst=r0 src=r9\n", "register r9 is never written"),
    ("dma_copy dst=a src=x.ap([[4, 1], [1, 4]], moved=[r3, 4])\n", "register r3 of operand 'src'"),
    ("loop var=r0 stop=4 step=0\nend_loop\n", "the loop's step is 0"),
    ("register_load dst=r0 src=x[0:1, 0:2]\n", "a register holds one"),
    ("memset dst=x value=0\n", "cannot be written"),
  ])
  func mistakesAreFoundBeforeTheRun(_ body: String, _ message: String) throws {
    do {
      _ = try run(body)
      Issue.record("'\(body)' was accepted")
    } catch let error as DiagnosticError {
      #expect(error.diagnostics.contains { $0.message.contains(message) }, "\(error.diagnostics)")
      #expect(error.diagnostics.allSatisfy { $0.instruction != nil })
    }
  }

  @Test func anAddressBeyondTheTensorIsAFault() throws {
    do {
      _ = try run(Self.copyRows, count: 9)
      Issue.record("row 8 of 8 was read")
    } catch let trap as Trap {
      #expect(trap.kind == .outOfBounds && trap.operand == "src" && trap.instruction == 3)
      #expect(trap.notes.first?.contains("r1 = 8") == true)
    }
  }

  /// A tile of an earlier pass does not make this pass's read a written one, and the other way round.
  @Test func uninitializedReadsAreFoundInLaterPasses() throws {
    do {
      _ = try run(
        """
        memset dst=a[:, 0:1] value=0
        loop var=r0 stop=4
        tensor_copy dst=m src=a.ap([[1, 1]], moved=[r0, 1])
        end_loop
        dma_copy dst=y src=x
        """)
      Issue.record("element 1 was never written")
    } catch let trap as Trap {
      #expect(trap.kind == .uninitializedRead && trap.operand == "src" && trap.instruction == 2)
    }
  }
}

extension String {
  fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
    split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
  }
}
