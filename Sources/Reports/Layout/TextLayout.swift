// heading
//   name      what is known of it, in as many lines
//             as it takes
//
//   sentences

/// Puts blocks into lines of a page: the one place that knows how wide they may be.
struct TextLayout {
  let page: Page
  private(set) var lines: [String] = []
  private var before: Block?

  /// Blanks before everything that is no heading.
  static let indent = 2

  init(_ page: Page) { self.page = page }

  mutating func add(_ blocks: [Block]) {
    var facts: [Block.Fact] = []
    for block in blocks {
      if case .facts(let more) = block {
        facts += more
        continue
      }
      if !facts.isEmpty { add(.facts(facts)) }
      facts = []
      add(block)
    }
    if !facts.isEmpty { add(.facts(facts)) }
  }

  private mutating func add(_ block: Block) {
    if case .chart = block { return }
    if needsBlank(before: block) { lines.append("") }
    before = block
    switch block {
    case .heading(let phrase): add(phrase.toned(.strong), first: 0, next: TextLayout.indent)
    case .sentence(let phrase): add(phrase, first: TextLayout.indent, next: TextLayout.indent)
    case .facts(let facts): add(facts)
    case .table(let table):
      for line in TableLayout(
        table, room: page.width - TextLayout.indent, color: page.color, cutsCode: page.cutsCode
      ).lines {
        var indented = Line()
        if !line.isEmpty { indented.fill(to: TextLayout.indent) }
        indented.append(line)
        lines.append(indented.text(on: page))
      }
      if let remainder = table.remainder {
        add(remainder.toned(.faint), first: TextLayout.indent, next: TextLayout.indent)
      }
    case .list(let items):
      for item in items { add("- " + item, first: TextLayout.indent, next: TextLayout.indent + 2) }
    case .lines(let texts):
      lines += texts.map { String(repeating: " ", count: TextLayout.indent) + $0 }
    case .chart: break
    }
  }

  private func needsBlank(before block: Block) -> Bool {
    switch (before, block) {
    case (nil, _): false
    case (.heading, .heading): false
    case (_, .heading): true
    case (.heading, _), (.sentence, .sentence), (.sentence, .list), (.facts, .facts),
      (.list, .list):
      false
    default: true
    }
  }

  private mutating func add(_ facts: [Block.Fact]) {
    // Names that are no longer than this are in one column with what is known of them.
    let widest = facts.map(\.name.count).max() ?? 0
    let column = TextLayout.indent + max(10, min(widest, 16) + 2)
    // Beside a column of names too little of a narrow page is left.
    let next = page.width < 60 ? TextLayout.indent + 2 : column
    for fact in facts {
      var name = Line()
      name.fill(to: TextLayout.indent)
      name.append(fact.name)
      name.fill(to: max(name.count + 2, page.width < 60 ? 0 : column))
      add(fact.text, after: name, next: next)
    }
  }

  private mutating func add(_ phrase: Phrase, first: Int, next: Int) {
    var start = Line()
    start.fill(to: first)
    add(phrase, after: start, next: next)
  }

  private mutating func add(_ phrase: Phrase, after start: Line, next: Int) {
    let room = min(page.width, Page.widestSentence)
    for (index, part) in phrase.lines(first: room - start.count, next: room - next).enumerated() {
      var line = index == 0 ? start : Line()
      if index > 0 { line.fill(to: next) }
      line.append(part)
      lines.append(line.text(on: page))
    }
  }
}

extension [Block] {
  /// The lines that people read on a page, each with its end.
  package func text(on page: Page) -> String {
    var layout = TextLayout(page)
    layout.add(self)
    return layout.lines.map { $0 + "\n" }.joined()
  }
}
