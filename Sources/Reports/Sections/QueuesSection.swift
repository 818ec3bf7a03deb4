import Device
import Simulation
import Timing

//   queue             transfers  descriptors    bytes  busy µs  share  mean bytes  mean µs
//   qSyncDynamicHW            8        2,048  2.0 MiB   12.134   29 %   256.0 KiB    4.221

/// What each DMA queue moved.
struct QueuesSection: Section {
  static let name = "queues"
  static let title = "DMA queues"
  static let isDetail = true

  /// Transfers of one queue.
  struct Use {
    var name: String
    var count = 0
    var descriptors = 0
    var bytes = 0
    /// From the trigger to the completion of each, in all.
    var latency: Picoseconds = 0
    /// While at least one moved data.
    var busy: Picoseconds = 0
  }

  let uses: [Use]
  let summary: Summary

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed, let device = subject.core.run.device,
      let timeline = subject.core.run.timeline, !device.transfers.isEmpty
    else { return nil }
    summary = timed.summary
    var found = device.queues.map { Use(name: $0) }
    var intervals: [[(Picoseconds, Picoseconds)]] = found.map { _ in [] }
    for (transfer, timing) in zip(device.transfers, timeline.transfers) {
      let queue = Int(transfer.queue)
      guard found.indices.contains(queue) else { continue }
      found[queue].count += 1
      found[queue].descriptors += Int(transfer.descriptors)
      found[queue].bytes += transfer.bytes
      found[queue].latency += timing.complete - timing.trigger
      intervals[queue].append((timing.firstRead, timing.lastRead))
    }
    for queue in found.indices { found[queue].busy = UnionTime.total(of: intervals[queue]) }
    uses = found.filter { $0.count > 0 }.sorted { ($1.busy, $0.name) < ($0.busy, $1.name) }
  }

  var blocks: [Block] {
    [
      .table(
        Table(
          [
            Table.Column("queue", .text, isKey: true), Table.Column("transfers"),
            Table.Column("descriptors"), Table.Column("bytes"), Table.Column("busy µs"),
            Table.Column("share"), Table.Column("bytes each"), Table.Column("µs each"),
          ],
          uses.enumerated().map { index, use in
            let key = "queues.\(index)"
            let each = use.latency / Picoseconds(use.count)
            return [
              .text(use.name), .figure(.count(use.count, nil, "\(key).transfers")),
              .figure(.count(use.descriptors, nil, "\(key).descriptors")),
              .figure(.bytes(use.bytes, "\(key).bytes")),
              .figure(.microseconds(use.busy, "\(key).busy_time")),
              .figure(.share(summary.share(use.busy))), .figure(.bytes(use.bytes / use.count)),
              .figure(.microseconds(each)),
            ]
          }))
    ]
  }

  var values: [String: JSON] {
    [
      "queues": .array(
        uses.map { use in
          .object([
            "name": .string(use.name), "transfers": .integer(use.count),
            "descriptors": .integer(use.descriptors), "bytes": .integer(use.bytes),
            "busy_time": seconds(use.busy), "latency": seconds(use.latency),
          ])
        })
    ]
  }
}
