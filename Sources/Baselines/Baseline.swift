import Device
package import Diagnostics
import FoundationEssentials
import Reports
import Storage
package import Sweeps

// {
//   "entries": {
//     "matmul m=128": {
//       "busy_ps": {"tensor": 30368000, …},
//       "hardware": "trn2",
//       "metrics": {"hbm_read_bytes": 1048576, …, "total_time_ps": 38964000},
//       "program": "6c1f0e5d8a3b9274",
//       "settings": {"clocks": "dma neuroncore …", "sections": "access core …", …}, …
//     }
//   },
//   "hardware": {"trn2": {"fingerprint": "…", "values": {"clocks.tensor": "2.4", …}}},
//   "schema": 1
// }

/// What a suite gave when its numbers were last accepted: a file of the user's repository.
///
/// One number per line and everything sorted, so that a change is readable and merges.
package struct Baseline: Sendable, Equatable {
  /// What one entry gave.
  package struct Entry: Sendable, Equatable {
    /// Kernel or program file.
    package var subject = ""
    /// All parameters, also those at their defaults; the inputs and outputs of a program file.
    package var parameters: [String: String] = [:]
    /// Whose order instructions have, where the entry says so.
    package var schedule: String?
    /// Key of the machine in `hardware`.
    package var hardware = ""
    /// Digest of the instruction stream; of several cores that of the one that completed last.
    package var program = ""
    /// Digests of all cores' instruction streams, by core; `nil` of one core, and in files of earlier versions.
    package var cores: [String]?
    /// What of the machine's values the numbers can depend on: paths of values and groups; `nil` in files
    /// of earlier versions.
    package var settings: [String]?
    /// The numbers and what explains them; source places are not kept.
    package var measurement = Sweeps.Measurement()
    /// Why the numbers were last accepted, if the user said so.
    package var reason: String?
  }

  /// A machine.
  package struct Machine: Sendable, Equatable, Codable {
    /// Changes when any value changes, and only then.
    package var fingerprint: String
    /// The values by their paths.
    package var values: [String: String]
  }

  /// By name.
  package var entries: [String: Entry] = [:]
  /// By name of the configuration with its overrides.
  package var hardware: [String: Machine] = [:]

  /// Version of the file's layout.
  package static let schemaVersion = 1

  /// An empty baseline.
  package init() {}

  // MARK: - Files

  /// Where a suite's baseline is: beside it.
  package static func path(of suite: SuiteFile) -> String {
    "\(stem(suite.path)).baseline.json"
  }

  /// Where a suite's programs are kept.
  package static func programDirectory(of suite: SuiteFile) -> String {
    "\(stem(suite.path)).baseline"
  }

  private static func stem(_ path: String) -> String {
    for ending in [".yaml", ".yml"] where path.hasSuffix(ending) {
      return String(path.dropLast(ending.count))
    }
    return path
  }

  /// Reads a file; one that does not exist is an empty baseline.
  ///
  /// - Throws: `DiagnosticError` if it is damaged or of a later version.
  package static func read(_ path: String) throws(DiagnosticError) -> Baseline {
    guard FileManager.default.fileExists(atPath: path) else { return Baseline() }
    let bytes = try readFile(path)
    let place = SourceLocation(file: path, line: 0)
    let file: FileForm
    do {
      file = try JSONDecoder().decode(FileForm.self, from: Data(bytes))
    } catch {
      throw DiagnosticError(
        "is no baseline: \(Baseline.reason(error))", at: place,
        remedy: "make it with 'trnsim update SUITE', or take it from the repository again")
    }
    guard file.schema == schemaVersion else {
      throw DiagnosticError(
        "is a baseline of version \(file.schema), this program knows \(schemaVersion)", at: place,
        remedy: "make it again with 'trnsim update SUITE'")
    }
    var baseline = Baseline()
    baseline.hardware = file.hardware
    for (name, form) in file.entries { baseline.entries[name] = form.entry }
    return baseline
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    switch error {
    case .keyNotFound(let key, _): return "'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' has another type"
    case .dataCorrupted: return "not valid JSON"
    @unknown default: return "\(error)"
    }
  }

  /// The file's text.
  package var text: String {
    JSON.object([
      "schema": .integer(Baseline.schemaVersion),
      "hardware": .object(
        hardware.mapValues { machine in
          .object([
            "fingerprint": .string(machine.fingerprint),
            "values": .object(machine.values.mapValues { .string($0) }),
          ])
        }),
      "entries": .object(entries.mapValues(\.json)),
    ]).text() + "\n"
  }
}

extension Baseline.Entry {
  /// Digests of all its programs: every core's where they are known.
  var programs: [String] { cores ?? [program] }

  /// Whether the instructions are those of another run, as far as both are known.
  func hasSamePrograms(as other: Baseline.Entry) -> Bool {
    guard let cores, let others = other.cores else { return program == other.program }
    return cores == others
  }

