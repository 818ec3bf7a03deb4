import Compiler
import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Reports
import Simulation
import Sweeps
import Synchronization
import Workloads

/// What a caller of the C interface holds: a program for each core, what it is bound to, and what the last
/// call gave.
///
/// Results and bindings belong to the programs that they were made with, and end with them.
final class Session {
  /// The program of one core: one that came as a whole, or one that grows.
  private struct Core {
    var loaded: Program?
    var stream: ProgramStream?
    var program: Program { loaded ?? stream?.program ?? Program(name: "program") }
  }

  /// Whether a call is being executed.
  private enum CallState: UInt8, AtomicRepresentable {
    case none
    case running
    /// The session was freed by a callback of the call.
    case runningAndFreed
  }

  private let callState = Atomic(CallState.none)

  private var layout = CoreLayout()
  private var cores = [Core()]
  /// The core that calls are about.
  private var selected = CorePlace.alone
  private(set) var settings = Settings()
  /// By rank.
  private(set) var bindings = [Bindings()]
  var onPrint: ((Int, PrintedValue) -> Void)?
  /// The machine of `advance` on one core.
  private var interpreter: LiveInterpreter?
  /// The machines of `advance` on several.
  private var values: CoresValues?
  /// What the last run gave.
  private var report: Report?
  /// Whether there were results that went with their program.
  private var resultsEnded = false
  /// What was wrong with the last call.
  private(set) var errors: [JSON] = []
  /// Why the last run gave nothing.
  private var failure: Failure?
  /// Variants that were kept, and what came of comparing them.
  var variants = ComparedVariants()
  /// Texts that callers hold until the next call.
  private var texts: [Int: UnsafeMutablePointer<CChar>] = [:]

  /// What `trnsim_session_set` chose.
  struct Settings {
    var hardware = "trn2"
    var overrides: [String] = []
    var options = Simulation.Options()
    var trace = TraceOptions()
    /// Whether records are checked as they arrive.
    var checksRecords = false
  }

  deinit { for text in texts.values { text.deallocate() } }

  // MARK: - Calls

  /// Begins a call; `false` while another one is executed, from whose callback this one comes.
  func begin() -> Bool {
    callState.compareExchange(expected: .none, desired: .running, ordering: .acquiring).exchanged
  }

  /// Ends a call, and the session where it was freed meanwhile.
  func end() {
    if !callState.compareExchange(expected: .running, desired: .none, ordering: .releasing)
      .exchanged
    {
      Unmanaged.passUnretained(self).release()
    }
  }

  /// Gives up the caller's hold; a call that is executed keeps the session until its end.
  func free() {
    let first = callState.compareExchange(
      expected: .running, desired: .runningAndFreed, ordering: .acquiringAndReleasing)
    if first.original == .none { Unmanaged.passUnretained(self).release() }
  }

  /// Keeps a text until the next one of its kind.
  func keep(_ text: UnsafeMutablePointer<CChar>, slot: Int) -> UnsafePointer<CChar> {
    texts.updateValue(text, forKey: slot)?.deallocate()
    return UnsafePointer(text)
  }

  /// The selected core's program.
  var program: Program { cores[selected.id].program }

  // MARK: - Settings and programs

  /// Makes room for the programs of several cores; forgets what there was.
  func spread(ranks: Int, coresPerRank: Int) throws {
    guard (1...Session.rankLimit).contains(ranks), (1...2).contains(coresPerRank) else {
      throw DiagnosticError(
        "\(ranks) ranks of \(coresPerRank) cores",
        remedy: "1 to \(Session.rankLimit) ranks, each of 1 or 2 cores")
    }
    layout = CoreLayout(ranks: ranks, coresPerRank: coresPerRank)
    cores = layout.places.map { _ in Core() }
    for rank in bindings.indices { bindings[rank].endAll() }
    bindings = (0..<ranks).map { bindings.indices.contains($0) ? bindings[$0] : Bindings() }
    selected = layout.places[0]
    endResults()
  }

  /// A bound for what a mistaken caller may allocate.
  private static let rankLimit = 1 << 16

