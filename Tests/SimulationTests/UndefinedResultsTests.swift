import Device
import Diagnostics
import Formats
import Hardware
import Machine
import Programs
import Simulation
import Testing
import Workloads

/// Results that the machine leaves undefined inside one instruction, and reads through another tensor.
@Suite struct UndefinedResultsTests {
  /// Eleven lines; bodies begin at line 12.
  private static let head = """
    trnsim program 1
    kernel k
    tensor x: hbm input float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor z: hbm float32 [128, 64]
    tensor a: sbuf float32 [128, 64] at partition 0 byte 0
    tensor b: sbuf float32 [128, 64] at partition 0 byte 0x400
    tensor c: sbuf float32 [128, 32] at partition 0 byte 0x480
    tensor i: sbuf int32 [8, 1] at partition 0 byte 0x1000
    dma_copy dst=a src=x engine=sync
    dma_copy dst=y src=a engine=sync

    """

  private func run(
    _ body: String, _ mode: Simulation.Mode = .valuesAndTiming,
    _ policy: UndefinedResults = .note
  ) throws -> CoreRun {
    let program = try Program(text: Self.head + body + "\n", file: "k.trn")
    let x = KernelTensor(
      name: "x", dtype: .float32, shape: [128, 64],
      values: (0..<128 * 64).map { Float($0) })
    var options = Simulation.Options()
    options.mode = mode
    options.undefinedResults = policy
    return try SimulationTests.run(
      program, on: try Hardware.load("trn2"), inputs: mode == .timingOnly ? [] : [x],
      options: options)
  }

  private static let overlap = "overlaps what the DMA reads: which of it is read before"
  private static let twice = "names bytes twice that are written once"

  @Test(arguments: [
    ("dma_copy dst=a[:, 1:64] src=a[:, 0:63]", "'dst' \(overlap)"),
    ("dma_copy dst=a[1:128] src=a[0:127]", "'dst' \(overlap)"),
    ("dma_copy dst=z src=a\ndma_copy dst=z[1:128] src=z[0:127]", "'dst' \(overlap)"),
    ("tensor_copy dst=b.ap([[0, 64]]) src=a engine=vector", "'dst' \(twice)"),
    ("dma_copy dst=y.ap([[32, 128], [1, 64]]) src=a", "'dst' \(twice)"),
    ("memset dst=b.ap([[2, 8], [1, 4]]) value=1", "'dst' \(twice)"),
  ])
  func operandsOfOneInstructionAreLookedAt(_ body: String, _ message: String) throws {
    for mode in [Simulation.Mode.valuesAndTiming, .timingOnly, .valuesOnly] {
      let found = try run(body, mode).undefinedResults
      #expect(found.count == 1)
      #expect(found.first?.message.hasPrefix(message) == true, "\(found)")
      #expect(found.first?.location?.line == 11 + body.split(separator: "\n").count)
      let fault = try #require(throws: Trap.self) { try run(body, mode, .error) }
      #expect(fault.kind == .undefinedResult && fault.operand == "dst")
      #expect(fault.instructionText?.isEmpty == false)
    }
  }

  @Test(arguments: [
    // In place, element for element; in between; other partitions; next to each other.
    "dma_copy dst=a src=a", "tensor_scalar dst=a data=a op0=multiply operand0=2",
    "dma_copy dst=a.ap([[2, 32]]) src=a.ap([[2, 32]], offset=1)",
    "dma_copy dst=a[0:64] src=a[64:128]", "dma_copy dst=a[:, 0:32] src=a[:, 32:64]",
    "dma_copy dst=z src=a\ndma_copy dst=z.ap([[64, 64], [1, 64]]) src=z.ap([[64, 64], [1, 64]], offset=4096)",
    "memset dst=b.ap([[4, 8], [1, 4]]) value=1", "memset dst=b.ap([[-1, 64]], offset=63) value=1",
    "memset dst=b value=1\ntensor_copy dst=c src=b[:, 0:32]",
    // What c wrote is gone where b is read.
    "memset dst=c value=1\nmemset dst=b[:, 0:40] value=1\nmemset dst=b[:, 40:64] value=1\ndma_copy dst=z src=b",
    "memset dst=c value=1\nmemset dst=b[0:64] value=1\nmemset dst=b[64:128] value=1\ndma_copy dst=z src=b",
    "memset dst=b value=1\nmemset dst=c value=1\ndma_copy dst=z[:, 0:32] src=b[:, 0:32]",
  ])
  func whatIsDefinedIsLeftAlone(_ body: String) throws {
    let found = try run(body).undefinedResults
    #expect(found.isEmpty, "\(found)")
    #expect(try run(body, .valuesOnly, .error).undefinedResults.isEmpty)
  }

