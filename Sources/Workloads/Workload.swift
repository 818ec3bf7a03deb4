public import Diagnostics
import FoundationEssentials
import Storage

// matmul | rope.trn | a.trn+b.trn | moe.py | moe.py:rmsnorm | attention.instr.csv.zst

/// What a user brings to be simulated, as its name says it.
public enum Workload: Hashable, Sendable {
  /// A kernel of a catalog, by its name.
  case kernel(String)
  /// Program files, one for each core.
  case programs([String])
  /// A Python script with NKI kernels; without a function its last kernel.
  case script(path: String, function: String?)
  /// The instruction table of a captured run of a device.
  case capture(String)

  /// Reads a name as commands, suites and sweeps take it: a kernel's name wins, everything else is files.
  ///
  /// - Parameters:
  ///   - kernels: Whose names win.
  ///   - file: The suite or spec from whose folder on files are named.
  public init(_ name: String, of kernels: KernelCatalog, beside file: String = "") {
    if kernels[name] != nil {
      self = .kernel(name)
    } else if let script = Workload(script: name) {
      self = script
    } else if Workload.captureEndings.contains(where: name.hasSuffix) {
      self = .capture(name)
    } else if FileManager.default.fileExists(atPath: pathBeside(file, name)) {
      self = .programs([name])
    } else {
      self = .programs(name.split(separator: "+").map(String.init))
    }
  }

  /// A script, with or without a function; `nil` if the name says something else.
  public init?(script name: String) {
    if name.hasSuffix(".py") {
      self = .script(path: name, function: nil)
    } else if let colon = Workload.functionColon(in: name) {
      self = .script(
        path: String(name[..<colon]), function: String(name[name.index(after: colon)...]))
    } else {
      return nil
    }
  }

  /// The colon before the name of a script's function.
  private static func functionColon(in name: String) -> String.Index? {
    guard let end = name.ranges(of: ".py:").last else { return nil }
    return name.index(before: end.upperBound)
  }

  /// How instruction tables of captures are called.
  private static let captureEndings = [".instr.csv.zst", ".instructions.csv.zst"]

  /// Why nothing but a replay takes a capture: it has times and semaphores of one machine, and no program.
  public static func refusal(ofCapture path: String) -> Diagnostic {
    Diagnostic(
      .error,
      "'\(path)' is a capture: the instructions that a device ran, without tensors or values",
      remedy:
        "'trnsim replay \(path)' times it, also on other machines (--hardware, --set); for parameters and "
        + "compilers take the kernel's source, FILE.py:FUNCTION", topic: .captures)
  }

  /// The files that it is in; none of a kernel.
  public var files: [String] {
    switch self {
    case .kernel: []
    case .programs(let paths): paths
    case .script(let path, _), .capture(let path): [path]
    }
  }

  /// Fails if a file is missing: a kernel's name that is misspelled, or a path.
  ///
  /// - Parameters:
  ///   - kernels: Whose names are suggested.
  ///   - file: The suite or spec from whose folder on files are named.
  public func requireFiles(
    of kernels: KernelCatalog, beside file: String = ""
  ) throws(DiagnosticError) {
    let missing = files.filter { !FileManager.default.fileExists(atPath: pathBeside(file, $0)) }
    guard missing.isEmpty else {
      throw DiagnosticError(
        missing.map { path in
          let whole = pathBeside(file, path)
          // A kernel's name has neither.
          if path.contains("/") || path.contains(".") {
            return Diagnostic(
              .error, "cannot read: no such file or directory",
              at: SourceLocation(file: whole, line: 0),
              remedy: "check the path", topic: .files)
          }
          return Diagnostic(
            .error, "there is no kernel and no file '\(whole)'",
            remedy: remedyForUnknown(path, known: kernels.names), topic: .parameters)
        })
    }
  }

  /// A short name: a kernel's, a script's function, a file's without folders and endings.
  public var shortName: String {
    switch self {
    case .kernel(let name): name
    case .script(_, let function?): function
    case .script(let path, nil): Workload.stem(path, [".py"])
    case .capture(let path): Workload.stem(path, Workload.captureEndings)
    case .programs(let paths):
      paths.map { Workload.stem($0, [".trn.zst", ".trn"]) }.joined(separator: "+")
    }
  }

  private static func stem(_ path: String, _ endings: [String]) -> String {
    let file = path.split(separator: "/").last.map(String.init) ?? path
    for ending in endings where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }
}
