import Diagnostics
import Glibc

/// Charts as SVG, in the colours of the page's scheme.
extension Chart {
  private static let width = 760.0

  /// The element.
  var svg: String {
    switch form {
    case .plot(let x, let y, let series): plot(x, y, series)
    case .parallel(let columns, let threads): parallel(columns, threads)
    }
  }

  private func frame(_ height: Double, _ inner: String) -> String {
    let name = escapedForMarkup(title)
    return """
      <figure><svg class="chart" viewBox="0 0 \(number(Chart.width)) \(number(height))" role="img" aria-label="\(name)">
      \(inner)</svg><figcaption>\(name)</figcaption></figure>

      """
  }

  // MARK: - Plots

  /// From numbers to places on one axis.
  private struct Ruler {
    let scale: Scale
    let low: Double
    let high: Double
    /// Where the lowest and the highest number are.
    let from: Double
    let to: Double

    init(_ scale: Scale, _ values: [Double], from: Double, to: Double) {
      self.scale = scale
      self.from = from
      self.to = to
      switch scale {
      case .names(let names):
        low = -0.5
        high = Double(max(1, names.count)) - 0.5
      case .linear:
        let (least, most) = (min(0, values.min() ?? 0), max(0, values.max() ?? 1))
        let step = Ruler.step(most - least)
        low = (least / step).rounded(.down) * step
        high = max(low + step, (most / step).rounded(.up) * step)
      case .logarithmic:
        let least = log10(max(values.filter { $0 > 0 }.min() ?? 1, 1e-12))
        let most = log10(max(values.max() ?? 10, 1e-12))
        low = least - 0.08
        high = max(low + 0.5, most + 0.08)
      }
    }

    /// 1, 2 or 5 times a power of ten, of which a span has four to nine.
    private static func step(_ span: Double) -> Double {
      guard span > 0 else { return 1 }
      let power = pow(10, floor(log10(span / 5)))
      for factor in [1.0, 2, 5] where span / (power * factor) <= 7 { return power * factor }
      return power * 10
    }

    func place(_ value: Double) -> Double {
      let scaled = scale == .logarithmic ? log10(max(value, 1e-12)) : value
      return from + (min(max(scaled, low), high) - low) / (high - low) * (to - from)
    }

    /// Lines with their texts.
    var ticks: [(value: Double, text: String)] {
      switch scale {
      case .names(let names):
        // As many as there is room for.
        let stride = max(1, Int((Double(names.count) * 46 / abs(to - from)).rounded(.up)))
        return names.enumerated().filter { $0.offset % stride == 0 }
          .map { (Double($0.offset), $0.element) }
      case .linear:
        let step = Ruler.step(high - low)
        return (0...Int(((high - low) / step).rounded())).map {
          let value = low + Double($0) * step
          return (value, Ruler.text(value))
        }
      case .logarithmic:
        let factors = high - low > 2.5 ? [1.0] : [1.0, 2, 5]
        let decades = Int(low.rounded(.down))...Int(high.rounded(.up))
        return decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
          .filter { (low...high).contains(log10($0)) }.map { ($0, Ruler.text($0)) }
      }
    }

    private static func text(_ value: Double) -> String {
      if value == 0 { return "0" }
      let size = abs(value)
      for (factor, sign) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where size >= factor * 9.99 {
        return "\(trimmed(value / factor))\(sign)"
      }
      return trimmed(value)
    }

    private static func trimmed(_ value: Double) -> String {
      let digits = abs(value) >= 100 ? 0 : abs(value) >= 1 ? 2 : 4
      var text = fixed(value, digits)
      guard text.contains(".") else { return text }
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
      return text
    }
  }

  private func plot(_ xAxis: Axis, _ yAxis: Axis, _ series: [Series]) -> String {
    let (left, right, bottom) = (64.0, Chart.width - 16, 300.0)
    let (legend, top) = legend(series.filter { !$0.name.isEmpty }, from: left, to: right)
    let points = series.flatMap(\.points)
    let x = Ruler(xAxis.scale, points.map(\.x), from: left, to: right)
    let y = Ruler(yAxis.scale, points.map(\.y), from: bottom, to: top)
    var out = legend
    for tick in y.ticks {
      let place = number(y.place(tick.value))
      out += "<path class=\"grid\" d=\"M\(number(left)) \(place)H\(number(right))\"/>"
      out +=
        "<text x=\"\(number(left - 6))\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(escapedForMarkup(tick.text))</text>\n"
    }
    for tick in x.ticks {
      let place = number(x.place(tick.value))
      if case .names = xAxis.scale {
      } else {
        out += "<path class=\"grid\" d=\"M\(place) \(number(top))V\(number(bottom))\"/>"
      }
      out +=
        "<text x=\"\(place)\" y=\"\(number(bottom + 17))\" text-anchor=\"middle\">\(escapedForMarkup(tick.text))</text>\n"
    }
    out +=
      "<text x=\"\(number((left + right) / 2))\" y=\"\(number(bottom + 36))\" text-anchor=\"middle\">\(escapedForMarkup(xAxis.title))</text>\n"
    out +=
      "<text transform=\"translate(14 \(number((top + bottom) / 2))) rotate(-90)\" text-anchor=\"middle\">\(escapedForMarkup(yAxis.title))</text>\n"
    for one in series { out += drawn(one, x, y, bars: series.count { $0.mark == .bars }) }
    return frame(bottom + 44, out)
  }

