import CInterface
import FoundationEssentials

/// A small program whose results are known.
struct SampleProgram: Sendable {
  /// What a run of it must give.
  enum Ending: Int32, Sendable {
    case fine = 0
    case refused = 1
    case fault = 2
  }

  var text: [UInt8]
  var pieces: [[UInt8]] = []
  /// By name, its HBM tensors.
  var bytes: [String: Int]
  /// What y holds in the end beyond what x holds, if it has an x.
  var sum: Float
  var readsX: Bool
  var ending: Ending

  /// All samples, with their binary records.
  static func all() throws -> [SampleProgram] {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-sessions-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var samples: [SampleProgram] = []
    for (index, count) in [8, 4096, 1, 16384, 64].enumerated() {
      for readsX in [false, true] {
        samples.append(
          SampleProgram(count: count, sum: Float(index + 1), readsX: readsX, ending: .fine))
      }
    }
    samples.append(SampleProgram(count: 64, sum: 9, readsX: false, ending: .refused))
    samples.append(SampleProgram(count: 64, sum: 9, readsX: true, ending: .fault))
    for index in samples.indices {
      samples[index].pieces = try records(samples[index].text, "\(directory)/\(index).trn.zst")
    }
    return samples
  }

  init(count: Int, sum: Float, readsX: Bool, ending: Ending) {
    var lines = ["trnsim program 1", "kernel sample_\(count)"]
    if readsX { lines.append("tensor x: hbm input float32 [1, \(count)]") }
    lines += [
      "tensor y: hbm output float32 [1, \(count)]",
      "tensor s: hbm float32 [1, \(count)]",
      "tensor t: sbuf float32 [1, \(count)] at partition 0 byte 0",
      "memset dst=t value=\(sum) engine=vector",
    ]
    switch ending {
    case .fine: break
    case .refused: lines.append("memset dst=y value=1")
    case .fault: lines.append("dma_copy dst=t src=s")
    }
    if readsX {
      lines += [
        "dma_copy dst=s src=x", "dma_copy dst=t src=s",
        "tensor_scalar dst=t data=t op0=add operand0=\(sum)",
      ]
    }
    lines += ["device_print src=t prefix=\"t is\"", "dma_copy dst=y src=t engine=sync"]
    text = Array(lines.joined(separator: "\n").utf8)
    bytes = ["y": 4 * count, "s": 4 * count]
    if readsX { bytes["x"] = 4 * count }
    self.sum = sum
    self.readsX = readsX
    self.ending = ending
  }

  private static func records(_ text: [UInt8], _ path: String) throws -> [[UInt8]] {
    let session = sessionNew()
    defer { sessionFree(session) }
    guard sessionLoad(session, text, UInt64(text.count), "sample.trn") == 0,
      sessionWrite(session, path) == 0
    else { return [] }
    return try BinaryRecords(path).pieces
  }
}
