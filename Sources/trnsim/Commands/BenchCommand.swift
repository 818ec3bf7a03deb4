import ArgumentParser
import Compiler
import Device
import FoundationEssentials
import Glibc
import Hardware
import Kernels
import Machine
import Programs
import Reports
import Simulation
import Storage
import Timing
import Workloads

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "For developers: measure the simulator's own speed on this host.",
    discussion: help(
      """
      The median of several runs each, in seconds of one processor: building, checking and lowering a
      large matmul, Timing alone, a trace of it, and the values of a 1024³ matmul.

      EXAMPLES
        trnsim bench
        trnsim bench --json -
      """), shouldDisplay: false)

  @Option(help: "Runs of each.")
  var runs = 5
  @Option(
    help: ArgumentHelp(
      "Write JSON to a file; without one, or '-', print it instead of the table.",
      valueName: "file|-"))
  var json: String?

  func run() throws {
    try reporting {
      let hardware = try Hardware.load("trn2")
      let table = try SpeedTable.measure(hardware, runs: max(1, runs))
      if let json, json != "-" { try writeAtomically(Array((table.json + "\n").utf8), to: json) }
      if json == "-" { print(table.json) } else { show(table.text) }
    }
  }
}

/// What the bench measured.
struct SpeedTable {
  private var rows: [(key: String, value: Double, unit: String, meaning: String)] = []

  static func measure(_ hardware: Hardware, runs: Int) throws -> SpeedTable {
    var table = SpeedTable()
    let geometry = Geometry(hardware)
    let settings = ["m=4096", "n=8192", "k=8192", "dtype=bfloat16"]
    let kernel = try KernelName.matmul.make(settings)
    let program = try kernel.build(geometry)
    let device = try Lowering.lower(program, on: hardware)
    let count = Double(device.instructions.count)
    table.add("device_instructions", count, "", "of a 4096×8192×8192 bf16 matmul")
    let build = try median(runs) { _ = try kernel.build(geometry) }
    table.add("build", count / build / 1e6, "M instr/s", "kernel → program")
    let check = median(runs) { _ = program.check(geometry) }
    table.add("check", count / check / 1e6, "M instr/s", "static checks")
    let lower = try median(runs) { _ = try Lowering.lower(program, on: hardware) }
    table.add("lower", count / lower / 1e6, "M instr/s", "program → device program")
    let timing = try median(runs) { _ = try Timing.run(device, on: hardware) }
    table.add("timing", count / timing / 1e6, "M instr/s", "device program → timeline")
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.run(ProgramSet(program), on: hardware, options: options)
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "trnsim-bench-\(ProcessInfo.processInfo.processIdentifier).pftrace.zst"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trace = try median(runs) { try PerfettoTrace.write(run, to: path) }
    table.add("trace", count / trace / 1e6, "M instr/s", "timeline → Perfetto, zstd")
    table.add(
      "trace_share", trace / (build + check + lower + timing), "",
      "tracing ÷ the timing run (build + check + lower + timing)")
    for dtype in ["float32", "bfloat16"] {
      let small = try KernelName.matmul.make(["m=1024", "n=1024", "k=1024", "dtype=\(dtype)"])
      let values = try small.programs(geometry)
      let inputs = small.makeInputs(seed: 0)
      var valueOptions = Simulation.Options()
      valueOptions.mode = .valuesOnly
      let seconds = try median(runs) {
        _ = try Simulation.run(values, on: hardware, inputs: [inputs], options: valueOptions)
      }
      table.add(
        "values_\(dtype)", 2 * 1024 * 1024 * 1.024 / seconds / 1e6, "GFLOP/s", "1024³ matmul")
    }
    return table
  }

  private mutating func add(_ key: String, _ value: Double, _ unit: String, _ meaning: String) {
    rows.append((key, value, unit, meaning))
  }

  private static func median(_ runs: Int, _ body: () throws -> Void) rethrows -> Double {
    var seconds: [Double] = []
    for _ in 0..<runs {
      let begin = processorSeconds()
      try body()
      seconds.append(processorSeconds() - begin)
    }
    return seconds.sorted()[runs / 2]
  }

  /// What this process has used of all processors: others' work on the host does not count.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  var text: String {
    rows.map { row in
      "\(row.key.left(20))\(fixed(row.value, 3).right(12)) \(row.unit.left(10)) \(row.meaning)"
    }.joined(separator: "\n")
  }

  var json: String {
    JSON.object(Dictionary(uniqueKeysWithValues: rows.map { ($0.key, .real($0.value)) })).text()
  }
}
