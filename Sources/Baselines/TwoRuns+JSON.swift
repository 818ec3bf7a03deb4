import Device
package import Reports
import Sweeps
import Timing

extension TwoRuns {
  /// Version of the JSON form; it grows when a key changes its meaning or goes.
  package static let schemaVersion = 1

  /// The differences for programs: both sides' numbers, what weighs most first, and the instructions that differ.
  package var json: JSON {
    func side(_ side: Side) -> JSON {
      var entries = side.measurement.entries
      for (name, time) in TwoRuns.busyTimes(side.measurement) {
        entries[name] = .integer(Int(time))
      }
      return JSON.object(entries).adding("name", .string(side.name))
    }
    let difference = Difference(from: sides.0.measurement, to: sides.1.measurement)
    return .object([
      "schema": .integer(TwoRuns.schemaVersion),
      "before": side(sides.0), "after": side(sides.1),
      "time_change_ps": .integer(Int(difference.time)),
      "reasons": .array(
        difference.reasons.map {
          .object(["time_ps": .integer(Int($0.time)), "text": .string($0.text)])
        }),
      "instructions": instructions?.summary.map(JSON.string) ?? .null,
    ])
  }
}
