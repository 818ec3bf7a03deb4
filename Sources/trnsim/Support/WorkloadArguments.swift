import ArgumentParser
import Diagnostics
import Kernels
import Storage
import Sweeps
import Workloads

/// What a command works on, with all that chooses it: every command takes every workload.
struct WorkloadArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A kernel ('trnsim kernels'), a program file, or a Python script with NKI kernels, FILE.py:FUNCTION for one of them.",
      valueName: "workload"), completion: Completions.kind { Completions.workloads($1) })
  var target: String
  @Argument(
    help: ArgumentHelp(
      "The program files of further cores (with --lnc 2 both cores of rank 0 come first), or what a Python script gets ('--' before its options).",
      valueName: "file|argument"))
  var others: [String] = []
  @Option(help: "Cores of a rank, 1 or 2, where there is a program file for each core.")
  var lnc: Int?
  @Option(
    name: .customLong("param"), parsing: .singleValue,
    help: ArgumentHelp(
      "A parameter of a kernel ('trnsim kernels NAME'), or an argument of a script's function.",
      valueName: "name=value"),
    completion: Completions.kind { words, _ in Completions.parameters(words) })
  var parameters: [String] = []
  @Option(
    name: .customLong("input"), parsing: .singleValue,
    help: ArgumentHelp(
      "An input: name=FILE.npy, or of a script's function its type and shape, 'x=bfloat16[tokens, 2048]'; rank<r>/name=FILE.npy of one rank alone.",
      valueName: "name=…"))
  var inputs: [String] = []
  @Option(
    name: .customLong("size"), parsing: .singleValue,
    help: ArgumentHelp("What a name in the inputs' shapes is.", valueName: "name=n"))
  var sizes: [String] = []

  func validate() throws {
    if let lnc, !(1...2).contains(lnc) { throw ValidationError("--lnc is \(lnc), must be 1 or 2") }
  }

  /// What the names mean.
  var workload: Workload {
    switch Workload(target, of: .builtIn) {
    case .programs(let paths): .programs(paths + others)
    case let other: other
    }
  }

  /// Whether a script runs as its user wrote it, and decides everything itself.
  var isWholeScript: Bool {
    guard case .script(_, nil) = Workload(target, of: .builtIn) else { return false }
    return inputs.isEmpty && parameters.isEmpty && sizes.isEmpty
  }

  /// The workload on a machine as it is run alone: what is wrong with it is told before anything runs.
  ///
  /// - Parameter hardware: The machine's name and values that differ.
  func checkedVariant(on hardware: HardwareOptions) throws -> Variant {
    let found = try variant(on: hardware)
    _ = try Space(found, [], of: .builtIn)
    return found
  }

  /// The workload on a machine; all that is wrong with what was chosen.
  ///
  /// - Parameter hardware: The machine's name and values that differ.
  func variant(on hardware: HardwareOptions) throws -> Variant {
    try requireSense()
    var parameters = try settings(parameters, of: "--param")
    var found = Variant(
      target, [], on: hardware.hardware, with: try settings(hardware.overrides, of: "--set"))
    switch workload {
    case .kernel, .capture: break
    case .programs(let paths):
      found.subject = paths.joined(separator: "+")
      found.coresPerRank = lnc ?? 1
    case .script:
      let shapes = try settings(inputs, of: "--input")
      found.inputs = shapes.isEmpty ? nil : shapes
      found.scriptArguments = others
      let used = Set(
        try allOrErrors(shapes) { try InputShape($0.name, $0.value) }.flatMap(\.sizes))
      let given = try settings(sizes, of: "--size")
      try allOrErrors(given.filter { !used.contains($0.name) }) { size in
        throw DiagnosticError(
          "no input has the size '\(size.name)'",
          remedy:
            "write it into a shape: --input 'x=bfloat16[\(size.name), 512]'; other arguments are --param"
        )
      }
      parameters += given
    }
    for setting in parameters { found.set(.parameter(setting.name), to: setting.value) }
    return found
  }

  private func requireSense() throws(DiagnosticError) {
    try workload.requireFiles(of: .builtIn)
    switch workload {
    case .kernel:
      if let other = others.first {
        throw DiagnosticError(
          "'\(target)' is a kernel, beside '\(other)'",
          remedy: "parameters of kernels are --param name=value")
      }
      if lnc != nil {
        throw DiagnosticError(
          "--lnc needs a program file for each core",
          remedy: "name the files of all cores; kernels have --param lnc=2")
      }
    case .programs(let paths):
      if !parameters.isEmpty {
        throw DiagnosticError(
          "a program file has no parameters",
          remedy: "emit the kernel again with --param, or leave --param out")
      }
      if lnc != nil && paths.count == 1 {
        throw DiagnosticError(
          "--lnc needs a program file for each core",
          remedy: "name the files of all cores; kernels have --param lnc=2")
      }
    case .capture(let path): throw DiagnosticError([Workload.refusal(ofCapture: path)])
    case .script:
      if lnc != nil {
        throw DiagnosticError(
          "--lnc is for program files", remedy: "launch the kernel as kernel[2] in the script")
      }
      return
    }
    if let size = sizes.first {
      throw DiagnosticError(
        "--size \(size): only inputs of a script's function have sizes",
        remedy: "parameters of kernels are --param name=value")
    }
  }

  /// Shows on a terminal that a script's kernel is being recorded, where that takes long.
  func loading<Loaded>(_ body: () throws -> Loaded) rethrows -> Loaded {
    guard case .script = workload else { return try body() }
    return try working("recording \(printable(target))", body)
  }

  /// The files that the workload is in, and those of its inputs.
  func note(in uses: inout FileUses) {
    uses.reads(workload)
    uses.readsInputs(inputs)
  }
}
