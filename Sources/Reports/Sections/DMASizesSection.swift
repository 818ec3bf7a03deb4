import Device
import Hardware
import Simulation
import Timing

//   the DMA rings move 61 % of what they could at most while they are busy; contiguous descriptors of these sizes 64 %
//
//   bytes each    descriptors    bytes  rings µs  share  efficiency  if contiguous
//   512 to 1,023        4,096  2.0 MiB   136.000   50 %        61 %           64 %

/// How large descriptors are, and how much of a ring's bandwidth they reach by that.
struct DMASizesSection: Section {
  static let name = "dma_sizes"
  static let title = "DMA sizes"
  static let isDetail = true

  /// Descriptors from one power of two up to the next.
  package struct Size: Hashable, Sendable {
    /// The power of two: the smallest of them.
    package var least: Int
    package var descriptors = 0
    package var bytes = 0
    /// What they take of all rings together.
    package var time: Picoseconds = 0
    /// What they would take if their bytes lay side by side.
    package var contiguousTime: Picoseconds = 0
  }

  /// What descriptors of one size reach whose bytes lie side by side in HBM, as shares of a ring's bandwidth.
  package struct Point: Hashable, Sendable {
    package var bytes: Int
    package var read: Double
    package var write: Double
  }

  /// By size, the smallest first.
  let sizes: [Size]
  /// By power of two up to the largest descriptor.
  let curve: [Point]
  /// Bytes per ps that a ring moves at most.
  private let ringRate: Double
  private let ringBandwidth: Double

  init?(_ subject: Subject) {
    let run = subject.core.run
    guard subject.core.timed != nil, let device = run.device else { return nil }
    let prices = WorkPrices(run.hardware)
    var found: [Int: Size] = [:]
    for transfer in device.transfers {
      let first = Int(transfer.firstRun)
      let runs = device.runs[first..<first + Int(transfer.runCount)]
      let hbmLoad = prices.hbmLoad(transfer, runs)
      for descriptors in runs {
        let count = Int(descriptors.count)
        guard descriptors.bytes > 0, count > 0 else { continue }
        let least = 1 << (Int.bitWidth - 1 - Int(descriptors.bytes).leadingZeroBitCount)
        var size = found[least] ?? Size(least: least)
        size.descriptors += count
        size.bytes += count * Int(descriptors.bytes)
        size.time += Int64(count) * prices.descriptor(descriptors, hbmLoad: hbmLoad)
        var side = descriptors
        side.kind = .contiguous
        side.pieces = 1
        side.writtenPieces = 1
        size.contiguousTime += Int64(count) * prices.descriptor(side, hbmLoad: hbmLoad)
        found[least] = size
      }
    }
    guard !found.isEmpty else { return nil }
    sizes = found.values.sorted { $0.least < $1.least }
    ringBandwidth = run.hardware.ringBandwidth
    ringRate = ringBandwidth / 1000
    curve = DMASizesSection.curve(run.hardware, prices)
  }

  /// What the machine's descriptors reach, by size.
  private static func curve(_ hardware: Hardware, _ prices: WorkPrices) -> [Point] {
    var points: [Point] = []
    var bytes = 4
    while bytes <= hardware.dma.maxDescriptorBytes {
      func share(_ writes: Bool) -> Double {
        let run = DescriptorRun(
          ring: 0, count: 1, bytes: bytes, elements: bytes, kind: .contiguous, writesHBM: writes)
        let time = Double(max(1, prices.descriptor(run, hbmLoad: 1)))
        return Double(bytes) / time / (hardware.ringBandwidth / 1000)
      }
      points.append(Point(bytes: bytes, read: share(false), write: share(true)))
      bytes *= 2
    }
    return points
  }

  private func efficiency(_ bytes: Int, _ time: Picoseconds) -> Double {
    time > 0 ? Double(bytes) / Double(time) / ringRate : 0
  }

  var blocks: [Block] {
    let bytes = sizes.reduce(0) { $0 + $1.bytes }
    let time = sizes.reduce(0) { $0 + $1.time }
    let contiguous = sizes.reduce(0) { $0 + $1.contiguousTime }
    let whole = Figure.share(efficiency(bytes, time), "dma_sizes.efficiency")
    var table = Table([
      Table.Column("bytes each", .text, isKey: true), Table.Column("descriptors"),
      Table.Column("bytes"), Table.Column("rings µs"), Table.Column("share"),
      Table.Column("efficiency"), Table.Column("if contiguous"), Table.Column("", .bar),
    ])
    for (index, size) in sizes.enumerated() {
      let key = "dma_sizes.sizes.\(index)"
      let share = Double(size.time) / Double(max(1, time))
      let reached = efficiency(size.bytes, size.time)
      table.rows.append([
        .text(
          size.least < 2
            ? "1" : "\(grouped(size.least)) to \(grouped(2 * size.least - 1))"),
        .figure(.count(size.descriptors, nil, "\(key).descriptors")),
        .figure(.bytes(size.bytes, "\(key).bytes")),
        .figure(.microseconds(size.time, "\(key).time")), .figure(.share(share)),
        .figure(.share(reached, "\(key).efficiency")),
        .figure(
          .share(efficiency(size.bytes, size.contiguousTime), "\(key).contiguous_efficiency")),
        .bar(share),
      ])
    }
    return [
      .sentence(
        "While they are busy, the DMA rings move \(whole) of what they could at most; if the bytes of each descriptor lay side by side, \(.share(efficiency(bytes, contiguous)))."
      ),
      .table(table),
    ]
  }

  var values: [String: JSON] {
    let bytes = sizes.reduce(0) { $0 + $1.bytes }
    let time = sizes.reduce(0) { $0 + $1.time }
    return [
      "dma_sizes": .object([
        "efficiency": .real(efficiency(bytes, time)),
        "ring_gigabytes_per_second": .real(ringBandwidth),
        "sizes": .array(
          sizes.map { size in
            .object([
              "least_bytes": .integer(size.least), "descriptors": .integer(size.descriptors),
              "bytes": .integer(size.bytes), "time": seconds(size.time),
              "efficiency": .real(efficiency(size.bytes, size.time)),
              "contiguous_efficiency": .real(efficiency(size.bytes, size.contiguousTime)),
            ])
          }),
        "curve": .array(
          curve.map { point in
            .object([
              "bytes": .integer(point.bytes), "read": .real(point.read),
              "write": .real(point.write),
            ])
          }),
      ])
    ]
  }
}
