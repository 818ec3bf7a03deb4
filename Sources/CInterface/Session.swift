import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Reports
import Simulation

/// What a caller of the C interface holds: a program for each core, what it is bound to, and what the last
/// call gave.
final class Session {
  /// The program of one core.
  private struct Core {
    var stream = ProgramStream(name: "program")
    /// A program that came as a whole.
    var loaded: Program?
    var program: Program { loaded ?? stream.program }
  }

  private var layout = CoreLayout()
  private var cores = [Core()]
  /// The core that calls are about.
  private var selected = CorePlace.alone
  private var settings = Settings()
  /// By rank.
  private var bindings: [[String: UnsafeMutableRawBufferPointer]] = [[:]]
  var onPrint: ((Int, PrintedValue) -> Void)?
  /// The machine of `advance` on one core.
  private var interpreter: LiveInterpreter?
  /// The machines of `advance` on several.
  private var values: CoresValues?
  private(set) var outcome: SessionOutcome?
  /// What was wrong with the last call.
  private(set) var errors: [JSON] = []
  /// Texts that callers hold until the next call.
  private var texts: [Int: UnsafeMutablePointer<CChar>] = [:]

  /// What `trnsim_session_set` chose.
  struct Settings {
    var hardware = "trn2"
    var overrides: [String] = []
    var options = Simulation.Options()
    var trace = TraceOptions()
  }

  deinit { for text in texts.values { text.deallocate() } }

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
    bindings = Array(repeating: [:], count: ranks)
    selected = layout.places[0]
    forgetResults()
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
    outcome = nil
    interpreter = nil
    values = nil
  }

  func set(_ key: String, _ value: String) throws {
    switch key {
    case "hardware": settings.hardware = value
    case "override": settings.overrides.append(value)
    case "mode":
      let modes: [String: Simulation.Mode] = [
        "both": .valuesAndTiming, "values": .valuesOnly, "timing": .timingOnly,
      ]
      settings.options.mode = try choice(modes[value], value, modes.keys.sorted())
    case "stochastic_rounding":
      guard let seed = UInt64(value) else {
        throw DiagnosticError("stochastic_rounding is '\(value)', must be a seed: an integer")
      }
      settings.options.stochasticRoundingSeed = seed
    case "trace_detail":
      settings.trace.detail = try choice(
        TraceOptions.Detail(rawValue: value), value, TraceOptions.Detail.allCases.map(\.rawValue))
    case "flows":
      settings.trace.flows = try choice(
        TraceOptions.Flows(rawValue: value), value, TraceOptions.Flows.allCases.map(\.rawValue))
    case "core_races":
      settings.options.allowsCoreRaces = try choice(
        ["fault": false, "allow": true][value], value, ["allow", "fault"])
    default:
      throw DiagnosticError(
        "there is no setting '\(key)'",
        remedy: remedyForUnknown(
          key,
          known: [
            "hardware", "override", "mode", "stochastic_rounding", "core_races", "trace_detail",
            "flows",
          ]))
    }
  }

  private func choice<Value>(_ found: Value?, _ given: String, _ known: [String]) throws -> Value {
    guard let found else {
      throw DiagnosticError("there is no '\(given)'", remedy: remedyForUnknown(given, known: known))
    }
    return found
  }

  func load(_ bytes: [UInt8], file: String) throws {
    cores[selected.id].loaded = try ProgramFile.decode(bytes, file: file)
  }

  func append(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    try cores[selected.id].stream.append(bytes)
  }

  func bind(_ name: String, _ memory: UnsafeMutableRawBufferPointer) throws {
    guard let tensor = program.tensors.first(where: { $0.name == name }) else {
      throw DiagnosticError(
        "there is no tensor '\(name)'",
        remedy: remedyForUnknown(name, known: program.tensors.map(\.name)))
    }
    guard tensor.space == .hbm, tensor.base == nil else {
      throw DiagnosticError("tensor '\(name)' has no memory of its own in hbm")
    }
    guard memory.count == tensor.bytes else {
      throw DiagnosticError(
        "'\(name)' is bound to \(memory.count) bytes, \(tensor.dtype) \(tensor.shape) needs "
          + "\(tensor.bytes)")
    }
    bindings[selected.rank][name] = memory
  }

  // MARK: - Runs

  func run() throws {
    forgetResults()
    let hardware = try Hardware.load(settings.hardware, overrides: settings.overrides)
    outcome =
      if layout.count > 1 {
        .cores(
          CoresReport(
            try Simulation.run(
              programs, on: hardware, options: settings.options, callers: callers)))
      } else {
        .core(
          Report(
            try Simulation.run(
              program, on: hardware, options: settings.options, caller: callers[0])))
      }
  }

  /// Executes values up to an instruction; what is appended later continues there.
  ///
  /// On several cores all that there is, from the start.
  func advance(to until: Int?) throws {
    guard layout.count == 1 else {
      guard until == nil else {
        throw DiagnosticError(
          "several cores cannot advance to an instruction", remedy: "advance to -1, the end")
      }
      let hardware = try Hardware.load(settings.hardware, overrides: settings.overrides)
      values = try Simulation.values(
        of: programs, on: hardware, options: settings.options, callers: callers)
      return
    }
    let live: LiveInterpreter
    if let interpreter {
      live = interpreter
    } else {
      let hardware = try Hardware.load(settings.hardware, overrides: settings.overrides)
      live = LiveInterpreter(hardware, settings.options, bindings[0], onPrint)
      interpreter = live
    }
    try live.advance(program, to: until ?? program.instructions.count)
  }

  private var programs: ProgramSet {
    ProgramSet(layout: layout, programs: cores.map(\.program))
  }

  private var callers: [Simulation.Caller] {
    bindings.map { Simulation.Caller(memory: $0, onPrint: onPrint) }
  }

  /// Copies a tensor's contents, and for each element whether it was written.
  func read(
    _ id: Int, into target: UnsafeMutableRawBufferPointer, written: UnsafeMutablePointer<UInt8>?
  ) throws {
    let tensors = program.tensors
    guard tensors.indices.contains(id) else {
      throw DiagnosticError("there is no tensor \(id), the program has \(tensors.count)")
    }
    let tensor = tensors[id]
    guard target.count == tensor.bytes else {
      throw DiagnosticError(
        "\(target.count) bytes for '\(tensor.name)', which has \(tensor.bytes)")
    }
    if let interpreter {
      try interpreter.read(id, into: target, written: written)
      return
    }
    if let values {
      values.copy(TensorID(id), of: selected.id, into: target, written: written)
      return
    }
    guard let outcome else {
      throw DiagnosticError("nothing has run yet", remedy: "call run or advance first")
    }
    let outputs = outcome.outputs(of: selected.rank)
    guard let output = outputs.first(where: { $0.name == tensor.name }) else {
      throw DiagnosticError(
        "'\(tensor.name)' is no output of the last run",
        remedy: "bind it before, or use advance, which keeps all tensors")
    }
    output.bytes.withUnsafeBytes { target.copyMemory(from: $0) }
    written?.update(repeating: 1, count: tensor.elements)
  }

  func writeTrace(to path: String) throws {
    guard let outcome else {
      throw DiagnosticError("nothing has run yet", remedy: "call run first")
    }
    try outcome.writeTrace(to: path, options: settings.trace)
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
    } catch {
      errors = [JSON(Diagnostic(.error, "\(error)"))]
      return 1
    }
  }
}
