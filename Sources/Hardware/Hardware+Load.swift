public import Diagnostics
import Foundation
import Yams

extension Hardware {
  /// The configurations that come with the program.
  public static var builtinNames: [String] { builtinTexts.keys.sorted() }

  /// Loads a built-in configuration.
  ///
  /// Each override is `path.to.value=x` and replaces one value. Throws: `DiagnosticError` with all
  /// that is wrong.
  public static func load(
    named name: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    guard let text = builtinTexts[name] else {
      throw DiagnosticError(
        "unknown hardware '\(name)'", remedy: remedyForUnknown(name, known: builtinNames))
    }
    return try load(text: text, file: "\(name).yaml", overrides: overrides)
  }

  /// Loads a configuration file.
  ///
  /// Throws: `DiagnosticError` with all that is wrong, each with its place.
  public static func load(
    path: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    try load(text: try contents(of: path), file: path, overrides: overrides)
  }

  /// Loads a built-in configuration by its name, or a file by its path.
  public static func load(
    _ nameOrPath: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    if builtinTexts[nameOrPath] != nil {
      return try load(named: nameOrPath, overrides: overrides)
    }
    let looksLikePath = ["/", ".yaml", ".yml"].contains { nameOrPath.contains($0) }
    if looksLikePath || FileManager.default.fileExists(atPath: nameOrPath) {
      return try load(path: nameOrPath, overrides: overrides)
    }
    throw DiagnosticError(
      "unknown hardware '\(nameOrPath)'",
      remedy: remedyForUnknown(nameOrPath, known: builtinNames) + " (or give the path of a file)")
  }

  /// Loads a configuration from its text; `file` is the name in messages.
  public static func load(
    text: String, file: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    var reader = ConfigReader(ConfigText(text, file: file))
    reader.read()
    var hardware = reader.hardware
    var diagnostics = reader.diagnostics
    let readable = diagnostics.isEmpty
    for text in overrides { diagnostics += hardware.override(text) }
    // Contradictions between values mean little while values are missing.
    if readable { diagnostics += hardware.contradictions(file: file) }
    if !diagnostics.isEmpty { throw DiagnosticError(diagnostics) }
    return hardware
  }

  /// All that is wrong with a configuration file; empty if it can be used.
  public static func check(path: String) -> [Diagnostic] {
    do {
      _ = try load(path: path)
      return []
    } catch {
      return error.diagnostics
    }
  }

  private static func contents(of path: String) throws(DiagnosticError) -> String {
    let place = SourceLocation(file: path, line: 0)
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      // One byte more than allowed, so that `forbidden` sees that the file is too large.
      data = try handle.read(upToCount: ConfigText.maxBytes + 1) ?? Data()
    } catch {
      throw DiagnosticError(
        "cannot read the configuration: \(reason(error))", at: place,
        remedy: "give a readable file, or one of: \(builtinNames.joined(separator: ", "))")
    }
    if data.count > ConfigText.maxBytes {
      throw DiagnosticError(
        "the file has more than \(ConfigText.maxBytes) bytes, the most that a configuration may "
          + "have", at: place, remedy: "is this the right file?")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw DiagnosticError(
        "the file is not UTF-8 text", at: place, remedy: "save it as UTF-8")
    }
    return text
  }

  private static func reason(_ error: any Error) -> String {
    let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    let code = posix?.domain == NSPOSIXErrorDomain ? posix?.code : nil
    return code.map { String(cString: strerror(Int32($0))).lowercased() }
      ?? error.localizedDescription
  }
}
