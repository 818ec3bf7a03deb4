import ArgumentParser
import Diagnostics
import Kernels
import Reports
import Storage
import Sweeps
import Workloads

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Simulate a grid of a workload's parameters, rank it and say why.",
    discussion: help(
      """
      Every combination of the varied values is simulated (timing only, unless --values) on all cores
      of the host. --vary takes a parameter, a size, a hardware value as set:PATH, a part of the machine
      as scale:PART ('trnsim whatif --help'), 'hardware', or 'kernel'; a,b=1:2,2:4 varies two together; values are a list, or ranges: 1..4, 32..128+32, 64..512*2. What does not fit is listed
      with its reason. A kernel of a Python script is recorded once for each set of its arguments.

      EXAMPLES
        trnsim compare matmul --vary tile_m=64,128 --vary tile_n=128..512*2 --vary buffers=1..3
        trnsim compare k.py:matmul --input 'x=bfloat16[m, 512]' --size m=1024 --vary tile_n=128,256
        trnsim compare rmsnorm --param tokens=512 --vary set:dma.bytes_per_cycle=32,64
        trnsim compare matmul --vary tile_m=32..128*2 --vary tile_n=64..512*2 --svg map.svg
        trnsim compare softmax --vary buffers=1..8 --csv - | sort -t, -k3 -n
        trnsim compare matmul --vary tile_m=32..128*2 --vary tile_n=64..512*2 --html tiles.html

      EXIT CODES
        0 fine · 1 bad input, or nothing ran · 3 with --values, an output is wrong · 64 usage
      """))

  @OptionGroup var workload: WorkloadArguments
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("What to vary, and its values.", valueName: "name=a,b,…"),
    completion: Completions.kind { words, _ in Completions.axes(words) })
  var vary: [String] = []
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var scaling: ScaleOptions
  @OptionGroup var compiler: CompilerArguments
  @Flag(help: "Compute values too, and compare them with the reference.")
  var values = false
  @Option(help: "Rows of the table.")
  var limit = 20
  @Option(
    help: ArgumentHelp(
      "Axes of the heat map, down and across; the first two by default.", valueName: "name,name"))
  var map: String?
  @Option(help: ArgumentHelp("Write the heat map as a drawing.", valueName: "file.svg"))
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "Write the ranking with charts, and the best beside the worst on one time scale, as one HTML file.",
      valueName: "file.html"))
  var html: String?
  @Option(
    help: ArgumentHelp("Write all results as JSON; '-' prints them instead.", valueName: "file|-"))
  var json: String?
  @Option(
    help: ArgumentHelp("Write all results as CSV; '-' prints them instead.", valueName: "file|-"))
  var csv: String?
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?

  func validate() throws {
    if vary.isEmpty { throw ValidationError("give at least one --vary name=a,b,…") }
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is 1 to 1024") }
    if limit < 1 { throw ValidationError("--limit is 1 or more") }
    if json == "-" && csv == "-" { throw ValidationError("only one of --json and --csv can be -") }
  }

  func run() throws {
    try reporting {
      let base = try scaling.applied(to: workload.variant(on: hardware))
      let axes = try allOrErrors(vary) { try Axis(parsing: $0) }
      try files(axes).check()
      let space = try Space(base, axes, of: .builtIn)
      let evaluator = Evaluator(kernels: .builtIn, values: values, compiler: compiler.changes)
      for text in try evaluator.limitNotes(base, axes) { note("note: \(text)") }
      Interrupts.areDeferred()
      var progress = Progress(of: space.count, "variants")
      let comparison = try Comparison(
        space, evaluator: evaluator,
        runner: ParallelRunner(width: jobs),
        isCancelled: { Interrupts.isRequested }, progress: { progress.show($0) })
      progress.clear()
      try write(comparison, evaluator)
      if Interrupts.isRequested {
        try finishOutput()
        Interrupts.endIfRequested()
      }
      if comparison.ranked.isEmpty { throw Outcome.badInput }
      if comparison.ranked.contains(where: { $0.measurement.passed == false }) {
        throw Outcome.checkFailed
      }
    }
  }

  private func files(_ axes: [Axis]) -> FileUses {
    var uses = FileUses()
    workload.note(in: &uses)
    hardware.note(in: &uses)
    for axis in axes.flatMap(\.parts) {
      for value in axis.values {
        switch axis.target {
        case .hardware: uses.readsHardware(value)
        case .subject: uses.reads(Workload(value, of: .builtIn))
        default: break
        }
      }
    }
    uses.writes(svg, as: "--svg")
    uses.writes(html, as: "--html")
    uses.writes(json, as: "--json")
    uses.writes(csv, as: "--csv")
    return uses
  }

  private func write(_ comparison: Comparison, _ evaluator: Evaluator) throws {
    let names = map?.split(separator: ",").map(String.init) ?? []
    let heatMap = try HeatMap(comparison, axes: names)
    if let svg {
      guard let heatMap else {
        throw DiagnosticError("a heat map needs an axis with two values", remedy: "vary more")
      }
      try writeAtomically(Array(heatMap.svg(heading: comparison.heading).utf8), to: svg)
    }
    if let html { try writeAtomically(comparison.page(evaluator: evaluator), to: html) }
    if let json, json != "-" {
      try writeAtomically(Array((comparison.json.text() + "\n").utf8), to: json)
    }
    if let csv, csv != "-" { try writeAtomically(Array(comparison.csv.utf8), to: csv) }
    if json == "-" {
      print(comparison.json.text())
    } else if csv == "-" {
      print(comparison.csv, terminator: "")
    } else {
      show(comparison.blocks(limit: limit, map: heatMap))
    }
  }
}
