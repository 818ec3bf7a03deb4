import Captures
import Device
import Diagnostics
import Foundation
import Storage
import Testing

/// The profiler's JSON: a device's has descriptors, a simulation's says what it asked of the machine.
@Suite struct ExportTests {
  /// The rows of the CSV export as the JSON has them.
  private static func json(_ table: CSVLines) -> String {
    let rows = table.rows.map { row in
      "{" + zip(table.header, row).map { "\"\($0)\": \(cell($1))" }.joined(separator: ", ") + "}"
    }
    return "[" + rows.joined(separator: ",\n") + "]"
  }

  private static func cell(_ text: String) -> String {
    if text.isEmpty { return "null" }
    return Int(text) == nil ? "\"\(text)\"" : text
  }

  /// A table without its quotes.
  private struct CSVLines {
    var header: [String]
    var rows: [[String]]

    init(_ path: String) throws {
      let text = String(decoding: try decompress(readFile(path), limit: 1 << 20), as: UTF8.self)
      let lines: [[String]] = text.split(separator: "\n").map { line in
        let parts = line.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        let kept = parts.enumerated().map { (place, part) -> String in
          place % 2 == 1 ? part.replacing(",", with: "\u{1}") : part
        }
        return kept.joined().split(separator: ",", omittingEmptySubsequences: false).map {
          String($0).replacing("\u{1}", with: ",")
        }
      }
      header = lines[0]
      rows = Array(lines.dropFirst())
    }
  }

  @Test func aDevicesJSONIsTheSameCaptureAsItsTables() throws {
    let directory = try ProfileTests.write(ProfileTests.rows)
    defer { try? FileManager.default.removeItem(at: directory) }
    let stem = directory.appendingPathComponent("small").path
    let text =
      "{\"summary\": [{\"total_time\": 1e-5}], \"ham\": [{\"k\": 8, \"timestamp\": 3300}], \"instruction\": "
      + ExportTests.json(try CSVLines(stem + ".instructions.csv.zst")) + ", \"dma\": "
      + ExportTests.json(try CSVLines(stem + ".dma.csv.zst")) + "}"
    try Data(text.utf8).write(to: URL(fileURLWithPath: stem + ".json"))
    let tables = try Capture(contentsOf: stem + ".instructions.csv.zst")
    let json = try Capture(contentsOf: CapturePaths.resolve(stem + ".json"))
    #expect(json.program == tables.program)
    #expect(json.instructions == tables.instructions && json.transfers == tables.transfers)
    #expect(json.clockChanges == tables.clockChanges && json.name == "small")
  }

  @Test func aSimulationsWorkIsReadAsItWasWritten() throws {
    var works: [Work] = [
      .control,
      .loadWeights(
        LoadWeights(rows: 64, columns: 128, fourByte: true, transpose: true, strideBytes: 8)),
    ]
    works += MatmulRate.allCases.map { rate in
      .matmul(
        Matmul(
          rows: 128, columns: 64, moving: 512, rate: rate, transpose: rate == .float16,
          misalignedRows: 3))
    }
    works += StreamClass.allCases.map { streamClass in
      .stream(
        Stream(
          streamClass, elements: 77, readsPSUM: true, sixteenBitInputs: true, contiguous: false,
          inputStrideBytes: 0, outputElementBytes: 2, repeatsInput: true))
    }
    for work in works { #expect(Work(text: work.text[...]) == work, "\(work.text)") }
    #expect(Work(text: Work.trigger(transfer: 7).text[...]) == .trigger(transfer: -1))
    let runs = DescriptorKind.allCases.map { kind in
      DescriptorRun(
        ring: 15, count: 3, bytes: 512, elements: 2, kind: kind, writesHBM: kind == .compute,
        pieces: 4, writtenPieces: 5)
    }
    var transfer = Transfer(
      firstRun: 0, runCount: runs.count, bytes: 7680, hbmReadBytes: 1, hbmWriteBytes: 2,
      descriptors: 15, queue: 0, mode: .swdge)
    transfer.isSpill = true
    transfer.readsAnew = true
    var read: [DescriptorRun] = []
    #expect(Transfer(text: transfer.text(runs)[...], into: &read) == transfer)
    #expect(read == runs)
    for text in [
      "", "rows=1", "matmul rows=1", "control control", "control more",
      "stream class=none elements=1",
      "load_weights rows=-1 columns=1 stride=4", "load_weights rows=1 rows=2 columns=1 stride=4",
    ] { #expect(Work(text: text[...]) == nil, "\(text)") }
    for text in [
      "hwdge bytes=1 hbm_read=1 hbm_write=0",
      "hwdge bytes=1 hbm_read=1 hbm_write=0 runs=0:1x1:1:none:1:1",
      "hwdge bytes=1 hbm_read=1 hbm_write=0 runs=16:1x1:1:contiguous:1:1",
      "hwdge bytes=1 hbm_read=1 hbm_write=0 runs=0:1:1:contiguous:1:1",
    ] { #expect(Transfer(text: text[...], into: &read) == nil, "\(text)") }
  }

  @Test(arguments: [
    ("k.ntff", "\0", "is an NTFF, whose contents have no published description"),
    ("k.neff", "\0", "is an NEFF, whose contents have no published description"),
    ("k.json", "[1", "is not the profiler's JSON"),
    ("k.json", "{\"n_0\": {\"total_time\": 1}}", "has no list 'instruction'"),
    ("k.json", "{\"instruction\": [{\"pc\": 1}]}", "the table has no column subgraph"),
  ])
  func whatIsNoExportIsToldSo(_ name: String, _ text: String, _ message: String) throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("export-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    let error = #expect(throws: DiagnosticError.self) {
      try Capture(contentsOf: CapturePaths.resolve(file.path))
    }
    #expect(error?.diagnostics.contains { $0.message.contains(message) } == true)
  }
}