  /// Names with their colours, and where the drawing begins below them.
  private func legend(
    _ series: [Series], from left: Double, to right: Double
  ) -> (String, top: Double) {
    var out = ""
    var (x, y) = (left, 14.0)
    for one in series {
      let room = 34 + 6.9 * Double(one.name.count)
      if x > left, x + room > right { (x, y) = (left, y + 18) }
      out += "<path class=\"\(style(one))\" d=\"M\(number(x)) \(number(y - 4))h14\"/>"
      out +=
        "<text x=\"\(number(x + 20))\" y=\"\(number(y))\">\(escapedForMarkup(one.name))</text>\n"
      x += room
    }
    return (out, series.isEmpty ? 12 : y + 14)
  }

  private func style(_ series: Series) -> String {
    let mark =
      switch series.mark {
      case .dashes: "dashes"
      case .points, .bars, .area: "swatch"
      case .line, .steps: "stroke"
      }
    return "\(mark) t\(series.tint % 8)"
  }

  private func drawn(_ series: Series, _ x: Ruler, _ y: Ruler, bars: Int) -> String {
    let tint = "t\(series.tint % 8)"
    func place(_ point: Point) -> String {
      "\(number(x.place(point.x))) \(number(y.place(point.y)))"
    }
    func dots(_ radius: Double) -> String {
      series.points.filter { !$0.title.isEmpty }.map { point in
        "<circle class=\"dot \(tint)\" cx=\"\(number(x.place(point.x)))\" cy=\"\(number(y.place(point.y)))\" r=\"\(number(radius))\"><title>\(escapedForMarkup(point.title))</title></circle>\n"
      }.joined()
    }
    guard let first = series.points.first else { return "" }
    switch series.mark {
    case .points: return dots(4)
    case .line, .dashes:
      let path = series.points.map(place).joined(separator: "L")
      return "<path class=\"\(style(series))\" d=\"M\(path)\"/>\n\(dots(3))"
    case .steps:
      var path = "M\(place(first))"
      for point in series.points.dropFirst() {
        path += "H\(number(x.place(point.x)))V\(number(y.place(point.y)))"
      }
      return "<path class=\"\(style(series))\" d=\"\(path)\"/>\n\(dots(3))"
    case .bars:
      let room = abs(x.place(1) - x.place(0)) / Double(max(1, bars))
      return series.points.map { point in
        let (high, low) = (y.place(point.y), y.place(point.base))
        return
          "<rect class=\"bar \(tint)\" x=\"\(number(x.place(point.x) - room * 0.4))\" y=\"\(number(high))\" width=\"\(number(room * 0.8))\" height=\"\(number(max(low - high, 0)))\"><title>\(escapedForMarkup(point.title))</title></rect>\n"
      }.joined()
    case .area:
      var (upper, lower) = ("M\(place(first))", "")
      for point in series.points.dropFirst() {
        upper += "H\(number(x.place(point.x)))V\(number(y.place(point.y)))"
      }
      var last: Point?
      for point in series.points.reversed() {
        if let last { lower += "H\(number(x.place(last.x)))" }
        lower +=
          "\(last == nil ? "L\(number(x.place(point.x))) " : "V")\(number(y.place(point.base)))"
        last = point
      }
      return
        "<path class=\"area \(tint)\" d=\"\(upper)\(lower)H\(number(x.place(first.x)))Z\"><title>\(escapedForMarkup(series.name))</title></path>\n"
    }
  }

  // MARK: - Parallel coordinates

  private func parallel(_ columns: [Column], _ threads: [Thread]) -> String {
    let (left, right, top, bottom) = (70.0, Chart.width - 70, 56.0, 330.0)
    let step = (right - left) / Double(max(1, columns.count - 1))
    func x(_ column: Int) -> Double { left + Double(column) * step }
    func y(_ place: Double) -> Double { bottom - place * (bottom - top) }
    var out = ""
    for (fifth, name) in ["fastest fifth", "second", "third", "fourth", "slowest fifth"]
      .enumerated()
    {
      let at = left + Double(fifth) * 118
      out += "<path class=\"thread f\(fifth) key\" d=\"M\(number(at)) 10h14\"/>"
      out += "<text x=\"\(number(at + 20))\" y=\"14\">\(name)</text>\n"
    }
    // The fast ones above the slow ones.
    for thread in threads.reversed() {
      let path = thread.places.enumerated().map { "\(number(x($0))) \(number(y($1)))" }
      out +=
        "<path class=\"thread f\(thread.fifth)\(thread.isBest ? " best" : "")\" d=\"M\(path.joined(separator: "L"))\"><title>\(escapedForMarkup(thread.title))</title></path>\n"
    }
    for (number, column) in columns.enumerated() {
      let at = self.number(x(number))
      out += "<path class=\"axis\" d=\"M\(at) \(self.number(top))V\(self.number(bottom))\"/>"
      out +=
        "<text class=\"name\" x=\"\(at)\" y=\"\(self.number(top - 14))\" text-anchor=\"middle\">\(escapedForMarkup(column.title))</text>\n"
      for label in column.labels {
        out +=
          "<text class=\"label\" x=\"\(at)\" y=\"\(self.number(y(label.place)))\" dx=\"-6\" dy=\"4\" text-anchor=\"end\">\(escapedForMarkup(label.text))</text>\n"
      }
    }
    return frame(bottom + 14, out)
  }

  /// With as many digits as a screen can show.
  private func number(_ value: Double) -> String {
    let text = fixed(value, 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
