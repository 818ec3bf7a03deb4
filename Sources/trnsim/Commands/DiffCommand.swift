import ArgumentParser
import Baselines
import Diagnostics
import Sweeps

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two runs or two baselines: what differs, and why.",
    discussion: """
      A and B are kernels or program files, which are simulated, or two baselines, which are not. A
      kernel's own parameters follow its name: 'matmul:m=128,tile_n=256'.

      EXAMPLES
        trnsim diff add_rmsnorm:form=separate add_rmsnorm:form=fused
        trnsim diff before.trn.zst after.trn.zst
        trnsim diff old/suite.baseline.json suite.baseline.json
        trnsim diff matmul:m=512 matmul:m=512 --set-b dma.bytes_per_cycle=64

      EXIT CODES
        0 same · 2 B is slower or heavier · 3 not comparable (baselines) · 4 B is faster · 1 bad input
      """)

  @Argument(help: ArgumentHelp("The one before.", valueName: "A"))
  var before: String
  @Argument(help: ArgumentHelp("The one after.", valueName: "B"))
  var after: String
  @OptionGroup var hardware: HardwareOptions
  @OptionGroup var compiler: CompilerArguments
  @Option(
    name: .customLong("set-b"), parsing: .singleValue,
    help: ArgumentHelp("Override a hardware value for B alone.", valueName: "path=value"))
  var overridesOfB: [String] = []

  func run() throws {
    try reporting {
      if before.hasSuffix(".json") || after.hasSuffix(".json") {
        let sides = try allOrErrors([before, after]) { path in
          try checkedSubject(path)
          return try Baseline.read(path)
        }
        let check = Check(comparing: sides[0], with: sides[1], name: after)
        print(check.text(strict: false, update: true), terminator: "")
        let code = check.exitCode(strict: false)
        if code != 0 { throw ExitCode(code) }
        return
      }
      let both = try TwoRuns(
        variant(before, []), variant(after, try settings(overridesOfB)),
        evaluator: Evaluator(compiler: compiler.options))
      print(both.text, terminator: "")
      if both.exitCode != 0 { throw ExitCode(both.exitCode) }
    }
  }

  private func variant(_ text: String, _ extra: [Setting]) throws -> Variant {
    let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
    let own = parts.count > 1 ? parts[1].split(separator: ",").map(String.init) : []
    let subject = try checkedSubject(parts.first ?? text)
    return Variant(
      subject, try settings(own), on: hardware.hardware,
      with: try settings(hardware.overrides) + extra)
  }
}
