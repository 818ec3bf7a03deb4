import ArgumentParser
import Diagnostics
import Foundation
import Machine

/// The exit codes that scripts rely on.
enum Outcome {
  static let badInput = ExitCode(1)
  static let fault = ExitCode(2)
  static let checkFailed = ExitCode(3)
}

/// Whether a stream shows colours: a terminal, and neither NO_COLOR nor a dumb one.
func showsColor(_ stream: FileHandle) -> Bool {
  let environment = ProcessInfo.processInfo.environment
  if let noColor = environment["NO_COLOR"], !noColor.isEmpty { return false }
  return isatty(stream.fileDescriptor) == 1 && environment["TERM"] != "dumb"
}

/// Writes a line to standard error.
func note(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}

/// Shows a line on standard error in the place of the one shown before.
func showProgress(_ text: String) {
  FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
}

/// Runs a command's body; turns what it throws into messages and exit codes.
func reporting(_ body: () throws -> Void) throws {
  let color = showsColor(.standardError)
  do {
    try body()
  } catch let error as DiagnosticError {
    for diagnostic in error.diagnostics { note(diagnostic.rendered(color: color)) }
    if error.diagnostics.count > 1 { note("\(error.diagnostics.count) errors") }
    throw Outcome.badInput
  } catch let trap as Trap {
    note(trap.rendered(color: color))
    throw Outcome.fault
  }
}
