import Diagnostics
import Foundation
import Scripts

/// A Python script with NKI kernels: the package in `python/` runs it.
struct PythonScript {
  /// The script.
  var path: String
  /// What the script gets.
  var arguments: [String]
  /// Options of `python -m trnsim`.
  var options: [String]

  /// Whether a target is one.
  static func isScript(_ target: String) -> Bool { target.hasSuffix(".py") }

  /// Becomes Python, so that its exit code and signals are this process's own; returns only on failure.
  func replaceProcess() throws -> Never {
    guard FileManager.default.fileExists(atPath: path) else {
      throw DiagnosticError("there is no file '\(path)'", remedy: "check the path")
    }
    for (name, value) in PythonHost.additions { setenv(name, value, 1) }
    let command = [PythonHost.interpreter, "-m", "trnsim"] + options + [path] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    pointers.append(nil)
    execvp(PythonHost.interpreter, pointers)
    throw PythonHost.missing(String(cString: strerror(errno)))
  }
}