  /// Chooses the core that later calls are about.
  func select(_ core: Int) throws {
    guard layout.places.indices.contains(core) else {
      throw DiagnosticError(
        "there is no core \(core), the session has \(layout.count)",
        remedy: "call trnsim_session_cores first")
    }
    selected = layout.places[core]
  }

  private func forgetResults() {
    report = nil
    forgetValues()
    resultsEnded = false
  }

  /// Forgets what `advance` computed.
  private func forgetValues() {
    interpreter = nil
    values = nil
  }

  private func endResults() {
    let had = resultsEnded || report != nil || interpreter != nil || values != nil
    forgetResults()
    resultsEnded = had
  }

  /// Puts a program in place of the selected core's, whose results and bindings end.
  private func replaceProgram(by core: Core) {
    cores[selected.id] = core
    bindings[selected.rank].end(of: selected.id)
    endResults()
  }

  func set(_ key: String, _ value: String) throws {
    switch key {
    case "hardware": settings.hardware = value
    case "override": settings.overrides.append(value)
    case "trace_detail":
      settings.trace.detail = try choice(
        TraceOptions.Detail(rawValue: value), value, TraceOptions.Detail.allCases.map(\.rawValue))
    case "flows":
      settings.trace.flows = try choice(
        TraceOptions.Flows(rawValue: value), value, TraceOptions.Flows.allCases.map(\.rawValue))
    case "trace_window":
      settings.trace.window = value.isEmpty ? nil : try TraceWindow(value).range
    case "check_records":
      settings.checksRecords = try choice(["off": false, "on": true][value], value, ["off", "on"])
    default:
      guard try !settings.options.set(key, to: value) else { return }
      throw DiagnosticError(
        "there is no setting '\(key)'",
        remedy: remedyForUnknown(
          key,
          known: [
            "hardware", "override", "trace_detail", "flows", "trace_window", "check_records",
          ]
            + Simulation.Options.settingNames))
    }
  }

  private func choice<Value>(_ found: Value?, _ given: String, _ known: [String]) throws -> Value {
    guard let found else {
      throw DiagnosticError("there is no '\(given)'", remedy: remedyForUnknown(given, known: known))
    }
    return found
  }

  /// All values of the machine that the settings name, as JSON.
  func hardwareText() throws -> String {
    errors = []
    return JSON(try hardware()).text()
  }

  /// The machine that the settings name.
  func hardware() throws -> Hardware {
    try Hardware.load(settings.hardware, overrides: settings.overrides)
  }

  /// What reports need of a machine besides its values.
  private struct KnownMachine {
    let fingerprint: String
    let faster: FasterMachines

    init(_ hardware: Hardware) {
      fingerprint = hardware.fingerprint
      faster = FasterMachines(hardware)
    }
  }

  /// That of the machines that come with the program.
  private static let machines = Mutex<[String: KnownMachine]>([:])

  /// What reports need of the machine that the settings name; that of a file, which may change, is made anew.
  private func known(_ hardware: Hardware) -> KnownMachine {
    let name = settings.hardware
    guard settings.overrides.isEmpty, Hardware.builtinNames.contains(name) else {
      return KnownMachine(hardware)
    }
    return Session.machines.withLock { known in
      if let found = known[name] { return found }
      let made = KnownMachine(hardware)
      known[name] = made
      return made
    }
  }

  func load(_ bytes: [UInt8], file: String) throws {
    replaceProgram(by: Core(loaded: try ProgramFile.decode(bytes, file: file)))
  }

  /// Adds to the program that grows; in place of a whole one, or of none, it begins one.
  func append(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    let geometry = try settings.checksRecords ? Geometry(hardware()) : nil
    if cores[selected.id].stream != nil {
      try cores[selected.id].stream?.append(bytes, checkedFor: geometry)
      return
    }
    var stream = ProgramStream(name: "program")
    try stream.append(bytes, checkedFor: geometry)
    replaceProgram(by: Core(stream: stream))
  }

  /// A tensor as values keep it.
  private func asKept(_ tensor: Tensor) -> Tensor {
    settings.options.precision == .wide ? tensor.widened : tensor
  }

