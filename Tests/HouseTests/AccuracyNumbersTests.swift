import Foundation
import Testing

/// ACCURACY.md numbers its deviations, and others refer to them by number.
@Suite struct AccuracyNumbersTests {
  /// The numbers at the beginnings of lines.
  private func numbers() throws -> [Int] {
    try Repository.text("ACCURACY.md").split(separator: "\n").compactMap { line in
      let digits = line.prefix { $0.isNumber }
      return line.dropFirst(digits.count).hasPrefix(". ") ? Int(digits) : nil as Int?
    }
  }

  /// What a text refers to after a word: `47`, `51 to 53`, `54 and 55`, all of a range.
  private func references(in text: String, after word: String) throws -> [Int] {
    let pattern = try NSRegularExpression(
      pattern: word + #",?[\s*#/]+(\d+)(?:[\s*#/]+(to|and)[\s*#/]+(\d+))?"#)
    let whole = NSRange(text.startIndex..., in: text)
    return pattern.matches(in: text, range: whole).flatMap { match -> [Int] in
      let parts = (1...3).map { Range(match.range(at: $0), in: text).map { String(text[$0]) } }
      guard let first = parts[0].flatMap(Int.init) else { return [] }
      guard let last = parts[2].flatMap(Int.init) else { return [first] }
      return parts[1] == "to" ? Array(first...max(first, last)) : [first, last]
    }
  }

  @Test func numbersAreUnique() throws {
    let numbers = try numbers()
    let twice = Dictionary(grouping: numbers) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
    #expect(twice.isEmpty)
    // None is left out: a deviation that is removed keeps its number.
    #expect(Set(numbers) == Set(1...numbers.count))
  }

  @Test func everyReferenceExists() throws {
    let known = Set(try numbers())
    var met = 0
    let folders = ["Sources", "Tests", "docs", "hwconfigs", "python", "Scripts", "suites"]
    let inFolders = try folders.flatMap { folder in
      try [".md", ".swift", ".h", ".yaml", ".py"].flatMap {
        try Repository.files(folder, suffix: $0)
      }
    }
    let atRoot = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "ACCURACY.md"]
    for file in atRoot + inFolders {
      let text = try Repository.text(file)
      var found = try references(in: text, after: #"ACCURACY(?:\.md)?`?"#)
      if file == "ACCURACY.md" { found += try references(in: text, after: "deviations?") }
      for number in found { #expect(known.contains(number), "\(file) refers to \(number)") }
      met += found.count
    }
    #expect(met >= 10)
  }

  /// docs/mechanisms.md has the test that explains each item, or why none can.
  @Test func everyItemNamesItsTest() throws {
    var rows: [Int: (test: String, reason: String)] = [:]
    var isTable = false
    for line in try Repository.text("docs/mechanisms.md").split(separator: "\n") {
      if line.hasPrefix("## ") { isTable = line == "## Items of ACCURACY.md" }
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard isTable, cells.count == 5, let number = Int(cells[1]) else { continue }
      #expect(rows[number] == nil, "\(number) twice")
      rows[number] = (cells[2].filter { $0 != "`" }, cells[3])
    }
    #expect(Set(rows.keys) == Set(try numbers()))
    let swift = try Repository.swiftFiles("Tests").map(Repository.text).joined()
    let python = try Repository.files("python/tests", suffix: ".py").map(Repository.text).joined()
    for (number, row) in rows {
      if row.test.isEmpty {
        #expect(!row.reason.isEmpty, "\(number) has neither a test nor a reason")
        continue
      }
      #expect(
        swift.contains("func \(row.test)(") || python.contains("def \(row.test)("),
        "\(number): there is no test \(row.test)")
    }
  }
}
