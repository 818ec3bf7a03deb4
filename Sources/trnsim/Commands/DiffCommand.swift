import ArgumentParser
import Baselines
import Diagnostics
import Kernels
import Storage
import Sweeps
import Workloads

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two runs or two baselines: what differs, and why.",
    discussion: help(
      """
      A and B are kernels, program files or kernels of Python scripts, which are simulated, or two
      baselines, which are not. A kernel's own parameters follow its name: 'matmul:m=128,tile_n=256',
      'k.py:matmul:tile_n=256'; --input, --size and --param are of both.

      EXAMPLES
        trnsim diff add_rmsnorm:form=separate add_rmsnorm:form=fused
        trnsim diff before.trn.zst after.trn.zst
        trnsim diff k.py:matmul:tile_n=256 k.py:matmul:tile_n=512 --input 'x=bfloat16[128, 512]'
        trnsim diff old/suite.baseline.json suite.baseline.json
        trnsim diff matmul:m=512 matmul:m=512 --set-b dma.bytes_per_cycle=64
        trnsim diff add_rmsnorm:form=separate add_rmsnorm:form=fused --html forms.html

      EXIT CODES
        0 same · 2 B is slower or heavier · 3 not comparable (baselines) · 4 B is faster · 1 bad input
      """))

  @Argument(help: ArgumentHelp("The one before.", valueName: "A"))
  var before: String
  @Argument(help: ArgumentHelp("The one after.", valueName: "B"))
  var after: String
  @Option(help: "Cores of a rank, 1 or 2, of program files for several cores: 'a.0.trn+a.1.trn'.")
  var lnc: Int?
  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp("A parameter of both kernels.", valueName: "name=value"))
  var parameters: [String] = []
  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp(
      "An input of both scripts' functions: 'x=bfloat16[tokens, 2048]' or x=FILE.npy.",
      valueName: "name=…"))
  var inputs: [String] = []
  @Option(
    name: .customLong("size"), parsing: .singleValue,
    help: ArgumentHelp("What a name in the inputs' shapes is.", valueName: "name=n"))
  var sizes: [String] = []
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    name: .customLong("set-b"), parsing: .singleValue,
    help: ArgumentHelp("Override a hardware value for B alone.", valueName: "path=value"))
  var overridesOfB: [String] = []
  @Option(
    help: ArgumentHelp(
      "Write the differences as one HTML file, both runs on one time scale.",
      valueName: "file.html"))
  var html: String?

  func run() throws {
    try reporting {
      if before.hasSuffix(".json") || after.hasSuffix(".json") {
        if html != nil {
          throw DiagnosticError(
            "baselines have no times of instructions for a page",
            remedy: "give two workloads, or leave --html out")
        }
        let sides = try allOrErrors([before, after]) { path in
          // What is missing, a baseline would be empty.
          try Workload(path, of: .builtIn).requireFiles(of: .builtIn)
          guard path.hasSuffix(".json") else {
            throw DiagnosticError(
              "'\(path)' is no baseline, and a baseline is compared with another",
              remedy: "give two files of 'trnsim update'")
          }
          return try Baseline.read(path)
        }
        let check = Check(comparing: sides[0], with: sides[1], name: after)
        show(check.blocks(strict: false, update: true))
        let code = check.exitCode(strict: false)
        if code != 0 { throw ExitCode(code) }
        return
      }
      let sides = (
        try variant(before, []), try variant(after, try settings(overridesOfB, of: "--set-b"))
      )
      var uses = FileUses()
      for variant in [sides.0, sides.1] { uses.reads(Workload(variant.subject, of: .builtIn)) }
      hardware.note(in: &uses)
      uses.writes(html, as: "--html")
      try uses.check()
      let both = try working("simulating") {
        try TwoRuns(
          sides.0, sides.1, evaluator: Evaluator(kernels: .builtIn, compiler: compiler.changes))
      }
      if let html { try writeAtomically(both.page(), to: html) }
      show(both.blocks)
      if both.exitCode != 0 { throw ExitCode(both.exitCode) }
    }
  }

  private func variant(_ text: String, _ extra: [Setting]) throws -> Variant {
    // The colon of a script's function comes before that of settings.
    let start = text.ranges(of: ".py:").last?.upperBound ?? text.startIndex
    let colon = text[start...].firstIndex(of: ":")
    let own = colon.map { text[text.index(after: $0)...].split(separator: ",").map(String.init) }
    var words = [String(text[..<(colon ?? text.endIndex)])]
    for input in inputs { words += ["--input", input] }
    for size in sizes { words += ["--size", size] }
    if let lnc { words += ["--lnc", "\(lnc)"] }
    var arguments = try WorkloadArguments.parse(words)
    // A value of one side wins.
    let named = Set(
      try settings(own ?? [], of: "\(text[..<(colon ?? text.endIndex)]):").map(\.name))
    arguments.parameters =
      (own ?? [])
      + (try settings(parameters, of: "--param")).filter { !named.contains($0.name) }.map(\.text)
    var found = try arguments.variant(on: hardware)
    for setting in extra { found.set(.override(setting.name), to: setting.value) }
    return found
  }
}
