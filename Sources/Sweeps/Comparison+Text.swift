import Device
import Diagnostics
import Reports
import Timing

// matmul (m=1024 …) on trn2: 18 variants of tile_m × tile_n × buffers, 12 ran, 6 do not fit
//
//   rank  tile_m  tile_n  buffers      µs  × best       bound by           SBUF KiB  PSUM KiB …
//      1     128     512        2  38.964    1.00  tie  nothing alone 71 %      34.0       8.0  pareto
// …
//   best  tile_m=128 tile_n=512 buffers=2
//     not bound by one resource: Tensor alone would take 71 % of the time; …
//   worst  …

extension Comparison {
  /// The ranking and its reasons for a person.
  ///
  /// - Parameters:
  ///   - limit: Rows of the table; the rest is counted.
  ///   - color: Whether to use ANSI escape sequences.
  package func text(limit: Int = 20, map: HeatMap?, color: Bool = false) -> String {
    let ranked = ranked
    var lines = [heading(ranked.count), ""]
    if !ranked.isEmpty {
      lines += table(ranked, limit: limit)
      if ranked.count > 1 { lines += tieLines(ranked) }
      lines += [""] + explanation(ranked)
      lines += [""] + paretoLines(ranked)
    }
    if !refusals.isEmpty { lines += [""] + refusalLines() }
    if let map, ranked.count > 1 { lines += ["", map.text(color: color)] }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One sentence: what was compared.
  package var heading: String { heading(outcomes.count { $0?.measurement != nil }) }

  private func heading(_ ran: Int) -> String {
    let fixed = ((space.base.inputs ?? []) + space.base.parameters).map(\.text)
      .joined(separator: ", ")
    let changes =
      (space.base.overrides.map(\.text) + space.base.scales.map { "\($0.name) × \($0.value)" })
      .joined(separator: ", ")
    let varied = space.axes.flatMap(\.parts).map(\.target)
    let done = outcomes.count { $0 != nil }
    var text = ""
    if !varied.contains(.subject) { text += space.base.subject }
    if !fixed.isEmpty { text += " (\(fixed))" }
    if !varied.contains(.hardware) {
      text += " on \(space.base.hardware)"
    }
    if !changes.isEmpty { text += " with \(changes)" }
    text += ": \(grouped(space.count)) variants"
    if !space.axes.isEmpty { text += " of \(space.axes.map(\.name).joined(separator: " × "))" }
    text += ", \(grouped(ran)) ran"
    if done > ran { text += ", \(grouped(done - ran)) do not" }
    if done < space.count { text += "; interrupted after \(grouped(done))" }
    return printable(text)
  }

  private func table(
    _ ranked: [(index: Int, measurement: Measurement)], limit: Int
  ) -> [String] {
    let front = Set(Comparison.pareto(ranked).map(\.index))
    let best = ranked[0].measurement.time
    let checked = ranked.contains { $0.measurement.passed != nil }
    let ties = ties(ranked)
    let tied = ties > 1
    var cells = [
      ["rank"] + space.axes.map(\.name) + [
        "µs", "× best",
      ] + (tied ? [""] : []) + [
        "bound by", "", "MFU %", "MBU %", "SBUF KiB", "PSUM KiB", "HBM bytes", "",
      ] + (checked ? ["check"] : [])
    ]
    for (rank, row) in ranked.prefix(limit).enumerated() {
      let found = row.measurement
      let values = zip(space.axes, space.coordinates(row.index)).map { $0.values[$1] }
      cells.append(
        ["\(rank + 1)"] + values + [
          microseconds(found.time), fixed(Double(found.time) / Double(max(1, best)), 2),
        ] + (tied ? [rank < ties ? "tie" : ""] : []) + [
          found.limitName, percent(found.limitShare), fixed(found.mfu * 100, 1),
          fixed(found.mbu * 100, 1), kibibytes(found[.sbufPeak]), kibibytes(found[.psumPeak]),
          grouped(found[.hbmRead] + found[.hbmWrite]), front.contains(row.index) ? "pareto" : "",
        ] + (checked ? [found.passed == false ? "FAILED" : "passed"] : []))
    }
    let leftAligned = Set(["bound by", "check"])
    var lines = aligned(cells, leftAligned: leftAligned).map { "  " + $0 }
    if ranked.count > limit {
      lines.append("  and \(grouped(ranked.count - limit)) more; --limit shows more, --csv all")
    }
    return lines
  }

  /// Why the best is the best, and what is wrong with the worst.
  private func explanation(_ ranked: [(index: Int, measurement: Measurement)]) -> [String] {
    let best = ranked[0]
    var lines = ["  best   \(printable(label(best.index)))"]
    lines += facts(best.measurement)
    guard ranked.count > 1, let worst = ranked.last else { return lines }
    let factor = Double(worst.measurement.time) / Double(max(1, best.measurement.time))
    lines.append(
      "  worst  \(printable(label(worst.index))): \(fixed(factor, 2)) times as long")
    lines += facts(worst.measurement)
    let difference = Difference(from: best.measurement, to: worst.measurement)
    if difference.time == 0 {
      lines.append("    as fast as the best: what was varied does not matter here")
    } else if !difference.reasons.isEmpty {
      lines.append("    against the best:")
      for reason in difference.reasons.prefix(4) {
        lines += folded(printable(reason.text), first: "    - ", next: "      ")
      }
    }
    return lines
  }

  private func facts(_ found: Measurement) -> [String] {
    folded(printable(found.sentence), first: "    ", next: "    ") + [
      "    SBUF \(bytes(found[.sbufPeak])), PSUM \(bytes(found[.psumPeak])) per partition; "
        + "\(grouped(found[.transfers])) DMAs of \(grouped(found[.descriptors])) descriptors; "
        + "\(grouped(found[.tensorInstructions])) Tensor instructions"
    ]
  }

  private func paretoLines(_ ranked: [(index: Int, measurement: Measurement)]) -> [String] {
    let front = Comparison.pareto(ranked)
    var lines = ["  time against SBUF: nothing is faster with as little"]
    for row in front.prefix(12) {
      lines.append(
        "  " + microseconds(row.measurement.time).right(12) + " µs"
          + kibibytes(row.measurement[.sbufPeak]).right(9) + " KiB  "
          + printable(label(row.index)))
    }
    if front.count > 12 { lines.append("  and \(front.count - 12) more") }
    return lines
  }

  private func refusalLines() -> [String] {
    var lines = ["  does not run"]
    for refusal in refusals.prefix(8) {
      let count = refusal.count == 1 ? "1 variant" : "\(grouped(refusal.count)) variants"
      lines += folded(
        "\(printable(refusal.reason)) (\(count), such as \(printable(label(refusal.example))))",
        first: "  - ", next: "    ")
    }
    if refusals.count > 8 { lines.append("  and \(refusals.count - 8) more reasons") }
    return lines
  }

  private func kibibytes(_ count: Int) -> String { fixed(Double(count) / 1024, 1) }
}

/// A text in lines of at most 96 columns.
package func folded(_ text: String, first: String, next: String, width: Int = 96) -> [String] {
  var lines: [String] = []
  var line = first
  var isEmpty = true
  for word in text.split(separator: " ") {
    if !isEmpty && line.count + 1 + word.count > width {
      lines.append(line)
      line = next
      isEmpty = true
    }
    line += (isEmpty ? "" : " ") + word
    isEmpty = false
  }
  return lines + [line]
}
