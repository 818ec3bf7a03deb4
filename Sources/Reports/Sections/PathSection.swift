import Diagnostics
import Timing

//   critical path: descriptor generation 96 %, DMA rings 2 %, work 1 %, …
//
//        µs  share  times  spent by
//   153.600   96 %   ×256  Sync: dma_copy lhs_tile at matmul.py:31 (descriptor generation)
//   …
//
//   without slack: Tensor 3 of 256, half of the others 12.300 µs or more; …

/// What the whole time was spent on, and by how much everything else could be late.
struct PathSection: Section {
  static let name = "path"
  static let title = "Critical path"

  /// Causes and places that are shown.
  private static let shown = 6

  let path: CriticalPath

  init(_ path: CriticalPath) { self.path = path }

  init?(_ subject: Subject) {
    guard let path = subject.report?.path, path.total > 0 else { return nil }
    self.path = path
  }

  var blocks: [Block] {
    let causes = path.causes.prefix(PathSection.shown).map {
      "\($0.cause.displayName) \(share($0.time, "critical_path.causes.\($0.cause.key)"))" as Phrase
    }
    var table = Table([
      Table.Column("µs", isKey: true), Table.Column("share"), Table.Column("times"),
      Table.Column("spent by", .text),
    ])
    for (index, place) in path.places.prefix(PathSection.shown).enumerated() {
      let key = "critical_path.places.\(index)"
      var text = "\(place.owner): \(place.text)"
      if let location = place.location {
        text += " at \(location.file.split(separator: "/").last ?? ""):\(location.line)"
      }
      if let first = place.causes.first { text += " (\(first.cause.displayName))" }
      table.rows.append([
        .figure(.microseconds(place.time, "\(key).time")), .phrase(Phrase(share(place.time, nil))),
        .figure(Figure("×\(grouped(place.count))", .integer(place.count), "\(key).count")),
        .text(text),
      ])
    }
    let more = path.places.count - PathSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more place"))" }
    return [
      .sentence("critical path: \(causes.joined(separator: ", "))"), .table(table),
      .sentence("without slack: \(slacks.joined(separator: "; "))"),
    ]
  }

  private var slacks: [Phrase] {
    path.slack.enumerated().map { index, slack in
      let key = "critical_path.slack.\(index)"
      let head: Phrase =
        "\(slack.owner) \(.count(slack.critical, nil, "\(key).critical")) of \(.count(slack.count, nil, "\(key).count"))"
      guard slack.critical < slack.count else { return head }
      return head + ", half of the others \(.time(slack.median, "\(key).median")) or more"
    }
  }

  /// A share of the path; machines have the time under a key.
  private func share(_ time: Picoseconds, _ key: String?) -> Figure {
    let share = Double(time) / Double(path.total)
    return key == nil ? .share(share) : Figure(percent(share), seconds(time), key)
  }

  var values: [String: JSON] { ["critical_path": path.json] }
}
