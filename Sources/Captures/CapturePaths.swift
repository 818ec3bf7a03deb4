package import Diagnostics
import FoundationEssentials
import Storage

/// Finds captures by what a person types.
package enum CapturePaths {
  /// How instruction tables are called: `traces/` tables, then the profiler's own export.
  static let suffixes = [".instr.csv.zst", CapturedTables.profileSuffix]

  /// The instruction table that `path` means: the table itself, a directory that holds one capture, or
  /// the path without its extensions, or the beginning of it, where only one capture is called so.
  ///
  /// - Throws: A diagnostic when there is none or more than one.
  package static func resolve(_ path: String) throws(DiagnosticError) -> String {
    if suffixes.contains(where: path.hasSuffix) { return path }
    if path.hasSuffix(".ntff") || path.hasSuffix(".neff") {
      throw DiagnosticError(
        "is an \(path.hasSuffix(".ntff") ? "NTFF" : "NEFF"), "
          + "whose contents have no published description",
        at: SourceLocation(file: path, line: 0),
        remedy: "let the profiler export it, and replay that: "
          + "neuron-profile view -n FILE.neff -s FILE.ntff "
          + "--output-format json --output-file FILE.json")
    }
    var isDirectory = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    if exists && !isDirectory {
      if path.hasSuffix(ExportedProfile.suffix) { return path }
      throw DiagnosticError(
        "is not an instruction table", at: SourceLocation(file: path, line: 0),
        remedy: "name a file NAME\(suffixes[0]) or NAME\(suffixes[1]), "
          + "what belongs to it is found; or the profiler's JSON")
    }
    if exists { return try only(tables(in: path), path) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let name = String(parts.last ?? "")
    let directory = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
    guard FileManager.default.fileExists(atPath: directory + "/") else {
      throw DiagnosticError("there is no capture '\(path)'", remedy: "check the directory's name")
    }
    let all = try tables(in: directory)
    for suffix in suffixes where all.contains("\(directory)/\(name)\(suffix)") {
      return "\(directory)/\(name)\(suffix)"
    }
    return try only(all.filter { $0.hasPrefix("\(directory)/\(name)") }, path)
  }

  /// Whether a path is a folder of the profiler's Parquet tables.
  package static func isParquet(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/Instruction.parquet")
  }

  /// All instruction tables of a directory, or of `traces` and `profiles` in it.
  ///
  /// - Throws: A diagnostic when there is none.
  package static func all(in directory: String) throws(DiagnosticError) -> [String] {
    var found = try tables(in: directory)
    for name in ["traces", "profiles"]
    where FileManager.default.fileExists(atPath: "\(directory)/\(name)/") {
      found += try tables(in: "\(directory)/\(name)")
    }
    guard !found.isEmpty else {
      throw DiagnosticError(
        "holds no captures", at: SourceLocation(file: directory, line: 0),
        remedy: "name a directory with tables NAME\(suffixes[0]) or NAME\(suffixes[1]), "
          + "or one with such directories 'traces' and 'profiles'")
    }
    return found
  }

  /// All files of a capture, by its instruction table.
  package static func tables(ofCapture table: String) -> [String] {
    guard let suffix = suffixes.first(where: table.hasSuffix) else { return [table] }
    let stem = table.dropLast(suffix.count)
    return [table] + [".dma.csv.zst", ".sem.csv.zst"].map { "\(stem)\($0)" }
  }

  private static func tables(in directory: String) throws(DiagnosticError) -> [String] {
    try fileNames(in: directory).filter { name in suffixes.contains(where: name.hasSuffix) }
      .sorted().map { "\(directory)/\($0)" }
  }

  private static func only(_ found: [String], _ path: String) throws(DiagnosticError) -> String {
    guard found.count != 1 else { return found[0] }
    guard !found.isEmpty else {
      throw DiagnosticError(
        "there is no capture '\(path)'",
        remedy: "a capture is a table NAME\(suffixes[0]) or NAME\(suffixes[1])")
    }
    let names = found.prefix(8).map { String($0.split(separator: "/").last ?? "") }
    throw DiagnosticError(
      "'\(path)' can be each of \(found.count) captures",
      remedy: "name one: \(names.joined(separator: ", "))" + (found.count > 8 ? ", …" : ""))
  }
}
