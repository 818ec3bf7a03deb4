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
      Block.Fact("time", "\(Figure.time(begin, "begin")) to \(Figure.time(end, "end"))"))
    let form: Phrase = isCompressed ? "\(Figure.bytes(fileSize, "file_size")) of zstd, " : ""
    let frames: Phrase =
      seekTable.map { ", \(counted($0.frames.count, "frame")) with a seek table" } ?? ""
    facts.append(
      Block.Fact("file", form + "\(Figure.bytes(contentSize, "content_size")) of packets" + frames))
    facts.append(
      Block.Fact(
        "events",
        "\(Figure.count(slices, "slice", "slices")), \(Figure.count(samples, "sample", "samples")), \(Figure.count(arrows, "arrow", "arrows"))"
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
      let rows = rows.indices.filter { self.rows[$0].groups == groups }
      let counters = counters.indices.filter { self.counters[$0].groups == groups }
      if groupsInOrder.count > 1 { blocks.append(.heading(Phrase(groups.last ?? ""))) }
      if !rows.isEmpty { blocks.append(.table(table(of: rows, length))) }
      if most > 0 && !rows.isEmpty { blocks.append(.table(operations(of: rows, most))) }
      if !counters.isEmpty { blocks.append(.table(counterTable(of: counters))) }
    }
    return blocks
  }

  private func table(of numbers: [Int], _ length: Picoseconds) -> Table {
    Table(
      [
        Table.Column("row", .text, isKey: true), Table.Column("slices"), Table.Column("busy µs"),
        Table.Column("share"), Table.Column("█ busy", .bar),
      ],
      numbers.map { number in
        let row = rows[number]
        let share = Double(row.busy) / Double(length)
        return [
          .text(row.name), .figure(.count(row.slices, nil, "rows.\(number).slices")),
          .figure(.microseconds(row.busy, "rows.\(number).busy_time")),
          .figure(.share(share)), .bar(share),
        ]
      })
  }

  private func operations(of numbers: [Int], _ most: Int) -> Table {
    var table = Table([
      Table.Column("row", .text, isKey: true), Table.Column("operation", .text, isKey: true),
      Table.Column("times"), Table.Column("µs in all"), Table.Column("µs each"),
    ])
    var left = 0
    for number in numbers {
      let row = rows[number]
      for (index, operation) in row.operations.prefix(most).enumerated() {
        let key = "rows.\(number).operations.\(index)"
        table.rows.append([
          .text(index == 0 ? row.name : ""), .text(operation.name),
          .figure(.count(operation.count, nil, "\(key).count")),
          .figure(.microseconds(operation.time, "\(key).time")),
          .figure(.microseconds(operation.time / Picoseconds(max(1, operation.count)))),
        ])
      }
      left += max(0, row.operations.count - most)
    }
    if left > 0 { table.remainder = "and \(counted(left, "other operation"))" }
    return table
  }

  private func counterTable(of numbers: [Int]) -> Table {
    Table(
      [
        Table.Column("counter", .text, isKey: true), Table.Column("unit", .text),
        Table.Column("samples"), Table.Column("mean"), Table.Column("most"),
      ],
      numbers.map { number in
        let counter = counters[number]
        let key = "counters.\(number)"
        return [
          .text(counter.name), .text(counter.unit),
          .figure(.count(counter.samples, nil, "\(key).samples")),
          .figure(.number(counter.mean, 2, "", "\(key).mean")),
          .figure(.number(counter.largest, 2, "", "\(key).largest")),
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
