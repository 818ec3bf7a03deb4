import Reports

extension Comparison {
  /// The comparison as a file for browsers: the ranking, charts, and the best beside the worst on one time scale.
  ///
  /// - Parameters:
  ///   - limit: Rows of the ranking.
  ///   - evaluator: Who simulates the two once more.
  /// - Throws: What a simulation throws.
  package func page(limit: Int = 200, evaluator: Evaluator) throws -> [UInt8] {
    let (head, parts) = HTMLDocument.divided(blocks(limit: limit, map: nil))
    var all = GridResults(self).parts
    var data: [UInt8] = []
    if let best = ranked.first, let worst = ranked.last, best.index != worst.index {
      var part: HTMLDocument.Part
      (part, data) = try PageTimeline.sideBySide(
        ("best", evaluator.run(space[best.index])),
        ("worst", evaluator.run(space[worst.index])))
      part.title = "The best and the worst"
      part.prepend([
        .sentence("best: \(label(best.index)); worst: \(label(worst.index))")
      ])
      all.append(part)
    }
    if head.count > 1 {
      all.append(HTMLDocument.Part("ranking", "Ranking", Array(head.dropFirst())))
    }
    return HTMLDocument(
      title: space.base.subject, head: Array(head.prefix(1)), parts: all + parts, json: json,
      timeline: data
    ).bytes
  }
}
