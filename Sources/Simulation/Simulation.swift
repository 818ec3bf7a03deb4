public import Compiler
import Device
import Diagnostics
import Formats
public import Hardware
import Host
import ISA
public import Machine
public import Programs
import Timing
public import Workloads

/// The façade: programs in, their values and their time out.
public enum Simulation {
  /// What to compute.
  public enum Mode: Hashable, Sendable {
    case valuesAndTiming
    case timingOnly
    case valuesOnly
  }

  /// What becomes of elements of outputs that nothing was stored to.
  public enum UnwrittenOutputs: String, CaseIterable, Hashable, Sendable {
    /// The run fails.
    case fault
    /// They are what the caller's memory had, else NaN (4 in integers); the run's `unwritten` tells them.
    case note
    /// As `note`, and instructions may read them too.
    case read
  }

  /// How to run.
  public struct Options: Hashable, Sendable {
    /// What to compute.
    public var mode = Mode.valuesAndTiming
    /// Seed of stochastic rounding; `nil` rounds to nearest even.
    public var stochasticRoundingSeed: UInt64?

    /// What becomes of bytes of HBM that the cores of a rank touch without meeting in between.
    public var coreRaces = CoreRaces.fault

    /// What becomes of elements of outputs that nothing was stored to.
    public var unwrittenOutputs = UnwrittenOutputs.fault
    /// What becomes of reads of memory that nothing wrote.
    public var undefinedReads = UndefinedReads.fault
    /// What becomes of results that the machine leaves undefined inside one instruction.
    public var undefinedResults = UndefinedResults.note
    /// How values of bfloat16 and the 8-bit floats are kept.
    public var precision = Precision.precise
    /// In whose order instructions execute, and how tensors get their places.
    public var compiler = CompilerOptions()

    /// The defaults.
    public init() {}

    /// Whether there are values, and they have wide types.
    var hasWideValues: Bool { precision == .wide && mode != .timingOnly }
  }

  /// What a caller in the same process lends and listens to.
  public struct Caller {
    /// By name: memory that an HBM tensor uses in place of the machine's own.
    public var memory: [String: UnsafeMutableRawBufferPointer]
    /// Gets what `device_print` shows, with its instruction's position.
    public var onPrint: ((Int, PrintedValue) -> Void)?
    /// By name: contents of inputs that are made as they are read.
    var contents: [String: LazyContents] = [:]

    /// Lends memory; a piece that has not its tensor's size is an error of the run.
    public init(
      memory: [String: UnsafeMutableRawBufferPointer] = [:],
      onPrint: ((Int, PrintedValue) -> Void)? = nil
    ) {
      self.memory = memory
      self.onPrint = onPrint
    }

    /// Whether the contents of a tensor are the caller's.
    func gives(_ name: String) -> Bool { memory[name] != nil || contents[name] != nil }
  }

  /// Runs programs, each on a core of its own.
  ///
  /// Values never depend on time. They are computed in program order (or, where `after` points forward in a
  /// program alone, in an order that respects it); a core that comes to an exchange goes on when all who take
  /// part have come, so that the result does not depend on who is first. Timing runs over the same streams,
  /// all cores in one simulation.
  /// - Parameters:
  ///   - inputs: By rank; empty when only timing is asked for.
  ///   - callers: By rank: what the caller lends and listens to.
  /// - Throws: `DiagnosticError` for what is statically wrong with the programs or their inputs, `Trap` for a
  ///   fault of the simulated machine; of several cores also exchanges that do not fit together, cores that
  ///   wait for each other for ever, and races on HBM that the cores of a rank share.
  public static func run(
    _ set: ProgramSet, on hardware: Hardware, inputs: [[KernelTensor]] = [],
    options: Options = Options(), callers: [Caller] = []
  ) throws -> Run {
    try MemoryBudget.checkEnvironment()
    var options = options
    if options.hasWideValues { for program in set.programs { try program.requireWidenable() } }
    Stage.compiling.enter()
    var checking = 0.0
    let placed = set.programs.map { program in
      Set(
        program.tensors.filter { $0.space != .hbm && $0.place != nil && $0.base == nil }
          .map(\.name))
    }
    let (set, found) = try measure(&checking) {
      try compiled(set, on: hardware, options.compiler)
    }
    var run = Run(set, on: hardware)
    run.host.checking = checking
    for index in run.cores.indices {
      run.cores[index].placedByAuthor = placed[index]
      run.cores[index].passes = found[index].passes
      run.cores[index].sourceScopes = found[index].scopes
    }
    options = try untimedWhereMissing(&run, options)
    if options.mode != .timingOnly { try requireHostMemory(for: set, on: hardware) }
    // Races and deadlocks of explicit programs show in the lowering, before any value is computed. What a
    // program with control flow executes is known once its values are.
    let areFollowed = set.programs.map(\.hasControlFlow)
    for (index, program) in set.programs.enumerated()
    where !areFollowed[index] && (options.mode != .valuesOnly || program.dependencies == .explicit)
    {
      try lower(&run, index, options)
    }
    // The time of one core without control flow needs no execution; several may not fit together.
    if options.mode != .timingOnly || set.layout.count > 1 || areFollowed[0] {
      try execute(set, &run, inputs, callers, options)
    }
    try time(&run, options)
    return run
  }

