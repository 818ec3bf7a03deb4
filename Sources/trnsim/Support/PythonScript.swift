import Diagnostics
import FoundationEssentials
import Glibc
import Workloads

/// A Python script with NKI kernels: the package in `python/` runs it.
struct PythonScript {
  /// The script.
  var path: String
  /// What the script gets.
  var arguments: [String]
  /// Options of `python -m trnsim`.
  var options: [String]

  /// Becomes Python, so that its exit code and signals are this process's own; returns only on failure.
  func replaceProcess() throws -> Never {
    guard FileManager.default.fileExists(atPath: path) else {
      throw DiagnosticError("there is no file '\(path)'", remedy: "check the path")
    }
    try PythonModule(name: "trnsim", arguments: options + [path] + arguments).replaceProcess()
  }
}

/// A module of the Python package that is a program.
struct PythonModule {
  /// As `python -m` takes it.
  var name: String
  /// What it gets.
  var arguments: [String]

  /// Becomes Python, so that its exit code and signals are this process's own; returns only on failure.
  func replaceProcess() throws -> Never {
    for (name, value) in PythonHost.additions { setenv(name, value, 1) }
    let command = [PythonHost.interpreter, "-m", name] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    pointers.append(nil)
    execvp(PythonHost.interpreter, pointers)
    throw PythonHost.missing(String(cString: strerror(errno)))
  }
}
