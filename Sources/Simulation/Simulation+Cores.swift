import Compiler
import Device
import Diagnostics
import Formats
public import Hardware
import ISA
public import Kernels
import Machine
public import Programs
import Timing

extension Simulation {
  /// Runs the programs of several cores together.
  ///
  /// Values: each core runs in program order until it comes to an exchange, and goes on when all who take
  /// part have come; the result does not depend on who is first. Time: one simulation of all cores.
  /// - Parameters:
  ///   - inputs: By rank; empty when only timing is asked for.
  ///   - callers: By rank: what the caller lends and listens to.
  /// - Throws: `DiagnosticError` for what is statically wrong, `Trap` for a fault of the simulated machine:
  ///   beyond those of one core, exchanges that do not fit together, cores that wait for each other for
  ///   ever, and races on HBM that the cores of a rank share.
  public static func run(
    _ set: ProgramSet, on hardware: Hardware, inputs: [[KernelTensor]] = [],
    options: Options = Options(), callers: [Caller] = []
  ) throws -> CoresRun {
    let shared = hardware.shared(by: set.layout)
    let geometry = Geometry(hardware)
    if options.hasWideValues { for program in set.programs { try program.requireWidenable() } }
    var checking = 0.0
    let (set, passes) = try measure(&checking) {
      try Self.compiled(set, on: hardware, options.compiler)
    }
    if options.mode != .timingOnly {
      for program in set.programs {
        try requireHostMemory(for: program, on: hardware)
      }
    }
    var run = CoresRun(
      set: set, hardware: hardware, cores: set.programs.map { Run(program: $0, hardware: shared) })
    for index in run.cores.indices { run.cores[index].passes = passes[index] }
    run.cores[0].host.checking = checking
    var executed = set
    if options.hasWideValues {
      for index in executed.programs.indices {
        executed.programs[index] = try set.programs[index].widened(geometry)
      }
    }
    let meeting = try CoresExecution(
      executed, options.hasWideValues ? geometry.widened : geometry, inputs, callers, options)
    try measure(&run.cores[0].host.values) { try meeting.run() }
    run.races = meeting.races
    for index in run.cores.indices {
      run.cores[index].outputs = try meeting.outputs(of: index)
      run.cores[index].unwritten = meeting.unwritten(of: index)
      run.cores[index].undefinedReads = meeting.undefinedReads(of: index)
      if var executed = meeting.executed(by: index) {
        executed.restoreTensors(of: set.programs[index])
        run.cores[index].program = executed.program
        run.cores[index].origins = executed.origins
      }
    }
    guard options.mode != .valuesOnly else { return run }
    for index in run.cores.indices {
      do { try lower(&run.cores[index]) } catch let trap as Trap {
        throw set.layout.places[index].named(trap)
      }
    }
    let devices = run.cores.compactMap(\.device)
    let timedRun = run
    let timelines = try measure(&run.cores[0].host.timing) {
      do throws(CoresTimingError) {
        return try Timing.run(devices, of: set.layout, on: hardware)
      } catch {
        throw describe(error, timedRun)
      }
    }
    for (index, timeline) in timelines.enumerated() { run.cores[index].timeline = timeline }
    return run
  }

  /// Computes the values of programs that need not be whole: each core runs as far as it comes.
  /// - Parameter callers: By rank: what the caller lends and listens to; all inputs, above all.
  public static func values(
    of set: ProgramSet, on hardware: Hardware, options: Options = Options(), callers: [Caller]
  ) throws -> CoresValues {
    let geometry = Geometry(hardware)
    var options = options
    options.compiler.schedule = .program
    options.compiler.keepsTensors = true
    let (set, _) = try Self.compiled(set, on: hardware, options.compiler)
    for program in set.programs { try requireHostMemory(for: program, on: hardware) }
    options.mode = .valuesOnly
    let execution = try CoresExecution(set, geometry, [], callers, options)
    try execution.runWhilePossible()
    return CoresValues(execution)
  }

