import Diagnostics
import Storage
import Timing

extension TraceStatistics {
  /// What a file is, in a few lines.
  package var infoBlocks: [Block] {
    var facts: [Block.Fact] = []
    for (name, description) in titles {
      facts.append(Block.Fact("trace", "\(name, .strong)"))
      if !description.isEmpty { facts.append(Block.Fact("of", Phrase(description))) }
    }
    facts.append(
      Block.Fact("time", "\(Figure.time(begin)) to \(Figure.time(end))"))
    let form: Phrase = isCompressed ? "\(Figure.bytes(fileSize)) of zstd, " : ""
    let frames: Phrase =
      seekTable.map { ", \(counted($0.frames.count, "frame")) with a seek table" } ?? ""
    facts.append(
      Block.Fact("file", form + "\(Figure.bytes(contentSize)) of packets" + frames))
    facts.append(
      Block.Fact(
        "events",
        "\(Figure.count(slices, "slice")), \(Figure.count(samples, "sample")), \(Figure.count(arrows, "arrow"))"
      ))
    for groups in groupsInOrder {
      let names =
        rows.filter { $0.groups == groups }.map(\.name)
        + counters.filter { $0.groups == groups }.map(\.name)
      let title = groups.count > 1 ? "rows of \(groups[groups.count - 1])" : "rows"
      facts.append(Block.Fact(title, Phrase(names.joined(separator: ", "))))
    }
    return [.facts(facts)]
  }

  private var groupsInOrder: [[String]] {
    var found: [[String]] = []
    for groups in rows.map(\.groups) + counters.map(\.groups) where !found.contains(groups) {
      found.append(groups)
    }
    return found
  }

  /// Rows, counters and the operations that take most, as tables.
  ///
  /// - Parameter most: Operations of each row.
  package func tables(operations most: Int) -> [Block] {
    let length = max(1, end - begin)
    var blocks: [Block] = []
    for groups in groupsInOrder {
      let rows = rows.filter { $0.groups == groups }
      let counters = counters.filter { $0.groups == groups }
      if groupsInOrder.count > 1 { blocks.append(.heading(Phrase(groups.last ?? ""))) }
      if !rows.isEmpty { blocks.append(.table(table(of: rows, length))) }
      if most > 0 && !rows.isEmpty { blocks.append(.table(operations(of: rows, most))) }
      if !counters.isEmpty { blocks.append(.table(table(of: counters))) }
    }
    return blocks
  }

  private func table(of rows: [Row], _ length: Picoseconds) -> Table {
    Table(
      [
        Table.Column("row", .text, isKey: true), Table.Column("slices"), Table.Column("busy µs"),
        Table.Column("share"), Table.Column("█ busy", .bar),
      ],
      rows.map { row in
        let share = Double(row.busy) / Double(length)
        return [
          .text(row.name), .figure(.count(row.slices)), .figure(.microseconds(row.busy)),
          .figure(.share(share)), .bar(share),
        ]
      })
  }

  private func operations(of rows: [Row], _ most: Int) -> Table {
    var table = Table([
      Table.Column("row", .text, isKey: true), Table.Column("operation", .text, isKey: true),
      Table.Column("times"), Table.Column("µs in all"), Table.Column("µs each"),
    ])
    var left = 0
    for row in rows {
      for (index, operation) in row.operations.prefix(most).enumerated() {
        table.rows.append([
          .text(index == 0 ? row.name : ""), .text(operation.name),
          .figure(.count(operation.count)), .figure(.microseconds(operation.time)),
          .figure(.microseconds(operation.time / Picoseconds(max(1, operation.count)))),
        ])
      }
      left += max(0, row.operations.count - most)
    }
    if left > 0 { table.remainder = "and \(counted(left, "other operation"))" }
    return table
  }

  private func table(of counters: [Counter]) -> Table {
    Table(
      [
        Table.Column("counter", .text, isKey: true), Table.Column("unit", .text),
        Table.Column("samples"), Table.Column("mean"), Table.Column("most"),
      ],
      counters.map { counter in
        [
          .text(counter.name), .text(counter.unit), .figure(.count(counter.samples)),
          .figure(.number(counter.mean, 2)), .figure(.number(counter.largest, 2)),
        ]
      })
  }

  /// For machines; times are in seconds.
  package var json: JSON {
    func seconds(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e12) }
    func names(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }
    return .object([
      "title": .string(titles.first?.name ?? ""),
      "description": .string(titles.first?.description ?? ""),
      "begin": seconds(begin), "end": seconds(end),
      "file_size": .integer(fileSize), "content_size": .integer(contentSize),
      "packets": .integer(packets),
      "frames": seekTable.map { .integer($0.frames.count) } ?? .null,
      "slices": .integer(slices), "samples": .integer(samples), "arrows": .integer(arrows),
      "damage": damage.map { .string($0.message) } ?? .null,
      "rows": .array(
        rows.map { row in
          .object([
            "groups": names(row.groups), "name": .string(row.name), "slices": .integer(row.slices),
            "busy_time": seconds(row.busy),
            "operations": .array(
              row.operations.map {
                .object([
                  "name": .string($0.name), "count": .integer($0.count), "time": seconds($0.time),
                ])
              }),
          ])
        }),
      "counters": .array(
        counters.map { counter in
          .object([
            "groups": names(counter.groups), "name": .string(counter.name),
            "unit": .string(counter.unit), "samples": .integer(counter.samples),
            "mean": .real(counter.mean), "largest": .real(counter.largest),
          ])
        }),
    ])
  }
}
