import Diagnostics
import Foundation

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
    let environment = ProcessInfo.processInfo.environment
    let own = executablePath()
    let python = environment["TRNSIM_PYTHON"] ?? "python3"
    if environment["TRNSIM"] == nil { setenv("TRNSIM", own, 1) }
    if let package = packageBeside(own) {
      let paths = [package] + (environment["PYTHONPATH"].map { [$0] } ?? [])
      setenv("PYTHONPATH", paths.joined(separator: ":"), 1)
    }
    let command = [python, "-m", "trnsim"] + options + [path] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    pointers.append(nil)
    execvp(python, pointers)
    throw DiagnosticError(
      "cannot start '\(python)': \(String(cString: strerror(errno)))",
      remedy: "install Python 3.10 or newer, or name it with TRNSIM_PYTHON")
  }

  /// The path of this program.
  private func executablePath() -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }

  /// The package's sources, where this program was built in their tree.
  private func packageBeside(_ program: String) -> String? {
    var directory = URL(fileURLWithPath: program).deletingLastPathComponent()
    for _ in 0..<5 {
      let sources = directory.appendingPathComponent("python/src")
      if FileManager.default.fileExists(atPath: sources.appendingPathComponent("trnsim").path) {
        return sources.path
      }
      directory.deleteLastPathComponent()
    }
    return nil
  }
}
