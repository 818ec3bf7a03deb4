public import Diagnostics
import Programs
import Synchronization

/// Records kernels of Python scripts for any number of threads, each call once.
///
/// A script is open in as many processes as threads ask at a time. A process that ends takes one call with it; the next call
/// gets a new one.
public final class Recorder: Sendable {
  /// The answer to one call; whoever asks while it is being recorded waits.
  private final class Slot: Sendable {
    let result = Mutex<Result<Recording, DiagnosticError>?>(nil)
  }

  private struct Script: Hashable {
    var path: String
    var arguments: [String]
  }

  private struct State {
    var slots: [ScriptCall: Slot] = [:]
    var instructions = 0
    var idle: [Script: [PythonRecorder]] = [:]
  }

  private let state = Mutex(State())

  /// Instructions of recordings that are kept; the records of one take about 100 bytes.
  private static let instructionLimit = 4_000_000

  /// A recorder that has asked nothing yet.
  public init() {}

  /// The recording of a call.
  ///
  /// - Throws: `DiagnosticError` for what is wrong with the script or the call, and where there is no Python.
  public func recording(of call: ScriptCall) throws(DiagnosticError) -> Recording {
    let slot = state.withLock { state in
      if state.instructions > Recorder.instructionLimit {
        state.slots.removeAll()
        state.instructions = 0
      }
      if let known = state.slots[call] { return known }
      let made = Slot()
      state.slots[call] = made
      return made
    }
    let result = slot.result.withLock { known in
      if let known { return known }
      let found = record(call)
      known = found
      if case .success(let recording) = found {
        let count = recording.set.programs.reduce(0) { $0 + $1.instructions.count }
        state.withLock { $0.instructions += count }
      }
      return found
    }
    return try result.get()
  }

  /// Starts Python for a call's script, whose code does not run yet.
  ///
  /// - Throws: `DiagnosticError` if there is no interpreter, or none with what the package needs.
  public func open(for call: ScriptCall) throws(DiagnosticError) {
    let script = Script(path: call.script, arguments: call.scriptArguments)
    let process = try PythonRecorder(script: script.path, arguments: script.arguments)
    guard process.isReady() else { throw process.ended().error }
    state.withLock { $0.idle[script, default: []].append(process) }
  }

  private func record(_ call: ScriptCall) -> Result<Recording, DiagnosticError> {
    let script = Script(path: call.script, arguments: call.scriptArguments)
    do {
      let process =
        try state.withLock { $0.idle[script]?.popLast() }
        ?? PythonRecorder(script: call.script, arguments: call.scriptArguments)
      defer {
        if process.isAlive { state.withLock { $0.idle[script, default: []].append(process) } }
      }
      return .success(try process.record(call))
    } catch let ended as PythonEnded {
      return .failure(ended.error)
    } catch let error as DiagnosticError {
      return .failure(error)
    } catch {
      return .failure(DiagnosticError("\(error)"))
    }
  }
}
