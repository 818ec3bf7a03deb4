package import Compiler
package import Diagnostics
package import Sweeps
package import Workloads
import YAML

// suite: layer
// hardware: trn2
// entries:
//   - kernel: matmul
//     name: qkv
//     parameters: {m: [128, 1], k: 2048, n: 5120}
//     tolerance: {total_time_ps: +1 %}
//   - program: traces/*.trn
//   - script: kernels/moe.py
//     kernel: rmsnorm
//     inputs: {x: "bfloat16 [tokens, 2048]", weight: "bfloat16 [2048]"}
//     sizes: {tokens: [128, 1]}

/// What a check runs: kernels with parameters, program files and kernels of Python scripts, each on a
/// machine.
package struct SuiteFile: Sendable {
  /// One run with its name in the baseline.
  package struct Entry: Hashable, Sendable {
    /// Unique within the suite.
    package var name: String
    /// What runs; paths start at the suite's folder.
    package var variant: Variant
    /// How far each number may move; exact where none is given.
    package var tolerances: [Quantity: Tolerance]
  }

  /// The suite's name.
  package var name: String
  /// The file it came from.
  package var path: String
  /// Which kernels there are.
  let kernels: KernelCatalog
  /// The entries, sorted by name.
  package var entries: [Entry] = []
  /// Names of the entries that are not run, because they would run somebody's Python.
  package private(set) var leftOut: [String] = []
  /// Whether updates keep each entry's program beside the baseline, for the differences of later
  /// checks.
  package var keepsPrograms = true

  /// Most entries of a suite.
  package static let entryLimit = 100_000

  /// A suite without entries.
  init(name: String) {
    kernels = .none
    self.name = name
    path = name
  }

  /// Leaves out the entries of Python scripts.
  package mutating func leaveOutScripts() {
    leftOut += entries.filter(\.variant.isScript).map(\.name)
    entries.removeAll(where: \.variant.isScript)
  }

  private static let keys = ["suite", "hardware", "programs", "tolerance", "entries"]
  /// Reads a suite.
  ///
  /// - Parameter kernels: Which there are.
  /// - Throws: `DiagnosticError` with everything that is wrong with it.
  package init(path: String, of kernels: KernelCatalog) throws {
    try self.init(SpecReader(path: path), of: kernels, path: path)
  }

  init(_ given: SpecReader, of kernels: KernelCatalog, path: String) throws {
    self.kernels = kernels
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

  static func tolerances(
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

  /// Lets entries that do not say in whose order they run take this one.
  package mutating func prefer(_ schedule: Schedule) {
    for index in entries.indices where entries[index].variant.schedule == nil {
      entries[index].variant.schedule = schedule
    }
  }

  /// The entries whose names match a pattern, in which `*` stands for any characters.
  package func entries(matching pattern: String?) throws(DiagnosticError) -> [Entry] {
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
    guard let found = rest.firstRange(of: part) else { return false }
    rest = rest[found.upperBound...]
  }
  return rest.hasSuffix(last)
}