  @Test func rowsOfAScatterThatMeetAreTold() throws {
    let scatter =
      "memset dst=i value=3\n"
      + "dma_copy dst=z.ap([[64, 8], [1, 8]]) src=a[0:8, 0:8] vector_offset=i indirect=dst dge_mode=swdge engine=gpsimd"
    let found = try run(scatter).undefinedResults
    #expect(
      found.map(\.message) == [
        "rows 0 and 1 go to the same place, element 192 of 'z': which of them stays is not defined"
      ])
    #expect(found.first?.location?.line == 13)
    #expect(throws: Trap.self) { try run(scatter, .valuesAndTiming, .error) }
    // Indices are values.
    #expect(try run(scatter, .timingOnly).undefinedResults.isEmpty)
    // Rows of their own.
    let apart = scatter.replacing(
      "memset dst=i value=3", with: "iota dst=i pattern=[[0, 1]] channel_multiplier=1")
    #expect(try run(apart).undefinedResults.isEmpty)
    // Eight elements from 4 elements on.
    let near = apart.replacing("indirect=dst", with: "indirect=dst offset_stride=4")
    #expect(try run(near).undefinedResults.count == 1)
  }

  @Test func aLoopTellsItsPlaceOnce() throws {
    let found = try run(
      "loop var=r0 stop=5\ndma_copy dst=a[:, 1:64] src=a[:, 0:63]\nend_loop"
    ).undefinedResults
    #expect(found.count == 1 && found.first?.location?.line == 13)
  }

  @Test func readsOfWhatAnotherTensorWroteAreTold() throws {
    // c lies in the upper half of b.
    for (body, message) in [
      (
        "memset dst=b value=1\nmemset dst=c value=2\ndma_copy dst=z src=b",
        "read of 'b' sees what k.trn:13:1 wrote through 'c'"
      ),
      (
        "memset dst=b value=1\ntensor_copy dst=a[:, 0:32] src=c engine=vector",
        "read of 'c' sees what k.trn:12:1 wrote through 'b'"
      ),
      (
        "memset dst=c value=1\nmemset dst=b[:, 0:40] value=1\nmemset dst=b[0:64, 40:64] value=1\ndma_copy dst=z src=b",
        "read of 'b' sees what k.trn:12:1 wrote through 'c'"
      ),
    ] {
      let found = try run(body).undefinedResults
      #expect(found.map(\.message) == [message])
      #expect(found.first?.location?.line == 11 + body.split(separator: "\n").count)
      #expect(throws: Trap.self) { try run(body, .valuesAndTiming, .error) }
    }
    // Columns between others: those of b that lie in c are 32 to 63.
    for (body, message) in [
      (
        "memset dst=c value=2\nmemset dst=b.ap([[2, 32]]) value=1\n"
          + "tensor_copy dst=a[:, 0:32] src=b[:, 32:64] engine=vector",
        "read of 'b' sees what k.trn:12:1 wrote through 'c'"
      ),
      (
        "memset dst=b value=1\nmemset dst=c.ap([[4, 8]]) value=2\n"
          + "tensor_copy dst=a[:, 0:8] src=b.ap([[8, 8]]) engine=vector",
        "read of 'b' sees what k.trn:13:1 wrote through 'c'"
      ),
      (
        "memset dst=c value=2\nmemset dst=b[:, 0:32] value=1\nmemset dst=b.ap([[2, 16]], offset=32) value=1\n"
          + "tensor_copy dst=a[:, 0:2] src=b.ap([[3, 2]], offset=32) engine=vector",
        "read of 'b' sees what k.trn:12:1 wrote through 'c'"
      ),
    ] {
      #expect(try run(body).undefinedResults.map(\.message) == [message])
    }
    for body in [
      // Even columns of c are written through c, odd ones of the same bytes through b and read through it.
      "memset dst=b value=1\nmemset dst=c.ap([[2, 16]]) value=2\n"
        + "tensor_copy dst=a[:, 0:16] src=b.ap([[2, 16]], offset=33) engine=vector",
      // What was written through c is written through b before it is read, in two parts.
      "memset dst=b value=1\nmemset dst=c.ap([[2, 16]]) value=2\n"
        + "memset dst=b.ap([[4, 8]], offset=32) value=3\nmemset dst=b.ap([[4, 8]], offset=34) value=3\n"
        + "dma_copy dst=z src=b",
    ] {
      #expect(try run(body).undefinedResults.isEmpty)
    }
    // A view is the same tensor.
    let program = try Program(
      text: Self.head.replacing(
        "tensor c: sbuf float32 [128, 32] at partition 0 byte 0x480",
        with: "tensor c: sbuf int32 [128, 64] of b")
        + "memset dst=b value=1\ndma_copy dst=z src=b\ntensor_copy dst=c src=c\n", file: "k.trn")
    var options = Simulation.Options()
    options.mode = .timingOnly
    let viewed = try SimulationTests.run(program, on: Hardware.load("trn2"), options: options)
    #expect(viewed.undefinedResults.isEmpty)
  }

  @Test func aCoreThatSendsToItselfIsTold() throws {
    func program(_ core: Int, _ peer: Int) throws -> Program {
      try Program(
        text: """
          trnsim program 1
          kernel c
          tensor h\(core): hbm output float32 [128, 64]
          tensor a: sbuf float32 [128, 64] at partition 0 byte 0
          tensor b: sbuf float32 [128, 64] at partition 0 byte 0x400
          memset dst=a value=\(core)
          sendrecv dst=b src=a send_to_rank=\(peer) recv_from_rank=\(peer)
          dma_copy dst=h\(core) src=b engine=sync

          """, file: "self.\(core).trn")
    }
    let layout = CoreLayout(ranks: 1, coresPerRank: 2)
    let hardware = try Hardware.load("trn2")
    let set = ProgramSet(layout: layout, programs: [try program(0, 1), try program(1, 1)])
    for mode in [Simulation.Mode.valuesAndTiming, .timingOnly] {
      var options = Simulation.Options()
      options.mode = mode
      let run = try Simulation.run(set, on: hardware, options: options)
      #expect(run.cores[0].undefinedResults.isEmpty)
      #expect(
        run.cores[1].undefinedResults.first?.message.hasPrefix("core 1 sends to itself") == true)
      #expect(run.cores[1].undefinedResults.first?.location?.line == 7)
      options.undefinedResults = .error
      #expect(throws: Trap.self) { try Simulation.run(set, on: hardware, options: options) }
    }
    let exchange = ProgramSet(layout: layout, programs: [try program(0, 1), try program(1, 0)])
    let run = try Simulation.run(exchange, on: hardware)
    #expect(run.cores.allSatisfy { $0.undefinedResults.isEmpty })
  }
}
