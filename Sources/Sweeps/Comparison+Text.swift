import Device
import Diagnostics
package import Reports
import Timing

// matmul (m=1024 …) on trn2: 18 variants of tile_m × tile_n × buffers, 12 ran, 6 do not fit
//
//   rank  tile_m  tile_n  buffers      µs  × best       bound by             SBUF KiB  PSUM KiB …
//      1     128     512        2  38.964    1.00  tie  nothing alone  71 %      34.0       8.0  pareto
// …
// best: tile_m=128 tile_n=512 buffers=2
//   not bound by one resource: Tensor alone would take 71 % of the time; …
// worst: …

extension Comparison {
  /// The ranking and its reasons for people.
  ///
  /// - Parameters:
  ///   - limit: Rows of the table; the rest is counted.
  ///   - map: Times on two axes, if there are.
  package func blocks(limit: Int = 20, map: HeatMap?) -> [Block] {
    let ranked = ranked
    var blocks: [Block] = [.heading(Phrase(heading(ranked.count)))]
    if !ranked.isEmpty {
      blocks.append(.table(table(ranked, limit: limit)))
      if ranked.count > 1 { blocks += tieBlocks(ranked) }
      blocks += explanation(ranked)
      blocks += paretoBlocks(ranked)
    }
    if !refusals.isEmpty { blocks += refusalBlocks }
    if let map, ranked.count > 1 { blocks += map.blocks }
    return blocks
  }

  /// The same on a page.
  package func text(limit: Int = 20, map: HeatMap?, on page: Page = Page()) -> String {
    blocks(limit: limit, map: map).text(on: page)
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
    return text
  }

  private func table(
    _ ranked: [(index: Int, measurement: Measurement)], limit: Int
  ) -> Table {
    let front = Set(Comparison.pareto(ranked).map(\.index))
    let best = ranked[0].measurement.time
    let checked = ranked.contains { $0.measurement.passed != nil }
    let ties = ties(ranked)
    let tied = ties > 1
    var table = Table(
      [Table.Column("rank", isKey: true)] + space.axes.map { Table.Column($0.name) }
        + [Table.Column("µs"), Table.Column("× best")]
        + (tied ? [Table.Column("", .text)] : [])
        + [
          Table.Column("bound by", .text), Table.Column(""), Table.Column("MFU %"),
          Table.Column("MBU %"), Table.Column("SBUF KiB"), Table.Column("PSUM KiB"),
          Table.Column("HBM bytes"), Table.Column("", .text),
        ] + (checked ? [Table.Column("check", .text)] : []))
    for (rank, row) in ranked.prefix(limit).enumerated() {
      let found = row.measurement
      let values = zip(space.axes, space.coordinates(row.index)).map { $0.values[$1] }
      let bytes = found[.hbmRead] + found[.hbmWrite]
      let key = "variants.\(row.index)"
      var cells: [Table.Cell] = [.text("\(rank + 1)")] + values.map { .text($0) }
      cells += [
        .figure(.picoseconds(found.time, "\(key).\(Quantity.time.rawValue)")),
        .figure(.number(Double(found.time) / Double(max(1, best)), 2)),
      ]
      if tied { cells.append(rank < ties ? "tie" : "") }
      cells += [
        .text(found.limitName), .figure(.share(found.limitShare, "\(key).limit_share")),
        .figure(
          Figure(fixed(found.mfu * 100, 1), .real(found.mfu), "\(key).mfu_estimated_percent")),
        .figure(
          Figure(fixed(found.mbu * 100, 1), .real(found.mbu), "\(key).mbu_estimated_percent")),
        .text(kibibytes(found[.sbufPeak])), .text(kibibytes(found[.psumPeak])),
        .figure(.count(bytes)), front.contains(row.index) ? "pareto" : "",
      ]
      if checked { cells.append(found.passed == false ? "\("FAILED", .bad)" : "passed") }
      table.rows.append(cells)
    }
    if ranked.count > limit {
      table.remainder = "and \(.count(ranked.count - limit)) more; --limit shows more, --csv all"
    }
    return table
  }

  /// Why the best is the best, and what is wrong with the worst.
  private func explanation(_ ranked: [(index: Int, measurement: Measurement)]) -> [Block] {
    let best = ranked[0]
    var blocks: [Block] = [.heading("best: \(label(best.index))")] + facts(best.measurement)
    guard ranked.count > 1, let worst = ranked.last else { return blocks }
    let factor = Double(worst.measurement.time) / Double(max(1, best.measurement.time))
    blocks.append(.heading("worst: \(label(worst.index)), \(.number(factor, 2)) times as long"))
    blocks += facts(worst.measurement)
    let difference = Difference(from: best.measurement, to: worst.measurement)
    if difference.time == 0 {
      blocks.append(.sentence("as fast as the best: what was varied does not matter here"))
    } else if !difference.reasons.isEmpty {
      blocks.append(.sentence("against the best:"))
      blocks.append(.list(difference.reasons.prefix(4).map { Phrase($0.text) }))
    }
    return blocks
  }

  private func facts(_ found: Measurement) -> [Block] {
    [
      .sentence(Phrase(found.sentence)),
      .sentence(
        "SBUF \(.bytes(found[.sbufPeak])), PSUM \(.bytes(found[.psumPeak])) per partition; \(.count(found[.transfers])) DMAs of \(.count(found[.descriptors])) descriptors; \(.count(found[.tensorInstructions])) Tensor instructions"
      ),
    ]
  }

  private func paretoBlocks(_ ranked: [(index: Int, measurement: Measurement)]) -> [Block] {
    let front = Comparison.pareto(ranked)
    var table = Table(
      [Table.Column("µs", isKey: true), Table.Column("SBUF KiB"), Table.Column("variant", .text)],
      front.prefix(12).map { row in
        [
          .figure(
            .picoseconds(
              row.measurement.time, "variants.\(row.index).\(Quantity.time.rawValue)")),
          .text(kibibytes(row.measurement[.sbufPeak])), .text(label(row.index)),
        ]
      })
    if front.count > 12 { table.remainder = "and \(.count(front.count - 12)) more" }
    return [.heading("time against SBUF: nothing is faster with as little"), .table(table)]
  }

  private var refusalBlocks: [Block] {
    var items = refusals.prefix(8).map { refusal -> Phrase in
      let example = label(refusal.example)
      return "\(refusal.reason) (\(.count(refusal.count, "variant")), such as \(example))"
    }
    if refusals.count > 8 { items.append("and \(.count(refusals.count - 8)) more reasons") }
    return [.heading("does not run"), .list(items)]
  }

  private func kibibytes(_ count: Int) -> String { fixed(Double(count) / 1024, 1) }
}
