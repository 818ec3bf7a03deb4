/// Puts a table into lines.
///
/// What is too wide loses its bars, then the ends of lines of source, then breaks its longest texts into lines, and is then
/// shown in parts one below the other, each with the columns that say what a row is.
struct TableLayout {
  private let table: Table
  private let room: Int
  /// Whether there are grounds for heat; shades stand for them otherwise.
  private let color: Bool
  /// Whether lines of source end at `room`.
  private let cutsCode: Bool

  /// Blanks between columns.
  private static let gap = 2
  /// Columns of a bar, at most and at least.
  private static let bar = (widest: 40, narrowest: 10)
  /// The fewest columns to which a text is broken, and a line of source is cut.
  private static let narrowestText = 12
  private static let narrowestCode = 20

  /// From the best to the worst.
  private static let shades: [Character] = [" ", "░", "▒", "▓", "█"]

  init(_ table: Table, room: Int, color: Bool, cutsCode: Bool) {
    self.table = table
    self.room = room
    self.color = color
    self.cutsCode = cutsCode
  }

  var lines: [Line] {
    guard !table.columns.isEmpty else { return [] }
    var widths = table.columns.indices.map { natural($0) }
    let isWhole = Array(table.columns.indices)
    if width(isWhole, widths) > room { narrowBars(&widths) }
    for column in isWhole where table.columns[column].kind == .code {
      let excess = width(isWhole, widths) - room
      if excess > 0 {
        widths[column] = max(
          min(widths[column], TableLayout.narrowestCode), widths[column] - excess)
      }
    }
    let shown = isWhole.filter { widths[$0] > 0 }
    let narrowed = narrowed(shown, widths)
    // Texts are broken where that saves the parts.
    if width(shown, narrowed) <= room { return rows(shown, narrowed) }
    var lines: [Line] = []
    for part in parts(shown, widths) {
      if !lines.isEmpty { lines.append(Line()) }
      lines += rows(part, self.narrowed(part, widths))
    }
    return lines
  }

  private func width(_ columns: [Int], _ widths: [Int]) -> Int {
    columns.map { widths[$0] }.reduce(0, +) + TableLayout.gap * max(0, columns.count - 1)
  }

  private func natural(_ column: Int) -> Int {
    let heading = table.columns[column].name.count
    return table.rows.reduce(heading) { widest, row in
      switch row[column] {
      case .phrase(let phrase): max(widest, phrase.columns)
      case .bar, .parts: max(widest, TableLayout.bar.widest)
      case .heat(let phrase, _): max(widest, phrase.columns + 2)
      }
    }
  }

  private func narrowBars(_ widths: inout [Int]) {
    let all = Array(table.columns.indices)
    for column in all where table.columns[column].kind == .bar {
      let rest = room - (width(all, widths) - widths[column])
      let fewest = max(TableLayout.bar.narrowest, table.columns[column].name.count)
      widths[column] = rest >= fewest ? min(rest, TableLayout.bar.widest) : 0
    }
  }

