import Storage

/// Finds the sources that instructions name.
package struct SourceTexts: Sendable {
  private let folders: [String]
  /// Files of a folder that are looked at for one that is named by its module.
  private static let searched = 20_000
  /// A source of more bytes is none.
  private static let largest = 16 << 20

  /// - Parameter folders: Where to look besides the current one.
  package init(folders: [String] = []) { self.folders = folders }

  /// The lines of a source; `nil` where it is not found.
  ///
  /// Programs name files from the current directory on, and Swift ones as the compiler does: by module and name.
  package func lines(of file: String) -> [String]? {
    let isWhole = file.hasPrefix("/")
    var candidates = [file]
    if !isWhole { candidates += folders.map { "\($0)/\(file)" } }
    let parts = file.split(separator: "/").map(String.init)
    let name = parts.last ?? file
    if !isWhole, parts.count == 2, name.hasSuffix(".swift") {
      for folder in ["."] + folders {
        if let found = SourceTexts.find(name, below: "\(folder)/Sources/\(parts[0])") {
          candidates.append(found)
        }
      }
    }
    if let found = candidates.first(where: isRegularFile) { return SourceTexts.read(found) }
    // Whoever names a folder may have moved the file there.
    return folders.lazy.compactMap { SourceTexts.find(name, below: $0) }.first
      .flatMap(SourceTexts.read)
  }

  private static func read(_ path: String) -> [String]? {
    guard let bytes = try? readFile(path, upTo: largest + 1), bytes.count <= largest else {
      return nil
    }
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { line in
        String(
          decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
      }
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The first file of a name in a folder or below it, folder by folder.
  private static func find(_ name: String, below folder: String) -> String? {
    var open = [folder]
    var next = 0
    var seen = 0
    while next < open.count, seen < searched {
      let here = open[next]
      next += 1
      for entry in (try? fileNames(in: here)) ?? [] where !entry.hasPrefix(".") {
        seen += 1
        let path = "\(here)/\(entry)"
        if entry == name, isRegularFile(path) { return path }
        if !entry.contains(".") { open.append(path) }
      }
    }
    return nil
  }
}
