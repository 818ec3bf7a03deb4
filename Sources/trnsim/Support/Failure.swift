import ArgumentParser
import Diagnostics
import FoundationEssentials
import Glibc
import Machine
import Reports
import Storage

/// The exit codes that scripts rely on.
enum Outcome {
  static let badInput = ExitCode(1)
  static let fault = ExitCode(2)
  static let checkFailed = ExitCode(3)
}

/// Where a command writes.
enum StandardStream {
  case standardOutput, standardError

  fileprivate var descriptor: Int32 {
    switch self {
    case .standardOutput: STDOUT_FILENO
    case .standardError: STDERR_FILENO
    }
  }
}

/// Whether a stream shows colours: a terminal, and neither NO_COLOR nor a dumb one.
func showsColor(_ stream: StandardStream) -> Bool {
  let environment = ProcessInfo.processInfo.environment
  if let noColor = environment["NO_COLOR"], !noColor.isEmpty { return false }
  return isatty(stream.descriptor) == 1 && environment["TERM"] != "dumb"
}

/// Writes a line to standard error, if that is possible.
func note(_ text: String) {
  // A progress that is shown there goes; the next second shows it again.
  let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
  writeAll(start + text + "\n", to: STDERR_FILENO)
}

/// Writes a text to an open file, as far as that is possible.
func writeAll(_ text: String, to descriptor: Int32) {
  let bytes = Array(text.utf8)
  var done = 0
  while done < bytes.count {
    let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return }
    done += count
  }
}

/// Opens what the caller closed of the three standard streams, so that no file of ours gets their
/// numbers and is written to by mistake; writing to such a stream fails.
func guardStandardStreams() {
  for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
  where fcntl(descriptor, F_GETFD) < 0 {
    // The lowest free number is given, which is the one that is missing.
    _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
  }
}

/// Shows a line on standard error in the place of the one shown before.
func showProgress(_ text: String) {
  writeAll("\r\u{1B}[K\(text)", to: STDERR_FILENO)
}

/// Runs a command's body; turns what it throws into messages and exit codes.
func reporting(_ body: () throws -> Void) throws {
  let color = showsColor(.standardError)
  do {
    try body()
    try finishOutput()
  } catch let error as DiagnosticError {
    for diagnostic in error.diagnostics { note(diagnostic.rendered(color: color)) }
    notePointer(to: error.diagnostics.compactMap(\.topic))
    noteDetails(of: error, color: color)
    if error.diagnostics.count > 1 { note("\(error.diagnostics.count) errors") }
    throw Outcome.badInput
  } catch let trap as Trap {
    note(trap.rendered(color: color))
    notePointer(to: [trap.topic])
    noteDetails(of: trap, color: color)
    throw trap.kind == .hostMemory ? Outcome.badInput : Outcome.fault
  }
}

/// Writes to standard error where more is written about what messages are about.
private func notePointer(to topics: [Topic]) {
  if let pointer = pointer(to: topics) { note("  see: \(pointer)") }
}

/// Writes to standard error what messages do not say: who has a memory, who waits for whom.
private func noteDetails(of error: any Error, color: Bool) {
  guard let failure = Failure(error, of: ""), !failure.details.isEmpty else { return }
  note("\n" + failure.details.text(on: .standardOutput(color: color)).dropLast())
}

/// Where a run that fails leaves what is known of it, in the place of its report.
struct FailureFiles {
  /// A file, or `-` for standard output.
  var json: String?
  var html: String?
  var markdown: String?

  /// Executes what may fail; writes the failure before it goes on.
  ///
  /// - Parameter subject: What fails.
  func keeping<Value>(of subject: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      guard let failure = Failure(error, of: subject) else { throw error }
      do {
        try write(failure)
      } catch let other as DiagnosticError {
        // What failed first is what the user wants to know, too.
        throw DiagnosticError(failure.diagnostics + other.diagnostics)
      }
      throw error
    }
  }

  private func write(_ failure: Failure) throws {
    if let html { try FailurePage.write(failure, to: html) }
    if let markdown { try writeAtomically(Array(failure.markdown.utf8), to: markdown) }
    if json == "-" { return print(failure.json.text()) }
    if let json { try writeAtomically(Array((failure.json.text() + "\n").utf8), to: json) }
  }
}
