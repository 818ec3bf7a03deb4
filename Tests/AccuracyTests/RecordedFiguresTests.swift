import Accuracy
import Captures
import Foundation
import Hardware
import Testing

/// The figures of all captures, as they were recorded; `RECORD_GOLDENS=1` writes them anew.
@Suite struct RecordedFiguresTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let captures = root.deletingLastPathComponent().appendingPathComponent("shared/validation")
    .path
  static let hasCaptures = FileManager.default.fileExists(atPath: captures)

  /// Percentage points by which the size of an error may grow unnoticed.
  static let tolerance = 0.25

  @Test(.enabled(if: hasCaptures, "needs ../shared/validation"))
  func noFigureGetsWorse() throws {
    let paths = try AccuracyTable.captures(in: RecordedFiguresTests.captures)
    #expect(paths.trn1.count == 7)
    let table = try AccuracyTable(paths.trn2, on: Hardware.load("trn2"))
    #expect(table.decodings.captures == 6 && table.decodings.apart < 1)
    if Self.records { try record(table.csv()) }
    try compare(table.csv(), RecordedFigures.known)
  }

  /// Captures of the second generation, whose tables lack records: their figures are apart.
  static let ofSecondGeneration = ["moe_token_generation_v5", "moe_token_generation_v6b"]

  @Test(.enabled(if: hasCaptures, "needs ../shared/validation"))
  func noFigureOfTheSecondSetGetsWorse() throws {
    let paths = try AccuracyTable.captures(in: RecordedFiguresTests.captures + "/second").trn2
    let whole = paths.filter { path in !Self.ofSecondGeneration.contains { path.contains($0) } }
    let table = try AccuracyTable(whole, on: Hardware.load("trn2"))
    #expect(table.rows.count == 23 && table.decodings.captures == 4 && table.decodings.apart < 1)
    if Self.records { try write(table.csv(), "secondTable", to: "RecordedFigures+SecondTable") }
    try compare(table.csv(), RecordedFigures.second)
  }

  @Test(.enabled(if: hasCaptures, "needs ../shared/validation"))
  func noFigureOfTheSecondGenerationGetsWorse() throws {
    let paths = try AccuracyTable.captures(in: RecordedFiguresTests.captures + "/second").trn2
      .filter { path in Self.ofSecondGeneration.contains { path.contains($0) } }
    let table = try AccuracyTable(paths, on: Hardware.load("trn2"))
    #expect(table.rows.count == 2)
    if Self.records {
      try write(
        table.csv(), "secondGenerationTable", to: "RecordedFigures+SecondGenerationTable")
    }
    try compare(table.csv(), RecordedFigures.secondGeneration)
  }

  static let records = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil

  private func compare(_ csv: String, _ known: RecordedFigures) throws {
    let lines = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(lines.count - 1 == known.rows.count, "record the figures again")
    for (cells, recorded) in zip(lines.dropFirst(), known.rows) {
      #expect(cells[0] == recorded.name)
      for (key, cell) in zip(lines[0], cells).dropFirst(3) {
        let known = recorded.errors[key.replacing("_percent", with: "")]
        guard let value = Double(cell), key != "noise_percent" else { continue }
        let limit = abs(try #require(known, "\(cells[0]) \(key)")) + Self.tolerance
        #expect(abs(value) <= limit, "\(cells[0]): \(key) is \(value), recorded \(known ?? 0)")
      }
    }
  }

  /// docs/accuracy.md shows the recorded table.
  @Test func thePageAgrees() throws {
    let page = try String(
      contentsOf: Self.root.appendingPathComponent("docs/accuracy.md"), encoding: .utf8)
    #expect(
      page.contains(RecordedFigures.known.markdown()),
      "RECORD_GOLDENS=1 swift test --filter RecordedFigures, then once more")
  }

  private func record(_ csv: String) throws {
    try write(csv, "table", to: "RecordedFigures+Table")
    let path = Self.root.appendingPathComponent("docs/accuracy.md")
    let page = try String(contentsOf: path, encoding: .utf8)
    let begin = try #require(page.firstRange(of: "| sizes of errors, % |"))
    let end = try #require(page[begin.lowerBound...].firstRange(of: "\n\n"))
    let table = RecordedFigures(csv: csv).markdown()
    try page.replacingCharacters(in: begin.lowerBound..<end.lowerBound, with: table.dropLast())
      .write(to: path, atomically: true, encoding: .utf8)
  }

  private func write(_ csv: String, _ name: String, to file: String) throws {
    var text = "// Written by RECORD_GOLDENS=1 swift test --filter RecordedFigures.\n"
    text += "extension RecordedFigures {\n"
    text += "  /// `trnsim accuracy --csv` of the captures that were at hand.\n"
    text += "  static let \(name) = \"\"\"\n"
    for line in csv.split(separator: "\n") {
      // Lines are broken for the formatter, where a cell ends.
      var rest = line[...]
      while rest.count > 80 {
        let end = rest.prefix(80).lastIndex(of: ",") ?? rest.endIndex
        text += "    \(rest[...end])\\\n"
        rest = rest[rest.index(after: end)...]
      }
      text += "    \(rest)\n"
    }
    text += "\n    \"\"\"\n}\n"
    try text.write(
      to: Self.root.appendingPathComponent("Sources/Accuracy/\(file).swift"),
      atomically: true, encoding: .utf8)
  }
}

extension String {
  fileprivate func replacingCharacters(
    in range: Range<String.Index>, with text: Substring
  ) -> String {
    String(self[..<range.lowerBound]) + text + self[range.upperBound...]
  }
}
