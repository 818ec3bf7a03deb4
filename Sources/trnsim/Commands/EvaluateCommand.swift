import ArgumentParser
import Diagnostics
import Storage

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Say whether a candidate kernel is right and how long it takes, one answer for each.",
    discussion: help(
      """
      For loops that write kernels: a candidate runs on the inputs that its reference gets, in a process of its
      own. The answer has correct, max_relative_error, failure, time_us, time_low_us, time_high_us, verdict,
      source, rules and counters. docs/doors.md says what they mean.

      --serve answers requests on standard input, a line of JSON each, and stays warm; what a line does not say
      is as the options say. 'trnsim mcp' offers the same to agents that speak the Model Context Protocol.

      EXAMPLES
        trnsim evaluate kernel.py:matmul --reference ref.py:matmul --input 'a=bfloat16[512, 128]' --input b=b.npy
        trnsim evaluate kernel.py:silu --reference ref.py:silu --inputs-from ref.py:get_inputs --rules --json
        echo '{"kernel": "kernel.py:silu"}' | trnsim evaluate --serve --reference ref.py:silu

      EXIT CODES
        0 right, or nothing to compare with · 1 bad input · 2 the candidate fails · 3 its values are wrong
      """))

  @Argument(
    help: ArgumentHelp(
      "The candidate: a kernel of a script, or a function that calls one.",
      valueName: "file.py:function"),
    completion: .file(extensions: ["py"]))
  var kernel: String?
  @OptionGroup var evaluation: EvaluationOptions
  @Flag(help: "Also say which changes would make it faster, and by how much.")
  var rules = false
  @Option(
    help: ArgumentHelp(
      "Write JSON to a file; without one, or '-', print it instead.", valueName: "file|-"))
  var json: String?
  @Flag(help: "Answer lines of JSON on standard input until there are no more.")
  var serve = false

  func validate() throws {
    guard serve == (kernel == nil) else {
      throw ValidationError(
        serve
          ? "with --serve candidates come on standard input"
          : "name a candidate, FILE.py:FUNCTION, or --serve")
    }
    if serve && json != nil { throw ValidationError("--serve writes JSON to standard output") }
  }

  func run() throws {
    try reporting {
      var uses = FileUses()
      evaluation.note(in: &uses)
      if let kernel { uses.reads(EvaluationOptions.file(of: kernel), as: "the candidate") }
      uses.writes(json, as: "--json")
      try uses.check()
      var arguments = kernel.map { [$0] } ?? []
      arguments += evaluation.arguments
      if rules { arguments.append("--rules") }
      if let json { arguments += ["--json", json] }
      if serve { arguments.append("--serve") }
      try PythonModule(name: "trnsim.evaluation", arguments: arguments).replaceProcess()
    }
  }
}

struct MCPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp",
    abstract: "Serve 'trnsim evaluate' to agents, over the Model Context Protocol.",
    discussion: help(
      """
      Speaks MCP on standard input and output. Needs the package mcp: pip install 'trnsim[mcp]'. Options are what
      a call does not say. docs/doors.md has what agents are offered and how clients are configured.

      EXAMPLES
        trnsim mcp
        trnsim mcp --reference ref.py:silu --hardware trn2
      """))

  @OptionGroup var evaluation: EvaluationOptions

  func run() throws {
    try reporting {
      try PythonModule(name: "trnsim.agents", arguments: evaluation.arguments).replaceProcess()
    }
  }
}

/// What evaluations have in common, however they are asked for.
struct EvaluationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Computes what is right, from the same inputs.", valueName: "file.py:function"),
    completion: .file(extensions: ["py"]))
  var reference: String?
  @Option(
    help: ArgumentHelp(
      "Returns the inputs; without it, or --input, get_inputs of the reference's file does.",
      valueName: "file.py:function"),
    completion: .file(extensions: ["py"]))
  var inputsFrom: String?
  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp(
      "An input by name: its type and shape, 'x=bfloat16[128, 2048]', or x=FILE.npy.",
      valueName: "name=…"))
  var inputs: [String] = []
  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp("What else the candidate gets.", valueName: "name=value"))
  var parameters: [String] = []
  @Option(help: ArgumentHelp("Seed of the inputs (0).", valueName: "n"))
  var seed: UInt32?
  @Option(
    help: ArgumentHelp("trn1, trn2, trn3 or a configuration file.", valueName: "name|file"),
    completion: Completions.kind { Completions.hardware($1) })
  var hardware = "trn2"
  @Option(
    help: ArgumentHelp(
      "The largest relative error that is right; without it what the output's type allows.",
      valueName: "x"))
  var tolerance: Double?
  @Option(help: ArgumentHelp("Seconds that a candidate may take (120).", valueName: "s"))
  var timeLimit: Double?
  @Option(help: ArgumentHelp("Candidates at a time (one for each core).", valueName: "n"))
  var workers: Int?
  @Flag(help: "A new process for each candidate, which takes twice the time.")
  var fresh = false
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A module that references or candidates import, such as torch: loaded once.",
      valueName: "module"))
  var preload: [String] = []

  func validate() throws {
    if let workers, workers < 1 {
      throw ValidationError("--workers is \(workers), must be 1 or more")
    }
    if let timeLimit, !(timeLimit > 0) {
      throw ValidationError("--time-limit is \(timeLimit), must be more than 0")
    }
    if let tolerance, !(tolerance >= 0) {
      throw ValidationError("--tolerance is \(tolerance), must be 0 or more")
    }
  }

  /// What is read.
  func note(in uses: inout FileUses) {
    for (function, option) in [(reference, "--reference"), (inputsFrom, "--inputs-from")] {
      if let function { uses.reads(Self.file(of: function), as: option) }
    }
    uses.readsHardware(hardware)
  }

  /// The file of `FILE.py:FUNCTION`.
  static func file(of function: String) -> String {
    guard let colon = function.lastIndex(of: ":") else { return function }
    return String(function[..<colon])
  }

  /// The options that were given, as the package takes them.
  var arguments: [String] {
    var found = ["--hardware", hardware]
    if let reference { found += ["--reference", reference] }
    if let inputsFrom { found += ["--inputs-from", inputsFrom] }
    for input in inputs { found += ["--input", input] }
    for parameter in parameters { found += ["--param", parameter] }
    if let seed { found += ["--seed", String(seed)] }
    if let tolerance { found += ["--tolerance", String(tolerance)] }
    if let timeLimit { found += ["--time-limit", String(timeLimit)] }
    if let workers { found += ["--workers", String(workers)] }
    if fresh { found.append("--fresh") }
    for module in preload { found += ["--preload", module] }
    return found
  }
}
