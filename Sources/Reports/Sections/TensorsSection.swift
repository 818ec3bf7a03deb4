import Diagnostics
import Machine
import Simulation

//   tensor    memory       size      read  DMAs   written  DMAs  read again
//   rhs       HBM       2.0 MiB   8.0 MiB    64       0 B     0     6.0 MiB
//   lhs_tile  SBUF ×2   1.0 MiB       0 B     0   2.0 MiB     4

/// What DMAs moved out of and into each tensor.
struct TensorsSection: Section {
  static let name = "tensors"
  static let title = "Tensors"
  static let isDetail = true

  /// Tensors that people are shown.
  private static let shown = 24

  let traffic: TensorTraffic

  init?(_ subject: Subject) {
    guard subject.core.timed != nil, let device = subject.core.run.device else { return nil }
    traffic = TensorTraffic(subject.core.run.program, device)
    guard !traffic.uses.isEmpty else { return nil }
  }

  var blocks: [Block] {
    let ways = traffic.ways.enumerated().map { index, way -> Phrase in
      let key = "tensor_ways.\(index)"
      return
        "\(way.name) \(.bytes(way.bytes, "\(key).bytes")) in \(.count(way.count, "DMA", "\(key).count"))"
    }
    var table = Table([
      Table.Column("tensor", .text, isKey: true), Table.Column("memory", .text),
      Table.Column("size"), Table.Column("read"), Table.Column("DMAs"), Table.Column("written"),
      Table.Column("DMAs"), Table.Column("read again"), Table.Column("times"),
    ])
    for (index, use) in traffic.uses.prefix(TensorsSection.shown).enumerated() {
      let key = "tensors.\(index)"
      table.rows.append([
        .text(use.name), memory(use, key), .figure(.bytes(use.size, "\(key).bytes")),
        moved(.bytes(use.readBytes, "\(key).read_bytes"), use.reads),
        moved(.count(use.reads, nil, "\(key).reads"), use.reads),
        moved(.bytes(use.writtenBytes, "\(key).written_bytes"), use.writes),
        moved(.count(use.writes, nil, "\(key).writes"), use.writes),
        again(use, key), times(use),
      ])
    }
    let more = traffic.uses.count - TensorsSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more tensor"))" }
    return [.sentence("DMAs: \(ways.joined(separator: ", "))"), .table(table)]
  }

  private func memory(_ use: TensorTraffic.Use, _ key: String) -> Table.Cell {
    let name = use.space.name.uppercased()
    guard use.count > 1 else { return .text(name) }
    return "\(name) \(Figure("×\(grouped(use.count))", .integer(use.count), "\(key).count"))"
  }

  private func moved(_ figure: Figure, _ count: Int) -> Table.Cell {
    count > 0 ? .figure(figure) : ""
  }

  private func again(_ use: TensorTraffic.Use, _ key: String) -> Table.Cell {
    guard use.space == .hbm, use.reads > 0 else { return "" }
    guard let bytes = use.rereadBytes else { return "rows at run time" }
    return bytes > 0 ? .figure(.bytes(bytes, "\(key).reread_bytes")) : ""
  }

  private func times(_ use: TensorTraffic.Use) -> Table.Cell {
    guard let distinct = use.distinctBytes, distinct > 0, use.readBytes > distinct else {
      return ""
    }
    let times = Double(use.readBytes) / Double(distinct)
    return .figure(Figure("×\(fixed(times, 1))", .real(times)))
  }

  var values: [String: JSON] {
    [
      "tensors": .array(
        traffic.uses.map { use in
          .object([
            "name": .string(use.name), "memory": .string(use.space.name),
            "role": .string(String(describing: use.role)), "count": .integer(use.count),
            "bytes": .integer(use.size), "reads": .integer(use.reads),
            "read_bytes": .integer(use.readBytes),
            "distinct_read_bytes": use.distinctBytes.map { .integer($0) } ?? .null,
            "reread_bytes": use.rereadBytes.map { .integer($0) } ?? .null,
            "writes": .integer(use.writes), "written_bytes": .integer(use.writtenBytes),
            "location": use.location.map { .string($0.description) } ?? .null,
          ])
        }),
      "tensor_ways": .array(
        traffic.ways.map { way in
          .object([
            "way": .string(way.key), "count": .integer(way.count), "bytes": .integer(way.bytes),
          ])
        }),
    ]
  }
}
