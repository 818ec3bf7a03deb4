import Machine
import Timing

/// What pages draw beside the tables of sections.
extension RooflineSection {
  var pageBlocks: [Block] {
    let reached = summary.achievedTFLOPS
    guard let intensity, intensity > 0, reached > 0 else { return blocks }
    let most = ceilings.compactMap(\.compute).max() ?? reached
    // From well below where memory limits to well above it.
    let from = min(intensity, ridge) / 20
    let to = max(intensity, ridge) * 20
    let lines = ceilings.enumerated().map { number, ceiling -> Chart.Series in
      let end = ceiling.bandwidth.map { min(to, most / $0 * 1000) } ?? to
      let begin =
        ceiling.compute.map { compute in
          max(from, compute / (ceilings.compactMap(\.bandwidth).max() ?? 1) * 1000)
        } ?? from
      let name =
        ceiling.bandwidth.map { "\(ceiling.name), \(fixed($0, 0)) GB/s" }
        ?? "\(ceiling.name), \(fixed(ceiling.compute ?? 0, 1)) TFLOPS"
      return Chart.Series(
        name, .line, tint: [0, 1, 2, 3, 4, 6, 7][number % 7],
        [begin, max(begin, end)].map { Chart.Point($0, ceiling.height(at: $0)) })
    }
    let text = "this kernel: \(fixed(intensity, 1)) FLOP per byte, \(fixed(reached, 2)) TFLOPS"
    let own = Chart.Series(
      "this kernel", .points, tint: 5, [Chart.Point(intensity, reached, title: text)])
    return blocks + [
      .chart(
        Chart(
          "TFLOPS over FLOP per byte of HBM, under what the machine reaches at most",
          .plot(
            x: Chart.Axis("FLOP per byte of HBM", .logarithmic),
            y: Chart.Axis("TFLOPS", .logarithmic), lines + [own])))
    ]
  }
}

extension DMASizesSection {
  var pageBlocks: [Block] {
    let least = sizes.map(\.least) + curve.map(\.bytes)
    guard let low = least.min(), let high = least.max(), low > 0 else { return blocks }
    func place(_ bytes: Int) -> Double {
      Double(bytes.trailingZeroBitCount - low.trailingZeroBitCount)
    }
    let names = (low.trailingZeroBitCount...high.trailingZeroBitCount).map { bytes(1 << $0) }
    let all = Double(max(1, sizes.reduce(0) { $0 + $1.bytes }))
    func line(_ name: String, _ tint: Int, _ share: (Point) -> Double) -> Chart.Series {
      Chart.Series(
        name, .line, tint: tint,
        curve.map { Chart.Point(place($0.bytes), 100 * share($0)) })
    }
    let bars = sizes.map { size in
      Chart.Point(
        place(size.least), 100 * Double(size.bytes) / all,
        title:
          "\(grouped(size.descriptors)) descriptors from \(bytes(size.least)) on: \(bytes(size.bytes))"
      )
    }
    return blocks + [
      .chart(
        Chart(
          "The share of all bytes by the size of descriptors, and what a ring reaches of its bandwidth with contiguous ones",
          .plot(
            x: Chart.Axis("bytes of a descriptor, from", .names(names)), y: Chart.Axis("%"),
            [
              Chart.Series("share of the bytes", .bars, tint: 4, bars),
              line("efficiency of reads of HBM", 0, \.read),
              line("of writes", 5, \.write),
            ])))
    ]
  }
}

extension HoldersSection {
  var pageBlocks: [Block] {
    blocks + memories.filter { $0.moments.count > 1 }.map { .chart(HoldersSection.chart($0)) }
  }

  /// Who held a memory over time, one above the other.
  private static func chart(_ use: MemoryUse) -> Chart {
    let series = use.names.indices.map { number in
      Chart.Series(
        use.names[number], .area, tint: number,
        use.moments.map { moment in
          let below = moment.parts[..<number].reduce(0, +)
          return Chart.Point(
            Double(moment.time) / 1e6, Double(below + moment.parts[number]) / 1024,
            base: Double(below) / 1024)
        })
    }
    return Chart(
      "Who holds \(use.space.name.uppercased()): the fullest partition of each stretch of time",
      .plot(
        x: Chart.Axis("µs"),
        y: Chart.Axis("KiB of \(bytes(use.room)) of a partition"), series))
  }
}