  /// Lends memory to a tensor; no bytes at null take back what was lent.
  func bind(_ name: String, _ data: UnsafeMutableRawPointer?, bytes: UInt64) throws {
    let tensors = program.tensors
    guard let id = tensors.firstIndex(where: { $0.name == name }) else {
      throw DiagnosticError(
        "there is no tensor '\(name)'",
        remedy: remedyForUnknown(name, known: tensors.map(\.name)))
    }
    var memory: UnsafeMutableRawBufferPointer?
    if let data {
      let tensor = asKept(tensors[id])
      try tensor.requireMemory(of: bytes)
      memory = UnsafeMutableRawBufferPointer(start: data, count: tensor.bytes)
    }
    bindings[selected.rank].bind(name, memory, for: selected.id)
    // Its values are in the memory that it had before, which is the caller's again.
    if values != nil || interpreter.map({ id < $0.declared }) ?? false { forgetValues() }
  }

  // MARK: - Runs

  func run() throws {
    forgetResults()
    failure = nil
    do {
      try requireBindings()
      let hardware = try self.hardware()
      let run = try Simulation.run(
        programs, on: hardware, options: settings.options, callers: callers)
      let machine = known(hardware)
      report = try Report(
        judging: run, machines: machine.faster, fingerprint: machine.fingerprint)
    } catch {
      failure = Failure(error, of: programs.name)
      throw error
    }
  }

  /// Why the last run failed, in a form; `nil` if it did not.
  func failure(_ form: String) throws(DiagnosticError) -> String? {
    guard let failure else { return nil }
    switch form {
    case "json": return failure.json.text()
    case "text": return failure.blocks.text(on: .standardOutput())
    case "details": return failure.details.text(on: .standardOutput())
    case "markdown": return failure.markdown
    case "html": return FailurePage.text(failure)
    default:
      throw DiagnosticError(
        "there is no form '\(form)' of a failure",
        remedy: "one of json, text, details, markdown, html")
    }
  }

  /// What the whole time of the last run was spent on, as JSON.
  func criticalPath() throws -> String {
    guard let path = try toldWithCauses().path else {
      throw DiagnosticError("the last run has no times", remedy: "run with mode=both or timing")
    }
    return path.document(on: .standardOutput()).text()
  }

  /// Executes values up to an instruction; what is appended later continues there.
  ///
  /// On several cores all that there is, from the start.
  func advance(to until: Int?) throws {
    try requireBindings()
    guard layout.count == 1 else {
      guard until == nil else {
        throw DiagnosticError(
          "several cores cannot advance to an instruction", remedy: "advance to -1, the end")
      }
      forgetValues()
      let hardware = try self.hardware()
      values = try Simulation.values(
        of: programs, on: hardware, options: settings.options, callers: callers)
      resultsEnded = false
      return
    }
    let hardware = try self.hardware()
    var program = program
    if program.tensors.contains(where: \.isUnplaced) {
      // Where tensors lie depends on what is still to come: what there is now begins anew.
      forgetValues()
      var options = settings.options.compiler
      options.schedule = .program
      options.keepsTensors = true
      program = try Simulation.compiled(program, on: hardware, options: options).program
    }
    let live = interpreter ?? LiveInterpreter(hardware, settings.options)
    interpreter = live
    resultsEnded = false
    try live.advance(program, to: until ?? program.instructions.count, for: callers[0])
  }

  /// What the compiler makes of the selected core's program.
  func compiledProgram() throws -> Program {
    let hardware = try self.hardware()
    return try Simulation.compiled(program, on: hardware, options: settings.options.compiler)
      .program
  }

  func requireBindings() throws(DiagnosticError) {
    for rank in bindings.indices {
      try bindings[rank].requireNoneEnded(
        of: layout.places.filter { $0.rank == rank }.map { cores[$0.id].program })
    }
  }

  /// The programs of all cores.
  var programs: ProgramSet {
    ProgramSet(layout: layout, programs: cores.map(\.program))
  }

  private var callers: [Simulation.Caller] {
    bindings.map { Simulation.Caller(memory: $0.memory, onPrint: onPrint) }
  }

