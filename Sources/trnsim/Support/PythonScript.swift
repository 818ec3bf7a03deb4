import Diagnostics
import FoundationEssentials
import Glibc
import Programs
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

extension PythonScript {
  /// Runs the script and gives the program that its last kernel recorded, before the compiler; of several cores the first's.
  ///
  /// What the script prints goes to standard error.
  func recordedProgram() throws -> Program {
    guard FileManager.default.fileExists(atPath: path) else {
      throw DiagnosticError("there is no file '\(path)'", remedy: "check the path")
    }
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let end = try PythonProcess.run(
      ["-m", "trnsim"] + options
        + ["--recorded", directory.appendingPathComponent("k.trn").path, path] + arguments,
      streams: [STDOUT_FILENO: STDERR_FILENO])
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    guard end == .code(0), let first = files.first else {
      throw DiagnosticError(
        "'\(path)' \(end.text) and recorded no kernel",
        remedy: "its own messages are above; try trnsim run \(path)")
    }
    if files.count > 1 {
      note("note: the kernel runs on \(files.count) cores; this is the first's program")
    }
    return try ProgramFile.read(directory.appendingPathComponent(first).path)
  }
}
