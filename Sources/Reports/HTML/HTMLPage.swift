package import Diagnostics
import Simulation
import Storage

/// A report as one file for browsers.
package enum HTMLPage {
  /// What others than the report have to say of the run, such as advice.
  package struct Addition {
    /// Its place, and its key in the JSON.
    package var name: String
    /// Its heading.
    package var title: String
    /// What people read.
    package var blocks: [Block]
    /// What machines read.
    package var json: JSON

    package init(_ name: String, _ title: String, _ blocks: [Block], _ json: JSON) {
      self.name = name
      self.title = title
      self.blocks = blocks
      self.json = json
    }
  }

  /// Writes the page of a report; the file appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if nothing was timed or the file cannot be written.
  package static func write(
    _ report: Report, adding additions: [Addition] = [], to path: String
  ) throws {
    guard report.timed != nil else {
      throw DiagnosticError(
        "'\(report.run.name)' has no times to show on a page",
        remedy: "run it with timing, not for its values alone")
    }
    try writeAtomically(make(report, adding: additions), to: path)
  }

  /// The page's bytes.
  ///
  /// - Throws: A `DiagnosticError` if nothing was timed.
  package static func make(
    _ report: Report, adding additions: [Addition] = []
  ) throws(DiagnosticError) -> [UInt8] {
    let source = try source(report)
    let sections = report.sections(details: true)
    let timeline = PageTimeline.json(report)
    var parts: [HTMLDocument.Part] = []
    for section in sections where !isHead(section) {
      let kind = type(of: section)
      if kind == LinesSection.self, let source {
        parts.append(HTMLDocument.Part(source.name, source.title, source.blocks))
      }
      let blocks = section.pageBlocks
      guard !blocks.isEmpty else { continue }
      parts.append(HTMLDocument.Part(kind.name, kind.title, blocks))
      if kind == EnginesSection.self {
        parts += additions.map { HTMLDocument.Part($0.name, $0.title, $0.blocks) }
        if !timeline.isEmpty { parts.append(HTMLDocument.timelinePart()) }
      }
    }
    return HTMLDocument(
      title: report.run.name, head: sections.filter(isHead).flatMap(\.blocks), parts: parts,
      json: (additions + (source.map { [$0] } ?? [])).reduce(report.json(of: sections)) {
        $0.adding($1.name, $1.json)
      },
      timeline: timeline
    ).bytes
  }

  /// The source with what each line took; `nil` where it is not known, or nobody asked for causes.
  private static func source(_ report: Report) throws(DiagnosticError) -> Addition? {
    guard let causes = report.causes else { return nil }
    let found = try Annotation(report.run, causes, sources: SourceTexts())
    guard found.files.contains(where: { $0.text != nil }),
      case .object(var values) = found.json
    else { return nil }
    // The tree is of instructions, which the timeline has.
    values["scopes"] = nil
    return Addition(
      "source", "Source",
      Array(found.lineBlocks(AnnotationView(context: 3)).dropFirst()).keyed(below: "source"),
      .object(values))
  }

  private static func isHead(_ section: any Section) -> Bool {
    section is TitleSection || section is VerdictSection
  }
}
