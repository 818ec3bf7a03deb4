package import Compiler
import Device
package import Diagnostics
package import Hardware
import Machine
package import Programs
import Reports
package import Simulation
import Storage
import Synchronization
package import Workloads

/// Simulates variants; may be used from several threads at once.
///
/// Configurations and program files are read once. The result of a variant depends on nothing else,
/// so that it is the same wherever and whenever it is computed.
package final class Evaluator: Sendable {
  private struct Cache {
    var hardware: [String: Hardware] = [:]
    var programs: [String: Program] = [:]
  }

  private let cache = Mutex(Cache())
  private let computesValues: Bool
  private let compiler: CompilerChanges
  /// The suite or spec from whose folder on variants name files.
  let file: String
  private let recorder: Recorder
  private let given: [String: Given]
  /// Which kernels there are.
  package let kernels: KernelCatalog

  /// Machines that are kept: one has about 100 KB.
  private static let hardwareLimit = 64

  /// Makes an evaluator.
  ///
  /// - Parameters:
  ///   - kernels: Which there are.
  ///   - values: Whether values are computed and compared with the reference, too.
  ///   - compiler: What is asked of the compiler in the place of what workloads say.
  ///   - file: The suite or spec from whose folder on variants name files.
  ///   - recorder: Who records kernels of Python scripts.
  ///   - given: Programs that are recorded already, by `Variant.recordingKey`.
  package init(
    kernels: KernelCatalog, values: Bool = false, compiler: CompilerChanges = CompilerChanges(),
    beside file: String = "",
    recorder: Recorder = Recorder(), given: [String: Given] = [:]
  ) {
    self.kernels = kernels
    self.given = given
    computesValues = values
    self.compiler = compiler
    self.file = file
    self.recorder = recorder
  }

  /// Starts Python if one of the variants is a kernel of a script.
  ///
  /// - Throws: `DiagnosticError` if there is no Python.
  package func open(for variants: [Variant]) throws(DiagnosticError) {
    try recorder.open(for: variants.filter { given[$0.recordingKey] == nil }, beside: file)
  }

  /// Simulates one variant.
  package func evaluate(_ variant: Variant) -> VariantOutcome { outcome { try run(variant) } }

  /// Simulates programs as they are on a machine.
  func evaluate(_ programs: Programs, on hardware: Hardware) -> VariantOutcome {
    outcome { try run(programs, on: hardware) }
  }

  /// The programs of a run as the compiler left them, to be run on other machines; `nil` of a kernel of this package.
  func compiled(_ variant: Variant, _ run: Run) throws -> Programs? {
    guard case .programs(var programs) = try load(variant) else { return nil }
    programs.set = run.set
    programs.options.compiler = Simulation.Options().compiler
    return programs
  }

  private func outcome(_ body: () throws -> Run) -> VariantOutcome {
    do {
      let run = try body()
      Stage.reporting.enter()
      guard let measurement = Measurement(Report(run)) else { return .faulted("nothing was timed") }
      return .measured(measurement)
    } catch let error as DiagnosticError {
      return .refused(error.diagnostics.map(\.message))
    } catch let trap as Trap {
      return .faulted("\(trap.kind.rawValue): \(trap.message)")
    } catch {
      return .faulted("\(error)")
    }
  }

  /// Simulates one variant and keeps all of the run.
  ///
  /// - Throws: `DiagnosticError` for what cannot run, `Trap` for a fault of the simulated machine.
  package func run(_ variant: Variant) throws -> Run {
    try run(variant, withValues: computesValues)
  }

  /// Simulates the time of one variant.
  ///
  /// - Throws: As `run`.
  func timed(_ variant: Variant) throws -> Run { try run(variant, withValues: false) }

  private func run(_ variant: Variant, withValues: Bool) throws -> Run {
    Stage.loading.enter()
    let hardware = try hardware(variant)
    switch try load(variant) {
    case .kernel(let kernel, var options):
      options.mode = withValues ? .valuesAndTiming : .timingOnly
      return try Simulation.check(
        kernel.programs(Geometry(hardware)), of: kernel, on: hardware, options: options)
    case .programs(let programs): return try self.run(programs, on: hardware)
    }
  }

  private func run(_ programs: Programs, on hardware: Hardware) throws -> Run {
    // A file's inputs are not known, so that only its time can be compared.
    var options = programs.options
    options.mode = .timingOnly
    return try Simulation.run(
      programs.set, on: hardware, inputs: programs.inputs, options: options)
  }

  /// The variant's program as it runs; the first core's where there are several.
  package func program(_ variant: Variant) throws -> Program {
    let hardware = try hardware(variant)
    switch try load(variant) {
    case .kernel(let kernel, _): return try kernel.programs(Geometry(hardware)).programs[0]
    case .programs(let programs):
      guard programs.isRecorded else { return programs.set.programs[0] }
      return try Simulation.compiled(
        programs.set.programs[0], on: hardware, options: programs.options.compiler
      ).program
    }
  }

  /// The programs of a workload that is no kernel of this package, and how they run.
  package struct Programs: Sendable {
    /// As they were written or recorded, one for each core.
    package var set: ProgramSet
    /// What the launch asks for, with what the user changes.
    package var options: Simulation.Options
    /// By rank: contents of inputs, where they are known.
    package var inputs: [[KernelTensor]] = []
    /// Whether a script recorded them, with its own inputs; else the user gives those.
    package var isRecorded = false
    /// What is not modelled, and what was assumed.
    package var notes: [String] = []

    /// Programs that run with these options.
    package init(
      set: ProgramSet, options: Simulation.Options, inputs: [[KernelTensor]] = [],
      isRecorded: Bool = false, notes: [String] = []
    ) {
      self.set = set
      self.options = options
      self.inputs = inputs
      self.isRecorded = isRecorded
      self.notes = notes
    }
  }

  /// A workload with its parameters, ready to run.
  package enum Loaded: Sendable {
    /// A kernel of this package, which has a reference.
    case kernel(any Kernel, Simulation.Options)
    /// Anything else.
    case programs(Programs)

    /// How it runs.
    package var options: Simulation.Options {
      switch self {
      case .kernel(_, let options): options
      case .programs(let programs): programs.options
      }
    }

    /// Its programs before the compiler, one for each core.
    package func programs(on hardware: Hardware) throws -> ProgramSet {
      switch self {
      case .kernel(let kernel, _): return try kernel.programs(Geometry(hardware))
      case .programs(let programs): return programs.set
      }
    }
  }

  /// What the caller recorded of a variant.
  package enum Given: Sendable {
    /// Its programs.
    case programs(Programs)
    /// Why there are none.
    case refused(String)
  }

  /// Builds, reads or records a variant's programs.
  ///
  /// - Parameter seed: Seed of a script's inputs that are no files; `nil` asks for contents only where time depends on them.
  package func load(_ variant: Variant, seed: UInt64? = nil) throws -> Loaded {
    var options = Simulation.Options()
    switch given[variant.recordingKey] {
    case .programs(var programs):
      programs.options.compiler = compilerOptions(programs.options, variant)
      return .programs(programs)
    case .refused(let reason): throw DiagnosticError(reason)
    case nil: break
    }
    switch Workload(variant.subject, of: kernels, beside: file) {
    case .kernel(let name):
      options.compiler = compilerOptions(options, variant)
      return .kernel(try kernels.make(name, variant.parameters.map(\.text)), options)
    case .programs(let paths):
      options.compiler = compilerOptions(options, variant)
      return .programs(Programs(set: try read(paths, variant.coresPerRank), options: options))
    case .capture(let path): throw DiagnosticError([Workload.refusal(ofCapture: path)])
    case .script:
      guard var call = try variant.call(beside: file) else { preconditionFailure("no script") }
      call.seed = seed
      var recording = try recorder.recording(of: call)
      if seed == nil, recording.set.valueEnds.contains(where: { $0 > 0 }) {
        // What is executed depends on what the inputs hold.
        call.seed = 0
        recording = try recorder.recording(of: call)
      }
      for (key, value) in recording.settings { _ = try options.set(key, to: value) }
      options.compiler = compilerOptions(options, variant)
      // As `trnsim.simulate`, which notes them: kernels that do not use both cores store the same from each.
      options.coreRaces = .allow
      var set = recording.set
      for index in set.programs.indices {
        set.programs[index].metadata.merge(recording.parameters) { own, _ in own }
      }
      return .programs(
        Programs(
          set: set, options: options, inputs: recording.contents, isRecorded: true,
          notes: recording.notes))
    }
  }

  private func compilerOptions(
    _ options: Simulation.Options, _ variant: Variant
  ) -> CompilerOptions {
    var asked = compiler
    asked.schedule = variant.schedule ?? asked.schedule
    return asked.applied(to: options.compiler)
  }

  /// The programs in files, one for each core; all that is wrong with any of them.
  private func read(_ paths: [String], _ coresPerRank: Int) throws -> ProgramSet {
    var programs: [Program] = []
    var findings: [Diagnostic] = []
    for path in paths.map({ pathBeside(file, $0) }) {
      if let known = cache.withLock({ $0.programs[path] }) {
        programs.append(known)
        continue
      }
      do throws(DiagnosticError) {
        let program = try ProgramFile.read(path)
        cache.withLock { $0.programs[path] = program }
        programs.append(program)
      } catch {
        findings += error.diagnostics
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    guard programs.count % coresPerRank == 0 else {
      throw DiagnosticError(
        "\(programs.count) program files are not a whole number of ranks of \(coresPerRank) cores",
        remedy: "name a file for each core")
    }
    return ProgramSet(
      layout: CoreLayout(ranks: programs.count / coresPerRank, coresPerRank: coresPerRank),
      programs: programs)
  }

  /// The variant's machine.
  package func hardware(_ variant: Variant) throws(DiagnosticError) -> Hardware {
    let overrides = variant.overrides.map(\.text)
    let key = variant.machine
    if let known = cache.withLock({ $0.hardware[key] }) { return known }
    let base: Hardware
    if let known = cache.withLock({ $0.hardware[variant.hardware] }) {
      base = known
    } else {
      base = try Hardware.load(variant.hardware)
    }
    var made = try base.overridden(by: overrides)
    for scale in variant.scales {
      let target = try ScaledTarget(scale.name, on: made)
      let factor = try ScaledTarget.factor(scale.value, of: scale.name)
      made = try made.overridden(by: target.overrides(factor, on: made).map(\.text))
    }
    cache.withLock { cache in
      if cache.hardware.count >= Evaluator.hardwareLimit { cache.hardware.removeAll() }
      cache.hardware[variant.hardware] = base
      cache.hardware[key] = made
    }
    return made
  }
}
