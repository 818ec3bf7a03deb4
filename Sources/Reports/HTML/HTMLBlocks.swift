import Diagnostics

/// Blocks as HTML; a number is an element `data` with its value, and with where the JSON report has it.
extension [Block] {
  /// The elements.
  ///
  /// - Parameter level: Of headings.
  func html(level: Int) -> String { map { $0.html(level: level) }.joined() }
}

extension Block {
  fileprivate func html(level: Int) -> String {
    switch self {
    case .heading(let phrase): "<h\(level)>\(phrase.html)</h\(level)>\n"
    case .sentence(let phrase): "<p>\(phrase.html)</p>\n"
    case .facts(let facts):
      "<dl>\(facts.map { "<dt>\(escapedForMarkup($0.name))</dt><dd>\($0.text.html)</dd>\n" }.joined())</dl>\n"
    case .table(let table): table.html
    case .list(let items): "<ul>\(items.map { "<li>\($0.html)</li>\n" }.joined())</ul>\n"
    case .lines(let lines): "<pre>\(lines.map { escapedForMarkup($0) + "\n" }.joined())</pre>\n"
    case .chart(let chart): chart.svg
    }
  }
}

extension Phrase {
  /// Its pieces in elements.
  var html: String {
    pieces.map { piece in
      let text = escapedForMarkup(piece.text)
      let inner = piece.figure.map { $0.element(text) } ?? text
      switch piece.tone {
      case .plain, .heat: return inner
      case .strong: return "<strong>\(inner)</strong>"
      case .faint: return "<small>\(inner)</small>"
      case .good: return "<span class=\"good\">\(inner)</span>"
      case .bad: return "<strong class=\"bad\">\(inner)</strong>"
      }
    }.joined()
  }
}

extension Figure {
  fileprivate func element(_ text: String) -> String {
    let place = key.map { " data-key=\"\(escapedForMarkup($0))\"" } ?? ""
    return "<data value=\"\(escapedForMarkup(value.text(indented: false)))\"\(place)>\(text)</data>"
  }
}

extension Table {
  fileprivate var html: String {
    var text = "<div class=\"wide\"><table>\n<thead><tr>"
    for column in columns {
      let kind = column.kind == .number ? " class=\"n\"" : ""
      // Characters of which texts make bars stand for the colours that a page has.
      let name = escapedForMarkup(column.name)
        .replacing("█", with: "<i class=\"useful\"></i>")
        .replacing("▒", with: "<i class=\"waiting\"></i>")
        .replacing("░", with: "<i class=\"idle\"></i>")
      text += "<th scope=\"col\"\(kind)>\(name)</th>"
    }
    text += "</tr></thead>\n<tbody>\n"
    for row in rows {
      text += "<tr>"
      for (column, cell) in zip(columns, row) { text += cell.html(in: column) }
      text += "</tr>\n"
    }
    text += "</tbody></table></div>\n\(legend)"
    return remainder.map { "\(text)<p><small>\($0.html)</small></p>\n" } ?? text
  }
}

extension Table {
  /// What the colours of bars stand for, where a bar has more than one of a kind.
  private var legend: String {
    var parts: [Cell.Part] = []
    for case .parts(let found) in rows.joined() where found.contains(where: { $0.tint != nil }) {
      for part in found
      where part.share > 0
        && !parts.contains(where: { $0.kind == part.kind && $0.name == part.name })
      {
        parts.append(part)
      }
    }
    guard !parts.isEmpty else { return "" }
    let order: [Cell.Part.Kind] = [.useful, .waiting, .idle]
    let names = order.flatMap { kind in parts.filter { $0.kind == kind } }.map {
      "<span><i class=\"\($0.style)\"></i>\(escapedForMarkup($0.name))</span>"
    }
    return "<p class=\"legend\">\(names.joined(separator: "\n"))</p>\n"
  }
}

extension Table.Cell.Part {
  /// The classes of its element.
  fileprivate var style: String { kind.rawValue + (tint.map { " t\($0)" } ?? "") }
}

extension Table.Cell {
  fileprivate func html(in column: Table.Column) -> String {
    switch self {
    case .phrase(let phrase):
      if column.isKey && column.kind == .text { return "<th scope=\"row\">\(phrase.html)</th>" }
      return "<td\(column.kind == .number ? " class=\"n\"" : "")>\(phrase.html)</td>"
    case .bar(let share):
      return "<td class=\"bar\">\(part("useful", "", share))</td>"
    case .parts(let parts):
      let bars = parts.filter { $0.share > 0 }.map { part($0.style, $0.name, $0.share) }
      return "<td class=\"bar\">\(bars.joined())</td>"
    case .heat(let phrase, let position):
      let color = HeatColor(position)
      let style =
        "background:rgb(\(color.red),\(color.green),\(color.blue));color:\(color.isLight ? "#000" : "#fff")"
      return "<td class=\"n heat\" style=\"\(style)\">\(phrase.html)</td>"
    }
  }

  private func part(_ kind: String, _ name: String, _ share: Double) -> String {
    let title = name.isEmpty ? "" : " title=\"\(escapedForMarkup(name)) \(percent(share))\""
    let width = fixed(min(max(share, 0), 1) * 100, 2)
    return "<span class=\"\(kind)\"\(title) style=\"width:\(width)%\"></span>"
  }
}
