import Timing

/// What the entries of a row waited for and were spent on, in numbers; `PageTimeline` says which.
struct PackedPieces {
  /// Where an instruction or transfer is.
  struct Place {
    var row: Int32 = -1
    var entry: Int32 = -1
  }

  /// A piece of an entry's life.
  struct Piece {
    /// The number of its cause.
    var cause: Int
    var duration: Picoseconds
    /// Who caused it.
    var causer = Place()
  }

  private let row: Int
  private let causes: Int
  /// By row: the entry that was named last.
  private var named: [Int32]
  /// Pieces so far.
  private(set) var count = 0

  /// - Parameters:
  ///   - causes: How many there are.
  ///   - rows: How many rows a causer may be in.
  init(row: Int, causes: Int, rows: Int) {
    self.row = row
    self.causes = causes
    named = Array(repeating: 0, count: rows)
  }

  /// Adds an entry's pieces.
  ///
  /// - Parameter endAtBegin: Whether the last ends with the entry's begin, and not with its end.
  mutating func add(
    _ pieces: some Collection<Piece>, endAtBegin: Bool, entry: Int, to packed: inout PackedBytes
  ) {
    guard !pieces.isEmpty else {
      packed.append(0)
      return
    }
    for (number, piece) in pieces.enumerated() {
      let place = piece.causer
      let isBefore = place.row == row && place.entry == entry - 1
      let kind = number + 1 < pieces.count ? 0 : endAtBegin ? 1 : 2
      let causer = place.row < 0 ? 0 : isBefore ? 1 : 2
      packed.append(1 + 3 * (piece.cause + causes * kind) + causer)
      packed.append(piece.duration)
      count += 1
      guard causer == 2 else { continue }
      packed.append(place.row)
      packed.append(signed: place.entry - named[Int(place.row)])
      named[Int(place.row)] = place.entry
    }
  }
}
