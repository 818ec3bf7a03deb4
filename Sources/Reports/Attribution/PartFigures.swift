package import Timing

/// What a part of a program took: a line of its source, a scope, an operation.
package struct PartFigures: Hashable, Sendable {
  /// Device instructions.
  package var instructions = 0
  /// DMAs that they started.
  package var transfers = 0
  /// Payload of those DMAs.
  package var bytes = 0
  /// Bytes that they read from HBM.
  package var readBytes = 0
  /// Bytes that they wrote to HBM.
  package var writtenBytes = 0
  /// Time for which engines executed it.
  ///
  /// Of what an engine does at once each moment is the first one's, so that all parts add up to the engines' active times.
  package var active: Picoseconds = 0
  /// Sum of the durations of its instructions.
  package var duration: Picoseconds = 0
  /// What its instructions waited for at the heads of their queues.
  package var waits = Waits()
  /// Its time on the critical path by cause.
  package var causes: [Cause: Picoseconds] = [:]

  /// Its time on the critical path; of all parts together the simulated time.
  package var critical: Picoseconds { causes.values.reduce(0, +) }

  /// Time that its instructions waited; taking in an earlier instruction is work and does not count.
  package var waited: Picoseconds { waits.total - waits.engineBusy }

  /// Whether nothing of it was executed.
  package var isEmpty: Bool { instructions == 0 && causes.isEmpty }

  package init() {}

  package static func += (left: inout PartFigures, right: PartFigures) {
    left.instructions += right.instructions
    left.transfers += right.transfers
    left.bytes += right.bytes
    left.readBytes += right.readBytes
    left.writtenBytes += right.writtenBytes
    left.active += right.active
    left.duration += right.duration
    left.waits += right.waits
    left.causes.merge(right.causes, uniquingKeysWith: +)
  }
}

extension PartFigures {
  /// For machines; times are in seconds.
  ///
  /// - Parameter hasPath: Whether the critical path is known.
  func values(hasPath: Bool) -> [String: JSON] {
    var reasons: [String: JSON] = [:]
    for reason in StallReason.allCases where reason != .engineBusy && waits[reason] > 0 {
      reasons[reason.key] = seconds(waits[reason])
    }
    var values: [String: JSON] = [
      "instructions": .integer(instructions), "time": seconds(duration),
      "active_time": seconds(active), "waited": seconds(waited), "waits": .object(reasons),
      "dma_bytes": .integer(bytes), "hbm_read_bytes": .integer(readBytes),
      "hbm_write_bytes": .integer(writtenBytes), "dma_count": .integer(transfers),
    ]
    if hasPath {
      values["critical_time"] = seconds(critical)
      values["critical_causes"] = .object(
        Dictionary(causes.map { ($0.key.key, seconds($0.value)) }, uniquingKeysWith: { $1 }))
    }
    return values
  }
}
