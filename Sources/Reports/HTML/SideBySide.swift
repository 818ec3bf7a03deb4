package import Simulation
package import Timing

extension PageTimeline {
  /// Two runs on one time scale: the part of a page that shows them, and what its script draws.
  ///
  /// - Throws: A `DiagnosticError` where causes cannot be found.
  package static func sideBySide(
    _ one: (name: String, run: Run), _ other: (name: String, run: Run)
  ) throws -> (part: HTMLDocument.Part, data: [UInt8]) {
    let sides = (
      try PageTrack.tracks(of: one.run, named: one.name),
      try PageTrack.tracks(of: other.run, named: other.name)
    )
    let first = zip(sides.0, sides.1).compactMap { FirstDifference($0, $1) }
      .min { $0.time < $1.time }
    return sideBySide(
      sides.0 + sides.1, first, total: max(one.run.total ?? 0, other.run.total ?? 0),
      same: "Both do the same at the same times.", "first difference")
  }

  /// The same of tracks that are known.
  ///
  /// - Parameters:
  ///   - same: What to say where nothing differs.
  ///   - word: What the first difference is called.
  package static func sideBySide(
    _ tracks: [PageTrack], _ first: FirstDifference?, total: Picoseconds, same: String,
    _ word: String
  ) -> (part: HTMLDocument.Part, data: [UInt8]) {
    let note: Phrase =
      first.map {
        "\(word.prefix(1).uppercased() + word.dropFirst()), from \(.time($0.time)) on: \($0.text)."
      } ?? Phrase(same)
    let marks = first.map { [Mark($0.time, word)] } ?? []
    return (
      HTMLDocument.timelinePart(note),
      json(total: total, tracks, marks: marks, arePaired: true)
    )
  }
}
