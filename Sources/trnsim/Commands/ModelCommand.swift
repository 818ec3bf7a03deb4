import ArgumentParser
import Device
import Diagnostics
import Glibc
import Hardware
import Kernels
import Machine
package import Models
import Reports
import Simulation
import Storage
import Workloads

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "The five prompts of the MoE kernel challenge, end to end, and their score.",
    discussion: help(
      """
      Each pass is 48 times one layer, the final norm, lm_head and greedy sampling. The score compares a
      strategy set with a baseline set: plain (a straightforward kernel per operation: two buffers, one
      engine for one job, three-pass attention, every expert on every token), tiled (engines and buffers
      balanced, flash attention), fused (a layer as one program). Which experts a prompt needs decides
      its router on trial tokens, of which a share (--param skew=0.5) are alike.

      EXAMPLES
        trnsim model qwen3-30b-a3b
        trnsim model qwen3-30b-a3b --tp 4 --lnc 2
        trnsim model qwen3-30b-a3b --strategy tiled --baseline plain --host-us 5000
        trnsim model qwen3-30b-a3b --param weights=float8_e4m3 --json model.json
        trnsim model qwen3-30b-a3b --param skew=0.9 --check
      """))

  @Argument(help: "The model: qwen3-30b-a3b.")
  var model: String
  @Option(help: "Strategy set that is scored: plain, tiled or fused.")
  var strategy: StrategySet = .fused
  @Option(help: "Strategy set that it is compared with.")
  var baseline: StrategySet = .plain
  @Option(help: "Ranks that share the model: 1, 2 or 4.")
  var tp = 1
  @Option(help: "Physical cores of a rank, which share an HBM stack: 1 or 2.")
  var lnc = 1
  @Option(help: "Prompts and contexts are rounded up to a multiple of this many tokens.")
  var bucket = 128
  @Option(
    name: .customLong("host-us"), help: "Host and framework time per pass in µs, added as it is.")
  var hostMicroseconds = 0.0
  @Flag(help: "Compute the values of a decode and a prefill layer: A of the score.")
  var check = false
  @OptionGroup var parameters: ParameterOptions
  @OptionGroup var hardware: HardwareOptions
  @Option(
    help: ArgumentHelp(
      "Write the result as JSON; '-' prints it instead of the text.", valueName: "file|-"))
  var json: String?

  func validate() throws {
    if ![1, 2, 4].contains(tp) { throw ValidationError("--tp must be 1, 2 or 4") }
    if ![1, 2].contains(lnc) { throw ValidationError("--lnc must be 1 or 2") }
    if bucket < 1 || bucket > 1024 { throw ValidationError("--bucket must be 1 to 1024") }
    if !(hostMicroseconds >= 0 && hostMicroseconds <= 1e9) {
      throw ValidationError("--host-us must be 0 to 1000000000")
    }
  }

  func run() throws {
    try reporting {
      guard model == "qwen3-30b-a3b" else {
        throw DiagnosticError(
          "there is no model '\(model)'",
          remedy: remedyForUnknown(model, known: ["qwen3-30b-a3b"]))
      }
      var uses = FileUses()
      hardware.note(in: &uses)
      uses.writes(json, as: "--json")
      try uses.check()
      let machine = try hardware.load()
      var options = ModelStudy.Options()
      options.bucket = bucket
      options.hostMicroseconds = hostMicroseconds
      options.layout = CoreLayout(ranks: tp, coresPerRank: lnc)
      options.settings = parameters.parameters
      let study = ModelStudy(on: machine, options: options)
      let isTerminal = isatty(STDERR_FILENO) == 1
      let accurate = check ? try isAccurate(on: machine) : nil
      let score = try ChallengeScore(
        study, strategy, against: baseline, isAccurate: accurate
      ) { if isTerminal { showProgress($0) } }
      if isTerminal { showProgress("") }
      let text = score.json(strategy, against: baseline, options: options).text()
      if let json, json != "-" { try writeAtomically(Array(text.utf8), to: json) }
      if json == "-" {
        print(text)
      } else {
        show(score.blocks(strategy, against: baseline, options: options))
      }
      if accurate == false { throw Outcome.checkFailed }
    }
  }

  /// Whether the layer's values agree with float64 on all ranks, for a step and for a prompt.
  private func isAccurate(on machine: Hardware) throws -> Bool {
    var options = Simulation.Options()
    options.mode = .valuesOnly
    return try ["phase=decode", "phase=prefill"].allSatisfy { phase in
      let kernel = try KernelName.qwen3Layer.make(
        [phase, "tp=\(tp)", "lnc=\(lnc)"] + parameters.parameters)
      let checks = try Simulation.check(
        kernel.programs(Geometry(machine)), of: kernel, on: machine, options: options
      ).checks
      return !checks.isEmpty && checks.allSatisfy(\.passed)
    }
  }
}

extension StrategySet: ExpressibleByArgument {}
