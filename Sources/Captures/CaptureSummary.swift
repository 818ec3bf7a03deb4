import Diagnostics
import FoundationEssentials
import Storage

/// A change of the PE clock that the device recorded (HAM event).
package struct MeasuredClockChange: Hashable, Sendable {
  /// When, in picoseconds after the first user instruction's begin.
  package var time: Int64
  /// Whether the clock was warm from then on.
  package var warm: Bool

  package init(time: Int64, warm: Bool) {
    self.time = time
    self.warm = warm
  }
}

/// What the summary beside a capture's tables says; nothing when there is none.
struct CaptureSummary {
  /// Changes of the PE clock.
  private(set) var clockChanges: [MeasuredClockChange] = []
  /// The run's total time, launch included, in picoseconds.
  private(set) var totalTime: Int64?

  /// `summaries.json` beside `traces/` tables, by capture.
  ///
  /// The fifth byte of an event's record is the number of eighths at which the clock runs from then on: 8
  /// warm, 4 cold.
  private struct Trace: Decodable {
    struct Event: Decodable {
      var record: String
      var time: Double
      init(from decoder: any Decoder) throws {
        var values = try decoder.unkeyedContainer()
        record = try values.decode(String.self)
        time = try values.decode(Double.self)
      }
    }
    enum CodingKeys: String, CodingKey {
      case events = "ham_events"
      case total = "total_time_us"
    }
    var events: [Event]?
    var total: Double?
  }

  /// The profiler's record of a change of the PE clock, which runs at `k` eighths from then on.
  struct ClockEvent: Decodable {
    var k: Int
    var timestamp: Double
  }

  /// `NAME.summary.json` beside the profiler's tables.
  private struct Profile: Decodable {
    var ham: [ClockEvent]?
  }

  init(besideTrace path: String, name: String, from origin: Int64) throws(DiagnosticError) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[..<$0]) } ?? "."
    let all: [String: Trace]? = try CaptureSummary.decode("\(directory)/summaries.json")
    guard let summary = all?[name] else { return }
    let file = "\(directory)/summaries.json"
    if let total = summary.total {
      totalTime = try CaptureSummary.picoseconds(total * 1000, "total_time_us", file)
    }
    for event in summary.events ?? [] {
      let eighths = Int(event.record.dropFirst(8).prefix(2), radix: 16)
      guard event.record.count == 16, let eighths else { continue }
      let time = try CaptureSummary.picoseconds(event.time, "ham_events", file)
      clockChanges.append(MeasuredClockChange(time: time - origin, warm: eighths == 8))
    }
  }

  init(besideProfile path: String, from origin: Int64) throws(DiagnosticError) {
    let stem = path.dropLast(CapturedTables.profileSuffix.count)
    let profile: Profile? = try CaptureSummary.decode("\(stem).summary.json")
    try self.init(profile?.ham ?? [], from: origin, of: "\(stem).summary.json")
  }

  /// Changes of the clock as the profiler records them.
  init(
    _ events: [ClockEvent], from origin: Int64, of file: String
  ) throws(DiagnosticError) {
    for event in events {
      let time = try CaptureSummary.picoseconds(event.timestamp, "ham", file)
      clockChanges.append(MeasuredClockChange(time: time - origin, warm: event.k == 8))
    }
  }

  private static func picoseconds(
    _ nanoseconds: Double, _ key: String, _ file: String
  ) throws(DiagnosticError) -> Int64 {
    // Events may be of another clock than the tables (trn1): what matters is that 64 bits hold them.
    guard abs(nanoseconds) < 1e15 else {
      throw DiagnosticError(
        "\(key): \(nanoseconds) ns is not a time of less than 10^15 ns",
        at: SourceLocation(file: file, line: 0),
        remedy: "put the summary back as it was exported, or take it away")
    }
    return Int64((nanoseconds * 1000).rounded())
  }

  private static func decode<Value: Decodable>(_ path: String) throws(DiagnosticError) -> Value? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes = try readFile(path)
    do {
      return try JSONDecoder().decode(Value.self, from: Data(bytes))
    } catch {
      throw DiagnosticError(
        "is not a capture's summary", at: SourceLocation(file: path, line: 0),
        remedy: "put the summary back as it was exported, or take it away")
    }
  }
}
