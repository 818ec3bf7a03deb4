/// A part of what people read, which a layout shows as text, as Markdown or as HTML.
package enum Block: Hashable, Sendable {
  /// What the blocks after it are about.
  case heading(Phrase)
  /// A paragraph.
  case sentence(Phrase)
  /// Names with what is known of them.
  case facts([Fact])
  case table(Table)
  /// Paragraphs with a mark before each.
  case list([Phrase])
  /// Lines that keep their form, such as drawings of characters.
  case lines([String])
  /// A chart, which pages alone show.
  case chart(Chart)

  /// A name with what is known of it.
  package struct Fact: Hashable, Sendable {
    package var name: String
    package var text: Phrase

    package init(_ name: String, _ text: Phrase) {
      self.name = name
      self.text = text
    }
  }
}

/// Rows of cells under headings.
package struct Table: Hashable, Sendable {
  /// What the cells of a column are.
  package enum Kind: Hashable, Sendable {
    /// To the left; broken into lines where there is no room.
    case text
    /// A line of source: to the left, never broken; its end is cut off, with a mark, where a screen has no room.
    case code
    /// To the right.
    case number
    /// A share of the longest bar; left out where there is no room.
    case bar
  }

  /// A column.
  package struct Column: Hashable, Sendable {
    /// Its heading; without one it belongs to the column before it.
    package var name: String
    package var kind: Kind
    /// Whether a table that is too wide repeats it in each of its parts.
    package var isKey: Bool

    package init(_ name: String, _ kind: Kind = .number, isKey: Bool = false) {
      self.name = name
      self.kind = kind
      self.isKey = isKey
    }
  }

  /// What is in one row and column.
  package enum Cell: Hashable, Sendable, ExpressibleByStringInterpolation {
    case phrase(Phrase)
    /// 0…1 of the longest bar.
    case bar(Double)
    /// Parts of a bar, one after the other.
    case parts([Part])
    /// What stands between the best of a map, 0, and the worst, 1.
    case heat(Phrase, Double)

    /// A part of a bar.
    package struct Part: Hashable, Sendable {
      /// What a part stands for.
      package enum Kind: String, Hashable, Sendable {
        case useful, waiting, idle
      }

      package var kind: Kind
      package var name: String
      /// 0…1 of the longest bar.
      package var share: Double
      /// The number of its colour on pages, 0…7; `nil` for that of its kind.
      package var tint: Int?

      package init(_ kind: Kind, _ name: String, _ share: Double, tint: Int? = nil) {
        self.kind = kind
        self.name = name
        self.share = share
        self.tint = tint
      }
    }

    package init(stringLiteral text: String) { self = .phrase(Phrase(text)) }

    package init(stringInterpolation: Phrase.StringInterpolation) {
      self = .phrase(Phrase(stringInterpolation: stringInterpolation))
    }

    package static func text(_ text: String) -> Cell { .phrase(Phrase(text)) }

    package static func figure(_ figure: Figure) -> Cell { .phrase(Phrase(figure)) }
  }

  package var columns: [Column]
  package var rows: [[Cell]]
  /// A line after the rows: how many more there are.
  package var remainder: Phrase?

  package init(_ columns: [Column], _ rows: [[Cell]] = [], remainder: Phrase? = nil) {
    self.columns = columns
    self.rows = rows
    self.remainder = remainder
  }
}
