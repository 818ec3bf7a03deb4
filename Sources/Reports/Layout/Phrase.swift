/// How a piece of text is set off from what is around it.
package enum Tone: Hashable, Sendable {
  case plain, strong, faint, good, bad
  /// On a ground between the best of a map, 0, and the worst, 255.
  case heat(UInt8)
}

/// A text with numbers in it, which layouts break into lines where it has blanks.
package struct Phrase: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// A part of one tone; a number is a part of its own, and is not broken.
  package struct Piece: Hashable, Sendable {
    package var text: String
    package var tone = Tone.plain
    package var figure: Figure?
  }

  package var pieces: [Piece]

  package init(_ text: String, _ tone: Tone = .plain) {
    pieces = text.isEmpty ? [] : [Piece(text: text, tone: tone)]
  }

  package init(_ figure: Figure, _ tone: Tone = .plain) {
    pieces = [Piece(text: figure.text, tone: tone, figure: figure)]
  }

  package init(stringLiteral text: String) { self.init(text) }

  package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

  package struct StringInterpolation: StringInterpolationProtocol {
    var pieces: [Piece] = []

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ text: String) {
      if !text.isEmpty { pieces.append(Piece(text: text)) }
    }

    package mutating func appendInterpolation(_ text: String, _ tone: Tone = .plain) {
      if !text.isEmpty { pieces.append(Piece(text: text, tone: tone)) }
    }

    package mutating func appendInterpolation(_ figure: Figure) {
      pieces.append(Piece(text: figure.text, figure: figure))
    }

    package mutating func appendInterpolation(_ phrase: Phrase) { pieces += phrase.pieces }
  }

  /// Without tones.
  package var plain: String { pieces.map(\.text).joined() }

  /// In one tone.
  package func toned(_ tone: Tone) -> Phrase {
    var phrase = self
    for index in phrase.pieces.indices { phrase.pieces[index].tone = tone }
    return phrase
  }

  package static func + (left: Phrase, right: Phrase) -> Phrase {
    var phrase = left
    phrase.pieces += right.pieces
    return phrase
  }

  package static func += (left: inout Phrase, right: Phrase) { left.pieces += right.pieces }
}

extension [Phrase] {
  /// With something between each two.
  package func joined(separator: Phrase) -> Phrase {
    guard var joined = first else { return "" }
    for phrase in dropFirst() { joined += separator + phrase }
    return joined
  }
}
