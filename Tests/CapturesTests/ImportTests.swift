import Accuracy
import Captures
import Device
import Diagnostics
import Foundation
import Hardware
import Testing
import Timing

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

  @Test func unknownWorkIsPricedByARuleThatANoteStates() throws {
    var rows = SmallCapture.instructions
    rows[5] = rows[5].replacing(",COPY,", with: ",COPPY,")
    rows.append("GpSimd,2,user,DRAIN,500.0,507.0,7.0,,,,,,,,,,,,,")
    let capture = try load(rows)
    // The copy of ScalarE is taken for an activation of as many elements; the drain for a NOP.
    #expect(
      capture.program.instructions.map(\.opcode)
        == [.nop, .activate, .write, .write, .ldweights, .matmul])
    guard case .stream(let stream) = capture.program.instructions[1].work else {
      Issue.record("no stream")
      return
    }
    #expect(stream.streamClass == .activation && stream.elements == 128 && stream.readsPSUM)
    #expect(
      capture.notes == [
        "DRAIN on GpSimd is priced as a NOP: it works on no operand (1 row, first in line 8)",
        "COPPY on Scalar has no known price: it is taken for ACTIVATE, at that rate per element "
          + "(1 row, first in line 7)",
      ])
    #expect(try load(SmallCapture.instructions).notes.isEmpty)
  }

  @Test func otherWaitsAndUpdatesAreLeftOutWithANote() throws {
    for (old, new) in [("S[5]>=1", "S[5]<1"), ("S[4]++", "S[4]--")] {
      var rows = SmallCapture.instructions
      rows[5] = rows[5].replacing(old, with: new)
      let capture = try load(rows)
      #expect(capture.notes.contains { $0.contains("\(new) is left out") })
    }
    var rows = SmallCapture.instructions
    rows[5] = rows[5].replacing("S[5]>=1", with: "S[5]==1")
    #expect(try load(rows).program == load(SmallCapture.instructions).program)
  }

  /// The small capture with its second DMA started after what it waits for, as on a device.
  private static let causal = SmallCapture.instructions.map {
    $0.replacing("1090.0,1147.5", with: "3650.0,3707.5")
  }

  @Test func aTriggerWithoutATransferMakesDMATimesTheCapturedOnes() throws {
    var rows = ImportTests.causal
    rows.append("Sync,9,user,WRITE,6000.0,6057.5,57.5,,,,,,,,,,,,,")
    let capture = try load(rows)
    #expect(capture.program.transfers.count == 3)
    #expect(capture.program.transfers.allSatisfy { $0.runCount == 0 })
    #expect(capture.notes.count == 1)
    let replay = try Replay(capture, on: Hardware.load("trn2"), dma: .predicted)
    #expect(replay.timeline.instructions.count == 6)
  }

  @Test func twoWritesStartOneDMA() throws {
    // Of each pair the first may wait, and starts nothing.
    var rows = ImportTests.causal
    rows[1] = "Sync,4,user,WRITE,910.0,967.5,57.5,,,,,,,,,,,,,"
    rows.insert("Sync,5,user,WRITE,1000.0,1057.5,57.5,,,,,,,,,,,,,", at: 2)
    rows.insert("Sync,7,user,WRITE,3740.0,3797.5,57.5,,,,,,,,,,,,,", at: 4)
    let capture = try load(rows)
    #expect(capture.program.transfers.count == 2 && capture.notes.isEmpty)
    let writes = capture.program.instructions.filter { $0.opcode == .write }
    #expect(writes.map { $0.work == .control } == [true, false, true, false])
    let replay = try Replay(capture, on: Hardware.load("trn2"), dma: .predicted)
    #expect(replay.timeline.transfers.allSatisfy { $0.complete > 0 })
  }

  @Test func registersOfAnAddressAreNotWork() throws {
    var rows = SmallCapture.instructions
    for (index, name) in ["TENSOR_LOAD", "REG_MOVE", "REG_ALU"].enumerated() {
      let begin = 500 + 100 * index
      rows.append("GpSimd,\(index + 1),user,\(name),\(begin).0,\(begin + 40).0,40.0,,,,,,,,,,,,,")
    }
    let capture = try load(rows)
    #expect(capture.notes.isEmpty)
    #expect(
      capture.program.instructions.filter { $0.engine == .gpsimd }.map(\.opcode)
        == [.addressLoad, .addressMove, .addressALU])
  }

  @Test(arguments: [[".dma"], [".sem"], [".dma", ".sem"]])
  func aReplayGoesOnWithoutTheOtherTables(_ missing: [String]) throws {
    let files = try SmallCapture(instructions: ImportTests.causal)
    defer { files.remove() }
    for table in missing {
      try FileManager.default.removeItem(
        atPath: files.path.replacing(".instr", with: table))
    }
    let capture = try Capture(contentsOf: files.path)
    #expect(capture.notes.count == missing.count)
    // LDWEIGHTS waits for the first DMA, whichever table says when that was complete.
    #expect(capture.program.transfers[0].completion?.amount == 16)
    let replay = try Replay(capture, on: Hardware.load("trn2"), dma: .measured)
    let begin = replay.timeline.instructions[3].begin
    #expect(begin >= 1_565_000 && begin <= 2_100_000)
  }

  @Test func aWaitThatNothingEndsIsLeftOut() throws {
    var rows = SmallCapture.instructions
    rows[4] = rows[4].replacing("299.2,,", with: "299.2,S[77]>=3,")
    let capture = try load(rows)
    #expect(capture.notes.count == 1)
    _ = try Replay(capture, on: Hardware.load("trn2"), dma: .measured)
  }

  @Test func aTableWithoutAUserRegionHasItsKernelBehindTheOrderingMode() throws {
    // trn1's captures mark nothing.
    var rows = SmallCapture.instructions.dropFirst().map {
      $0.replacing(",user,", with: ",runtime,")
    }
    for engine in ["Sync", "Tensor", "Scalar"] {
      rows.append("\(engine),0,runtime,SET_ORDERING_MODE,100.0,107.0,7.0,,,,,,,,,,,,,")
      rows.append("\(engine),99,runtime,DRAIN,9000.0,9007.0,7.0,,,,,,,,,,,,,")
    }
    let capture = try load(rows)
    let marked = try load(SmallCapture.instructions)
    #expect(capture.program == marked.program)
    #expect(capture.notes.count == 1)
  }

  @Test func tenThousandInstructionsAreImportedAndReplayed() throws {
    // One pass over the table: a hundred thousand would take ten times as long.
    var rows = SmallCapture.instructions
    for place in 0..<10_000 {
      let begin = 4000 + Double(place) * 300
      rows.append(
        "Vector,\(100 + place),user,TENSOR_TENSOR,\(begin),\(begin + 290),290,,,"
          + "\"SBUF@0x0[1,1,1][128,1,1]\",\"SBUF@0x800[1,1,1][128,1,1]\",fp32,fp32,128,128,128,,,,")
    }
    let capture = try load(rows)
    #expect(capture.instructions.count == 10_005)
    let replay = try Replay(capture, on: Hardware.load("trn2"), dma: .predicted)
    #expect(replay.timeline.instructions.count == 10_005)
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
