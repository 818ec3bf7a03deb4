import Hardware
import Machine
import Programs
import Simulation
import Timing

//   SBUF is fullest at 12.300 µs: 34.0 KiB of 207.7 KiB (16 %) of partition 0
//
//   held by       tensors  bytes     share  from µs   to µs
//   rhs_tile            2  32.0 KiB   15 %    0.000  38.200

/// Which tensors held the memories on chip over time, and at their fullest.
struct HoldersSection: Section {
  static let name = "memory_by_tensor"
  static let title = "Memory by tensor"
  static let isDetail = true

  /// Tensors that people are shown of each memory.
  private static let shown = 12

  let memories: [MemoryUse]

  init?(_ subject: Subject) {
    let run = subject.core.run
    guard subject.core.timed != nil, let device = run.device, let timeline = run.timeline else {
      return nil
    }
    let lives = TensorLives(run.program, device, timeline)
    let rooms = [
      (MemorySpace.sbuf, run.hardware.sbuf.usableBytesPerPartition),
      (MemorySpace.psum, run.hardware.psum.bytesPerPartition),
    ]
    memories = rooms.compactMap { space, room in
      MemoryUse(space, room: room, run.program, lives, until: timeline.total)
    }
    guard !memories.isEmpty else { return nil }
  }

  var blocks: [Block] { memories.flatMap { blocks($0) } }

  private func blocks(_ use: MemoryUse) -> [Block] {
    let key = "memory_by_tensor.\(use.space.name)"
    func share(_ bytes: Int) -> Double { use.room > 0 ? Double(bytes) / Double(use.room) : 0 }
    var table = Table([
      Table.Column("held by", .text, isKey: true), Table.Column("tensors"), Table.Column("bytes"),
      Table.Column("share"), Table.Column("from µs"), Table.Column("to µs"),
      Table.Column("", .bar),
    ])
    for (index, holder) in use.holders.prefix(HoldersSection.shown).enumerated() {
      let key = "\(key).holders.\(index)"
      table.rows.append([
        .text(holder.name), .figure(.count(holder.count, nil, "\(key).count")),
        .figure(.bytes(holder.bytes, "\(key).bytes")), .figure(.share(share(holder.bytes))),
        .figure(.microseconds(holder.begin, "\(key).begin")),
        .figure(.microseconds(holder.end, "\(key).end")), .bar(share(holder.bytes)),
      ])
    }
    let more = use.holders.count - HoldersSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more name"))" }
    let most = Figure.bytes(use.peak, "\(key).peak_bytes")
    return [
      .sentence(
        "\(use.space.name.uppercased()) is fullest at \(.time(use.time, "\(key).time")): \(most) of \(.bytes(use.room, "\(key).room_bytes")) (\(.share(share(use.peak)))) of partition \(.count(use.partition, nil, "\(key).partition"))"
      ),
      .table(table),
    ]
  }

  var values: [String: JSON] {
    var object: [String: JSON] = [:]
    for use in memories {
      object[use.space.name] = .object([
        "peak_bytes": .integer(use.peak), "room_bytes": .integer(use.room),
        "time": seconds(use.time), "partition": .integer(use.partition),
        "holders": .array(
          use.holders.map { holder in
            .object([
              "name": .string(holder.name), "count": .integer(holder.count),
              "bytes": .integer(holder.bytes), "begin": seconds(holder.begin),
              "end": seconds(holder.end),
            ])
          }),
        "over_time": .object([
          "names": .array(use.names.map { .string($0) }),
          "times": .array(use.moments.map { seconds($0.time) }),
          "bytes": .array(use.moments.map { .integer($0.bytes) }),
          "parts": .array(
            use.moments.map { moment in .array(moment.parts.map { .integer($0) }) }),
        ]),
      ])
    }
    return ["memory_by_tensor": .object(object)]
  }
}
