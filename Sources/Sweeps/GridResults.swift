import Diagnostics
package import Reports
package import Timing

/// What of a grid or a search ran, for its charts.
package struct GridResults: Sendable {
  /// One variant that ran.
  package struct Point: Sendable {
    /// Where the JSON report has it, below `variants`; `nil` where it has not.
    package var place: Int?
    /// By axis: the number of its value.
    package var coordinates: [Int]
    /// Simulated time.
    package var time: Picoseconds
    /// Bytes of a partition of SBUF in use at most.
    package var sbuf: Int
  }

  /// What was varied, with more than one value.
  package let axes: [Axis]
  /// The fastest first.
  package let points: [Point]

  /// What charts show of results that are many.
  private static let shown = 1500
  /// Cells of a map's side at most.
  private static let mapSide = 40

  /// - Parameter points: Of all axes; those that do not vary are left out.
  init(_ axes: [Axis], _ points: [Point]) {
    let varied = axes.indices.filter { axes[$0].values.count > 1 }
    self.axes = varied.map { axes[$0] }
    self.points = points.map { point in
      var kept = point
      kept.coordinates = varied.map { point.coordinates[$0] }
      return kept
    }.sorted { ($0.time, $0.sbuf) < ($1.time, $1.sbuf) }
  }

  /// What a comparison found.
  package init(_ comparison: Comparison) {
    self.init(
      comparison.space.axes,
      comparison.outcomes.enumerated().compactMap { index, outcome in
        guard let found = outcome?.measurement else { return nil }
        return Point(
          place: index, coordinates: comparison.space.coordinates(index), time: found.time,
          sbuf: found[.sbufPeak])
      })
  }

  // MARK: - Charts

  /// Heat maps, the Pareto front, what each axis gives, and all at once.
  package var parts: [HTMLDocument.Part] {
    guard points.count > 1, !axes.isEmpty else { return [] }
    var parts: [HTMLDocument.Part] = []
    if !maps.isEmpty {
      parts.append(
        HTMLDocument.Part(
          "maps", "Heat maps", tiles: maps.map { Array($0.blocks.dropLast()) },
          maps[0].blocks.suffix(1)))
    }
    parts.append(HTMLDocument.Part("pareto", "Pareto front", [.chart(paretoChart)]))
    parts.append(
      HTMLDocument.Part(
        "axes", "One at a time", tiles: axes.indices.map { [.chart(lineChart($0))] }))
    parts.append(
      HTMLDocument.Part("parallel", "All at once", [.chart(parallelChart)]))
    return parts
  }

  /// A map of each two axes, or of the only one.
  private var maps: [HeatMap] {
    let fit = axes.indices.filter { axes[$0].values.count <= GridResults.mapSide }
    if axes.count == 1 {
      return fit.isEmpty ? [] : [HeatMap(axes, points, row: nil, column: 0)]
    }
    let pairs = fit.flatMap { row in fit.filter { $0 > row }.map { (row, $0) } }
    return pairs.prefix(6).map { row, column in
      HeatMap(axes, points, row: row, column: column)
    }
  }

  /// Enough of them to see where they are: the fastest, the slowest, and evenly between.
  private var drawn: [(rank: Int, point: Point)] {
    let step = max(1, (points.count + GridResults.shown - 1) / GridResults.shown)
    return points.enumerated().filter {
      $0.offset % step == 0 || $0.offset == points.count - 1
    }.map { (rank: $0.offset, point: $0.element) }
  }

  private func label(_ point: Point) -> String {
    zip(axes, point.coordinates).map { "\($0.name)=\($0.values[$1])" }.joined(separator: " ")
  }

  private func title(_ point: Point) -> String {
    "\(label(point)): \(microseconds(point.time)) µs, SBUF \(bytes(point.sbuf))"
  }

  /// The points that nothing beats in time with as little SBUF.
  package var front: [Point] {
    var least = Int.max
    return points.filter { point in
      guard point.sbuf < least else { return false }
      least = point.sbuf
      return true
    }
  }

  /// Whether most would lie at the bottom if places were proportional to times.
  private var isWide: Bool { points[points.count - 1].time > 8 * points[0].time }

  private var paretoChart: Chart {
    func place(_ point: Point) -> Chart.Point {
      Chart.Point(
        Double(point.sbuf) / 1024, Double(point.time) / 1e6, title: title(point))
    }
    let front = front
    let best = Set(front.map(\.coordinates))
    return Chart(
      "Time against SBUF: the line has what nothing beats in time with as little",
      .plot(
        x: Chart.Axis("SBUF of a partition, KiB"),
        y: Chart.Axis("µs", isWide ? .logarithmic : .linear),
        [
          Chart.Series(
            "variants", .points, tint: 4,
            drawn.map(\.point).filter { !best.contains($0.coordinates) }.map(place)),
          Chart.Series("Pareto front", .steps, tint: 5, front.reversed().map(place)),
        ]))
  }

  /// The best and the middle time with each value of an axis.
  private func lineChart(_ axis: Int) -> Chart {
    let names = axes[axis].values
    var times = names.map { _ in [Picoseconds]() }
    // Sorted, as the points are.
    for point in points { times[point.coordinates[axis]].append(point.time) }
    func series(
      _ name: String, _ mark: Chart.Mark, _ tint: Int, _ pick: ([Picoseconds]) -> Picoseconds
    ) -> Chart.Series {
      Chart.Series(
        name, mark, tint: tint,
        times.enumerated().filter { !$0.element.isEmpty }.map { value, times in
          Chart.Point(
            Double(value), Double(pick(times)) / 1e6,
            title: "\(axes[axis].name)=\(names[value]): \(microseconds(pick(times))) µs")
        })
    }
    return Chart(
      "Time by \(axes[axis].name)"
        + (axes.count > 1 ? ", over all values of the rest" : ""),
      .plot(
        x: Chart.Axis(axes[axis].name, .names(names)), y: Chart.Axis("µs"),
        [series("best", .line, 0) { $0[0] }]
          + (axes.count > 1 ? [series("median", .dashes, 1) { $0[$0.count / 2] }] : [])))
  }

  private var parallelChart: Chart {
    let (least, most) = (points[0].time, points[points.count - 1].time)
    let sizes = points.map(\.sbuf)
    let (small, large) = (sizes.min() ?? 0, sizes.max() ?? 0)
    func part(_ value: Double, _ low: Double, _ high: Double) -> Double {
      high > low ? (value - low) / (high - low) : 0.5
    }
    var columns = axes.map { axis in
      let count = axis.values.count
      let stride = max(1, (count + 11) / 12)
      return Chart.Column(
        axis.name,
        axis.values.enumerated().filter { $0.offset % stride == 0 }.map {
          Chart.Column.Label(Double($0.offset) / Double(count - 1), $0.element)
        })
    }
    func time(_ value: Picoseconds) -> Double {
      isWide ? logarithm(Double(max(1, value))) : Double(value)
    }
    func scale(_ low: Double, _ high: Double, _ text: (Double) -> String) -> [Chart.Column.Label] {
      (high > low ? [0, 0.25, 0.5, 0.75, 1] : [0.5]).map {
        Chart.Column.Label($0, text(low + (high > low ? $0 : 0) * (high - low)))
      }
    }
    columns.append(
      Chart.Column(
        "SBUF KiB", scale(Double(small), Double(large)) { fixed($0 / 1024, 1) }))
    columns.append(
      Chart.Column(
        "µs", scale(time(least), time(most)) { fixed((isWide ? exponential($0) : $0) / 1e6, 2) }))
    let threads = drawn.map { rank, point in
      Chart.Thread(
        zip(axes, point.coordinates).map { Double($1) / Double($0.values.count - 1) } + [
          part(Double(point.sbuf), Double(small), Double(large)),
          part(time(point.time), time(least), time(most)),
        ], fifth: min(4, rank * 5 / points.count), title: title(point), isBest: rank == 0)
    }
    let all =
      drawn.count < points.count
      ? "\(grouped(drawn.count)) of \(grouped(points.count)) variants" : "Each line is a variant"
    return Chart(
      "\(all): its values from axis to axis, and what it took; the thick line is the fastest",
      .parallel(columns, threads))
  }
}
