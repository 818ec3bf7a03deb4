import Captures
import Device
import Diagnostics
import Foundation
import Testing

/// What becomes of the tables of a capture.
@Suite struct ImportTests {
  private func load(_ instructions: [String]) throws -> Capture {
    let files = try SmallCapture(instructions: instructions)
    defer { files.remove() }
    return try Capture(contentsOf: files.path)
  }

  @Test func userRegionBecomesADeviceProgram() throws {
    let capture = try load(SmallCapture.instructions)
    #expect(capture.name == "small")
    let program = capture.program
    // By engine in the order of the stream; the runtime's row is left out.
    #expect(
      program.instructions.map(\.opcode) == [.tensorCopy, .write, .write, .ldweights, .matmul])
    // Times count from the first user instruction.
    #expect(capture.instructions[1] == MeasuredInterval(begin: 0, end: 57_500))
    #expect(capture.userSpan == 2_632_000)
    // One LOW pass without its HIGH: a transpose; the copy reads PSUM.
    guard case .matmul(let matmul) = program.instructions[4].work,
      case .loadWeights(let weights) = program.instructions[3].work,
      case .stream(let copy) = program.instructions[0].work
    else {
      Issue.record("other kinds of work: \(program.instructions)")
      return
    }
    #expect(matmul.transpose && matmul.moving == 128 && matmul.rate == .float32Pass)
    #expect(weights.columns == 128 && weights.strideBytes == 4 && weights.transpose)
    #expect(copy.readsPSUM && !copy.writesPSUM && copy.elements == 128)
  }

  @Test func transfersFindTheirTriggersSemaphoresAndShapes() throws {
    let capture = try load(SmallCapture.instructions)
    let program = capture.program
    #expect(program.transfers.count == 2)
    // The first trigger's descriptors begin 900 ns after it.
    #expect(capture.transfers[0].trigger == 0)
    #expect(capture.transfers[0].firstRead == 900_000)
    #expect(capture.transfers[0].complete == 1_565_000)
    // Nobody waits for the second one's semaphore; the matmul waits for the first one's.
    let awaited = program.waits(of: program.instructions[3]).first
    #expect(program.transfers[0].completion?.semaphore == awaited?.semaphore)
    #expect(program.transfers[0].completion?.amount == 16)
    #expect(program.transfers[1].completion == nil)
    // 16 rings with one descriptor of 8 rows each.
    #expect(program.runs.count == 32)
    #expect(program.runs.allSatisfy { $0.pieces == 8 && $0.kind == .contiguous })
  }

  @Test func anUnknownOpcodeIsNamedWithItsRow() throws {
    var rows = SmallCapture.instructions
    rows[5] = rows[5].replacing(",COPY,", with: ",COPPY,")
    #expect {
      try load(rows)
    } throws: { error in
      guard let found = (error as? DiagnosticError)?.diagnostics.first else { return false }
      return found.location?.line == 7 && found.message == "the opcode COPPY is not modelled"
    }
  }

  @Test func otherWaitsAndUpdatesAreRefused() throws {
    for (old, new) in [("S[5]>=1", "S[5]==1"), ("S[4]++", "S[4]--")] {
      var rows = SmallCapture.instructions
      rows[5] = rows[5].replacing(old, with: new)
      #expect(throws: DiagnosticError.self) { try load(rows) }
    }
  }

  @Test func fewerTransfersThanTriggersIsAnError() throws {
    var rows = SmallCapture.instructions
    rows.append("Sync,9,user,WRITE,6000.0,6057.5,57.5,,,,,,,,,,,,,")
    #expect(throws: DiagnosticError.self) { try load(rows) }
  }

  @Test func namesFindTheirTables() throws {
    let files = try SmallCapture()
    defer { files.remove() }
    let directory = files.directory.path
    for name in ["", "/small", "/sm", "/small.instr.csv.zst"] {
      #expect(try CapturePaths.resolve(directory + name) == files.path)
    }
    #expect(try CapturePaths.all(in: directory) == [files.path])
    for name in ["/big", "/small.dma.csv.zst", "-gone/small"] {
      #expect(throws: DiagnosticError.self) { try CapturePaths.resolve(directory + name) }
    }
    try FileManager.default.copyItem(atPath: files.path, toPath: directory + "/smart.instr.csv.zst")
    #expect(throws: DiagnosticError.self) { try CapturePaths.resolve(directory + "/sm") }
    #expect(try CapturePaths.resolve(directory + "/small") == files.path)
  }

  @Test func aMissingTableIsAnError() {
    #expect(throws: DiagnosticError.self) {
      try Capture(contentsOf: "/nowhere/small.instr.csv.zst")
    }
    #expect(throws: DiagnosticError.self) { try Capture(contentsOf: "small.csv") }
  }
}
