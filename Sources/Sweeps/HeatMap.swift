package import Diagnostics
import Glibc
package import Reports
package import Timing

//  µs by tile_m (down) and tile_n (across); the best over buffers
//         128     256     512
//   64  52.1 █  41.0 ▒  38.2 ░
//  128  44.9 ▓  36.7 ░  > 31.4

/// Times of a comparison on two of its axes; each cell is the best over all others.
package struct HeatMap: Sendable {
  /// The comparison's axis that goes down; `nil` for a map of one line.
  package var rowAxis: Axis?
  /// The comparison's axis that goes across.
  package var columnAxis: Axis
  /// Other axes, over which a cell takes the best.
  package var others: [String]
  /// By row and column; `nil` where nothing ran.
  package var cells: [[Picoseconds?]]
  /// By row and column: where the JSON report has the variant, below `variants`.
  private var places: [[Int?]]

  /// Puts a comparison on two axes: the named ones, or the first two that vary.
  ///
  /// - Throws: `DiagnosticError` if a name is no axis.
  package init?(_ comparison: Comparison, axes names: [String] = []) throws(DiagnosticError) {
    let axes = comparison.space.axes
    for name in names where !axes.contains(where: { $0.name == name }) {
      throw DiagnosticError(
        "'\(name)' is not varied", remedy: remedyForUnknown(name, known: axes.map(\.name)))
    }
    let positions =
      names.isEmpty
      ? Array(axes.indices.filter { axes[$0].values.count > 1 }.prefix(2))
      : names.compactMap { name in axes.firstIndex { $0.name == name } }
    guard let column = positions.last else { return nil }
    let points = comparison.outcomes.enumerated().compactMap { index, outcome in
      (outcome?.measurement).map {
        GridResults.Point(
          place: index, coordinates: comparison.space.coordinates(index), time: $0.time,
          sbuf: $0[.sbufPeak])
      }
    }
    self.init(axes, points, row: positions.count > 1 ? positions[0] : nil, column: column)
  }

  /// Puts results on two axes, or on one.
  init(_ axes: [Axis], _ points: [GridResults.Point], row: Int?, column: Int) {
    columnAxis = axes[column]
    rowAxis = row.map { axes[$0] }
    others = axes.indices.filter { $0 != row && $0 != column && axes[$0].values.count > 1 }
      .map { axes[$0].name }
    cells = Array(
      repeating: Array(repeating: nil, count: columnAxis.values.count),
      count: rowAxis?.values.count ?? 1)
    places = cells.map { $0.map { _ in nil } }
    for point in points {
      let (y, x) = (row.map { point.coordinates[$0] } ?? 0, point.coordinates[column])
      guard point.time < cells[y][x] ?? .max else { continue }
      cells[y][x] = point.time
      places[y][x] = point.place
    }
  }

  /// The smallest and the largest time.
  private var range: (least: Picoseconds, most: Picoseconds)? {
    let all = cells.flatMap { $0 }.compactMap { $0 }
    guard let least = all.min(), let most = all.max() else { return nil }
    return (least, most)
  }

  /// Where a time stands between the fastest (0) and the slowest (1), on a logarithmic scale: twice
  /// as slow looks the same wherever it starts.
  private func position(_ time: Picoseconds) -> Double {
    guard let range, range.most > range.least, range.least > 0 else { return 0 }
    return log(Double(time) / Double(range.least))
      / log(Double(range.most) / Double(range.least))
  }

  /// One line that says what is shown.
  package var title: String {
    var text = "µs by "
    if let rowAxis { text += "\(rowAxis.name) (down) and " }
    text += "\(columnAxis.name) (across)"
    if !others.isEmpty { text += "; the best over \(others.joined(separator: ", "))" }
    return text
  }

  /// The map for people.
  package var blocks: [Block] {
    let names = rowAxis?.values ?? [""]
    let table = Table(
      [Table.Column(rowAxis?.name ?? "", isKey: true)] + columnAxis.values.map { Table.Column($0) },
      names.enumerated().map { row, name in
        [.text(name)]
          + zip(cells[row], places[row]).map { time, place in
            guard let time else { return "-" }
            let isBest = time == range?.least
            let text = "\(isBest ? "> " : "")\(fixed(Double(time) / 1e6, 2))"
            let key = place.map { "variants.\($0).\(Quantity.time.rawValue)" }
            return .heat(Phrase(Figure(text, .integer(Int(time)), key)), position(time))
          }
      })
    let missing = cells.contains { $0.contains(nil) } ? "; '-' does not run" : ""
    return [
      .heading(Phrase(title)), .table(table),
      .sentence("'>' marks the fastest; the darker, the slower\(missing)"),
    ]
  }

  /// The map as a drawing.
  package func svg(heading: String) -> String {
    let names = rowAxis?.values ?? [""]
    let (cell, height) = (84, 34)
    let left = 24 + 8 * max(names.map(\.count).max() ?? 0, rowAxis?.name.count ?? 0)
    let top = 84
    let width = max(left + cell * columnAxis.values.count + 24, 8 * max(heading.count, 40))
    let total = top + height * names.count + 24
    func escaped(_ text: String) -> String { escapedForMarkup(printable(text)) }
    var out = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(total)" \
      viewBox="0 0 \(width) \(total)" font-family="sans-serif" font-size="13">
      <title>\(escaped(heading))</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      <text x="16" y="24" font-weight="bold">\(escaped(heading))</text>
      <text x="16" y="44">\(escaped(title))</text>

      """
    if let rowAxis {
      out += "<text x=\"16\" y=\"\(top - 10)\">\(escaped(rowAxis.name))</text>\n"
    }
    for (column, name) in columnAxis.values.enumerated() {
      let x = left + column * cell + cell / 2
      out += "<text x=\"\(x)\" y=\"\(top - 10)\" text-anchor=\"middle\">\(escaped(name))</text>\n"
    }
    for (row, name) in names.enumerated() {
      let y = top + row * height
      out +=
        "<text x=\"\(left - 10)\" y=\"\(y + 22)\" text-anchor=\"end\">\(escaped(name))</text>\n"
      for column in columnAxis.values.indices {
        out += svgCell(cells[row][column], x: left + column * cell, y: y, cell, height)
      }
    }
    return out + "</svg>\n"
  }

  private func svgCell(
    _ time: Picoseconds?, x: Int, y: Int, _ width: Int, _ height: Int
  ) -> String {
    let place = "x=\"\(x + 1)\" y=\"\(y + 1)\" width=\"\(width - 2)\" height=\"\(height - 2)\""
    let middle = "x=\"\(x + width / 2)\" y=\"\(y + 22)\" text-anchor=\"middle\""
    guard let time else {
      return
        "<rect \(place) fill=\"#f0f0f0\"/><text \(middle) fill=\"#707070\">does not run</text>\n"
    }
    let position = position(time)
    let color = HeatColor(position)
    let isBest = time == range?.least
    let frame = isBest ? " stroke=\"#000000\" stroke-width=\"2\"" : ""
    let ink = color.isLight ? "#000000" : "#ffffff"
    let weight = isBest ? " font-weight=\"bold\"" : ""
    return "<rect \(place) fill=\"rgb(\(color.red),\(color.green),\(color.blue))\"\(frame)/>"
      + "<text \(middle) fill=\"\(ink)\"\(weight)>\(fixed(Double(time) / 1e6, 2))</text>\n"
  }
}
