public import Diagnostics
import Foundation
import Kernels
import Storage
public import Sweeps
import Yams

// suite: layer
// hardware: trn2
// entries:
//   - kernel: matmul
//     name: qkv
//     parameters: {m: [128, 1], k: 2048, n: 5120}
//     tolerance: {total_time_ps: +1 %}
//   - program: traces/*.trn

/// What a check runs: kernels with parameters, and program files, each on a machine.
public struct SuiteFile: Sendable {
  /// One run with its name in the baseline.
  public struct Entry: Hashable, Sendable {
    /// Unique within the suite.
    public var name: String
    /// What runs.
    public var variant: Variant
    /// How far each number may move; exact where none is given.
    public var tolerances: [Quantity: Tolerance]
  }

  /// The suite's name.
  public var name: String
  /// The file it came from.
  public var path: String
  /// The entries, sorted by name.
  public var entries: [Entry] = []
  /// Whether updates keep each entry's program beside the baseline, for the differences of later
  /// checks.
  public var keepsPrograms = true

  /// Most entries of a suite.
  public static let entryLimit = 100_000

  /// A suite without entries.
  init(name: String) {
    self.name = name
    path = name
  }

  private static let keys = ["suite", "hardware", "programs", "tolerance", "entries"]
  private static let entryKeys = [
    "kernel", "program", "name", "parameters", "hardware", "set", "tolerance",
  ]

  /// Reads a suite.
  ///
  /// - Throws: `DiagnosticError` with everything that is wrong with it.
  public init(path: String) throws {
    try self.init(SpecReader(path: path), path: path)
  }

  init(_ given: SpecReader, path: String) throws {
    var reader = given
    self.path = path
    let file = path.split(separator: "/").last.map(String.init) ?? path
    name = String(file.prefix { $0 != "." })
    var hardware = "trn2"
    var tolerances: [Quantity: Tolerance] = [:]
    var list: Node?
    for (key, _, value) in reader.entries(
      of: .mapping(reader.root), "a suite", known: SuiteFile.keys)
    {
      switch key {
      case "suite": name = reader.string(value, "suite") ?? name
      case "hardware": hardware = reader.string(value, "hardware") ?? hardware
      case "tolerance": tolerances = SuiteFile.tolerances(value, &reader)
      case "programs":
        let word = reader.string(value, "programs")
        if let word, !["keep", "none"].contains(word) {
          reader.report("'programs' is 'keep' or 'none'", value)
        }
        keepsPrograms = word != "none"
      default: list = value
      }
    }
    guard let sequence = list?.sequence else {
      reader.report("'entries' must be a list", list, remedy: "write '- kernel: NAME' below it")
      try reader.finish()
      return
    }
    for node in sequence {
      readEntry(node, &reader, hardware: hardware, tolerances)
      if entries.count > SuiteFile.entryLimit {
        reader.report("the suite has more than \(SuiteFile.entryLimit) entries", node)
        break
      }
    }
    var seen: Set<String> = []
    let repeated = Set(entries.map(\.name).filter { !seen.insert($0).inserted })
    for name in repeated.sorted() {
      reader.report("the entry '\(name)' is there twice", list, remedy: "give each a 'name'")
    }
    if entries.isEmpty && reader.findings.isEmpty { reader.report("there are no entries", list) }
    try reader.finish()
    entries.sort { $0.name < $1.name }
  }

  private mutating func readEntry(
    _ node: Node, _ reader: inout SpecReader, hardware: String,
    _ inherited: [Quantity: Tolerance]
  ) {
    var name: String?
    var subjects: [String] = []
    var base = Variant("", on: hardware)
    var axes: [Axis] = []
    var tolerances = inherited
    for (key, _, value) in reader.entries(of: node, "an entry", known: SuiteFile.entryKeys) {
      switch key {
      case "name": name = reader.string(value, "name")
      case "kernel": subjects += reader.values(value, of: "kernel")
      case "program":
        for pattern in reader.values(value, of: "program") {
          subjects += programs(pattern, value, &reader)
        }
      case "hardware": axes.append(Axis(.hardware, reader.values(value, of: "hardware")))
      case "tolerance": tolerances.merge(SuiteFile.tolerances(value, &reader)) { $1 }
      default:
        for (path, _, list) in reader.entries(of: value, "'\(key)'") {
          let target: Axis.Target = key == "set" ? .override(path) : .parameter(path)
          axes.append(Axis(target, reader.values(list, of: path)))
        }
      }
    }
    guard !subjects.isEmpty else {
      reader.report(
        "an entry needs a 'kernel' or a 'program'", node, remedy: "write 'kernel: NAME'")
      return
    }
    axes.removeAll { $0.values.isEmpty }
    for subject in subjects {
      base.subject = subject
      do {
        try add(name, Space(base, axes), tolerances, isOne: subjects.count == 1)
      } catch let error as DiagnosticError {
        reader.report(error, node)
      } catch {
        reader.report("\(error)", node)
      }
    }
  }

