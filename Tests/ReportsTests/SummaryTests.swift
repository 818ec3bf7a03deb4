import Compiler
import Device
import Formats
import Hardware
import Programs
import Simulation
import Testing
import Timing

@testable import Reports

@Suite struct SummaryTests {
  let metrics: [String: Metric]

  init() throws {
    let report = try Report(Fixture.run())
    metrics = try #require(report.timed).summary.metrics
  }

  func close(_ key: String, _ expected: Double) -> Bool {
    guard let value = metrics[key]?.number else { return false }
    return abs(value - expected) <= 1e-9 * abs(expected)
  }

  @Test func times() {
    #expect(close("total_time", 10e-6))
    // First work at 0 (trigger), last work at 8.6 µs (last read).
    #expect(close("total_exec_time", 8.6e-6))
    // 10 µs × 1.2 GHz.
    #expect(metrics["neuroncore_cycle_count"] == .integer(12_000))
  }

  @Test func operations() {
    // Two MATMULs of 2 × 128 × 128 × 512; one of them is a transpose.
    #expect(metrics["hardware_flops"] == .integer(33_554_432))
    #expect(metrics["transpose_flops"] == .integer(16_777_216))
    #expect(metrics["adjusted_hardware_flops"] == .integer(33_554_432))
    #expect(metrics["matmul_instruction_count"] == .integer(2))
    // Peak 2 × 128 × 128 × 2.4 GHz = 78.6432 TFLOPS; 33,554,432 / (78.6432e12 × 10e-6).
    #expect(close("hfu_estimated_percent", 33_554_432 / 786_432_000))
    #expect(close("mfu_estimated_percent", 16_777_216 / 786_432_000))
    #expect(close("mfu_inst_estimated_percent", 16_777_216 / 786_432_000))
    // 78.6432e12 / 716e9, the profiler's 109.83687.
    #expect(close("peak_flops_bandwidth_ratio", 109.83687150837989))
    // 16,777,216 / (65,536 + 32,768), then divided by the ratio.
    #expect(close("mm_arithmetic_intensity", 16_777_216 / 98_304))
    #expect(
      close(
        "mfu_inst_max_achievable_estimated_percent", 16_777_216 / 98_304 / 109.83687150837989))
  }

  @Test func engines() {
    // 98,300 + 345,000 + 345,000 ps; the union is 3,041,700 … 3,613,000.
    #expect(close("tensor_engine_instruction_time", 788_300e-12))
    #expect(close("tensor_engine_active_time", 571_300e-12))
    #expect(close("tensor_engine_active_time_percent", 0.05713))
    #expect(metrics["tensor_engine_instruction_count"] == .integer(3))
    #expect(close("vector_engine_active_time", 0.55e-6))
    #expect(close("sync_engine_active_time", 1e-6))
    #expect(metrics["sync_engine_instruction_count"] == .integer(2))
    #expect(metrics["gpsimd_engine_instruction_count"] == .integer(0))
    #expect(metrics["activate_instruction_count"] == .integer(1))
    #expect(close("activate_instruction_time", 1e-6))
  }

  @Test func transfers() {
    // 1.2 µs + 3 µs of reading, which do not overlap.
    #expect(close("dma_active_time", 4.2e-6))
    #expect(close("dma_active_time_percent", 0.42))
    #expect(metrics["dma_active_cycles"] == .integer(5_040))
    #expect(close("dma_transfer_time", 4.2e-6))
    // Both rings: 4.2 + 3.0 µs.
    #expect(close("dma_packet_time", 7.2e-6))
    #expect(metrics["dma_transfer_count"] == .integer(2))
    #expect(metrics["dma_transfer_total_bytes"] == .integer(98_304))
    #expect(close("dma_transfer_average_bytes", 49_152))
    #expect(metrics["dma_queue_count"] == .integer(2))
    #expect(close("hardware_dynamic_dma_active_time", 1.2e-6))
    #expect(close("hardware_dynamic_dma_active_time_percent", 1.2 / 4.2))
    #expect(metrics["hardware_dynamic_dma_packet_count"] == .integer(128))
    #expect(close("static_dma_packet_percent", 32.0 / 160))
    #expect(close("dynamic_dma_size_percent", 65_536.0 / 98_304))
    #expect(metrics["software_dynamic_dma_size"] == .integer(0))
  }

  @Test func memory() {
    #expect(metrics["hbm_read_bytes"] == .integer(65_536))
    #expect(metrics["hbm_write_bytes"] == .integer(32_768))
    // 98,304 B / 10 µs / 716 GB/s.
    #expect(close("mbu_estimated_percent", 98_304 / 10e-6 / 716e9))
    // The input x: 128 × 256 × 2 B.
    #expect(metrics["inputs_and_weights_size_bytes"] == .integer(65_536))
    #expect(metrics["inputs_outputs_weights_size_bytes"] == .integer(98_304))
    #expect(close("mbu_min_read_util_percent", 65_536 / 10e-6 / 716e9))
    // Two updates by instructions, one completion that somebody waits for.
    #expect(metrics["event_count"] == .integer(3))
    // 3 events + 7 instructions + 160 descriptors.
    #expect(metrics["trace_count"] == .integer(170))
  }

  @Test func whatIsUnknownIsAbsent() {
    for key in ["spill_save_bytes", "cc_cores_instruction_count", "model_flops"] {
      #expect(metrics[key] == nil, "\(key)")
    }
  }

  /// Of engines a partition's bytes, of DMAs all; scalars beside streamed operands do not count.
  @Test func bytesOnChipAreCountedAsTheProfilerCountsThem() throws {
    let text = """
      trnsim program 1
      kernel on_chip
      tensor x: hbm input float32 [128, 512]
      tensor y: hbm output float32 [128, 512]
      tensor w: sbuf float32 [128, 128] at partition 0 byte 0
      tensor t: sbuf float32 [128, 512] at partition 0 byte 0x200
      tensor s: sbuf float32 [128, 1] at partition 0 byte 0xa00
      tensor p: psum float32 [128, 512] at partition 0 bank 0

      dma_copy dst=t src=x engine=sync
      nc_matmul dst=p stationary=w moving=t
      tensor_scalar dst=t data=p op0=multiply operand0=s engine=vector
      dma_copy dst=y src=t engine=sync
      """
    let device = try Lowering.lower(
      try Program(text: text, file: "k.trn"), on: Hardware.load("trn2"))
    // Two passes of LDWEIGHTS and MATMUL, then the DMA.
    #expect(device.onChip.sbufRead == 2 * (512 + 2048) + 262_144)
    #expect(device.onChip.sbufWritten == 262_144 + 2048)
    #expect(device.onChip.psumRead == 2048 && device.onChip.psumWritten == 2 * 2048)
    #expect(device.onChip.drained == 2048 && device.onChip.drains == 1)
  }

  @Test func spillsAreAsTheProgramSays() throws {
    var run = try Fixture.run()
    run.cores[0].program.metadata = [
      "rows": "8", "spill_save_bytes": "4096", "spill_reload_bytes": "12288",
    ]
    let report = Report(run)
    let metrics = try #require(report.timed).summary.metrics
    #expect(metrics["spill_save_bytes"] == .integer(4096))
    #expect(metrics["spill_reload_bytes"] == .integer(12_288))
    let text = report.text()
    #expect(text.contains("  spills    4.0 KiB that had no room in SBUF saved, 12.0 KiB loaded"))
    #expect(text.contains("  with      rows=8\n"))
    run.cores[0].program.metadata["spill_save_bytes"] = "many"
    #expect(try #require(Report(run).timed).summary.spills == nil)
  }

  /// What the compiler leaves in a program are no parameters, but notes.
  @Test func compilersNotesAreSaid() throws {
    var run = try Fixture.run()
    run.cores[0].program.metadata = [
      "rows": "8", "psum_saves": "5", "psum_reloads": "0", "row_sums_of_activations": "2",
    ]
    let report = Report(run)
    let words = report.text().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.hasSuffix("with rows=8"))
    #expect(words.contains("note more tiles are alive in PSUM than it has banks"))
    #expect(words.contains("note activation with reduce_res, 2 times: the first generation's"))
    guard case .object(let object) = report.json, case .array(let notes) = object["compiler_notes"]
    else { return #expect(Bool(false)) }
    #expect(notes.count == 2)
  }

  /// fp32 products take two passes that count half each, and four times the time of bf16.
  @Test func rates() throws {
    let hardware = try Hardware.load(named: "trn3")
    var device = DeviceProgram()
    var timeline = Timeline()
    for (rate, transpose) in [
      (MatmulRate.float32Pass, false), (.float32Pass, false), (.float32Pass, true),
      (.doubleRow, false), (.mx, false),
    ] {
      let work = Work.matmul(
        Matmul(rows: 128, columns: 64, moving: 100, rate: rate, transpose: transpose))
      device.instructions.append(
        DeviceInstruction(engine: .tensor, opcode: .matmul, work: work, source: -1))
      timeline.instructions.append(
        InstructionTiming(
          head: 0, free: 0, signalled: 0, begin: 0, end: 1000, producer: -1,
          producerTransfer: -1, isCold: false))
    }
    timeline.total = 1000
    let summary = Summary(
      program: Program(name: "rates"), device: device, timeline: timeline, hardware: hardware)
    let product = 2 * 128 * 64 * 100
    // Two halves, a transpose, double_row with twice the rows, and MX data with four times.
    #expect(summary.hardwareFLOPs == product + product + 2 * product + 4 * product)
    #expect(summary.transposeFLOPs == product)
    // 4 × (product + transpose) + 0.5 × 2 × product + 0.25 × 4 × product.
    #expect(summary.adjustedFLOPs == Double(10 * product))
  }

  @Test func unorderedIntervals() {
    // [5, 9] and [0, 2] and [1, 6]: 0 … 9.
    #expect(UnionTime.total(of: [(5, 9), (0, 2), (1, 6)]) == 9)
    // A gap between 2 and 5, and an interval inside another.
    #expect(UnionTime.total(of: [(0, 2), (5, 9), (6, 7)]) == 6)
    #expect(UnionTime.total(of: []) == 0)
    var union = UnionTime()
    union.add(5, 9)
    union.add(0, 2)
    #expect(!union.isOrdered)
  }

  @Test func emptyProgramsHaveNoRatios() throws {
    let summary = Summary(
      program: Program(name: "empty"), device: DeviceProgram(), timeline: Timeline(),
      hardware: try Hardware.load(named: "trn2"))
    #expect(summary.metrics.values.allSatisfy { $0.number.isFinite })
    #expect(summary.metrics["mfu_estimated_percent"] == nil)
    #expect(summary.metrics["dma_transfer_average_bytes"] == nil)
    #expect(summary.metrics["total_exec_time"]?.number == 0)
  }
}
