import Compiler
import Device
import Diagnostics
import Formats
import Foundation
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Storage
import Testing
import Timing
import Workloads

@testable import Reports
@testable import Simulation

@Suite struct TraceTests {
  private final class Bytes {
    var all: [UInt8] = []
    var pieces = 0
  }

  private func encode(
    _ run: Run, _ options: TraceOptions = TraceOptions()
  ) throws -> (bytes: [UInt8], counts: TraceCounts, trace: PerfettoReader) {
    let bytes = Bytes()
    let counts = try PerfettoTrace.encode(run, options: options) { piece in
      bytes.all.append(contentsOf: piece)
      bytes.pieces += 1
    }
    let trace = try PerfettoReader(bytes.all)
    #expect(trace.problems == [])
    #expect(trace.slices.count == counts.slices)
    #expect(trace.flowEnds.count == counts.flows)
    #expect(trace.samples.values.reduce(0) { $0 + $1.count } == counts.samples)
    #expect(counts.bytes == bytes.all.count)
    return (bytes.all, counts, trace)
  }

  @Test func rowsAreTheProfilers() throws {
    let trace = try encode(Fixture.run()).trace
    #expect(
      trace.rowNames == [
        "Tensor", "TensorMatrix", "Vector", "Scalar", "Sync", "qSyncDynamicHW", "qSyncIO0",
        "scopes",
        "source lines",
      ])
    #expect(trace.tracks[1]?.name == "tiny on NeuronCore 0 (trn2, simulated)")
    #expect(
      trace.tracks[1]?.description
        == "k=128 n=512; 10.000 µs, 7 instructions, 2 DMAs; detail full, flows cross")
    #expect(trace.tracks[1]?.childOrdering == 3)
    for (number, track) in trace.tracks where number != 1 { #expect(track.parent == 1) }
    // The two MATMULs overlap, so their row has two tracks of one name and rank.
    let matrix = trace.tracks.values.filter { $0.name == "TensorMatrix" }
    #expect(matrix.count == 2)
    #expect(Set(matrix.map(\.rank)).count == 1)
    #expect(trace.stateStarts == 1)
  }

  @Test func slicesHaveTheirTimes() throws {
    let trace = try encode(Fixture.run()).trace
    // Seven instructions, two transfers, two scopes, and the lines 10, 12, 14 and 16.
    #expect(trace.slices.count == 15)
    // 3,041,700 … 3,140,000 ps is 3042 … 3140 ns.
    let load = try #require(trace.slices(row: "Tensor").first)
    #expect(load.name == "LDWEIGHTS")
    #expect(load.begin == 3042)
    #expect(load.end == 3140)
    let transfer = try #require(trace.slices(row: "qSyncDynamicHW").first)
    #expect(transfer.name == "load x")
    #expect(transfer.color == "load")
    #expect(transfer.begin == 1400)
    #expect(transfer.end == 3000)
    let store = try #require(trace.slices(row: "qSyncIO0").first)
    #expect(store.name == "store c")
    #expect(store.color == "store")
  }

  @Test func scopesAreNestedAndLinesFollowEachOther() throws {
    let trace = try encode(Fixture.run()).trace
    let scopes = trace.slices(row: "scopes")
    #expect(scopes.map(\.name) == ["rows", "columns"])
    #expect(scopes.map(\.begin) == [3042, 3042] && scopes.map(\.end) == [3613, 3613])
    #expect(Set(scopes.map(\.track)).count == 1)
    let lines = trace.slices(row: "source lines")
    #expect(lines.map(\.name) == [10, 12, 14, 16].map { "tiny.swift:\($0)" })
    // The three instructions of the product, from its weights to the end of the transpose.
    #expect(lines[1].begin == 3042 && lines[1].end == 3613)
    #expect(lines[1].arguments == ["engine": "Tensor", "instructions": "3"])
  }

  /// An order that tears scopes apart leaves none in the program; each is then from its first instruction to its last.
  @Test func scopesThatAreTornApart() throws {
    var run = try Fixture.run()
    run.cores[0].sourceScopes = SourceScopes(run.cores[0].program.scopes, of: [-1, 1, -1, -1, 0])
    run.cores[0].program.scopes = []
    for index in run.cores[0].program.instructions.indices {
      run.cores[0].program.instructions[index].scope = -1
    }
    let trace = try encode(run).trace
    let scopes = trace.slices(row: "scopes")
    #expect(scopes.map(\.name) == ["rows", "columns"])
    #expect(scopes.map(\.begin) == [1000, 3042] && scopes.map(\.end) == [3613, 3613])
    #expect(
      trace.slices(row: "TensorMatrix").allSatisfy { $0.arguments["scope"] == "rows/columns" })
  }

  @Test func argumentsTellTheStory() throws {
    let trace = try encode(Fixture.run()).trace
    let load = try #require(trace.slices(row: "Tensor").first)
    #expect(load.arguments["pc"] == "1")
    #expect(
      load.arguments["operands"]
        == "dst=float32@0x2000800[1][512](acc) stationary=bfloat16@0x1000[1][128](w.3) "
        + "moving=bfloat16@0x1100[1][128](w.3) accumulate 128*512")
    #expect(load.arguments["nki_source_location"] == "tiny.swift:12")
    #expect(load.arguments["scope"] == "rows/columns")
    // 98,300 ps × 2.4 GHz = 235.92.
    #expect(load.arguments["cycles"] == "236 @ 2400 MHz")
    #expect(load.arguments["pe_clock"] == "cold")
    #expect(load.arguments["wait"] == "$S[25]>=16")
    #expect(load.arguments["stall.dma_ps"] == "3000000")
    #expect(load.arguments["stall.dispatch_ps"] == "41700")
    #expect(load.arguments["waited_for"] == "qSyncDynamicHW pc 0")
    let copy = try #require(trace.slices(row: "Vector").first)
    #expect(copy.arguments["waited_for"] == "Tensor pc 3")
    #expect(copy.arguments["update"] == "S[9]+=1@complete")
    // The copy writes partitions 32 and up.
    #expect(copy.arguments["operands"]?.hasPrefix("dst=bfloat16@p32:0x0[1][128](y)") == true)
    let store = try #require(trace.slices(row: "qSyncIO0").first)
    #expect(store.arguments["transfer_size"] == "32768")
    #expect(store.arguments["dge_mode"] == "none")
    #expect(store.arguments["phase.ring_wait_ps"] == "100000")
    #expect(store.arguments["phase.acknowledge_ps"] == "1400000")
  }

  @Test func arrowsLeadFromProducersToConsumers() throws {
    let trace = try encode(Fixture.run()).trace
    let edges = trace.flowEnds.keys.sorted().compactMap { number in
      trace.flowBegins[number].map { begin in
        "\(trace.tracks[trace.slices[begin.slice].track]?.name ?? "") → "
          + (trace.flowEnds[number].map { trace.tracks[trace.slices[$0.slice].track]?.name ?? "" }
            ?? "")
      }
    }
    #expect(
      edges.sorted() == [
        "Sync → qSyncDynamicHW", "Sync → qSyncIO0", "TensorMatrix → Vector", "Vector → Sync",
        "qSyncDynamicHW → Tensor",
      ])
  }

  @Test func counters() throws {
    let trace = try encode(Fixture.run()).trace
    // 65,536 B in 1.2 µs; 32,768 B in 3 µs.
    let hbm = trace.counter("HBM Throughput")
    #expect(hbm.map(\.time) == [1400, 2600, 5600, 8600, 10000])
    #expect(hbm.map(\.value) == [54.6133, 0, 10.9227, 0, 0])
    // 2 · 128 · 128 · 512 operations from 3,055,000 ps to the transpose's begin at 3,268,000.
    let mfu = trace.counter("Estimated Instant MFU")
    let peak = try Hardware.load(named: "trn2").peakTFLOPS
    let operations = 2.0 * 128 * 128 * 512 / 213_000 / peak
    #expect(mfu.map(\.time) == [3000, 3100, 3200, 3300, 10000])
    for (sample, part) in zip(mfu, [0.45, 1, 0.68, 0, 0]) {
      #expect(abs(sample.value - 100 * operations * part) < 1e-3)
    }
    #expect(trace.counter("Pending DMA Count").map(\.value) == [1, 0, 1, 0, 0])
    #expect(trace.counter("PE Clock").map(\.value) == [1.2, 2.4, 0])
    // w.3 (64 KiB) lives from the load's trigger to the last MATMUL, y (8 KiB) from its first write,
    // by ACTIVATE at 1 µs, to the end of its store.
    let sbuf = trace.counter("State Buffer Usage")
    #expect(sbuf.map(\.value) == [65536, 73728, 8192, 0, 0])
    #expect(sbuf.map(\.time) == [0, 1000, 3613, 10000, 10000])
    #expect(trace.counter("PSUM Usage").map(\.value) == [262_144, 0, 0])
  }

  /// A view has no bytes of its own.
  @Test func viewsCountOnce() throws {
    var run = try Fixture.run()
    // Scalar works on the weights through a view, and not on y.
    run.cores[0].program.tensors.append(
      Tensor(
        name: "view", space: .sbuf, dtype: .bfloat16, shape: [128, 128], address: 4096,
        base: TensorID(2)))
    let view = AccessPattern(
      tensor: TensorID(5), rows: 128,
      free: FreeDimensions([AccessDimension(stride: 1, size: 128)]))
    run.cores[0].program.instructions[4].operation = Activation(dst: view, op: .exp, data: view)
    let sbuf = try encode(run).trace.counter("State Buffer Usage")
    #expect(sbuf.map(\.value) == [65536, 0, 8192, 0, 0])
    #expect(sbuf.map(\.time) == [0, 3613, 3650, 10000, 10000])
  }

  @Test func leanHasFewerBytes() throws {
    var options = TraceOptions()
    options.detail = .lean
    options.flows = .none
    let lean = try encode(Fixture.run(), options)
    // Without source lines.
    #expect(lean.counts.slices == 11)
    #expect(lean.trace.flowBegins.isEmpty)
    #expect(lean.trace.slices(row: "Tensor").first?.arguments == ["pc": "1"])
    #expect(lean.counts.bytes < (try encode(Fixture.run()).counts.bytes))
  }

  @Test func windowsShowWhatOverlapsThem() throws {
    var options = TraceOptions()
    options.window = 3_200_000..<3_700_000
    let trace = try encode(Fixture.run(), options).trace
    // Both MATMULs and the copy; neither transfer, nor LDWEIGHTS, which ended at 3,140,000.
    #expect(
      trace.slices.map(\.name).sorted() == [
        "COPY", "MATMUL", "MATMUL", "columns", "rows", "tiny.swift:12", "tiny.swift:14",
      ])
    #expect(trace.flowEnds.count == 1)
    // The clock changed inside the window: the value before it, the change, and the closing zero.
    #expect(trace.counter("PE Clock").map(\.value) == [1.2, 2.4, 0])
  }

  @Test func filesDecompress() throws {
    let path = NSTemporaryDirectory() + "trnsim-trace-\(UUID().uuidString).pftrace.zst"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let run = try Fixture.run()
    let counts = try PerfettoTrace.write(run, to: path)
    let compressed = try readFile(path)
    #expect(isZstd(compressed))
    let table = try #require(try SeekTable(of: path))
    #expect(table.frames.count == 1 && table.content == counts.bytes)
    let bytes = try decompress(compressed, limit: 1 << 20)
    #expect(bytes.count == counts.bytes)
    #expect(bytes == (try encode(run).bytes))
  }

  @Test func runsWithoutTimingHaveNoTrace() throws {
    var run = try Fixture.run()
    run.cores[0].timeline = nil
    #expect(throws: DiagnosticError.self) {
      try PerfettoTrace.encode(run) { _ in }
    }
  }

  /// A kernel from source to trace, with a thousand instructions.
  @Test(arguments: [KernelName.matmul, .softmax])
  func kernels(name: KernelName) throws {
    let hardware = try Hardware.load(named: "trn2")
    let program = try name.make().build(Geometry(hardware))
    let device = try Lowering.lower(program, on: hardware)
    let timeline = try Timing.run(device, on: hardware)
    var run = Run(ProgramSet(program), on: hardware)
    run.cores[0].device = device
    run.cores[0].timeline = timeline
    let (bytes, counts, trace) = try encode(run)
    let named = trace.slices.filter {
      !["scopes", "source lines"].contains(trace.tracks[$0.track]?.name)
    }
    #expect(named.count == device.instructions.count + device.transfers.count)
    #expect(bytes == (try encode(run).bytes))
    // Each engine's slices have the sum of durations of the summary, within the rounding to ns.
    let summary = Summary(
      program: program, device: device, timeline: timeline, hardware: hardware)
    let tensor = (trace.slices(row: "Tensor") + trace.slices(row: "TensorMatrix"))
    var sum = 0
    for slice in tensor { sum += Int(slice.end ?? 0) - Int(slice.begin) }
    #expect(abs(sum - Int(summary[.tensor].instructionTime / 1000)) <= tensor.count)
    // Every wait for another engine or a transfer is an arrow, and so is every trigger.
    var waits = 0
    for (index, timing) in timeline.instructions.enumerated() {
      if timing.producerTransfer >= 0 {
        waits += 1
      } else if timing.producer >= 0 {
        let producer = device.instructions[Int(timing.producer)].engine
        if producer != device.instructions[index].engine { waits += 1 }
      }
    }
    #expect(counts.flows == waits + device.transfers.count)
    let report = Report(run)
    #expect(report.timed?.bottleneck.sentence.isEmpty == false)
    #expect(report.text().split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  /// The critical path is one way from the first slice to the last: each arrow begins where the one before ends.
  @Test func theCriticalPathIsOneWay() throws {
    let hardware = try Hardware.load(named: "trn2")
    let program = try KernelName.matmul.make().build(Geometry(hardware))
    var simulation = Simulation.Options()
    simulation.mode = .timingOnly
    let run = try Simulation.run(ProgramSet(program), on: hardware, options: simulation)
    var options = TraceOptions()
    options.flows = .critical
    let (_, counts, trace) = try encode(run, options)
    #expect(counts.flows > 10)
    let numbers = trace.flowBegins.keys.sorted()
    for (before, after) in zip(numbers, numbers.dropFirst()) {
      #expect(trace.flowEnds[before]?.slice == trace.flowBegins[after]?.slice)
    }
    let times = trace.slices.compactMap { $0.arguments["critical_path_ps"].flatMap { Int($0) } }
    let all = try #require(try run.causes()).criticalPath()
    #expect(times.reduce(0, +) == all.reduce(0) { $0 + ($1.causer == nil ? 0 : Int($1.duration)) })
    // All arrows are those of both kinds, and those within engines.
    options.flows = .all
    let everything = try encode(run, options).counts.flows
    options.flows = .cross
    #expect(everything >= counts.flows + (try encode(run, options).counts.flows))
  }

  /// Rates come from what the rings did, slice by slice: none is beyond what the stack gives, and all bytes are there.
  @Test(arguments: [KernelName.matmul, .softmax, .rope, .decodeAttention, .expertMLP])
  func ratesAreNeverBeyondTheMachine(name: KernelName) throws {
    let hardware = try Hardware.load(named: "trn2")
    let program = try name.make().build(Geometry(hardware))
    let device = try Lowering.lower(program, on: hardware)
    let timeline = try Timing.run(device, on: hardware)
    try requireTrueRates(device, timeline, hardware)
  }

  private func requireTrueRates(
    _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware
  ) throws {
    let rates = TraceRates(device, timeline, hardware, 0..<Picoseconds.max)
    var (hbm, dma) = (0.0, 0.0)
    for stretch in 0..<rates.count {
      #expect(rates.hbm(stretch) <= hardware.hbm.bandwidthPerStack)
      #expect(rates.mfu(stretch) <= 100)
      hbm += rates.hbm(stretch) * Double(rates.width) / 1000
      dma += rates.dma(stretch) * Double(rates.width) / 1000
    }
    let bytes = device.transfers.reduce(0) { $0 + $1.hbmReadBytes + $1.hbmWriteBytes }
    #expect(abs(hbm - Double(bytes)) <= 1 + 1e-4 * Double(bytes))
    #expect(dma > 0)
  }

  /// What is read and written in one stack goes through it twice.
  @Test func copiesWithinHBMTakeItsBandwidthTwice() throws {
    let hardware = try Hardware.load(named: "trn2")
    let text = """
      trnsim program 1
      kernel hbm_copy
      dependencies derived
      tensor x: hbm input float32 [4096, 4096]
      tensor y: hbm output float32 [4096, 4096]

      dma_copy dst=y src=x engine=sync
      """
    let device = try Lowering.lower(try Program(text: text, file: "copy.trn"), on: hardware)
    let timeline = try Timing.run(device, on: hardware)
    #expect(timeline.total >= timeline.bounds.largest)
    try requireTrueRates(device, timeline, hardware)
  }

  /// Several cores: the last to complete is unfolded, the others are groups behind it.
  @Test func coresHaveGroups() throws {
    var run = try Fixture.run()
    run.layout = CoreLayout(ranks: 2)
    run.cores.append(run.cores[0])
    run.cores[1].timeline?.total = 11_000_000
    let (_, counts, trace) = try encode(run)
    #expect(trace.sequences == [1, 2])
    #expect(counts.slices == 30)
    let roots = trace.tracks.filter { $0.value.parent == 0 }
    #expect(
      roots.map(\.value.name) == [
        "tiny on 2 NeuronCores (trn2, simulated): NeuronCore 1, rank 1, which completed last"
      ])
    let group = try #require(trace.tracks.first { $0.value.name == "NeuronCore 0, rank 0" })
    #expect(group.value.parent == 1 && group.value.rank > 1000)
    let tensors = trace.tracks.values.filter { $0.name == "Tensor" }
    #expect(Set(tensors.map(\.parent)) == [1, group.key])
  }

  /// Readers may begin at any frame of the file but for tracks' groups: names and tracks are there again.
  @Test func partsCanBeReadAlone() throws {
    let path = NSTemporaryDirectory() + "trnsim-trace-\(UUID().uuidString).pftrace.zst"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let hardware = try Hardware.load(named: "trn2")
    let program = try KernelName.matmul.make(["m=1024", "n=1024", "k=2048"])
      .build(Geometry(hardware))
    let device = try Lowering.lower(program, on: hardware)
    var run = Run(ProgramSet(program), on: hardware)
    run.cores[0].device = device
    run.cores[0].timeline = try Timing.run(device, on: hardware)
    var options = TraceOptions()
    options.partSize = 1 << 16
    let counts = try PerfettoTrace.write(run, to: path, options: options)
    let table = try #require(try SeekTable(of: path))
    #expect(table.frames.count > 2)
    #expect(table.content == counts.bytes)
    let bytes = try readFile(path)
    var start = 0
    for frame in table.frames {
      let part = try decompress(Array(bytes[start..<start + frame.compressed]), limit: 1 << 22)
      #expect(part.count == frame.content)
      start += frame.compressed
      var fields = try PerfettoReader.fields(part[...])
      // The first packet clears the state, and the tracks follow it.
      let first = try PerfettoReader.fields(fields.removeFirst().1.bytes)
      #expect(first.contains { $0.0 == 13 && $0.1.integer == 1 })
      let second = try PerfettoReader.fields(fields.removeFirst().1.bytes)
      #expect(second.contains { $0.0 == 60 })
    }
    #expect(bytes.count - start == 8 + 8 * table.frames.count + 9)
  }

  @Test(
    arguments: [
      ("12us..18us", 12_000_000..<18_000_000), ("12..18us", 12_000_000..<18_000_000),
      ("12..18", 12_000_000..<18_000_000), ("..500ns", 0..<500_000),
      ("2ms..", 2_000_000_000..<Int64.max),
      ("1.5..2ns", 1500..<2000), ("..", 0..<Int64.max), ("0.1µs..1e3ns", 100_000..<1_000_000),
    ] as [(String, Range<Picoseconds>)])
  func windows(text: String, range: Range<Picoseconds>) throws {
    #expect(try TraceWindow(text).range == range)
  }

  @Test(arguments: ["", "12us", "5..4", "5us..5us", "a..b", "-1..2", "1..2 parsecs", "nan..inf"])
  func badWindows(text: String) {
    #expect(throws: DiagnosticError.self) { try TraceWindow(text) }
  }
}
