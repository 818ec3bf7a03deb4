import Compiler
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
        "qSyncDynamicHW", "qSyncIO0", "Sync", "Tensor", "TensorMatrix", "Vector", "Scalar",
      ])
    #expect(trace.tracks[1]?.name == "NeuronCore 0 (trn2, simulated)")
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
    // Seven instructions and two transfers.
    #expect(trace.slices.count == 9)
    // 3,041,700 … 3,140,000 ps is 3042 … 3140 ns.
    let load = try #require(trace.slices(row: "Tensor").first)
    #expect(load.name == "LDWEIGHTS")
    #expect(load.begin == 3042)
    #expect(load.end == 3140)
    let transfer = try #require(trace.slices(row: "qSyncDynamicHW").first)
    #expect(transfer.name == "DMA")
    #expect(transfer.begin == 1400)
    #expect(transfer.end == 3000)
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
    #expect(abs(hbm[0].value - 54.613333) < 1e-6)
    #expect(hbm[1].value == 0)
    #expect(abs(hbm[2].value - 10.922667) < 1e-6)
    #expect(trace.counter("Pending DMA Count").map(\.value) == [1, 0, 1, 0, 0])
    #expect(trace.counter("PE Clock").map(\.value) == [1.2, 2.4, 0])
    // w.3 (64 KiB) lives from the load's trigger to the last MATMUL, y (8 KiB) from its first write,
    // by ACTIVATE at 1 µs, to the end of its store.
    let sbuf = trace.counter("State Buffer Usage")
    #expect(sbuf.map(\.value) == [65536, 73728, 8192, 0, 0])
    #expect(sbuf.map(\.time) == [0, 1000, 3613, 10000, 10000])
    #expect(trace.counter("PSUM Usage").map(\.value) == [262_144, 0, 0])
  }

  @Test func leanHasFewerBytes() throws {
    var options = TraceOptions()
    options.detail = .lean
    options.flows = .none
    let lean = try encode(Fixture.run(), options)
    #expect(lean.counts.slices == 9)
    #expect(lean.trace.flowBegins.isEmpty)
    #expect(lean.trace.slices(row: "Tensor").first?.arguments == ["pc": "1"])
    #expect(lean.counts.bytes < (try encode(Fixture.run()).counts.bytes))
  }

  @Test func windowsShowWhatOverlapsThem() throws {
    var options = TraceOptions()
    options.window = 3_200_000..<3_700_000
    let trace = try encode(Fixture.run(), options).trace
    // Both MATMULs and the copy; neither transfer, nor LDWEIGHTS, which ended at 3,140,000.
    #expect(trace.slices.map(\.name).sorted() == ["COPY", "MATMUL", "MATMUL"])
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
    #expect(counts.slices == device.instructions.count + device.transfers.count)
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
}
