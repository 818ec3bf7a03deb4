public import Compiler
import Device
import Diagnostics
import Formats
public import Hardware
import ISA
public import Kernels
public import Machine
public import Programs
import Timing

/// The façade: a program in, its values and its time out.
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

  /// Runs a program.
  ///
  /// Values never depend on time: instructions execute in program order (or, where `after` points
  /// forward, in an order that respects it), and Timing runs over the same stream.
  /// - Throws: `DiagnosticError` for what is statically wrong with the program or its inputs, `Trap`
  ///   for a fault of the simulated machine.
  public static func run(
    _ program: Program, on hardware: Hardware, inputs: [KernelTensor] = [],
    options: Options = Options(), caller: Caller = Caller()
  ) throws -> Run {
    var run = Run(program: program, hardware: hardware)
    let geometry = Geometry(hardware)
    if options.hasWideValues { try program.requireWidenable() }
    let compiled = try measure(&run.host.checking) {
      try Self.compiled(program, on: hardware, options: options.compiler)
    }
    let program = compiled.program
    run.program = program
    run.passes = compiled.passes
    if options.mode != .timingOnly { try requireHostMemory(for: program, on: hardware) }
    // What a program with control flow executes is known once its values are.
    if program.hasControlFlow {
      let outcome = try measure(&run.host.values) {
        try execute(program, geometry, inputs, options, caller)
      }
      run.outputs = outcome.outputs
      run.unwritten = outcome.unwritten
      run.undefinedReads = outcome.undefinedReads
      if let executed = outcome.executed {
        run.program = executed.program
        run.origins = executed.origins
      }
      try time(&run, options)
      return run
    }
    // Races and deadlocks of explicit programs show in the lowering, before any value is computed.
    if options.mode != .valuesOnly || program.dependencies == .explicit { try lower(&run) }
    if options.mode != .timingOnly {
      let outcome = try measure(&run.host.values) {
        try execute(program, geometry, inputs, options, caller)
      }
      run.outputs = outcome.outputs
      run.unwritten = outcome.unwritten
      run.undefinedReads = outcome.undefinedReads
    }
    try time(&run, options)
    return run
  }

  /// Runs a kernel on trial inputs (or the given ones) and compares its outputs with its reference.
  public static func run(
    _ kernel: any Kernel, on hardware: Hardware, inputs given: [KernelTensor] = [],
    seed: UInt64 = 0, options: Options = Options()
  ) throws -> Run {
    try run(
      kernel.build(Geometry(hardware)), of: kernel, on: hardware, inputs: given, seed: seed,
      options: options)
  }

  /// Runs a program that has a kernel's inputs and outputs, and compares it with its reference.
  public static func run(
    _ program: Program, of kernel: any Kernel, on hardware: Hardware,
    inputs given: [KernelTensor] = [], seed: UInt64 = 0, options: Options = Options()
  ) throws -> Run {
    let isTimed = options.mode == .timingOnly
    guard !isTimed || program.valuesEnd > 0 else {
      return try run(program, on: hardware, options: options)
    }
    // The reference is in float64.
    try requireHostMemory(for: program, on: hardware, extraBytes: isTimed ? 0 : 8)
    let lazy = kernel.inputs.filter { input in
      input.isLazy && !given.contains { $0.name == input.name }
    }
    let eager = kernel.inputs.filter { input in !lazy.contains { $0.name == input.name } }
    let inputs = try complete(given, eager.map { ($0.name, $0.dtype, $0.shape) }) { name in
      eager.first { $0.name == name }?.make(seed: seed)
    }
    var caller = Caller()
    for input in lazy { caller.contents[input.name] = input.contents(seed: seed) }
    var result = try run(program, on: hardware, inputs: inputs, options: options, caller: caller)
    if isTimed { return result }
    let results = Dictionary(uniqueKeysWithValues: result.outputs.map { ($0.name, $0.values) })
    let reference = measure(&result.host.reference) {
      kernel.reference(ReferenceInputs(inputs, lazy: lazy, seed: seed), results: results)
    }
    result.remarks = kernel.remarks(reference)
    result.checks = checks(of: result.outputs, reference, kernel, options)
    return result
  }

  /// A kernel's outputs against its reference, one check for each that has both.
  static func checks(
    of outputs: [KernelTensor], _ reference: [String: [Double]], _ kernel: any Kernel,
    _ options: Options
  ) -> [NumericCheck] {
    kernel.outputs.compactMap { output in
      guard let wanted = reference[output.name],
        let got = outputs.first(where: { $0.name == output.name })
      else { return nil }
      var declared = output
      if options.stochasticRoundingSeed != nil {
        declared.tolerance = output.tolerance.forStochasticRounding
      }
      return NumericCheck(declared, got.values, wanted)
    }
  }

  // MARK: - Time

  static func lower(_ run: inout Run) throws {
    let (program, hardware) = (run.program, run.hardware)
    run.device = try measure(&run.host.lowering) {
      try annotated(program) { () throws(Trap) in try Lowering.lower(program, on: hardware) }
    }
  }

  private static func time(_ run: inout Run, _ options: Options) throws {
    if options.mode == .valuesOnly {
      run.device = nil
      return
    }
    if run.device == nil { try lower(&run) }
    guard let device = run.device else { return }
    let (program, hardware) = (run.program, run.hardware)
    run.timeline = try measure(&run.host.timing) {
      do throws(TimingError) {
        return try Timing.run(device, on: hardware)
      } catch {
        throw describe(error, device, program)
      }
    }
  }

  // MARK: - Values

  /// What executing a program gave.
  struct Executed {
    var outputs: [KernelTensor] = []
    var unwritten: [UnwrittenRegion] = []
    var undefinedReads: [Trap] = []
    var executed: ExecutedStream?
  }

  static func execute(
    _ program: Program, _ geometry: Geometry, _ inputs: [KernelTensor], _ options: Options,
    _ caller: Caller
  ) throws -> Executed {
    guard !options.hasWideValues else {
      var narrow = options
      narrow.precision = .precise
      var result = try execute(
        try program.widened(geometry), geometry.widened, inputs, narrow, caller)
      // The time is that of the tensors as they are.
      result.executed?.restoreTensors(of: program)
      return result
    }
    let declared = program.givenTensors.filter { !caller.gives($0.tensor.name) }
    guard options.mode != .timingOnly else {
      return try follow(program, geometry, declared, inputs, options, caller)
    }
    let filled = try complete(
      inputs, declared.map { ($0.tensor.name, $0.tensor.dtype, $0.tensor.shape) }
    ) { _ in nil }
    var interpreter = Interpreter(
      geometry: geometry,
      machine: try machine(program, geometry, declared, filled, options, caller))
    interpreter.onPrint(caller.onPrint)
    let undefined = UndefinedReadsSeen()
    undefined.listen(to: &interpreter, options)
    try execute(program, &interpreter)
    var result = Executed(executed: interpreter.executed)
    result.undefinedReads = undefined.traps.map { annotate($0, program) }
    for (id, tensor) in program.returnedTensors {
      if let region = interpreter.machine.unwritten(id) {
        guard options.unwrittenOutputs != .fault else { throw incomplete(tensor, region) }
        result.unwritten.append(region)
      }
      guard caller.memory[tensor.name] == nil else { continue }
      let bytes = interpreter.machine.contents(of: id).bytes
      result.outputs.append(
        KernelTensor(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, bytes: bytes))
    }
    return result
  }

  /// What a program with control flow executes, with no more values than that depends on.
  private static func follow(
    _ program: Program, _ geometry: Geometry, _ declared: [(id: TensorID, tensor: Tensor)],
    _ inputs: [KernelTensor], _ options: Options, _ caller: Caller
  ) throws -> Executed {
    let end = program.valuesEnd
    let hasInputs = declared.allSatisfy { _, tensor in
      inputs.contains { $0.name == tensor.name }
    }
    guard end > 0 && hasInputs else {
      var interpreter = Interpreter(geometry: geometry, machine: nil)
      try execute(program, &interpreter)
      return Executed(executed: interpreter.executed)
    }
    let filled = try complete(
      inputs, declared.map { ($0.tensor.name, $0.tensor.dtype, $0.tensor.shape) }
    ) { _ in nil }
    var interpreter = Interpreter(
      geometry: geometry,
      machine: try machine(program, geometry, declared, filled, options, caller),
      valuesUpTo: end)
    let undefined = UndefinedReadsSeen()
    undefined.listen(to: &interpreter, options)
    try execute(program, &interpreter)
    return Executed(
      undefinedReads: undefined.traps.map { annotate($0, program) }, executed: interpreter.executed)
  }

  private static func machine(
    _ program: Program, _ geometry: Geometry, _ declared: [(id: TensorID, tensor: Tensor)],
    _ inputs: [KernelTensor], _ options: Options, _ caller: Caller
  ) throws -> Machine {
    let rounding = options.stochasticRoundingSeed.map { Rounding.stochastic(seed: $0) }
    var machine = Machine(
      geometry: geometry, tensors: [], rounding: rounding ?? .nearestEven)
    for tensor in program.tensors {
      if let memory = caller.memory[tensor.name] {
        try machine.declare(tensor, in: memory)
      } else {
        machine.declare(tensor)
      }
    }
    prepareOutputs(of: program, on: &machine, options, caller)
    for (id, tensor) in program.givenTensors {
      if let contents = caller.contents[tensor.name] { machine.fill(id, lazily: contents) }
    }
    for (id, tensor) in declared {
      guard let input = inputs.first(where: { $0.name == tensor.name }) else { continue }
      machine.fill(id, bytes: input.bytes)
    }
    return machine
  }

  private static func execute(_ program: Program, _ interpreter: inout Interpreter) throws {
    let order = try annotated(program) { () throws(Trap) in try program.executionOrder() }
    do throws(Trap) {
      if let order {
        try interpreter.run(program, inOrder: order)
      } else {
        try interpreter.run(program, upTo: program.instructions.count)
      }
    } catch {
      throw annotate(error, program)
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

  private static func annotated<Value>(
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
      return trap
    }
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