  private mutating func add(
    _ name: String?, _ space: Space, _ tolerances: [Quantity: Tolerance], isOne: Bool
  ) throws {
    if KernelName(rawValue: space.base.subject) == nil,
      !FileManager.default.fileExists(atPath: space.base.subject)
    {
      throw DiagnosticError(
        "there is no kernel '\(space.base.subject)'",
        remedy: remedyForUnknown(
          space.base.subject, known: KernelName.allCases.map(\.rawValue)))
    }
    guard space.count <= SuiteFile.entryLimit - entries.count else {
      throw DiagnosticError(
        "more than \(SuiteFile.entryLimit) entries", remedy: "list fewer values")
    }
    for index in 0..<space.count {
      let variant = space[index]
      let varied = zip(space.axes, space.coordinates(index)).filter { $0.0.values.count > 1 }
      let settings = varied.map { "\($0.0.name)=\($0.0.values[$0.1])" }
      let subject = SuiteFile.shortName(variant.subject)
      let words: [String]
      if let name {
        words = (isOne ? [name] : [name, subject]) + settings
      } else {
        words =
          [subject] + variant.parameters.map(\.text)
          + (variant.hardware == "trn2" ? [] : ["on", variant.hardware])
          + variant.overrides.map(\.text)
      }
      entries.append(
        Entry(
          name: words.joined(separator: " "), variant: variant, tolerances: tolerances))
    }
  }

  /// A kernel's name, or a program file's without folders and endings.
  private static func shortName(_ subject: String) -> String {
    guard KernelName(rawValue: subject) == nil else { return subject }
    let file = subject.split(separator: "/").last.map(String.init) ?? subject
    for ending in [".trn.zst", ".trn"] where file.hasSuffix(ending) {
      return String(file.dropLast(ending.count))
    }
    return file
  }

  /// The program files that a path beside the suite means; `*` stands for any characters of a name.
  private func programs(_ pattern: String, _ node: Node, _ reader: inout SpecReader) -> [String] {
    let folder =
      path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) : ""
    let whole = pattern.hasPrefix("/") || folder.isEmpty ? pattern : "\(folder)/\(pattern)"
    guard whole.contains("*") else {
      if !FileManager.default.fileExists(atPath: whole) {
        reader.report(
          "there is no file '\(whole)'", node, remedy: "paths start at the suite's folder")
        return []
      }
      return [whole]
    }
    let slash = whole.lastIndex(of: "/")
    let directory = slash.map { String(whole[..<$0]) } ?? "."
    let name = slash.map { String(whole[whole.index(after: $0)...]) } ?? whole
    let files = (try? fileNames(in: directory)) ?? []
    let found = files.filter { matches($0, pattern: name) }.map {
      slash == nil ? $0 : "\(directory)/\($0)"
    }
    if found.isEmpty { reader.report("no file matches '\(whole)'", node) }
    return found
  }

  private static func tolerances(
    _ node: Node, _ reader: inout SpecReader
  ) -> [Quantity: Tolerance] {
    var found: [Quantity: Tolerance] = [:]
    let known = Quantity.allCases.map(\.rawValue)
    for (key, _, value) in reader.entries(of: node, "a tolerance", known: known) {
      guard let quantity = Quantity(rawValue: key), let text = reader.string(value, key) else {
        continue
      }
      do throws(DiagnosticError) {
        found[quantity] = try Tolerance(text)
      } catch {
        reader.report(error, value)
      }
    }
    return found
  }

  /// The entries whose names match a pattern, in which `*` stands for any characters.
  public func entries(matching pattern: String?) throws(DiagnosticError) -> [Entry] {
    guard let pattern else { return entries }
    let found = entries.filter { matches($0.name, pattern: pattern) }
    guard found.isEmpty else { return found }
    throw DiagnosticError(
      "no entry of the suite matches '\(pattern)'",
      remedy: "there are \(entries.prefix(8).map(\.name).joined(separator: ", "))"
        + (entries.count > 8 ? " and \(entries.count - 8) more" : ""))
  }
}

/// Whether a name matches a pattern in which `*` stands for any characters; without one, it must
/// contain it.
func matches(_ name: String, pattern: String) -> Bool {
  let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
  guard parts.count > 1 else { return name.contains(pattern) }
  guard let first = parts.first, let last = parts.last, name.hasPrefix(first) else { return false }
  var rest = name.dropFirst(first.count)
  for part in parts.dropFirst().dropLast() where !part.isEmpty {
    guard let found = rest.range(of: part) else { return false }
    rest = rest[found.upperBound...]
  }
  return rest.hasSuffix(last)
}
