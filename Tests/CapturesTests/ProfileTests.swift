import Accuracy
import Captures
import Device
import Diagnostics
import Foundation
import Hardware
import Storage
import Testing

/// The profiler's own export.
@Suite struct ProfileTests {
  private static let header =
    "subgraph,label,pc,opcode,operands,timestamp,duration,evt_wait_time,activation_fn,"
    + "bir_instruction_name,elements,sbuf_read_bytes,sbuf_write_bytes,psum_read_bytes,"
    + "psum_write_bytes,hbm_read_bytes,hbm_write_bytes\n"

  static let rows = [
    // The runtime's have no name, and the other core's are not the kernel's.
    "sg00,Tensor,53,EVENT_SEMAPHORE, setter=0  $S[2]+=1@complete ,10,67,1,,,,,,,,,",
    "sg00,Sync,5,DMA_DIRECT2D,\" semaphore=8 sem_increment=16  src_elem_size=512 \",1000,559,1,,I-1,"
      + ",,,,,65536,",
    "sg00,Sync,6,DMA_DIRECT2D,\"S[4] (Scalar)>=1 semaphore=9 sem_increment=16 \",4000,559,1,,I-4,,"
      + ",,,,,65536",
    "sg00,Tensor,7,LDWEIGHTS,\"S[8] (qSyncDynamicHW)>=16 fp32_mode=LOW "
      + "src=fp32@0x379f4[-1,0,0][128,1,1] 128*128 \",3000,138,0,,I-2,,512,,,,,",
    "sg00,TensorMatrix,8,MATMUL,\"S[5] (Tensor)++@complete acc_flags=3 fp32_mode=LOW_HIGH "
      + "src=fp32@0x36500[1,0,0][128,1,1] dst=0x2000000[1,0,0][128,1,1] 128*128 \",3030,299,0,,I-2,"
      + ",512,,,512,,",
    "sg00,Scalar,3,COPY,\"S[5] (Tensor)>=1 S[4] (Scalar)++@complete "
      + "src=fp32@0x2000000[1,1,1,1][128,1,1,1] dst=fp32@0x0[1,1,1,1][128,1,1,1] channels=128 \","
      + "3367,265,0,,I-3,,,512,512,,,",
    "sg01,Tensor,34,NOP, cycle=1 ,5,13,0,,,,,,,,,",
  ]

  private func load(_ rows: [String]) throws -> Capture {
    let directory = try ProfileTests.write(rows)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try Capture(
      contentsOf: directory.appendingPathComponent("small.instructions.csv.zst").path)
  }

  /// An export in a temporary directory, which is given back.
  static func write(_ rows: [String]) throws -> URL {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("small-profile-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let stem = directory.appendingPathComponent("small").path
    func write(_ text: String, _ suffix: String) throws {
      let writer = try ZstdWriter(path: stem + suffix)
      try writer.append(text)
      try writer.finish()
    }
    try write(ProfileTests.header + rows.joined(separator: "\n") + "\n", ".instructions.csv.zst")
    var dma = "subgraph,dma_engine,dma_queue,queue_type,timestamp,duration,transfer_size,read_size,"
    dma += "write_size,transfer_rate,packet_idx\n"
    for begin in [2400, 5400] {
      for ring in 0..<16 {
        dma += "sg00,\(64 + ring),2,hardware_dynamic,\(begin + ring),160,4100,4100,4100,0,0\n"
      }
    }
    try write(dma, ".dma.csv.zst")
    try Data(#"{"ham": [{"k": 8, "timestamp": 3300, "duration": 1}]}"#.utf8).write(
      to: URL(fileURLWithPath: stem + ".summary.json"))
    return directory
  }

  @Test func theExportBecomesTheSameProgram() throws {
    let capture = try load(ProfileTests.rows)
    #expect(capture.name == "small")
    #expect(
      capture.program.instructions.map(\.opcode)
        == [.tensorCopy, .dmaTrigger, .dmaTrigger, .ldweights, .matmul])
    guard case .matmul(let matmul) = capture.program.instructions[4].work,
      case .stream(let copy) = capture.program.instructions[0].work
    else {
      Issue.record("other kinds of work")
      return
    }
    #expect(matmul.transpose && matmul.moving == 128 && matmul.rate == .float32Pass)
    #expect(copy.readsPSUM && copy.elements == 128)
    #expect(capture.instructions[4] == MeasuredInterval(begin: 2_030_000, end: 2_329_000))
    // Read until 2400 + 15 + 160 ns, and visible 350 ns later.
    #expect(capture.transfers[0].complete == 1_925_000)
    #expect(capture.program.transfers.map(\.hbmReadBytes) == [16 * 4100, 0])
    #expect(capture.program.transfers.map(\.hbmWriteBytes) == [0, 16 * 4100])
    let awaited = capture.program.waits(of: capture.program.instructions[3]).first
    #expect(capture.program.transfers[0].completion?.semaphore == awaited?.semaphore)
    #expect(capture.clockChanges == [MeasuredClockChange(time: 2_300_000, warm: true)])
  }

  @Test func aTableOfAnotherFormIsNamed() {
    #expect(throws: DiagnosticError.self) { try load([ProfileTests.rows[0]]) }
    #expect(throws: DiagnosticError.self) { try load(["sg00,Tensor"]) }
  }

  static let shared = "../shared/validation"
  static let hasCaptures = FileManager.default.fileExists(atPath: shared)

  /// Captures that were decoded twice independently: times to under 1 ns, and the same program.
  @Test(.enabled(if: hasCaptures, "needs \(shared)"))
  func theTwoDecodingsAgree() throws {
    let exports = try CapturePaths.all(in: "\(ProfileTests.shared)/profiles")
    #expect(exports.count == 6)
    let hardware = try Hardware.load("trn2")
    for path in exports {
      let export = try Capture(contentsOf: path)
      let trace = try Capture(
        contentsOf: "\(ProfileTests.shared)/traces/\(export.name).instr.csv.zst")
      #expect(try trace.distance(to: export, path) < 1000)
      for (one, other) in zip(trace.instructions, export.instructions) {
        #expect(abs(one.duration - other.duration) < 1000)
      }
      #expect(trace.program.instructions.map(\.work) == export.program.instructions.map(\.work))
      #expect(trace.program.transfers.map(\.bytes) == export.program.transfers.map(\.bytes))
      // Simulated alike: nothing of the prediction comes from the measured times.
      let predicted = try [trace, export].map { try Replay($0, on: hardware, dma: .predicted) }
      #expect(abs(predicted[0].userSpan - predicted[1].userSpan) < 50_000, "\(export.name)")
    }
  }
}