  /// The programs that the cores get, and what was done to each; all findings at once.
  private static func compiled(
    _ set: ProgramSet, on hardware: Hardware, _ options: CompilerOptions
  ) throws -> (set: ProgramSet, passes: [[PassResult]]) {
    var findings = set.check()
    var result = set
    var passes: [[PassResult]] = []
    for (index, place) in set.layout.places.enumerated() {
      do {
        let compiled = try Self.compiled(set.programs[index], on: hardware, options: options)
        result.programs[index] = compiled.program
        passes.append(compiled.passes)
      } catch let error as DiagnosticError {
        findings += error.diagnostics.map { finding in
          var finding = finding
          if set.layout.count > 1 { finding.message = "\(place.description): \(finding.message)" }
          return finding
        }
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return (result, passes)
  }

  /// Runs a kernel on all its cores, on trial inputs (or the given whole ones), and compares the outputs of
  /// each rank with its reference.
  public static func run(
    onAllCores kernel: any MultiCoreKernel, on hardware: Hardware,
    inputs given: [KernelTensor] = [],
    seed: UInt64 = 0, options: Options = Options()
  ) throws -> CoresRun {
    let set = try kernel.buildAll(Geometry(hardware))
    let isTimed = options.mode == .timingOnly
    // Without values where nothing that is executed depends on them.
    guard !isTimed || set.valueEnds.contains(where: { $0 > 0 }) else {
      return try run(set, on: hardware, options: options)
    }
    let lazy = kernel.inputs.filter { input in
      input.isLazy && !given.contains { $0.name == input.name }
    }
    let eager = kernel.inputs.filter { input in !lazy.contains { $0.name == input.name } }
    let whole = try complete(given, eager.map { ($0.name, $0.dtype, $0.shape) }) { name in
      eager.first { $0.name == name }?.make(seed: seed)
    }
    let ranks = 0..<set.layout.ranks
    var result = try run(
      set, on: hardware, inputs: ranks.map { kernel.inputs(whole, of: $0) },
      options: options,
      callers: ranks.map { rank in
        var caller = Caller()
        for input in lazy {
          caller.contents[input.name] = kernel.contents(of: input, rank: rank, seed: seed)
        }
        return caller
      })
    if isTimed { return result }
    let outputs = result.outputs
    // Where the reference follows the simulated choice it is that of rank 0; the others' are compared.
    let first = Dictionary(uniqueKeysWithValues: outputs[0].map { ($0.name, $0.values) })
    let reference = measure(&result.cores[0].host.reference) {
      kernel.reference(ReferenceInputs(whole, lazy: lazy, seed: seed), results: first)
    }
    result.cores[0].remarks = kernel.remarks(reference)
    result.checks = ranks.map { rank in
      checks(of: outputs[rank], kernel.outputs(reference, of: rank), kernel, options)
    }
    return result
  }

  /// Runs a kernel on all its cores, and gives the run of the one that ended last: what stands for the
  /// kernel where one run is ranked or compared.
  public static func run(
    slowestCoreOf kernel: any Kernel, on hardware: Hardware, options: Options = Options()
  ) throws -> Run {
    guard let several = kernel as? any MultiCoreKernel, several.layout.count > 1 else {
      return try run(kernel, on: hardware, options: options)
    }
    let run = try run(onAllCores: several, on: hardware, options: options)
    var slowest = run.cores[run.slowest]
    slowest.checks = run.checks.flatMap { $0 }
    return slowest
  }

  /// Runs the programs of several cores, and gives the run of the one that ended last; a set of one is one
  /// program.
  ///
  /// - Parameter inputs: By rank, as far as they are known.
  public static func run(
    slowestCoreOf set: ProgramSet, on hardware: Hardware, inputs: [[KernelTensor]] = [],
    options: Options = Options()
  ) throws -> Run {
    guard set.layout.count > 1 else {
      return try run(
        set.programs[0], on: hardware, inputs: inputs.first ?? [], options: options)
    }
    let run = try run(set, on: hardware, inputs: inputs, options: options)
    return run.cores[run.slowest]
  }

  private static func describe(_ error: CoresTimingError, _ run: CoresRun) -> any Error {
    let places = run.layout.places
    func source(_ core: Int, _ transfer: Int) -> (index: Int, text: String)? {
      guard let device = run.cores[core].device,
        let trigger = device.instructions.first(where: {
          if case .trigger(let started) = $0.work { Int(started) == transfer } else { false }
        })
      else { return nil }
      let index = Int(trigger.source)
      return (index, run.cores[core].program.instructionText(index))
    }
    switch error {
    case .core(let core, let error):
      let run = run.cores[core]
      guard let device = run.device else { return error }
      let described = describe(error, device, run.program)
      return (described as? Trap).map { places[core].named($0) } ?? described
    case .stuck(let missing):
      var trap = Trap(.deadlock, "\(missing.count) exchange(s) wait for cores that never come")
      for (core, transfer, absent) in missing {
        let names = absent.map { places[$0].description }.joined(separator: ", ")
        trap.notes.append(
          "\(places[core].description) is at \(source(core, transfer)?.text ?? "an exchange") and "
            + "waits for \(names)")
      }
      return trap
    case .mismatch(let core, let transfer, let other, let message):
      var trap = Trap(
        .mismatch, message,
        remedy: "all who take part must call the same exchange in the same order")
      trap.instruction = source(core, transfer)?.index
      if let other {
        trap.notes = [
          "\(places[other.core].description): \(source(other.core, other.transfer)?.text ?? "")"
        ]
      }
      return places[core].named(annotate(trap, run.cores[core].program))
    }
  }
}

extension CorePlace {
  /// A fault with the core's name.
  func named(_ trap: Trap) -> Trap {
    var trap = trap
    if layout.count > 1 { trap.notes.insert("on \(description)", at: 0) }
    return trap
  }
}