  /// What there is to compute: no time of programs whose tensors the machine has no room for.
  private static func untimedWhereMissing(
    _ run: inout Run, _ options: Options
  ) throws(DiagnosticError) -> Options {
    guard options.compiler.allocation == .infinite else { return options }
    var options = options
    for index in run.cores.indices {
      let missing = Geometry(run.hardware).missing(for: run.cores[index].program)
      run.cores[index].missing = missing
      guard let first = missing.first else { continue }
      if options.mode == .timingOnly {
        throw DiagnosticError(
          first.sentence,
          remedy: "ask for values, or for another allocation, which says what has no room")
      }
      options.mode = .valuesOnly
    }
    return options
  }

  /// Runs a kernel's programs on trial inputs (or the given whole ones), and compares the outputs of each rank
  /// with its reference.
  ///
  /// - Parameters:
  ///   - set: What the kernel emits, or programs with the same inputs and outputs.
  ///   - given: Of the whole kernel, before they are shared out.
  public static func check(
    _ set: ProgramSet, of kernel: any Kernel, on hardware: Hardware,
    inputs given: [KernelTensor] = [], seed: UInt64 = 0, options: Options = Options()
  ) throws -> Run {
    let isTimed = options.mode == .timingOnly
    // Without values where nothing that is executed depends on them.
    guard !isTimed || set.valueEnds.contains(where: { $0 > 0 }) else {
      return try run(set, on: hardware, options: options)
    }
    // The reference is in float64.
    try requireHostMemory(for: set, on: hardware, extraBytes: isTimed ? 0 : 8)
    let lazy = kernel.inputs.filter { input in
      input.isLazy && !given.contains { $0.name == input.name }
    }
    let eager = kernel.inputs.filter { input in !lazy.contains { $0.name == input.name } }
    let whole = try complete(given, eager.map { ($0.name, $0.dtype, $0.shape) }) { name in
      eager.first { $0.name == name }?.make(seed: seed)
    }
    let ranks = 0..<set.layout.ranks
    var result = try run(
      set, on: hardware, inputs: ranks.map { kernel.inputs(whole, of: $0) }, options: options,
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
    let reference = measure(&result.host.reference) {
      kernel.reference(ReferenceInputs(whole, lazy: lazy, seed: seed), results: first)
    }
    result.remarks = kernel.remarks(reference)
    result.checks = ranks.flatMap { rank in
      checks(of: outputs[rank], kernel.outputs(reference, of: rank), rank, kernel, options)
    }
    return result
  }

  /// A rank's outputs against their reference, one check for each that has both.
  private static func checks(
    of outputs: [KernelTensor], _ reference: [String: [Double]], _ rank: Int,
    _ kernel: any Kernel, _ options: Options
  ) -> [NumericCheck] {
    kernel.outputs.compactMap { output in
      guard let wanted = reference[output.name],
        let got = outputs.first(where: { $0.name == output.name })
      else { return nil }
      var declared = output
      if options.stochasticRoundingSeed != nil {
        declared.tolerance = output.tolerance.forStochasticRounding
      }
      return NumericCheck(declared, of: rank, got.values, wanted)
    }
  }

  // MARK: - Time

  /// Keeps what is undefined inside instructions of a core's program, or makes it a fault.
  private static func keep(
    _ undefined: [Trap], _ run: inout Run, _ index: Int, _ options: Options
  ) throws(Trap) {
    let program = run.cores[index].program
    if options.undefinedResults == .error, let first = undefined.first {
      throw annotate(first, program)
    }
    for trap in undefined {
      let trap = annotate(trap, program)
      // What an execution told too has its line.
      let isKnown = run.cores[index].undefinedResults.contains {
        $0.location == trap.location && $0.message == trap.message
      }
      if !isKnown { run.cores[index].undefinedResults.append(trap) }
    }
  }

  private static func lower(_ run: inout Run, _ index: Int, _ options: Options) throws {
    Stage.lowering.enter()
    var undefined: [Trap] = []
    let placed = run.cores[index].placedByAuthor
    let (program, hardware) = (run.cores[index].program, run.cores[index].hardware)
    let draw = try draw(program.instructions.count, loweringBytes, for: "the lowering")
    defer { withExtendedLifetime(draw) {} }
    do {
      run.cores[index].device = try measure(&run.host.lowering) {
        try annotated(program) { () throws(Trap) in
          try Lowering.lower(program, on: hardware, placedByAuthor: placed) {
            undefined.append($0)
          }
        }
      }
      try keep(undefined, &run, index, options)
    } catch let trap as Trap {
      throw run.layout.places[index].named(trap)
    }
  }

  private static func time(_ run: inout Run, _ options: Options) throws {
    guard options.mode != .valuesOnly else {
      for index in run.cores.indices {
        if run.cores[index].device == nil {
          let undefined = Lowering.undefinedEffects(
            of: run.cores[index].program, on: run.cores[index].hardware)
          try keep(undefined, &run, index, options)
        }
        run.cores[index].device = nil
      }
      return
    }
    for index in run.cores.indices where run.cores[index].device == nil {
      try lower(&run, index, options)
    }
    Stage.timing.enter()
    let devices = run.cores.compactMap(\.device)
    let untimed = run
    let draw = try draw(
      devices.reduce(0) { $0 + $1.instructions.count }, timingBytes, for: "the timing")
    defer { withExtendedLifetime(draw) {} }
    let timelines = try measure(&run.host.timing) {
      do throws(CoresTimingError) {
        return try Timing.run(devices, of: untimed.layout, on: untimed.hardware)
      } catch {
        throw describe(error, untimed)
      }
    }
    for (index, timeline) in timelines.enumerated() { run.cores[index].timeline = timeline }
  }

  // MARK: - Values

  /// Executes the programs, and keeps what that gave.
  private static func execute(
    _ set: ProgramSet, _ run: inout Run, _ inputs: [[KernelTensor]], _ callers: [Caller],
    _ options: Options
  ) throws {
    Stage.values.enter()
    var geometry = Geometry(run.hardware)
    if options.compiler.allocation == .infinite {
      for program in set.programs { geometry = geometry.grown(for: program) }
    }
    var executed = set
    if options.hasWideValues {
      for index in executed.programs.indices {
        executed.programs[index] = try set.programs[index].widened(geometry)
      }
      geometry = geometry.widened
    }
    try measure(&run.host.values) {
      let execution = try CoresExecution(executed, geometry, inputs, callers, options)
      try execution.run()
      run.races = execution.races
      for index in run.cores.indices {
        run.cores[index].outputs = try execution.outputs(of: index)
        run.cores[index].unwritten = execution.unwritten(of: index)
        run.cores[index].undefinedReads = execution.undefinedReads(of: index)
        run.cores[index].undefinedResults += execution.undefinedResults(of: index)
        guard var stream = execution.executed(by: index) else { continue }
        // The time is that of the tensors as they are.
        stream.restoreTensors(of: set.programs[index])
        run.cores[index].program = stream.program
        run.cores[index].origins = stream.origins
      }
    }
  }

  /// What outputs hold before anything is stored to them, where they may stay so.
  static func prepareOutputs(
    of program: Program, on machine: inout Machine, _ options: Options, _ caller: Caller
  ) {
    guard options.unwrittenOutputs != .fault else { return }
    for (id, tensor) in program.returnedTensors where !tensor.role.isGiven {
      if caller.memory[tensor.name] == nil && tensor.base == nil { machine.fillUndefined(id) }
      if options.unwrittenOutputs == .read { machine.allowUndefinedReads(of: id) }
    }
  }

  static func incomplete(_ tensor: Tensor, _ region: UnwrittenRegion) -> Trap {
    let missing = region.firstByte
    var trap = Trap(
      .uninitializedRead,
      "output '\(tensor.name)' is incomplete: byte \(missing) of \(tensor.bytes) "
        + "(element \(missing / tensor.dtype.size)) was never written",
      remedy: "store every element, also those of the last, partial tile")
    trap.notes = [region.sentence]
    return trap
  }

  /// The inputs in the order of their declaration; what is missing is made, all mistakes at once.
  static func complete(
    _ given: [KernelTensor], _ declared: [(name: String, dtype: DType, shape: [Int])],
    _ make: (String) -> KernelTensor?
  ) throws -> [KernelTensor] {
    var findings: [Diagnostic] = []
    var inputs: [KernelTensor] = []
    for tensor in given where !declared.contains(where: { $0.name == tensor.name }) {
      findings.append(
        Diagnostic(
          .error, "there is no input '\(tensor.name)'",
          remedy: remedyForUnknown(tensor.name, known: declared.map(\.name))))
    }
    for (name, dtype, shape) in declared {
      let matching = given.filter { $0.name == name }
      if matching.count > 1 {
        findings.append(Diagnostic(.error, "input '\(name)' is given \(matching.count) times"))
      }
      guard let tensor = matching.first ?? make(name) else {
        findings.append(
          Diagnostic(
            .error, "input '\(name)' (\(dtype) \(shape)) is missing",
            remedy: "give it with --input \(name)=FILE.npy"))
        continue
      }
      if tensor.shape != shape {
        findings.append(
          Diagnostic(
            .error, "input '\(name)' has shape \(tensor.shape), the program declares \(shape)"))
      }
      if tensor.dtype != dtype {
        findings.append(
          Diagnostic(
            .error, "input '\(name)' is \(tensor.dtype), the program declares \(dtype)",
            remedy: "convert it before passing it"))
      }
      inputs.append(tensor)
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return inputs
  }

  // MARK: - Faults

  static func annotated<Value>(
    _ program: Program, _ body: () throws(Trap) -> Value
  ) throws(Trap) -> Value {
    do throws(Trap) {
      return try body()
    } catch {
      throw annotate(error, program)
    }
  }

  /// Adds place and text of the instruction at fault.
  public static func annotate(_ trap: Trap, _ program: Program) -> Trap {
    guard let index = trap.instruction else { return trap }
    var trap = trap
    trap.location = trap.location ?? program.instructions[index].location
    trap.instructionText = program.instructionText(index)
    return trap
  }

  static func describe(
    _ error: TimingError, _ device: DeviceProgram, _ program: Program
  ) -> any Error {
    func place(_ index: Int) -> String {
      let instruction = device.instructions[index]
      let source = Int(instruction.source)
      let text =
        program.instructions.indices.contains(source) ? program.instructionText(source) : ""
      return "\(instruction.opcode.name) of instruction \(source): \(text)"
    }
    switch error {
    case .unsupported(let index, let message):
      return DiagnosticError(
        "\(message) on this hardware (\(place(index)))",
        remedy: "choose another engine, or add the class to the hardware configuration")
    case .tooLong:
      return DiagnosticError(
        "the program takes longer than 13 days of simulated time",
        remedy: "check the hardware configuration for values that are far too slow")
    case .deadlock(let blocked):
      var trap = Trap(
        .deadlock, "\(blocked.count) engine(s) wait for semaphores that nobody will set")
      for engine in blocked {
        trap.notes.append(
          "\(engine.engine.displayName) is at \(place(engine.instruction)) and waits for semaphore "
            + "\(engine.semaphore) ≥ \(engine.value) (it is \(engine.reached)); "
            + engine.settersText)
      }
      if let first = blocked.first {
        trap.instruction = Int(device.instructions[first.instruction].source)
      }
      trap.waits = waits(blocked, device, program)
      return trap
    }
  }

  /// Engines that wait for semaphores.
  private static func waits(
    _ blocked: [BlockedEngine], _ device: DeviceProgram, _ program: Program
  ) -> WaitGraph {
    var graph = WaitGraph(
      members: Engine.allCases.map { engine in
        guard let one = blocked.first(where: { $0.engine == engine }) else {
          return WaitGraph.Member(engine.displayName)
        }
        let source = Int(device.instructions[one.instruction].source)
        let isKnown = program.instructions.indices.contains(source)
        return WaitGraph.Member(
          engine.displayName, at: source, text: isKnown ? program.instructionText(source) : "",
          location: isKnown ? program.instructions[source].location : nil)
      }, waits: [])
    for one in blocked {
      let text = "semaphore \(one.semaphore) ≥ \(one.value), which is \(one.reached)"
      let setters = one.updaters.map { Optional(Int($0.rawValue)) }
      for setter in setters.isEmpty ? [nil] : setters {
        graph.waits.append(WaitGraph.Wait(of: Int(one.engine.rawValue), for: setter, text))
      }
    }
    return graph
  }

  static func measure<Value>(
    _ seconds: inout Double, _ body: () throws -> Value
  ) rethrows -> Value {
    let clock = ContinuousClock()
    let begin = clock.now
    defer {
      let elapsed = (clock.now - begin).components
      seconds += Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    }
    return try body()
  }
}
