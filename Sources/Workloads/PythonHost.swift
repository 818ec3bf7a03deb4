public import Diagnostics
import FoundationEssentials

/// The Python that runs scripts with NKI kernels, by means of the package in `python/`.
public enum PythonHost {
  /// The interpreter: `TRNSIM_PYTHON`, or python3 of PATH.
  public static var interpreter: String {
    ProcessInfo.processInfo.environment["TRNSIM_PYTHON"] ?? "python3"
  }

  /// What is added to the environment so that it finds the package and this program.
  public static var additions: [String: String] {
    let environment = ProcessInfo.processInfo.environment
    let own = executablePath
    var found: [String: String] = [:]
    if environment["TRNSIM"] == nil { found["TRNSIM"] = own }
    if let package = packageBeside(own) {
      let paths = [package] + (environment["PYTHONPATH"].map { [$0] } ?? [])
      found["PYTHONPATH"] = paths.joined(separator: ":")
    }
    return found
  }

  /// The error of an interpreter that does not start.
  public static func missing(_ reason: String) -> DiagnosticError {
    DiagnosticError(
      "cannot start '\(interpreter)': \(reason)",
      remedy: "install Python 3.10 or newer, or name it with TRNSIM_PYTHON", topic: .installation)
  }

  /// The path of this program.
  private static var executablePath: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? CommandLine.arguments[0]
  }

  /// The package's sources, where this program was built in their tree.
  private static func packageBeside(_ program: String) -> String? {
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
