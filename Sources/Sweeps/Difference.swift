package import Device
package import Diagnostics
import Reports
package import Timing

// bound by DMA rings (96 %) instead of Tensor (71 %)
// Tensor executes 512 instructions instead of 128 and is busy for 60.2 instead of 30.4 µs
// Tensor waits 12.306 µs longer for queue qSyncDynamicHW (dma_copy lhs_tile at matmul.swift:197)

/// Why one run takes longer or shorter than another: what changed, what weighs most first.
package struct Difference: Hashable, Sendable {
  /// One thing that changed.
  package struct Reason: Hashable, Sendable {
    /// Time that it may explain; 0 for what has no time of its own.
    package var time: Picoseconds
    /// The engine, if it is about one.
    package var engine: Engine?
    /// A source place, if one is known.
    package var place: SourceLocation?
    /// In words.
    package var text: String
  }

  /// Time of the second run minus that of the first.
  package var time: Picoseconds
  /// What changed.
  package var reasons: [Reason] = []

  /// Compares two measurements; `to` is the one that is explained.
  package init(from: Measurement, to: Measurement) {
    time = to.time - from.time
    let sign: Picoseconds = time < 0 ? -1 : 1
    if from.limit != to.limit {
      reasons.append(
        Reason(
          time: abs(time), engine: to.engine,
          text: "bound by \(to.limitName) (\(percent(to.limitShare))) instead of "
            + "\(from.limitName) (\(percent(from.limitShare)))"))
    }
    var found = engineReasons(from, to) + waitReasons(from, to) + transferReasons(from, to)
    // What went the same way as the time, and weighs at least 1 % of it, explains it.
    found = found.filter { $0.time * sign > 0 && abs($0.time) >= abs(time) / 100 }
    found.sort { (abs($1.time), $0.text) < (abs($0.time), $1.text) }
    reasons += found
  }

  private func engineReasons(_ from: Measurement, _ to: Measurement) -> [Reason] {
    Engine.allCases.enumerated().compactMap { index, engine in
      let (before, after) = (
        from[.instructions(of: engine)], to[.instructions(of: engine)]
      )
      let delta = to.busy[index] - from.busy[index]
      guard delta != 0 else { return nil }
      let busy =
        "is busy for \(microseconds(to.busy[index])) instead of "
        + "\(microseconds(from.busy[index])) µs"
      let text =
        before == after
        ? "\(engine.displayName) \(busy) with the same \(grouped(after)) instructions"
        : "\(engine.displayName) executes \(grouped(after)) instructions instead of "
          + "\(grouped(before)) and \(busy)"
      return Reason(time: delta, engine: engine, text: text)
    }
  }

  private func waitReasons(_ from: Measurement, _ to: Measurement) -> [Reason] {
    struct Key: Hashable {
      var engine: Engine
      var producer: String
      var text: String
    }
    func sums(_ measurement: Measurement) -> [Key: Measurement.Wait] {
      var found: [Key: Measurement.Wait] = [:]
      for wait in measurement.waits {
        let key = Key(
          engine: wait.engine, producer: wait.producer, text: Difference.family(wait.text))
        guard var known = found[key] else {
          found[key] = wait
          continue
        }
        known.time += wait.time
        known.count += wait.count
        found[key] = known
      }
      return found
    }
    let (before, after) = (sums(from), sums(to))
    // The other engines wait for these two.
    let matter = [from.engine, to.engine]
    return Set(before.keys).union(after.keys).filter { matter.contains($0.engine) }.compactMap {
      key in
      let delta = (after[key]?.time ?? 0) - (before[key]?.time ?? 0)
      guard delta != 0, let wait = after[key] ?? before[key] else { return nil }
      var what = "\(wait.isQueue ? "queue " : "")\(key.producer) (\(key.text)"
      if let location = wait.location { what += " at \(location)" }
      let text =
        "\(key.engine.displayName) waits \(microseconds(abs(delta))) µs "
        + "\(delta > 0 ? "longer" : "less") for \(what))"
      return Reason(
        time: delta, engine: key.engine, place: wait.location, text: text)
    }
  }

  private func transferReasons(_ from: Measurement, _ to: Measurement) -> [Reason] {
    let delta = to.dmaBusy - from.dmaBusy
    guard delta != 0 else { return [] }
    var changes: [String] = []
    let bytes = (
      from[.hbmRead] + from[.hbmWrite], to[.hbmRead] + to[.hbmWrite]
    )
    if bytes.0 != bytes.1 {
      changes.append("\(grouped(bytes.1)) HBM bytes instead of \(grouped(bytes.0))")
    }
    if from[.descriptors] != to[.descriptors] {
      changes.append(
        "\(grouped(to[.descriptors])) descriptors instead of \(grouped(from[.descriptors]))")
    }
    let busy = "\(microseconds(to.dmaBusy)) instead of \(microseconds(from.dmaBusy)) µs"
    let text =
      changes.isEmpty
      ? "DMAs move the same bytes in \(busy)"
      : "DMAs move \(changes.joined(separator: ", ")), in \(busy)"
    return [Reason(time: delta, text: text)]
  }

  /// A tile of a pool by the pool's name: `w.3` → `w`.
  static func family(_ text: String) -> String {
    guard let dot = text.lastIndex(of: "."), dot != text.startIndex,
      text[text.index(after: dot)...].allSatisfy(\.isNumber)
    else { return text }
    return String(text[..<dot])
  }
}
