import ArgumentParser
import Diagnostics
import FoundationEssentials
import Glibc
import Machine

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
    if error.diagnostics.count > 1 { note("\(error.diagnostics.count) errors") }
    throw Outcome.badInput
  } catch let trap as Trap {
    note(trap.rendered(color: color))
    throw trap.kind == .hostMemory ? Outcome.badInput : Outcome.fault
  }
}