  fileprivate var json: JSON {
    var metrics: [String: JSON] = [:]
    for quantity in Quantity.allCases
    where quantity.isWrittenWhenZero || measurement[quantity] != 0 {
      metrics[quantity.rawValue] = .integer(measurement[quantity])
    }
    var busy: [String: JSON] = ["dma": .integer(Int(measurement.dmaBusy))]
    for (index, engine) in Engine.allCases.enumerated() {
      busy[engine.name] = .integer(Int(measurement.busy[index]))
    }
    var object: [String: JSON] = [
      "subject": .string(subject), "hardware": .string(hardware), "program": .string(program),
      "parameters": .object(parameters.mapValues { .string($0) }),
      "metrics": .object(metrics), "busy_ps": .object(busy),
      "limit": .string(measurement.limit),
      // Three digits: shares are for people.
      "limit_per_mille": .integer(Int((measurement.limitShare * 1000).rounded())),
      "waits_ps": .object(
        Dictionary(
          measurement.waits.filter { $0.time >= measurement.time / 100 }.map {
            ($0.key, Int($0.time))
          }, uniquingKeysWith: +
        ).mapValues { .integer($0) }),
    ]
    if let settings { object["settings"] = Self.json(settings) }
    if let engine = measurement.engine { object["engine"] = .string(engine.name) }
    if let schedule { object["schedule"] = .string(schedule) }
    if let cores { object["cores"] = .array(cores.map { .string($0) }) }
    if let reason { object["reason"] = .string(reason) }
    return .object(object)
  }
}

extension Baseline.Entry {
  /// Paths by what is before their last part, so that a line is short and changes alone.
  fileprivate static func json(_ settings: [String]) -> JSON {
    var groups: [String: [String]] = [:]
    for path in settings {
      let dot = path.lastIndex(of: ".")
      let name = dot.map { path[path.index(after: $0)...] } ?? path[...]
      groups[dot.map { String(path[..<$0]) } ?? sections, default: []].append(String(name))
    }
    return .object(groups.mapValues { .string($0.joined(separator: " ")) })
  }

  /// The paths of a file.
  fileprivate static func settings(_ groups: [String: String]) -> [String] {
    groups.flatMap { group, names in
      names.split(separator: " ").map { group == sections ? String($0) : "\(group).\($0)" }
    }.sorted()
  }

  /// What whole sections stand under.
  private static let sections = "sections"
}

/// The file's layout, for reading.
private struct FileForm: Decodable {
  struct EntryForm: Decodable {
    var subject: String
    var hardware: String
    var program: String
    var parameters: [String: String]
    var metrics: [String: Int]
    var busy: [String: Int64]
    var limit: String
    var share: Int
    var engine: String?
    var waits: [String: Int64]
    var reason: String?
    var schedule: String?
    var cores: [String]?
    var settings: [String: String]?

    enum CodingKeys: String, CodingKey {
      case subject, hardware, program, cores, parameters, metrics, limit, engine, reason, schedule
      case settings
      case waits = "waits_ps"
      case busy = "busy_ps"
      case share = "limit_per_mille"
    }

    var entry: Baseline.Entry {
      var measurement = Sweeps.Measurement()
      for quantity in Quantity.allCases { measurement[quantity] = metrics[quantity.rawValue] ?? 0 }
      measurement.dmaBusy = busy["dma"] ?? 0
      for (index, engine) in Engine.allCases.enumerated() {
        measurement.busy[index] = busy[engine.name] ?? 0
      }
      measurement.limit = limit
      measurement.limitShare = Double(share) / 1000
      measurement.engine = engine.flatMap { Engine(name: $0) }
      measurement.waits = waits.compactMap { Sweeps.Measurement.Wait(key: $0, time: $1) }
        .sorted { ($1.time, $0.key) < ($0.time, $1.key) }
      return Baseline.Entry(
        subject: subject, parameters: parameters, schedule: schedule, hardware: hardware,
        program: program, cores: cores,
        settings: settings.map(Baseline.Entry.settings), measurement: measurement,
        reason: reason)
    }
  }

  var schema: Int
  var hardware: [String: Baseline.Machine]
  var entries: [String: EntryForm]
}

extension Sweeps.Measurement.Wait {
  /// Who waited for what, as one text: `tensor for queue qSyncDynamicHW: dma_copy w`.
  fileprivate var key: String {
    "\(engine.name) for \(isQueue ? "queue " : "")\(producer): \(text)"
  }

  /// A wait from its text; `nil` if it is none.
  fileprivate init?(key: String, time: Int64) {
    guard let split = key.firstRange(of: " for "),
      let engine = Engine(name: String(key[..<split.lowerBound])),
      let colon = key.firstRange(of: ": ")
    else { return nil }
    let who = key[split.upperBound..<colon.lowerBound]
    let isQueue = who.hasPrefix("queue ")
    self.init(
      engine: engine, producer: String(isQueue ? who.dropFirst(6) : who), isQueue: isQueue,
      text: String(key[colon.upperBound...]), location: nil, time: time, count: 1)
  }
}
