extension [Block] {
  /// The same, where the JSON report has all of it below a key.
  package func keyed(below key: String) -> [Block] {
    map { block in
      switch block {
      case .heading(let phrase): .heading(phrase.keyed(below: key))
      case .sentence(let phrase): .sentence(phrase.keyed(below: key))
      case .facts(let facts):
        .facts(facts.map { Block.Fact($0.name, $0.text.keyed(below: key)) })
      case .table(let table): .table(table.keyed(below: key))
      case .list(let items): .list(items.map { $0.keyed(below: key) })
      case .lines, .chart: block
      }
    }
  }
}

extension Phrase {
  fileprivate func keyed(below key: String) -> Phrase {
    var phrase = self
    for index in phrase.pieces.indices {
      guard let own = phrase.pieces[index].figure?.key else { continue }
      phrase.pieces[index].figure?.key = "\(key).\(own)"
    }
    return phrase
  }
}

extension Table {
  fileprivate func keyed(below key: String) -> Table {
    var table = self
    table.remainder = remainder?.keyed(below: key)
    table.rows = rows.map { row in
      row.map { cell in
        switch cell {
        case .phrase(let phrase): .phrase(phrase.keyed(below: key))
        case .heat(let phrase, let position): .heat(phrase.keyed(below: key), position)
        case .bar, .parts: cell
        }
      }
    }
    return table
  }
}