  /// What the last run gave.
  func results() throws(DiagnosticError) -> Report {
    guard let report else {
      throw resultsEnded
        ? DiagnosticError(
          "the results went with the program that they were of", remedy: "run the new one first")
        : DiagnosticError("nothing has run yet", remedy: "call run first")
    }
    return report
  }

  /// Copies a tensor's contents, and for each element whether it was written.
  /// - Parameter written: A byte for each element, or null.
  func read(
    _ id: Int64, into data: UnsafeMutableRawPointer, bytes: UInt64,
    written: UnsafeMutablePointer<UInt8>?
  ) throws {
    let tensors = program.tensors
    guard let id = Int(exactly: id), tensors.indices.contains(id) else {
      throw DiagnosticError("there is no tensor \(id), the program has \(tensors.count)")
    }
    let isLive = interpreter != nil || values != nil
    let tensor = isLive ? tensors[id] : asKept(tensors[id])
    guard bytes == UInt64(tensor.bytes) else {
      throw DiagnosticError("\(bytes) bytes for '\(tensor.name)', which has \(tensor.bytes)")
    }
    let target = UnsafeMutableRawBufferPointer(start: data, count: tensor.bytes)
    let marks = written.map { UnsafeMutableBufferPointer(start: $0, count: tensor.elements) }
    if let known = interpreter?.declared ?? values?.tensorCount(of: selected.id) {
      guard id < known else {
        throw DiagnosticError(
          "'\(tensor.name)' is newer than the last advance", remedy: "advance first")
      }
      interpreter?.copy(id, into: target, written: marks)
      values?.copy(TensorID(id), of: selected.id, into: target, written: marks)
      return
    }
    let run = try results().run
    let outputs = run.outputs[selected.rank]
    guard let output = outputs.first(where: { $0.name == tensor.name }),
      output.bytes.count == target.count
    else {
      throw DiagnosticError(
        "'\(tensor.name)' is no output of the last run",
        remedy: "bind it before, or use advance, which keeps all tensors")
    }
    output.bytes.withUnsafeBytes { target.copyMemory(from: $0) }
    marks?.update(repeating: 1)
    for region in run.unwritten[selected.rank] where region.tensor == tensor.name {
      if let marks { region.clear(marks) }
    }
  }

  func writeTrace(to path: String) throws {
    try PerfettoTrace.write(results().run, to: path, options: settings.trace)
  }

  func writePage(to path: String) throws { try HTMLPage.write(toldWithCauses(), to: path) }

  /// Instructions as rows and time as columns, for people.
  ///
  /// - Parameter window: `FROM:TO` in µs; the whole run if it is empty.
  func timeline(_ window: String) throws -> String {
    let page = Page.standardOutput()
    let asked = window.isEmpty ? nil : try TextTimeline.window(window, of: "the window")
    return try TextTimeline(results().run, window: asked).blocks(width: page.width).text(on: page)
  }

  /// The report with all sections, as JSON.
  func details() throws -> String { try results().detailedJSON.text() }

  /// The report with the causes, which long runs alone do not look for.
  private func toldWithCauses() throws -> Report {
    let report = try results()
    guard report.path == nil, let causes = try report.run.causes() else { return report }
    return Report(
      report.run, gains: report.gains, causes: causes,
      fingerprint: known(try hardware()).fingerprint)
  }

  // MARK: - Errors

  /// Runs a call's body; what it throws becomes the session's errors and the result.
  func reporting(_ body: () throws -> Void) -> Int32 {
    errors = []
    do {
      try body()
      return 0
    } catch let error as DiagnosticError {
      errors = error.diagnostics.map(JSON.init)
      return 1
    } catch let trap as Trap {
      errors = [JSON(trap)]
      return 2
    } catch let error as NarrowTypesError {
      errors = [JSON(error)]
      return 1
    } catch {
      errors = [JSON(Diagnostic(.error, "\(error)"))]
      return 1
    }
  }

  /// Makes a text; what prevents it becomes the session's error unless that of a call before is there.
  func making(_ body: () throws -> String) -> String? {
    do {
      return try body()
    } catch {
      if errors.isEmpty { _ = reporting { throw error } }
      return nil
    }
  }
}
