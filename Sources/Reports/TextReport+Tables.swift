import Device
import Diagnostics
import Simulation
import Timing

//   engine        busy µs   share   instructions   largest wait
//   Tensor         30.369    78 %            256   dma 5.871 µs (15 %)
//   …
//   if only … limited    µs   of simulated
//   Tensor              27.790    71 %  █████████████████████████████░░░░░░░░░░░
//   …
//   Tensor waited 5.955 µs (15 %): dma 5.871, dispatch 0.083
//        5.871 µs   15 %       ×2  qSyncDynamicHW: dma_copy lhs_tile.0 at matmul.swift:197

extension CoreReport {
  func engineTable(_ timed: Timed, _ ink: Ink) -> [String] {
    var lines = [ink.faint("  engine        busy µs   share   instructions   largest wait")]
    for engine in [Engine.tensor, .vector, .scalar, .gpsimd, .sync] {
      let use = timed.summary[engine]
      guard use.instructionCount > 0 else { continue }
      let stalls = timed.stalls[engine]
      var wait = "none"
      if let reason = stalls.largest {
        let time = stalls[reason]
        wait =
          "\(reason.displayName) \(microseconds(time)) µs (\(percent(timed.summary.share(time))))"
      }
      lines.append(
        "  " + engine.displayName.left(10) + microseconds(use.activeTime).right(11)
          + percent(timed.summary.share(use.activeTime)).right(8)
          + grouped(use.instructionCount).right(15) + "   " + wait)
    }
    let transfers = timed.summary.transfers
    if transfers.count > 0 {
      lines.append(
        "  " + "DMA".left(10) + microseconds(transfers.activeTime).right(11)
          + percent(timed.summary.share(transfers.activeTime)).right(8)
          + grouped(transfers.count).right(15) + "   "
          + "busiest ring \(microseconds(timed.summary.busiestRing)) µs "
          + "(\(percent(timed.summary.share(timed.summary.busiestRing))))")
    }
    return lines
  }

  func boundTable(_ timed: Timed, _ ink: Ink) -> [String] {
    var rows: [(name: String, time: Picoseconds)] = []
    let bounds = timed.bounds
    for resource in Resource.allCases where bounds[resource] > 0 {
      // Few starts limit nothing.
      if resource.isStart && timed.summary.share(bounds[resource]) < 0.1 { continue }
      rows.append((resource.displayName, bounds[resource]))
    }
    if bounds.dependencyChain > 0 { rows.append(("dependency chain", bounds.dependencyChain)) }
    rows.sort { ($1.time, $0.name) < ($0.time, $1.name) }
    rows.append(("simulated", timed.summary.total))
    var lines = [ink.faint("  if only … limited    µs   of simulated")]
    for row in rows {
      let share = timed.summary.share(row.time)
      let filled = max(0, min(40, Int((share * 40).rounded())))
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: 40 - filled)
      lines.append(
        "  " + row.name.left(16) + microseconds(row.time).right(10) + percent(share).right(8)
          + "  " + bar)
    }
    return lines
  }

  /// Where the engine of the verdict waited, and for whom.
  func waitTable(_ timed: Timed, _ ink: Ink) -> [String] {
    guard let engine = timed.bottleneck.engine else { return [] }
    let stalls = timed.stalls[engine]
    guard stalls.waited > 0 else { return [] }
    let reasons = StallReason.allCases.filter { $0 != .engineBusy && stalls[$0] > 0 }
      .sorted { (stalls[$1], $0.rawValue) < (stalls[$0], $1.rawValue) }
      .map { "\($0.displayName) \(microseconds(stalls[$0]))" }
    var lines = [
      "",
      "  \(engine.displayName) waited \(microseconds(stalls.waited)) µs "
        + "(\(percent(timed.summary.share(stalls.waited)))): \(reasons.joined(separator: ", "))",
    ]
    for wait in stalls.producers.prefix(5) {
      var text = "\(wait.producerName): \(printable(wait.text))"
      if let location = wait.location {
        // The directory is in the sentence above and in the JSON report.
        let file = printable(String(location.file.split(separator: "/").last ?? ""))
        text += " at \(file):\(location.line)"
      }
      let share = percent(timed.summary.share(wait.time))
      lines.append(
        ("  " + microseconds(wait.time).right(10) + " µs" + share.right(7)
          + "×\(grouped(wait.count))".right(9) + "  " + text).clipped(100))
    }
    if stalls.producers.count > 5 {
      lines.append(ink.faint("  and \(counted(stalls.producers.count - 5, "more place"))"))
    }
    return lines
  }
}
