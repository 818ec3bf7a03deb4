import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Reports
import Simulation

/// What a caller of the C interface holds: a program, what it is bound to, and what the last call gave.
final class Session {
  private(set) var stream = ProgramStream(name: "program")
  /// A program that came as a whole.
  private var loaded: Program?
  private var settings = Settings()
  var bindings: [String: UnsafeMutableRawBufferPointer] = [:]
  var onPrint: ((Int, PrintedValue) -> Void)?
  /// The machine of `advance`.
  private var interpreter: LiveInterpreter?
  private(set) var report: Report?
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

  var program: Program { loaded ?? stream.program }

  // MARK: - Settings and programs

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
    default:
      throw DiagnosticError(
        "there is no setting '\(key)'",
        remedy: remedyForUnknown(
          key,
          known: ["hardware", "override", "mode", "stochastic_rounding", "trace_detail", "flows"]))
    }
  }

  private func choice<Value>(_ found: Value?, _ given: String, _ known: [String]) throws -> Value {
    guard let found else {
      throw DiagnosticError("there is no '\(given)'", remedy: remedyForUnknown(given, known: known))
    }
    return found
  }

  func load(_ bytes: [UInt8], file: String) throws {
    loaded = try ProgramFile.decode(bytes, file: file)
  }

  func append(_ bytes: UnsafeBufferPointer<UInt8>) throws { try stream.append(bytes) }

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
    bindings[name] = memory
  }

  // MARK: - Runs

  func run() throws {
    report = nil
    interpreter = nil
    let hardware = try Hardware.load(settings.hardware, overrides: settings.overrides)
    let caller = Simulation.Caller(memory: bindings, onPrint: onPrint)
    report = Report(
      try Simulation.run(program, on: hardware, options: settings.options, caller: caller))
  }

  /// Executes values up to an instruction; what is appended later continues there.
  func advance(to until: Int?) throws {
    let live: LiveInterpreter
    if let interpreter {
      live = interpreter
    } else {
      let hardware = try Hardware.load(settings.hardware, overrides: settings.overrides)
      live = LiveInterpreter(hardware, settings.options, bindings, onPrint)
      interpreter = live
    }
    try live.advance(program, to: until ?? program.instructions.count)
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
    guard let report else {
      throw DiagnosticError("nothing has run yet", remedy: "call run or advance first")
    }
    guard let output = report.run.outputs.first(where: { $0.name == tensor.name }) else {
      throw DiagnosticError(
        "'\(tensor.name)' is no output of the last run",
        remedy: "bind it before, or use advance, which keeps all tensors")
    }
    output.bytes.withUnsafeBytes { target.copyMemory(from: $0) }
    written?.update(repeating: 1, count: tensor.elements)
  }

  func writeTrace(to path: String) throws {
    guard let report else { throw DiagnosticError("nothing has run yet", remedy: "call run first") }
    try PerfettoTrace.write(report.run, to: path, options: settings.trace)
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
