import Device
import Simulation
import Timing

/// A quantity over time.
struct PageSeries {
  let name: String
  let unit: String
  /// How many of the values are one of the unit.
  let scale: Int
  /// From a time on, until the next.
  private(set) var values: [(time: Picoseconds, value: Int)] = []

  /// Points of a series at most: more than a screen has columns.
  private static let most = 8192
  /// Buckets of what is a rate.
  private static let buckets = 2048

  /// What a page draws of a core.
  static func all(_ core: CoreRun, _ device: DeviceProgram, _ timeline: Timeline) -> [PageSeries] {
    let changes = TraceSamples(core.program, device, timeline, detail: .full).changes
    return [
      PageSeries("SBUF", "B", changes.filter { $0.counter == .sbuf }),
      PageSeries("PSUM", "B", changes.filter { $0.counter == .psum }),
      PageSeries(hbmOf: device, timeline),
    ].filter { !$0.values.isEmpty }
  }

  private init(_ name: String, _ unit: String, _ changes: [TraceSamples.Change]) {
    var value = 0
    self.init(
      name, unit,
      changes.map { change in
        value += change.amount
        return (change.time, value)
      })
  }

  /// Values from their times on.
  ///
  /// - Parameters:
  ///   - scale: How many of the values are one of the unit.
  ///   - points: In the order of time.
  init(
    _ name: String, _ unit: String, scale: Int = 1, _ points: [(time: Picoseconds, value: Int)]
  ) {
    self.name = name
    self.unit = unit
    self.scale = scale
    // Where there are too many, the most of each stretch of time.
    let step = max(1, ((points.last?.time ?? 0) + 1) / Picoseconds(PageSeries.most))
    let isCrowded = points.count > PageSeries.most
    for point in points {
      if let last = values.last, isCrowded, point.time / step == last.time / step {
        values[values.count - 1].value = max(last.value, point.value)
      } else if let last = values.last, last.time == point.time {
        values[values.count - 1].value = point.value
      } else {
        values.append(point)
      }
    }
  }

  /// Bytes of HBM over time, from those that fall into each stretch of time.
  private init(hbmOf device: DeviceProgram, _ timeline: Timeline) {
    name = "HBM"
    unit = "GB/s"
    scale = 1000
    guard timeline.total > 0 else { return }
    let width = max(1, (timeline.total + Int64(PageSeries.buckets) - 1) / Int64(PageSeries.buckets))
    var sums = Array(repeating: 0.0, count: PageSeries.buckets)
    for (transfer, timing) in zip(device.transfers, timeline.transfers) {
      let bytes = Double(transfer.hbmReadBytes + transfer.hbmWriteBytes)
      let (begin, end) = (timing.firstRead, max(timing.lastRead, timing.firstRead + 1))
      guard bytes > 0 else { continue }
      for bucket in Int(begin / width)...Int((end - 1) / width) where bucket < sums.count {
        let from = max(begin, Int64(bucket) * width)
        let to = min(end, Int64(bucket + 1) * width)
        sums[bucket] += bytes * Double(to - from) / Double(end - begin)
      }
    }
    guard sums.contains(where: { $0 > 0 }) else { return }
    for (bucket, sum) in sums.enumerated() {
      let rate = Int((sum / Double(width) * 1e6).rounded())
      if values.last?.value != rate { values.append((Int64(bucket) * width, rate)) }
    }
  }

  var packed: PackedBytes {
    var packed = PackedBytes()
    var (time, value) = (Picoseconds(0), 0)
    for point in values {
      packed.append(point.time - time)
      packed.append(signed: point.value - value)
      (time, value) = (point.time, point.value)
    }
    return packed
  }
}
