public import Diagnostics
import FoundationEssentials
import Glibc
import Synchronization

extension Hardware {
  /// The configurations that come with the program.
  public static var builtinNames: [String] { builtinTexts.keys.sorted() }

  /// Their texts.
  static let builtinTexts: [String: [UInt8]] = [
    "trn1": PackageResources.trn1_yaml, "trn2": PackageResources.trn2_yaml,
    "trn3": PackageResources.trn3_yaml,
  ]

  /// Those that were loaded: a process reads each text once.
  private static let loaded = Mutex<[String: Hardware]>([:])

  /// Loads a built-in configuration.
  ///
  /// Each override is `path.to.value=x` and replaces one value. Throws: `DiagnosticError` with all
  /// that is wrong.
  public static func load(
    named name: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    let known = loaded.withLock { $0[name] }
    let builtin: Hardware
    if let known {
      builtin = known
    } else {
      guard let text = builtinTexts[name] else {
        throw DiagnosticError(
          "unknown hardware '\(name)'", remedy: remedyForUnknown(name, known: builtinNames))
      }
      builtin = try load(bytes: text, file: "\(name).yaml")
      loaded.withLock { $0[name] = builtin }
    }
    return overrides.isEmpty ? builtin : try builtin.overridden(by: overrides)
  }

  /// Loads a configuration file.
  ///
  /// Throws: `DiagnosticError` with all that is wrong, each with its place.
  public static func load(
    path: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    try load(path: path, overrides: overrides, derived: [])
  }

  /// - Parameter derived: the files that are based on this one.
  private static func load(
    path: String, overrides: [String], derived: [String]
  ) throws(DiagnosticError) -> Hardware {
    try load(bytes: try contents(of: path), file: path, overrides: overrides, derived: derived)
  }

  /// Loads a built-in configuration by its name, or a file by its path.
  public static func load(
    _ nameOrPath: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    if builtinTexts[nameOrPath] != nil {
      return try load(named: nameOrPath, overrides: overrides)
    }
    if isPath(nameOrPath) || FileManager.default.fileExists(atPath: nameOrPath) {
      return try load(path: nameOrPath, overrides: overrides)
    }
    throw DiagnosticError(
      "unknown hardware '\(nameOrPath)'",
      remedy: remedyForUnknown(nameOrPath, known: builtinNames) + " (or give the path of a file)")
  }

  private static func isPath(_ text: String) -> Bool {
    ["/", ".yaml", ".yml"].contains { text.contains($0) }
  }

  /// Loads a configuration from its text; `file` is the name in messages.
  public static func load(
    text: String, file: String, overrides: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    try load(bytes: Array(text.utf8), file: file, overrides: overrides)
  }

  private static func load(
    bytes: [UInt8], file: String, overrides: [String] = [], derived: [String] = []
  ) throws(DiagnosticError) -> Hardware {
    var reader = ConfigReader(bytes, file: file) {
      (name: String) throws(DiagnosticError) -> Hardware in
      try base(name, of: file, derived: derived)
    }
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

  /// The configuration that `file` names as its base: a built-in one, or a file as seen from it.
  private static func base(
    _ name: String, of file: String, derived: [String]
  ) throws(DiagnosticError) -> Hardware {
    if builtinTexts[name] != nil { return try load(named: name) }
    guard isPath(name) else {
      throw DiagnosticError(
        "unknown base '\(name)'",
        remedy: remedyForUnknown(name, known: builtinNames) + " (or give the path of a file)")
    }
    let path =
      name.hasPrefix("/")
      ? name
      : URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(name)
        .standardized.relativePath
    let files = derived + [URL(fileURLWithPath: file).standardized.path]
    guard !files.contains(URL(fileURLWithPath: path).standardized.path) else {
      throw DiagnosticError(
        "'\(name)' is based on this file", remedy: "a base has values of its own in the end")
    }
    return try load(path: path, overrides: [], derived: files)
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

  private static func contents(of path: String) throws(DiagnosticError) -> [UInt8] {
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
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw DiagnosticError(
        "the file is not UTF-8 text", at: place, remedy: "save it as UTF-8")
    }
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
  }
}
