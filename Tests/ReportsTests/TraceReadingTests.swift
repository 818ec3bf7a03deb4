import Device
import Diagnostics
import Foundation
import Hardware
import Kernels
import Machine
import Programs
import Storage
import Testing
import Timing
import Workloads

@testable import Reports
@testable import Simulation

/// Traces that are read back: what is in them, parts of them, and what is left of damaged ones.
@Suite struct TraceReadingTests {
  /// A directory that goes away.
  private final class Folder {
    let path = NSTemporaryDirectory() + "trnsim-traces-\(UUID().uuidString)"
    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
  }

  private func matmul(_ settings: [String] = []) throws -> Run {
    let hardware = try Hardware.load(named: "trn2")
    let program = try KernelName.matmul.make(settings).build(Geometry(hardware))
    var options = Simulation.Options()
    options.mode = .timingOnly
    return try Simulation.run(ProgramSet(program), on: hardware, options: options)
  }

  private func decoded(_ path: String) throws -> PerfettoReader {
    let bytes = try decompress(readFile(path), limit: 1 << 28)
    let trace = try PerfettoReader(bytes)
    #expect(trace.problems == [])
    return trace
  }

  @Test func whatIsInATrace() throws {
    let folder = try Folder()
    let counts = try PerfettoTrace.write(Fixture.run(), to: folder("a.zst"))
    let statistics = try TraceStatistics(of: folder("a.zst"))
    #expect(statistics.slices == counts.slices && statistics.samples == counts.samples)
    #expect(statistics.arrows == counts.flows && statistics.contentSize == counts.bytes)
    #expect(statistics.begin == 0 && statistics.end == 10_000_000)
    #expect(statistics.damage == nil && statistics.seekTable?.frames.count == 1)
    #expect(
      statistics.rows.map(\.name) == [
        "Tensor", "TensorMatrix", "Vector", "Scalar", "Sync", "qSyncDynamicHW", "qSyncIO0",
        "scopes",
        "source lines",
      ])
    let matrix = try #require(statistics.rows.first { $0.name == "TensorMatrix" })
    // Two products that overlap: 3,055 to 3,613 ns.
    #expect(matrix.slices == 2 && matrix.busy == 558_000)
    #expect(
      matrix.operations == [TraceStatistics.Operation(name: "MATMUL", count: 2, time: 690_000)])
    let hbm = try #require(statistics.counters.first { $0.name == "HBM Throughput" })
    #expect(hbm.unit == "GB/s" && hbm.largest == 54.6133)
    let golden = try golden(
      "trace.txt",
      (statistics.infoBlocks + statistics.tables(operations: 2)).text(on: Page(width: 100)))
    #expect(golden.actual == golden.expected)
  }

  /// The same rows, counts and times as the summary of the run.
  @Test func statisticsAreTheSummarys() throws {
    let folder = try Folder()
    let run = try matmul()
    try PerfettoTrace.write(run, to: folder("a.zst"))
    let statistics = try TraceStatistics(of: folder("a.zst"))
    let device = try #require(run.cores[0].device)
    let summary = Summary(
      program: run.cores[0].program, device: device, timeline: try #require(run.cores[0].timeline),
      hardware: run.cores[0].hardware)
    for (name, engine) in [("Vector", Engine.vector), ("Scalar", .scalar), ("Sync", .sync)] {
      let row = try #require(statistics.rows.first { $0.name == name })
      #expect(row.slices == summary[engine].instructionCount)
      #expect(abs(row.busy - summary[engine].activeTime) <= 1000 * Int64(row.slices))
    }
  }

  @Test func partsOfATrace() throws {
    let folder = try Folder()
    try PerfettoTrace.write(Fixture.run(), to: folder("a.zst"))
    let window: Range<Picoseconds> = 3_200_000..<3_700_000
    let outcome = try TraceSlicer(folder("a.zst"), window: window, rows: [])
      .write(to: folder("b.zst"))
    #expect(outcome.damage == nil)
    let part = try decoded(folder("b.zst"))
    var options = TraceOptions()
    options.window = window
    try PerfettoTrace.write(Fixture.run(), to: folder("c.zst"), options: options)
    let wanted = try decoded(folder("c.zst"))
    func described(_ trace: PerfettoReader) -> [String] {
      trace.slices.map {
        let arguments = $0.arguments.sorted { $0.key < $1.key }
        return
          "\(trace.tracks[$0.track]?.name ?? "") \($0.name) \($0.begin) \($0.end ?? 0) \(arguments)"
      }.sorted()
    }
    #expect(described(part) == described(wanted))
    #expect(part.flowEnds.count == wanted.flowEnds.count)
    #expect(part.counter("PE Clock").map(\.value) == wanted.counter("PE Clock").map(\.value))
    #expect(part.tracks[1]?.name == wanted.tracks[1]?.name)
    #expect(try SeekTable(of: folder("b.zst"))?.frames.count == 1)
  }

  @Test func rowsOfATrace() throws {
    let folder = try Folder()
    try PerfettoTrace.write(Fixture.run(), to: folder("a.zst"))
    _ = try TraceSlicer(folder("a.zst"), window: nil, rows: ["tensor", "PE Clock"])
      .write(to: folder("b.zst"))
    let part = try decoded(folder("b.zst"))
    #expect(part.rowNames == ["Tensor", "TensorMatrix"])
    #expect(part.slices.count == 3 && part.flowBegins.isEmpty)
    #expect(part.counter("PE Clock").count == 3 && part.counter("HBM Throughput").isEmpty)
    #expect(throws: DiagnosticError.self) {
      try TraceSlicer(folder("a.zst"), window: nil, rows: ["Tenser"]).write(to: folder("c.zst"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder("c.zst")))
  }

  /// What comes after a window is not read where the file has a table of its frames; the part is the same.
  @Test func earlyPartsAreFoundEarly() throws {
    let folder = try Folder()
    var options = TraceOptions()
    options.detail = .full
    options.partSize = 1 << 16
    let run = try matmul(["m=1024", "n=1024", "k=4096"])
    try PerfettoTrace.write(run, to: folder("a.zst"), options: options)
    let whole = try TraceStatistics(of: folder("a.zst"))
    try #require(try SeekTable(of: folder("a.zst"))?.frames.count ?? 0 > 3)
    try writeAtomically(
      decompress(readFile(folder("a.zst")), limit: 1 << 28), to: folder("plain.pftrace"))
    let window: Range<Picoseconds> = 0..<(whole.end / 8)
    for rows in [["sync"], ["tensor", "pe clock"], []] {
      let part = try TraceSlicer(folder("a.zst"), window: window, rows: rows)
        .write(to: folder("b.zst"))
      let slow = try TraceSlicer(folder("plain.pftrace"), window: window, rows: rows)
        .write(to: folder("c.zst"))
      #expect(slow.read == whole.contentSize && part.slices == slow.slices && part.slices > 0)
      #expect(part.samples == slow.samples && part.arrows == slow.arrows)
      #expect(try readFile(folder("b.zst")) == readFile(folder("c.zst")))
      // Scopes and source lines last longer than the window.
      if !rows.isEmpty { #expect(part.read < whole.contentSize / 2) }
    }
    // A row that begins later is known all the same.
    _ = try TraceSlicer(folder("a.zst"), window: 0..<1000, rows: ["qGpSimdDynamic"])
      .write(to: folder("d.zst"))
  }

  /// What comes before a window is not read where the trace says what has begun by then; the part is the same.
  @Test(arguments: [1, 2]) func latePartsAreReadFromThereOn(_ cores: Int) throws {
    let folder = try Folder()
    var options = TraceOptions()
    options.detail = .full
    options.flows = .all
    options.partSize = 1 << 16
    var run = try matmul(["m=2048", "n=1024", "k=8192"])
    if cores > 1 {
      run.layout = CoreLayout(ranks: cores, coresPerRank: 1)
      run.cores = (0..<cores).map { _ in run.cores[0] }
    }
    try PerfettoTrace.write(run, to: folder("a.zst"), options: options)
    let whole = try TraceStatistics(of: folder("a.zst"))
    try #require(try SeekTable(of: folder("a.zst"))?.frames.count ?? 0 > 12 * cores)
    try writeAtomically(
      decompress(readFile(folder("a.zst")), limit: 1 << 28), to: folder("plain.pftrace"))
    let end = whole.end
    for (from, to) in [(end / 2, end / 2 + 10_000), (end / 3, end / 2), (end - 20_000, Int64.max)] {
      for rows in [[], ["tensor", "PE Clock"], ["scopes", "State Buffer Usage"]] {
        let part = try TraceSlicer(folder("a.zst"), window: from..<to, rows: rows)
          .write(to: folder("b.zst"))
        let slow = try TraceSlicer(folder("plain.pftrace"), window: from..<to, rows: rows)
          .write(to: folder("c.zst"))
        #expect(part.damage == nil && part.slices == slow.slices && part.samples + part.slices > 0)
        #expect(try readFile(folder("b.zst")) == readFile(folder("c.zst")), "\(from) \(rows)")
        // Scopes and source lines last longer than windows.
        if rows.first == "tensor" && to - from < end / 10 {
          #expect(part.read < whole.contentSize / 4)
        }
      }
    }
    // A file without its table is read from its beginning.
    let bytes = try readFile(folder("a.zst"))
    let table = try #require(try SeekTable(of: folder("a.zst")))
    try writeAtomically(Array(bytes[..<table.compressed]), to: folder("untabled.zst"))
    let slow = try TraceSlicer(folder("untabled.zst"), window: end / 2..<end, rows: [])
      .write(to: folder("b.zst"))
    let part = try TraceSlicer(folder("a.zst"), window: end / 2..<end, rows: [])
      .write(to: folder("c.zst"))
    #expect(part.read <= slow.read && part.slices == slow.slices)
    #expect(try readFile(folder("b.zst")) == readFile(folder("c.zst")))
  }

  /// A copy of a trace of several parts is the same trace, and so is one that was never compressed.
  @Test func copiesAreTheSame() throws {
    let folder = try Folder()
    var options = TraceOptions()
    options.detail = .full
    options.flows = .all
    options.partSize = 1 << 16
    let run = try matmul(["m=1024", "n=1024", "k=2048"])
    let counts = try PerfettoTrace.write(run, to: folder("a.zst"), options: options)
    #expect(try SeekTable(of: folder("a.zst"))?.frames.count ?? 0 > 1)
    let outcome = try TraceSlicer(folder("a.zst"), window: nil, rows: []).write(to: folder("b.zst"))
    #expect(outcome.slices == counts.slices && outcome.arrows == counts.flows)
    let (one, other) = (try decoded(folder("a.zst")), try decoded(folder("b.zst")))
    #expect(one.slices.count == other.slices.count)
    for (slice, copy) in zip(one.slices, other.slices) {
      #expect(
        slice.name == copy.name && slice.begin == copy.begin && slice.end == copy.end
          && slice.arguments == copy.arguments)
    }
    try writeAtomically(
      decompress(readFile(folder("a.zst")), limit: 1 << 28), to: folder("plain.pftrace"))
    let plain = try TraceStatistics(of: folder("plain.pftrace"))
    let packed = try TraceStatistics(of: folder("a.zst"))
    #expect(plain.rows == packed.rows && plain.counters == packed.counters)
    #expect(!plain.isCompressed && plain.seekTable == nil)
  }

  /// Cut anywhere, a trace is read as far as it goes, and never beyond.
  @Test(arguments: [true, false]) func cutTraces(isCompressed: Bool) throws {
    let folder = try Folder()
    try PerfettoTrace.write(Fixture.run(), to: folder("a.zst"))
    let file = try readFile(folder("a.zst"))
    let bytes = try isCompressed ? file : decompress(file, limit: 1 << 20)
    var before = 0
    for length in stride(from: 0, to: bytes.count, by: isCompressed ? 7 : 61) {
      try writeAtomically(bytes[..<length], to: folder("cut"))
      guard let statistics = try? TraceStatistics(of: folder("cut")) else {
        // Nothing at all could be read.
        #expect(before == 0)
        continue
      }
      // A cut between packets, or within the table at the end, leaves a trace that looks whole.
      #expect(statistics.slices >= before && statistics.slices <= 15)
      before = statistics.slices
      let outcome = try TraceSlicer(folder("cut"), window: nil, rows: []).write(to: folder("b.zst"))
      #expect((outcome.damage == nil) == (statistics.damage == nil))
      #expect(outcome.slices == statistics.slices)
      if statistics.slices + statistics.samples > 0 {
        #expect(try decoded(folder("b.zst")).slices.count == statistics.slices)
      }
    }
  }

  @Test func damagedTraces() throws {
    let folder = try Folder()
    var options = TraceOptions()
    options.partSize = 1 << 16
    let run = try matmul(["m=1024", "n=1024", "k=2048"])
    try PerfettoTrace.write(run, to: folder("a.zst"), options: options)
    let whole = try TraceStatistics(of: folder("a.zst"))
    var bytes = try readFile(folder("a.zst"))
    let frames = try #require(try SeekTable(of: folder("a.zst"))).frames
    try #require(frames.count > 1)
    bytes[frames[0].compressed + frames[1].compressed / 2] ^= 0x55
    try writeAtomically(bytes, to: folder("b.zst"))
    let damaged = try TraceStatistics(of: folder("b.zst"))
    #expect(damaged.damage?.remedy?.contains("changed") == true)
    #expect(damaged.slices > 0 && damaged.slices < whole.slices)
    #expect(damaged.end < whole.end)
  }

  /// A trace of events on one track: kind (1 begins, 2 ends, 4 is a sample) and ns.
  private func trace(_ events: [(kind: UInt8, time: UInt64)]) -> [UInt8] {
    func varint(_ value: UInt64) -> [UInt8] {
      value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
    }
    return events.flatMap { kind, time in
      // TracePacket: timestamp (8), sequence (10), track_event (11) with type (9) and track (11).
      let packet = [0x40] + varint(time) + [0x50, 1, 0x5A, 4, 0x48, kind, 0x58, 7]
      return [0x0A, UInt8(packet.count)] + packet
    }
  }

  @Test func timesThatGoBackwardsAreNone() throws {
    let folder = try Folder()
    try writeAtomically(
      trace([(1, 100), (2, 40), (4, 90), (4, 30), (1, 10), (2, 25)]), to: folder("a"))
    let statistics = try TraceStatistics(of: folder("a"))
    #expect(statistics.slices == 2 && statistics.samples == 2)
    #expect(statistics.rows.map(\.busy) == [15_000])
    #expect(statistics.end == 100_000)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e15])
  func valuesBeyondAllCountersAreLeftOut(_ value: Double) throws {
    let folder = try Folder()
    let bits = withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    // A TracePacket with a sample at 6 ns on track 7: double_counter_value (44).
    let packet = [0x40, 6, 0x50, 1, 0x5A, 14, 0x48, 4, 0x58, 7, 0xE1, 0x02] + bits
    let sample = [0x0A, UInt8(packet.count)] + packet
    try writeAtomically(trace([(1, 5)]) + sample + trace([(2, 8)]), to: folder("a"))
    let statistics = try TraceStatistics(of: folder("a"))
    #expect(statistics.slices == 1 && statistics.samples == 0)
    #expect(try !TracePage.make(of: folder("a")).isEmpty)
  }

  @Test(arguments: [UInt64(1) << 51, 1 << 62, .max])
  func timesBeyondAllRunsAreDamage(_ time: UInt64) throws {
    let folder = try Folder()
    try writeAtomically(trace([(1, 5), (2, 8), (1, time), (2, 9)]), to: folder("a"))
    let statistics = try TraceStatistics(of: folder("a"))
    #expect(statistics.slices == 1 && statistics.end == 8000)
    #expect(statistics.damage?.message.contains("an event is at more than") == true)
    let outcome = try TraceSlicer(folder("a"), window: nil, rows: []).write(to: folder("b.zst"))
    #expect(outcome.slices == 1 && outcome.damage != nil)
  }

  @Test(arguments: ["", "not a trace at all, but a text of some length", "\u{0A}\u{05}"])
  func otherFiles(text: String) throws {
    let folder = try Folder()
    try writeAtomically(Array(text.utf8), to: folder("a"))
    #expect(throws: DiagnosticError.self) { try TraceStatistics(of: folder("a")) }
    #expect(throws: DiagnosticError.self) {
      try TraceSlicer(folder("a"), window: nil, rows: []).write(to: folder("b"))
    }
  }
}
