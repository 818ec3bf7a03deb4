import ArgumentParser
import Diagnostics
import Hardware
import Storage

/// `--param`, for every command that builds a kernel.
struct ParameterOptions: ParsableArguments {
  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp("A kernel parameter; see 'trnsim kernels NAME'.", valueName: "name=value"))
  var parameters: [String] = []
}

/// `--hardware` and `--set`, for every command that needs a machine.
struct HardwareOptions: ParsableArguments {
  @Option(help: ArgumentHelp("trn1, trn2, trn3 or a configuration file.", valueName: "name|file"))
  var hardware = "trn2"

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a hardware value for this run.", valueName: "path=value"))
  var overrides: [String] = []

  /// The configuration, if it is a file.
  func note(in uses: inout FileUses) { uses.readsHardware(hardware) }

  func load() throws -> Hardware { try Hardware.load(hardware, overrides: overrides) }
}
