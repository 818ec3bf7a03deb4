public import ArgumentParser
import Compiler
import Device
import Diagnostics
import FoundationEssentials
import Hardware
import Kernels
import Machine
import Models
import Programs
public import Reports
import Simulation
import Storage
import Sweeps
import Workloads

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Simulate a workload: values, time, report, trace.",
    discussion: help(
      """
      A kernel runs on trial inputs (or on --input) and its outputs are compared with a float64
      reference. A program file that was emitted from a kernel is compared too.

      EXAMPLES
        trnsim run add_rmsnorm --param form=separate --param tokens=512
        trnsim run matmul --param dtype=float32 --timing-only --json report.json
        trnsim run parallel_matmul --param tp=4 --param lnc=2   8 cores that sum over each other
        trnsim run mine.trn --input x=x.npy --output-dir out --trace mine.pftrace.zst
        trnsim run a.trn b.trn --lnc 2 --input x=x.npy          the two cores of a rank
        trnsim run a.trn b.trn --input rank0/x=x.npy --input rank1/x=y.npy    two ranks
        trnsim run rmsnorm --trace a.pftrace.zst --trace-window 10us..12us --flows critical
        trnsim run kernel.py --trace kernel.pftrace.zst -- the script's arguments
        trnsim run matmul --show tensors,roofline               what the screen has no room for
        trnsim run softmax --param tokens=4 --timeline          instructions as rows, time as columns
        trnsim run kernel.py --timeline                         the same of each of the script's first launches
        trnsim run kernel.py:matmul                             as its last call in the script
        trnsim run kernel.py:matmul --input 'x=bfloat16[m, 512]' --size m=256 --param tile_n=128
        trnsim run kernel.py:matmul --advise --html matmul.html

      A run that fails leaves why in the files that are asked for, and prints it with --json: who has the
      memory that a tile has no room in, who waits for whom.
      """))

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var scaling: ScaleOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(help: "Write the outputs as .npy files into this directory.")
  var outputDir: String?
  @Option(help: "Seed of the trial inputs.")
  var seed: UInt64 = 0
  @Option(help: "Round stores stochastically with this seed instead of to nearest even.")
  var stochasticRounding: UInt64?
  @Flag(
    help:
      "Let the cores of a rank touch the same bytes of HBM without meeting in between: they take turns."
  )
  var allowCoreRaces = false
  @Option(
    help: ArgumentHelp(
      "What becomes of elements of outputs that nothing was stored to: fault, the default but for kernels of scripts; note, they are NaN (4 in integers); or read, as note, and instructions may read them too.",
      valueName: "fault|note|read"))
  var unwrittenOutputs: Simulation.UnwrittenOutputs?
  @Option(
    help: ArgumentHelp(
      "What becomes of results that the machine leaves undefined inside one instruction (rows that go to one place, a DMA that writes what it reads), or that were written through another tensor: note, the default, or error, as with TRNSIM_STRICT=1.",
      valueName: "error|note"))
  var undefined: UndefinedResults?
  @Flag(help: "Compute no values.")
  var timingOnly = false
  @Flag(help: "Compute no times.")
  var valuesOnly = false
  @Flag(
    inversion: .prefixedNo,
    help:
      "Say what each part of the machine twice as fast would give; by default where it takes no time to speak of (up to 20,000 device instructions)."
  )
  var whatIf: Bool?
  @Flag(
    inversion: .prefixedNo,
    help:
      "Say what the whole time was spent on, along the critical path; by default where it takes no time to speak of (up to 20,000 device instructions)."
  )
  var criticalPath: Bool?
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Show more of the report, which files have all of: \(Report.onRequest.joined(separator: ", ")), or all; several with commas between.",
      valueName: "section"),
    completion: Completions.kind { _, _ in Report.onRequest + ["all"] })
  var show: [String] = []
  @Flag(
    help:
      "Draw instructions as rows and time as columns: of small kernels, or of a window of time; of a whole script each of its first launches."
  )
  var timeline = false
  @Option(
    help: ArgumentHelp(
      "Draw the timeline from one time to another in µs; '2.5:' is until the end.",
      valueName: "from:to"))
  var timelineWindow: String?
  @Flag(
    help:
      "Try the rules of 'trnsim advise' too, and report what they would give: each is a simulation."
  )
  var advise = false
  @Option(help: ArgumentHelp("Write a Perfetto trace.", valueName: "file.pftrace.zst"))
  var trace: String?
  @Option(
    help: ArgumentHelp(
      "Write the report as one HTML file with a timeline; it needs no network.",
      valueName: "file.html"))
  var html: String?
  @Option(
    help: ArgumentHelp("Write the report as Markdown.", valueName: "file.md"))
  var markdown: String?
  @Option(help: "What each trace slice tells: lean (name) or full (operands, source, waits).")
  var traceDetail: TraceOptions.Detail?
  @Option(
    help: ArgumentHelp(
      "Arrows in the trace: none, cross (from engine to engine and to and from DMAs), critical (along the critical path), or all.",
      valueName: "none|cross|critical|all"))
  var flows: TraceOptions.Flows?
  @Option(
    help: ArgumentHelp(
      "Only what overlaps this time is in the trace, such as 12us..18us, 12..18us, ..500ns or 2ms..; without a unit, µs.",
      valueName: "from..to"))
  var traceWindow: TraceWindow?
  @Option(
    help: ArgumentHelp(
      "Write the report as JSON to a file; without one, or '-', print it instead of the text.",
      valueName: "file|-"))
  var json: String?

  func validate() throws {
    if timingOnly && valuesOnly {
      throw ValidationError("--timing-only and --values-only exclude each other")
    }
    if valuesOnly && trace != nil { throw ValidationError("a trace needs timing") }
    if trace == nil {
      for (isGiven, name) in [
        (traceDetail != nil, "--trace-detail"), (flows != nil, "--flows"),
        (traceWindow != nil, "--trace-window"),
      ] where isGiven {
        throw ValidationError("\(name) is about a trace: say where it goes with --trace FILE")
      }
    }
    if valuesOnly && html != nil { throw ValidationError("a page needs timing") }
    if valuesOnly && advise { throw ValidationError("--advise needs timing") }
    if valuesOnly && whatIf == true { throw ValidationError("--what-if needs timing") }
    if valuesOnly && criticalPath == true {
      throw ValidationError("--critical-path needs timing")
    }
    if valuesOnly && !show.isEmpty { throw ValidationError("--show needs timing") }
    if valuesOnly && (timeline || timelineWindow != nil) {
      throw ValidationError("--timeline needs timing")
    }
    if timingOnly && outputDir != nil { throw ValidationError("outputs need values") }
  }

  func run() throws {
    try reporting {
      try files.check()
      // What is wrong with them is told before anything runs.
      _ = try (shownSections(), drawnWindow)
      if workload.isWholeScript { try script().replaceProcess() }
      let variant = try scaling.applied(to: workload.variant(on: hardware))
      let evaluator = Evaluator(kernels: .builtIn, compiler: compiler.changes)
      let machine = try evaluator.hardware(variant)
      for text in try evaluator.limitNotes(variant) { note("note: \(text)") }
      let files = FailureFiles(json: json, html: html, markdown: markdown)
      let loaded = try files.keeping(of: workload.target) {
        try workload.loading { try evaluator.load(variant, seed: timingOnly ? nil : seed) }
      }
      try requireOwnFiles(of: loaded)
      let run = try files.keeping(of: workload.target) {
        switch loaded {
        case .kernel(let kernel, let options):
          return try working("simulating") {
            try simulation.run(kernel, on: machine, changed(options))
          }
        case .programs(let programs):
          for text in programs.notes { note("note: \(text)") }
          return try working("simulating") {
            try simulation.run(programs, on: machine, changed(programs.options))
          }
        }
      }
      try finish(run, of: variant, on: machine)
    }
  }

  /// Fails if one of the outputs' files is an input or another output.
  private func requireOwnFiles(of loaded: Evaluator.Loaded) throws {
    switch loaded {
    case .kernel(let kernel, _):
      try requireOwnFiles(
        (0..<kernel.layout.ranks).map {
          (folder(of: $0, kernel.layout), kernel.outputs.map(\.name))
        })
    case .programs(let programs):
      let set = programs.set
      try requireOwnFiles(
        (0..<set.layout.ranks).map { rank in
          // The cores of a rank return what has one name together.
          var names: [String] = []
          for (_, tensor) in set.programs(of: rank).flatMap(\.returnedTensors)
          where !names.contains(tensor.name) {
            names.append(tensor.name)
          }
          return (folder(of: rank, set.layout), names)
        })
    }
  }

  private var simulation: WorkloadSimulation {
    WorkloadSimulation(workload: workload, seed: seed, timingOnly: timingOnly)
  }

  /// Writes and prints what was asked for; fails where an output differs from the reference.
  private func finish(_ run: Run, of variant: Variant, on machine: Hardware) throws {
    let timeline = try drawing(of: run)
    if let outputDir {
      for (rank, outputs) in run.outputs.enumerated() {
        try writeOutputs(outputs, to: run.layout.count > 1 ? "\(outputDir)/rank\(rank)" : outputDir)
      }
    }
    if let trace { try PerfettoTrace.write(run, to: trace, options: traceOptions(run)) }
    let report = try Report(
      judging: run, whatIf: whatIf, path: criticalPath ?? (html != nil ? true : nil),
      peakMemoryBytes: peakMemoryBytes())
    let advice = try advise ? [advice(on: variant)] : []
    if let html { try HTMLPage.write(report, adding: advice, to: html) }
    if let markdown {
      var text = report.markdown
      for part in advice { text += "\n## \(part.title)\n\n\(part.blocks.markdown(level: 3))" }
      if let timeline {
        text += "\n## Timeline\n\n" + timeline.blocks(width: 120).markdown(level: 3)
      }
      try writeAtomically(Array(text.utf8), to: markdown)
    }
    try show(report, advice, layerStudy(run, machine), timeline, on: machine)
    if run.checks.contains(where: { !$0.passed }) { throw Outcome.checkFailed }
  }

  /// Where a rank's outputs go, below --output-dir: of several cores each rank has a directory.
  func folder(of rank: Int, _ layout: CoreLayout) -> String {
    layout.count > 1 ? "rank\(rank)/" : ""
  }

  /// Prints the report with the operations of a whole layer, as text or as JSON, or writes the JSON.
  private func show(
    _ report: Report, _ advice: [HTMLPage.Addition], _ layer: LayerStudy?,
    _ timeline: TextTimeline?, on machine: Hardware
  ) throws {
    if let json {
      var object = report.detailedJSON
      for part in advice { object = object.adding(part.name, part.json) }
      if let layer { object = object.adding("layer", layer.json(on: machine)) }
      if json == "-" { return print(object.text()) }
      try writeAtomically(Array(object.text().utf8), to: json)
    }
    trnsim.show(
      report.blocks + report.blocks(of: try shownSections())
        + advice.flatMap { [.heading("advice")] + $0.blocks }
        + (layer?.blocks(on: machine) ?? []) + (timeline?.blocks(width: screen.width) ?? []))
  }

  /// The sections that --show names.
  private func shownSections() throws -> Set<String> {
    let names = show.flatMap { $0.split(separator: ",").map(String.init) }
    if names.contains("all") { return Set(Report.onRequest) }
    return Set(
      try allOrErrors(names) { name throws(DiagnosticError) in
        guard Report.onRequest.contains(name) else {
          throw DiagnosticError(
            "--show \(name): there is no such section",
            remedy: remedyForUnknown(name, known: Report.onRequest + ["all"]))
        }
        return name
      })
  }

  /// What --timeline and --timeline-window ask for; `nil` if they do not.
  private func drawing(of run: Run) throws -> TextTimeline? {
    guard timeline || timelineWindow != nil else { return nil }
    return try TextTimeline(run, window: try drawnWindow)
  }

  /// What --timeline-window asks for.
  private var drawnWindow: Range<Int64>? {
    get throws { try timelineWindow.map { try TextTimeline.window($0, of: "--timeline-window") } }
  }

  /// What the rules of `trnsim advise` would give.
  private func advice(on variant: Variant) throws -> HTMLPage.Addition {
    let found = try working("trying changes") {
      try Advice(
        variant, evaluator: Evaluator(kernels: .builtIn, compiler: compiler.changes))
    }
    return HTMLPage.Addition(
      "advice", "Advice", found.changes.keyed(below: "advice"), found.json)
  }

  /// The operations of a whole layer; `nil` for other kernels and where nothing was timed.
  private func layerStudy(_ run: Run, _ machine: Hardware) throws -> LayerStudy? {
    guard run.total != nil, workload.workload == .kernel(Qwen3LayerKernel.name) else { return nil }
    let values = try KernelParameters(
      workload.parameters, for: Qwen3LayerKernel.parameters)
    return try LayerStudy(run, of: Qwen3LayerKernel(values), on: machine)
  }

  /// What the run reads and writes, but for the outputs' files, whose names are the program's.
  var files: FileUses {
    var uses = FileUses()
    workload.note(in: &uses)
    hardware.note(in: &uses)
    uses.writes(json, as: "--json")
    uses.writes(trace, as: "--trace")
    uses.writes(html, as: "--html")
    uses.writes(markdown, as: "--markdown")
    return uses
  }

  /// Fails if one of the outputs' files is an input or another output.
  ///
  /// - Parameter folders: Directories below --output-dir, with the names of the outputs in them.
  func requireOwnFiles(_ folders: [(folder: String, names: [String])]) throws {
    guard let outputDir else { return }
    var uses = files
    for (folder, names) in folders {
      for name in names { uses.writes("\(outputDir)/\(folder)\(name).npy", as: "--output-dir") }
    }
    try uses.check()
  }

  /// What the workload asks for, with what the user changes.
  private func changed(_ given: Simulation.Options) -> Simulation.Options {
    var options = given
    options.mode = timingOnly ? .timingOnly : valuesOnly ? .valuesOnly : .valuesAndTiming
    options.stochasticRoundingSeed = stochasticRounding
    // The programs of a script may race; a run by hand says so.
    if allowCoreRaces || given.coreRaces == .allow { options.coreRaces = .note }
    if let unwrittenOutputs { options.unwrittenOutputs = unwrittenOutputs }
    if ProcessInfo.processInfo.environment["TRNSIM_STRICT"] == "1" {
      options.undefinedResults = .error
    }
    if let undefined { options.undefinedResults = undefined }
    return options
  }

  /// The script with the options that mean the same for it; others are errors.
  private func script() throws -> PythonScript {
    var unusable: [String] = []
    if outputDir != nil { unusable.append("--output-dir") }
    if workload.lnc != nil { unusable.append("--lnc") }
    if allowCoreRaces { unusable.append("--allow-core-races") }
    if unwrittenOutputs != nil { unusable.append("--unwritten-outputs") }
    if undefined != nil { unusable.append("--undefined") }
    if stochasticRounding != nil { unusable.append("--stochastic-rounding") }
    if !hardware.overrides.isEmpty { unusable.append("--set") }
    if whatIf != nil { unusable.append("--what-if") }
    if advise { unusable.append("--advise") }
    if criticalPath != nil { unusable.append("--critical-path") }
    if !show.isEmpty { unusable.append("--show") }
    if !scaling.scales.isEmpty { unusable.append("--scale") }
    if markdown != nil { unusable.append("--markdown") }
    unusable += compiler.unusableForScripts
    guard unusable.isEmpty else {
      throw DiagnosticError(
        unusable.map {
          Diagnostic(
            .error, "\($0) does not work with a whole script, which launches its kernels itself",
            remedy:
              "name the kernel: \(workload.target):FUNCTION; in Python, trnsim.simulate has `overrides`"
          )
        })
    }
    var options = json == "-" ? [] : ["--report"]
    options.append("--hardware=\(hardware.hardware)")
    if let schedule = compiler.schedule { options.append("--schedule=\(schedule.rawValue)") }
    if let json { options.append("--json=\(json)") }
    if let trace { options.append("--trace=\(trace)") }
    if let traceDetail { options.append("--trace-detail=\(traceDetail.rawValue)") }
    if let flows { options.append("--flows=\(flows.rawValue)") }
    if let traceWindow { options.append("--trace-window=\(traceWindow.text)") }
    if let html { options.append("--html=\(html)") }
    if timeline { options.append("--timeline") }
    if let timelineWindow { options.append("--timeline-window=\(timelineWindow)") }
    if timingOnly { options.append("--timing-only") }
    if valuesOnly { options.append("--values-only") }
    return PythonScript(path: workload.target, arguments: workload.others, options: options)
  }

  private func traceOptions(_ run: Run) -> TraceOptions {
    var options = TraceOptions()
    options.detail = traceDetail
    options.flows = flows ?? options.flows
    options.window = traceWindow?.range
    let count = run.cores.map { $0.device?.instructions.count ?? 0 }.max() ?? 0
    if traceDetail == nil && count > TraceOptions.fullDetailLimit {
      note("note: \(count) instructions: the trace is lean; --trace-detail full adds operands")
    }
    return options
  }
}

extension TraceOptions.Detail: ExpressibleByArgument {}
extension TraceOptions.Flows: ExpressibleByArgument {}

extension TraceWindow: ExpressibleByArgument {
  /// Reads an argument; `nil` if it is none.
  public init?(argument: String) { try? self.init(argument) }
}

extension Simulation.UnwrittenOutputs: ExpressibleByArgument {}
extension UndefinedResults: ExpressibleByArgument {}
