import Diagnostics

/// A drawing for pages, in units of its own size; colours are the page's.
struct SVG {
  let width: Int
  let height: Int
  private let label: String
  private var elements = ""

  /// - Parameter label: What it shows, for those who cannot see it.
  init(width: Int, height: Int, label: String) {
    self.width = width
    self.height = height
    self.label = label
  }

  /// The elements of a page.
  var html: String {
    """
    <svg viewBox="0 0 \(width) \(height)" role="img" aria-label="\(escapedForMarkup(label))" \
    style="width:100%;max-width:\(width)px;height:auto">
    \(elements)</svg>

    """
  }

  /// - Parameter title: What is shown of it when it is pointed at.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ kind: String, title: String = ""
  ) {
    let inner = title.isEmpty ? "/>" : "><title>\(escapedForMarkup(title))</title></rect>"
    elements +=
      "<rect class=\"\(kind)\" x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" "
      + "width=\"\(SVG.number(max(0.5, width)))\" height=\"\(SVG.number(max(0.5, height)))\"\(inner)\n"
  }

  mutating func line(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ kind: String
  ) {
    path(
      "M\(SVG.number(from.x)) \(SVG.number(from.y))L\(SVG.number(to.x)) \(SVG.number(to.y))", kind)
  }

  mutating func path(_ data: String, _ kind: String, title: String = "") {
    let inner = title.isEmpty ? "/>" : "><title>\(escapedForMarkup(title))</title></path>"
    elements += "<path class=\"\(kind)\" d=\"\(data)\"\(inner)\n"
  }

  mutating func text(
    _ text: String, x: Double, y: Double, _ kind: String = "", anchor: String = "start"
  ) {
    elements +=
      "<text class=\"\(kind)\" x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" "
      + "text-anchor=\"\(anchor)\">\(escapedForMarkup(printable(text)))</text>\n"
  }

  /// Marks for the ends of arrows, one for each kind of line.
  mutating func arrowHeads(_ kinds: [String]) {
    elements += "<defs>"
    for kind in kinds {
      elements +=
        "<marker id=\"\(kind)-head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" "
        + "markerHeight=\"8\" orient=\"auto-start-reverse\"><path class=\"\(kind)-head\" d=\"M0 0L10 5L0 10z\"/></marker>"
    }
    elements += "</defs>\n"
  }

  /// A coordinate, to a tenth of a unit.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : fixed(Double(tenths) / 10, 1)
  }
}

/// As much of a text as about fits into a number of units.
func fitted(_ text: String, into width: Double) -> String {
  // Assumed: a character of a page's 12 units takes 7 in the middle.
  let count = Int(width / 7)
  return text.count <= count ? text : count < 3 ? "" : "\(text.prefix(count - 1))…"
}
