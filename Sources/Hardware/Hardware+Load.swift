public import Diagnostics
import FoundationEssentials
import Glibc
import YAML

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
    func cannotRead() -> DiagnosticError {
      DiagnosticError(
        "cannot read the configuration: \(String(cString: strerror(errno)).lowercased())",
        at: place,
        remedy: "give a readable file, or one of: \(builtinNames.joined(separator: ", "))")
    }
    guard let file = fopen(path, "rb") else { throw cannotRead() }
    defer { fclose(file) }
    // One byte more than allowed, so that a file that is too large is seen to be.
    let bytes = [UInt8](unsafeUninitializedCapacity: ConfigText.maxBytes + 1) { buffer, count in
      count = fread(buffer.baseAddress, 1, buffer.count, file)
    }
    if ferror(file) != 0 { throw cannotRead() }
    if bytes.count > ConfigText.maxBytes {
      throw DiagnosticError(
        "the file has more than \(ConfigText.maxBytes) bytes, the most that a configuration may "
          + "have", at: place, remedy: "is this the right file?")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let content = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
    guard let text = String(validating: content, as: UTF8.self) else {
      throw DiagnosticError(
        "the file is not UTF-8 text", at: place, remedy: "save it as UTF-8")
    }
    return text
  }
}
