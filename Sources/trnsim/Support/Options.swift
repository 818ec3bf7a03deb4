import ArgumentParser
import Diagnostics
import Hardware
import Host
import Storage
import Sweeps

/// `--param`, for every command that builds a kernel.
struct ParameterOptions: ParsableArguments {
  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp("A kernel parameter; see 'trnsim kernels NAME'.", valueName: "name=value"),
    completion: Completions.kind { words, _ in Completions.parameters(words) })
  var parameters: [String] = []
}

/// `--hardware` and `--set`, for every command that needs a machine.
struct HardwareOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("trn1, trn2, trn3 or a configuration file.", valueName: "name|file"),
    completion: Completions.kind { Completions.hardware($1) })
  var hardware = "trn2"

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a hardware value for this run.", valueName: "path=value"),
    completion: Completions.kind { words, _ in Completions.values(words).map { "\($0)=" } })
  var overrides: [String] = []

  @Option(
    help: ArgumentHelp(
      "Memory that this process may use (512M, 4G); without it what the host, its control group and ulimit allow.",
      valueName: "size"))
  var memory: String?

  /// Chooses the memory budget; TRNSIM_MEMORY does it for commands without the option.
  func validate() throws {
    guard let memory else { return }
    do throws(DiagnosticError) {
      MemoryBudget.choose(try MemorySize(parsing: memory, option: "--memory").bytes)
    } catch {
      throw ValidationError(error.description)
    }
  }

  /// The configuration, if it is a file.
  func note(in uses: inout FileUses) { uses.readsHardware(hardware) }

  func load() throws -> Hardware { try Hardware.load(hardware, overrides: overrides) }
}

/// `--scale`, for every command that runs one machine.
struct ScaleOptions: ParsableArguments {
  @Option(
    name: .customLong("scale"), parsing: .singleValue,
    help: ArgumentHelp(
      "Make a part of the machine faster, or a value larger, by a factor; see 'trnsim whatif --help'.",
      valueName: "name=factor"),
    completion: Completions.kind { _, _ in Completions.parts.map { "\($0)=" } })
  var scales: [String] = []

  /// The variant on the scaled machine.
  func applied(to variant: Variant) throws -> Variant {
    var scaled = variant
    for setting in try settings(scales, of: "--scale") {
      scaled.set(.scale(setting.name), to: setting.value)
    }
    return scaled
  }
}

/// What `trnsim accuracy --source` hands to the Python package's runner.
struct SourceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Clones of the repositories, each at DIR/OWNER/NAME. Without it the recorded figures are printed.",
      valueName: "dir"))
  var checkouts: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Measured records to compare with, JSON.", valueName: "file"))
  var records: [String] = []
  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Only this family; may be repeated.", valueName: "name"))
  var family: [String] = []
  @Option(help: ArgumentHelp("Only kernels with this text in their name.", valueName: "text"))
  var kernel: String?
  @Flag(help: "Only the subset that takes two minutes.")
  var quick = false
  @Option(help: ArgumentHelp("Kernels at a time (2).", valueName: "n"))
  var workers: Int?
  @Option(help: ArgumentHelp("Seconds that a kernel may take (900).", valueName: "s"))
  var timeout: Double?
  @Option(help: ArgumentHelp("Who orders instructions: program or compiler.", valueName: "name"))
  var schedule: String?
  @Flag(help: "Compare instructions and their order with decoded captures of the directory.")
  var streams = false
  @Flag(help: "Record the figures instead of comparing with them.")
  var record = false

  /// The options that were given, as the runner takes them.
  var arguments: [String] {
    var found: [String] = []
    if let checkouts { found += ["--checkouts", checkouts] }
    if !records.isEmpty { found += ["--records"] + records }
    for name in family { found += ["--family", name] }
    if let kernel { found += ["--kernel", kernel] }
    if quick { found.append("--quick") }
    if let workers { found += ["--workers", String(workers)] }
    if let timeout { found += ["--timeout", String(timeout)] }
    if let schedule { found += ["--schedule", schedule] }
    if record { found.append("--record") }
    return found
  }
}
