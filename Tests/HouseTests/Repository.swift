import Foundation

/// The repository's files, as texts.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }

  /// Paths of the Swift files below a folder.
  static func swiftFiles(_ folder: String) throws -> [String] {
    try files(folder, suffix: ".swift")
  }

  /// Paths of the files below a folder whose names end so.
  static func files(_ folder: String, suffix: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(
      atPath: root.appendingPathComponent(folder).path
    )
    .filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// The texts between single backquotes, code blocks left out.
  static func codeSpans(_ markdown: String) -> [String] {
    var spans: [String] = []
    var isBlock = false
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isBlock.toggle()
        continue
      }
      if isBlock { continue }
      let parts = line.split(separator: "`", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() where index % 2 == 1 { spans.append(String(part)) }
    }
    return spans
  }
}
