/// A part of a report: what people and machines read of one matter, made from the same values.
///
/// Texts, Markdown and pages show the blocks, JSON has the values; nobody else says what a report holds.
package protocol Section: Sendable {
  /// Its name, which is its place on a page.
  static var name: String { get }
  /// Its heading, where sections have one.
  static var title: String { get }
  /// Whether a terminal's screen shows it, and not only files.
  static var isOnScreen: Bool { get }
  /// Whether it looks at every instruction: made for files alone, and not for every report of a search.
  static var isDetail: Bool { get }

  /// `nil` where the subject has nothing of it.
  init?(_ subject: Subject)

  /// What people read.
  var blocks: [Block] { get }
  /// The same on a page, which has room for more and can draw.
  var pageBlocks: [Block] { get }
  /// What machines read, by its keys at the top of the JSON report.
  var values: [String: JSON] { get }
}

extension Section {
  package static var isOnScreen: Bool { !isDetail }
  package static var isDetail: Bool { false }
  package var pageBlocks: [Block] { blocks }
  package var values: [String: JSON] { [:] }
}

/// What a section is about.
package struct Subject: Sendable {
  /// The core, which of several completed last.
  package let core: CoreReport
  /// The report of all cores; `nil` where the core is shown as one of several.
  package let report: Report?
}
