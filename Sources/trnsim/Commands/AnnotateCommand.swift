import ArgumentParser
import Diagnostics
import Kernels
import Programs
import Reports
import Simulation
import Storage
import Sweeps

struct AnnotateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "annotate",
    abstract: "Show the source with what each line took.",
    discussion: help(
      """
      Beside each line: its time on the critical path, which adds up to the run; the time for which engines execute it; how
      long its instructions waited; bytes of its DMAs; device instructions. A Python script without a function is its last
      kernel. Sources are looked for where the program names them, Swift ones also below Sources/MODULE.

      EXAMPLES
        trnsim annotate kernel.py:matmul
        trnsim annotate kernel.py:matmul --input 'x=bfloat16[m, 512]' --size m=256
        trnsim annotate mine.trn --all                 the whole source
        trnsim annotate matmul --by scope              scopes, operations and instructions
        trnsim annotate a.trn b.trn --lnc 2 --core 1   one core of two
        trnsim annotate kernel.py --json annotated.json --markdown annotated.md
      """))

  /// What figures stand beside.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case line, scope
  }

  @OptionGroup var workload: WorkloadArguments
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var scaling: ScaleOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    help:
      "What figures are for: line (of the source) or scope (a tree of scopes, operations and instructions)."
  )
  var by: Part = .line
  @Option(help: ArgumentHelp("Lines around those with figures.", valueName: "n"))
  var context = 2
  @Flag(help: "Show whole sources, or the whole tree.")
  var all = false
  @Option(help: ArgumentHelp("Only this core, by number from 0; by default all.", valueName: "n"))
  var core: Int?
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A folder that sources are in; may be repeated.", valueName: "dir"),
    completion: .directory)
  var source: [String] = []
  @Option(
    help: ArgumentHelp(
      "Write lines and tree as JSON; '-' prints them instead.", valueName: "file|-"))
  var json: String?
  @Option(help: ArgumentHelp("Write what is shown as Markdown.", valueName: "file.md"))
  var markdown: String?

  func validate() throws {
    if context < 0 { throw ValidationError("--context is \(context), must be 0 or more") }
    if let core, core < 0 { throw ValidationError("--core is \(core), must be 0 or more") }
  }

  func run() throws {
    try reporting {
      var uses = FileUses()
      workload.note(in: &uses)
      hardware.note(in: &uses)
      uses.writes(json, as: "--json")
      uses.writes(markdown, as: "--markdown")
      try uses.check()
      let variant = try scaling.applied(to: workload.checkedVariant(on: hardware))
      let evaluator = Evaluator(kernels: .builtIn, compiler: compiler.changes)
      for text in try evaluator.limitNotes(variant) { note("note: \(text)") }
      let run = try working("simulating") { try timed(variant, evaluator) }
      guard let causes = try run.causes() else {
        throw DiagnosticError("'\(variant.subject)' gives no times")
      }
      let found = try Annotation(run, causes, core: core, sources: SourceTexts(folders: source))
      let view = AnnotationView(context: context, isWhole: all)
      let blocks = by == .line ? found.lineBlocks(view) : found.scopeBlocks(view)
      if let json, json != "-" {
        try writeAtomically(Array((found.json.text() + "\n").utf8), to: json)
      }
      if let markdown {
        try writeAtomically(Array(blocks.markdown(level: 2).utf8), to: markdown)
      }
      if json == "-" { print(found.json.text()) } else { show(blocks) }
    }
  }

  /// The run, on trial inputs where time depends on what inputs hold.
  private func timed(_ variant: Variant, _ evaluator: Evaluator) throws -> Run {
    let machine = try evaluator.hardware(variant)
    let loaded = try workload.loading { try evaluator.load(variant) }
    let set = try loaded.programs(on: machine)
    let dependsOnInputs = set.valueEnds.contains { $0 > 0 }
    let simulation = WorkloadSimulation(workload: workload, seed: 0, timingOnly: !dependsOnInputs)
    var options = loaded.options
    options.mode = .timingOnly
    switch loaded {
    case .kernel(let kernel, _): return try simulation.run(kernel, on: machine, options)
    case .programs(let programs):
      for text in programs.notes { note("note: \(text)") }
      return try simulation.run(programs, on: machine, options)
    }
  }
}
