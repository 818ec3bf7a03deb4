import Reports

extension TwoRuns {
  /// The differences as a file for browsers: both runs on one time scale.
  ///
  /// - Throws: A `DiagnosticError` where causes cannot be found.
  package func page() throws -> [UInt8] {
    let (timeline, data) = try PageTimeline.sideBySide(("A", runs.0), ("B", runs.1))
    let (head, parts) = HTMLDocument.divided(blocks)
    return HTMLDocument(
      title: "\(sides.0.name) and \(sides.1.name)", head: head, parts: [timeline] + parts,
      json: json, timeline: data
    ).bytes
  }
}
