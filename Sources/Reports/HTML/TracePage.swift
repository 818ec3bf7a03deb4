import Diagnostics
import Timing

/// A trace as a page: its rows, and what it tells of them.
package enum TracePage {
  /// The page's bytes.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be read or is no trace.
  package static func make(of path: String) throws -> [UInt8] {
    var reader = TraceReader(path)
    var sums = TraceSums()
    var rows = TracePageRows()
    let ending = try reader.read { reader, event in
      sums.add(event, reader)
      rows.add(event, reader)
    }
    let found = try TraceStatistics(sums, reader, ending)
    rows.finish()
    let timeline = PageTimeline.json(from: found.begin, total: max(1, found.end)) { hasPieces in
      rows.cores(reader, hasPieces: hasPieces)
    }
    let title = found.titles.first?.name ?? path
    return HTMLDocument(
      title: title, head: head(title, found, isLean: !rows.hasOperands),
      parts: [
        HTMLDocument.timelinePart(),
        HTMLDocument.Part("rows", "Rows", found.tables(operations: operations)),
        HTMLDocument.Part("file", "File", found.infoBlocks),
      ],
      json: found.json, timeline: timeline
    ).bytes
  }

  /// Operations of each row that the tables have.
  private static let operations = 10

  private static func head(_ title: String, _ found: TraceStatistics, isLean: Bool) -> [Block] {
    var blocks: [Block] = [.heading(Phrase(title))]
    if let description = found.titles.first?.description, !description.isEmpty {
      blocks.append(.sentence(Phrase(description)))
    }
    blocks.append(
      .sentence(
        """
        This is a trace: times, counters and arrows. What the time was spent on and why (verdict, causes, critical path, bounds, \
        roofline, memory by tensor, source) it does not hold: the page of the run does (trnsim run --html).
        """))
    if isLean {
      blocks.append(
        .sentence(
          "It is lean: operands, source lines and waits are in a trace with --trace-detail full."))
    }
    if let damage = found.damage {
      blocks.append(
        .sentence(
          Phrase("\(damage.message); what is before \(microseconds(found.end)) µs is here.", .bad)))
    }
    return blocks
  }
}