  /// Widths with which texts are broken, as far as that helps.
  private func narrowed(_ columns: [Int], _ natural: [Int]) -> [Int] {
    var widths = natural
    while width(columns, widths) > room {
      let texts = columns.filter {
        table.columns[$0].kind == .text && !table.columns[$0].isKey && widths[$0] > fewest($0)
      }
      guard let widest = texts.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] = max(
        fewest(widest), widths[widest] - max(1, width(columns, widths) - room))
    }
    return widths
  }

  /// The fewest columns that a text of several words may be broken to.
  private func fewest(_ column: Int) -> Int {
    let words = table.rows.map { row in
      if case .phrase(let phrase) = row[column] { phrase.longestWord } else { 0 }
    }
    return max(
      min(TableLayout.narrowestText, natural(column)), table.columns[column].name.count,
      min(words.max() ?? 0, room / 2))
  }

  /// Columns that are shown beside each other.
  private func parts(_ columns: [Int], _ widths: [Int]) -> [[Int]] {
    let keys = columns.filter { table.columns[$0].isKey }
    // A column without a heading stays with the one before it.
    var groups: [[Int]] = []
    for column in columns where !table.columns[column].isKey {
      if table.columns[column].name.isEmpty, !groups.isEmpty {
        groups[groups.count - 1].append(column)
      } else {
        groups.append([column])
      }
    }
    var parts: [[Int]] = []
    var part = keys
    for group in groups {
      if part.count > keys.count && width(part + group, widths) > room {
        parts.append(part.sorted())
        part = keys
      }
      part += group
    }
    return parts + [part.sorted()]
  }

  private func rows(_ columns: [Int], _ widths: [Int]) -> [Line] {
    var widths = widths
    // What is alone too wide is broken, whatever it is.
    for column in columns where widths[column] > room { widths[column] = room }
    func line(_ cells: [Line]) -> Line {
      var line = Line()
      for (index, cell) in cells.enumerated() {
        let column = columns[index]
        let begin = line.count + (index > 0 ? TableLayout.gap : 0)
        let isRight = table.columns[column].kind == .number
        line.fill(to: begin + (isRight ? widths[column] - cell.count : 0))
        line.append(cell)
        line.fill(to: begin + widths[column])
      }
      return line
    }
    var lines: [Line] = []
    if columns.contains(where: { !table.columns[$0].name.isEmpty }) {
      lines += broken(
        columns.map { [heading(table.columns[$0].name)] }, line)
    }
    for row in table.rows {
      lines += broken(
        columns.map { column in
          switch row[column] {
          case .phrase(let phrase) where table.columns[column].kind == .code:
            [code(phrase, widths[column])]
          case .phrase(let phrase):
            phrase.lines(first: widths[column], next: widths[column], breaksWords: true)
          case .bar(let share): [bar(share, widths[column])]
          case .parts(let parts): [bar(parts, widths[column])]
          case .heat(let phrase, let position): [heat(phrase, position, widths[column])]
          }
        }, line)
    }
    return lines
  }

  private func heading(_ name: String) -> Line {
    var line = Line()
    line.append(name, .faint)
    return line
  }

  /// A line of source up to a column.
  private func code(_ phrase: Phrase, _ width: Int) -> Line {
    let whole = phrase.lines(first: .max, next: .max, breaksWords: false).first ?? Line()
    return cutsCode && whole.count > width ? whole.cut(to: width) : whole
  }

  private func bar(_ share: Double, _ width: Int) -> Line {
    let filled = max(0, min(width, Int((share * Double(width)).rounded())))
    var line = Line()
    line.append(String(repeating: "█", count: filled))
    line.append(String(repeating: "░", count: width - filled))
    return line
  }

  private func bar(_ parts: [Table.Cell.Part], _ width: Int) -> Line {
    var line = Line()
    var sum = 0.0
    for part in parts {
      sum += part.share
      let end = max(line.count, min(width, Int((sum * Double(width)).rounded())))
      let character =
        switch part.kind {
        case .useful: "█"
        case .waiting: "▒"
        case .idle: "░"
        }
      line.append(String(repeating: character, count: end - line.count))
    }
    line.append(String(repeating: "░", count: width - line.count))
    return line
  }

  private func heat(_ phrase: Phrase, _ position: Double, _ width: Int) -> Line {
    let step = min(max(position, 0), 1)
    var line = Line()
    if color {
      line.append(" \(phrase.plain) ".right(width), .heat(UInt8(step * 255)))
    } else {
      let shades = TableLayout.shades
      let shade = shades[min(shades.count - 1, Int(step * Double(shades.count)))]
      line.append("\(phrase.plain) \(shade)".right(width))
    }
    return line
  }

  /// A row whose cells have as many lines as they take.
  private func broken(_ cells: [[Line]], _ line: ([Line]) -> Line) -> [Line] {
    (0..<(cells.map(\.count).max() ?? 0)).map { index in
      line(cells.map { index < $0.count ? $0[index] : Line() })
    }
  }
}
