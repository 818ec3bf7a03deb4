import Diagnostics
import Foundation

/// Starts `python -m trnsim.suites` and reads what it says.
enum PythonTracer {
  /// Asks for the programs of one script's calls.
  static func run(_ request: Request, script: String) throws -> Response {
    let (input, output, errors) = (try Scratch(), try Scratch(), try Scratch())
    try input.write(JSONEncoder().encode(request))
    let process = Process()
    // It looks up the interpreter in PATH, and ends with 127 if there is none.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [PythonHost.interpreter, "-m", "trnsim.suites"]
    process.environment = ProcessInfo.processInfo.environment
      .merging(PythonHost.additions) { $1 }
    process.standardInput = input.handle
    process.standardOutput = output.handle
    process.standardError = errors.handle
    do {
      try process.run()
    } catch {
      throw PythonHost.missing(error.localizedDescription)
    }
    process.waitUntilExit()
    if process.terminationReason == .exit, process.terminationStatus == 127 {
      throw PythonHost.missing("No such file or directory")
    }
    if process.terminationReason == .exit, process.terminationStatus == 0,
      let response = try? JSONDecoder().decode(Response.self, from: output.contents())
    {
      return response
    }
    throw failure(process, try errors.contents(), script: script)
  }

  /// Python itself ended: a package is missing, the script ended the process.
  private static func failure(
    _ process: Process, _ errors: Data, script: String
  ) -> DiagnosticError {
    let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
    let last = lines.last { !$0.allSatisfy(\.isWhitespace) }.map { ": \($0)" } ?? ""
    let end =
      process.terminationReason == .exit
      ? "ended with \(process.terminationStatus)"
      : "was ended by signal \(process.terminationStatus)"
    return DiagnosticError(
      "'\(PythonHost.interpreter)' \(end) while it traced '\(script)'\(last)",
      remedy:
        "it needs numpy, ml_dtypes and, outside of the sources, this package: pip install ./python; TRNSIM_PYTHON names another Python"
    )
  }
}

/// A file without a name: it is gone when nobody has it open, however the process ends.
private final class Scratch {
  let handle: FileHandle

  init() throws {
    guard let file = tmpfile() else {
      throw DiagnosticError(
        "cannot make a temporary file: \(String(cString: strerror(errno)))",
        remedy: "free some space in the directory for temporary files")
    }
    // A descriptor of its own, which closes with the handle.
    handle = FileHandle(fileDescriptor: dup(fileno(file)), closeOnDealloc: true)
    fclose(file)
  }

  func write(_ data: Data) throws {
    try handle.write(contentsOf: data)
    try handle.seek(toOffset: 0)
  }

  func contents() throws -> Data {
    try handle.seek(toOffset: 0)
    return try handle.readToEnd() ?? Data()
  }
}
