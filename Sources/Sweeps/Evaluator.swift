public import Compiler
public import Diagnostics
public import Hardware
import Kernels
import Machine
public import Programs
import Reports
public import Simulation
import Storage
import Synchronization

/// Simulates variants; may be used from several threads at once.
///
/// Configurations and program files are read once. The result of a variant depends on nothing else,
/// so that it is the same wherever and whenever it is computed.
public final class Evaluator: Sendable {
  private struct Cache {
    var hardware: [String: Hardware] = [:]
    var programs: [String: Program] = [:]
  }

  private let cache = Mutex(Cache())
  private let computesValues: Bool
  private let compiler: CompilerOptions
  private let file: String
  private let traced: [String: Result<ProgramSet, DiagnosticError>]

  /// Machines that are kept: one has about 100 KB.
  private static let hardwareLimit = 64

  /// Makes an evaluator.
  ///
  /// - Parameters:
  ///   - values: Whether values are computed and compared with the reference, too.
  ///   - compiler: In whose order instructions execute.
  ///   - file: The suite or spec from whose folder on variants name program files.
  ///   - traced: The programs of Python scripts' kernels, by their variants' `tracingKey`.
  public init(
    values: Bool = false, compiler: CompilerOptions = CompilerOptions(), beside file: String = "",
    traced: [String: Result<ProgramSet, DiagnosticError>] = [:]
  ) {
    computesValues = values
    self.compiler = compiler
    self.file = file
    self.traced = traced
  }

  /// Simulates one variant.
  public func evaluate(_ variant: Variant) -> VariantOutcome {
    do {
      let run = try run(variant)
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
  public func run(_ variant: Variant) throws -> Run {
    var options = Simulation.Options()
    options.mode = computesValues ? .valuesAndTiming : .timingOnly
    options.compiler = compiler
    if let schedule = variant.schedule { options.compiler.schedule = schedule }
    let hardware = try hardware(variant)
    if let name = KernelName(rawValue: variant.subject) {
      let kernel = try name.make(variant.parameters.map(\.text))
      return try Simulation.run(slowestCoreOf: kernel, on: hardware, options: options)
    }
    // A file's inputs are not known, so that only its time can be compared.
    options.mode = .timingOnly
    if let set = try tracedSet(variant) {
      // Python was asked for the order when it traced.
      options.compiler.schedule = compiler.schedule
      // As `trnsim.simulate`, which notes them: kernels that do not use both cores store the same from each.
      options.coreRaces = .allow
      return try Simulation.run(slowestCoreOf: set, on: hardware, options: options)
    }
    return try Simulation.run(try program(variant), on: hardware, options: options)
  }

  /// The programs of all cores, if the variant is a kernel of a Python script.
  private func tracedSet(_ variant: Variant) throws -> ProgramSet? {
    guard variant.isScript else { return nil }
    guard let set = traced[variant.tracingKey] else {
      throw DiagnosticError(
        "'\(variant.subject)' is a kernel of a Python script, which only suites run",
        remedy: "write its program to a file: python -m trnsim --program FILE.trn SCRIPT")
    }
    return try set.get()
  }

  /// The variant's program; the first core's where there are several.
  public func program(_ variant: Variant) throws -> Program {
    if let name = KernelName(rawValue: variant.subject) {
      let kernel = try name.make(variant.parameters.map(\.text))
      return try kernel.build(Geometry(try hardware(variant)))
    }
    if let set = try tracedSet(variant) { return set.programs[0] }
    let path = pathBeside(file, variant.subject)
    if let known = cache.withLock({ $0.programs[path] }) { return known }
    let program = try ProgramFile.read(path)
    cache.withLock { $0.programs[path] = program }
    return program
  }

  /// The variant's machine.
  public func hardware(_ variant: Variant) throws(DiagnosticError) -> Hardware {
    let overrides = variant.overrides.map(\.text)
    let key = ([variant.hardware] + overrides).joined(separator: " ")
    if let known = cache.withLock({ $0.hardware[key] }) { return known }
    let base: Hardware
    if let known = cache.withLock({ $0.hardware[variant.hardware] }) {
      base = known
    } else {
      base = try Hardware.load(variant.hardware)
    }
    let made = try base.overridden(by: overrides)
    cache.withLock { cache in
      if cache.hardware.count >= Evaluator.hardwareLimit { cache.hardware.removeAll() }
      cache.hardware[variant.hardware] = base
      cache.hardware[key] = made
    }
    return made
  }
}
