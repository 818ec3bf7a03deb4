import Simulation

extension Report {
  /// The sections in the order in which people read them.
  package static let sections: [any Section.Type] = [
    CoresSection.self, TitleSection.self, VerdictSection.self, ChecksSection.self,
    TimeSection.self, WorkSection.self, EnginesSection.self, BoundsSection.self, WaitsSection.self,
    PathSection.self,
    RooflineSection.self, MemorySection.self, HoldersSection.self, OpcodesSection.self,
    QueuesSection.self, DMASizesSection.self, TensorsSection.self, LinesSection.self,
    NotesSection.self, HostSection.self, SetupSection.self, MetricsSection.self,
  ]

  /// What the report has of each, with details or without.
  package func sections(details: Bool) -> [any Section] {
    Report.sections(of: Subject(core: slowest, report: self), details: details)
  }

  /// What the sections have of a subject.
  static func sections(of subject: Subject, details: Bool = false) -> [any Section] {
    sections.filter { details || !$0.isDetail }.compactMap { $0.init(subject) }
  }

  /// One screen for a person; of several cores their table, and the screen of the one that completed last.
  ///
  /// - Parameters:
  ///   - width: Columns of the page.
  ///   - color: Whether to use ANSI escape sequences.
  public func text(width: Int = 80, color: Bool = false) -> String {
    text(on: Page(width: width, color: color))
  }

  /// One screen for a person.
  package func text(on page: Page) -> String { blocks.text(on: page) }

  /// What a screen shows.
  package var blocks: [Block] {
    sections(details: false).filter { type(of: $0).isOnScreen }.flatMap(\.blocks)
  }

  /// Names of the sections that a screen shows where they are asked for.
  package static var onRequest: [String] { sections.filter { !$0.isOnScreen }.map { $0.name } }

  /// What a screen shows where it is asked for, in the order of the report.
  ///
  /// - Parameter names: Names of `onRequest`.
  package func blocks(of names: Set<String>) -> [Block] {
    guard !names.isEmpty else { return [] }
    let found = sections(details: true).filter { names.contains(type(of: $0).name) }
    return Report.sections.filter { names.contains($0.name) }.flatMap { kind -> [Block] in
      let blocks = found.first { type(of: $0) == kind }?.blocks ?? []
      return [.heading(Phrase(kind.title))] + (blocks.isEmpty ? [.sentence("none")] : blocks)
    }
  }

  /// The report as Markdown, a heading for each section.
  public var markdown: String {
    sections(details: true).filter { !$0.blocks.isEmpty }.map { section in
      "## \(type(of: section).title)\n\n" + section.blocks.markdown(level: 3)
    }.joined(separator: "\n")
  }
}

extension CoreReport {
  /// What machines are told of one core.
  var json: [String: JSON] {
    Report.sections(of: Subject(core: self, report: nil)).reduce(into: [:]) {
      $0.merge($1.values) { first, _ in first }
    }
  }
}
