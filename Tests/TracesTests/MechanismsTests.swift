import Compiler
import Diagnostics
import Foundation
import Hardware
import Programs
import Simulation
import Testing

/// docs/mechanisms.md names what holds each pass of the compiler and each rule of timing; these keep it true.
@Suite struct MechanismsTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardizedFileURL

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  private func swiftFiles(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(
      atPath: Self.root.appendingPathComponent(folder).path
    ).filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
  }

  /// The texts between single backquotes.
  private func spans(_ text: Substring) -> [String] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// A section's part of the page.
  private func section(_ title: String) throws -> Substring {
    let page = try text("docs/mechanisms.md")
    let start = try #require(page.range(of: "## \(title)\n")).upperBound
    return page[start...].prefix(
      upTo: page[start...].range(of: "\n## ")?.lowerBound ?? page.endIndex)
  }

  /// Each row's cells, with what stands between backquotes.
  private func rows(_ title: String) throws -> [[[String]]] {
    try section(title).split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map {
      $0.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map(spans)
    }
  }

  /// Functions with the attribute of a test.
  private func tests() throws -> Set<String> {
    var found: Set<String> = []
    for file in try swiftFiles("Tests") {
      for part in try text(file).components(separatedBy: "@Test").dropFirst() {
        guard let start = part.range(of: "func ")?.upperBound else { continue }
        found.insert(String(part[start...].prefix { $0.isLetter || $0.isNumber }))
      }
    }
    return found
  }

  @Test func everyPassIsHeldByATest() throws {
    let rows = try rows("Passes")
    let known = try tests()
    for row in rows { #expect(known.contains(row[4][0]), "\(row[4][0])") }
    // What the pipelines tell of, and the files that they are in.
    let told = try text("Sources/Compiler/PipelineRun.swift")
      .replacing("draft.note(", with: "").components(separatedBy: "note(")
    let names = Set(
      told.dropFirst().compactMap { part in
        let word = part.drop { $0.isWhitespace }
        return word.first == "\"" ? String(word.dropFirst().prefix { $0 != "\"" }) : nil
      })
    #expect(Set(rows.map { $0[0][0] }) == names)
    let files = try swiftFiles("Sources/Compiler/Passes").map {
      String($0.split(separator: "/").last?.dropLast(".swift".count) ?? "")
    }.filter { !$0.contains("+") }
    #expect(Set(rows.map { $0[1][0] }) == Set(files))
  }

  /// A program in which its pass finds nothing shows it no more.
  @Test func everyPassFindsSomethingInItsProgram() throws {
    var met = 0
    for row in try rows("Passes") where !row[3].isEmpty {
      let (pass, name) = (row[0][0], row[3][0])
      let path = "suites/mechanisms/\(name).trn"
      let program = try Program(text: text(path), file: path)
      var options = CompilerOptions()
      options.schedule = .compiler
      let compiled = try Simulation.compiled(
        program, on: Hardware.load(named: "trn2"), options: options)
      let changes = compiled.passes.filter { $0.name == pass }.flatMap(\.changes)
      #expect(changes.contains { $0.count > 0 }, "\(pass) finds nothing in \(path)")
      met += 1
    }
    #expect(met >= 15)
  }

  @Test func everyProgramIsInTheSuite() throws {
    let suite = try text("suites/mechanisms.yaml")
    let programs = try FileManager.default.contentsOfDirectory(
      atPath: Self.root.appendingPathComponent("suites/mechanisms").path)
    let page = try text("docs/mechanisms.md")
    for program in programs {
      #expect(suite.contains("program: mechanisms/\(program)\n"), "\(program)")
      #expect(page.contains("`\(program.dropLast(".trn".count))`"), "\(program)")
    }
  }

  @Test func everyRuleOfTimingIsHeldByATest() throws {
    let rows = try rows("Rules of timing")
    let known = try tests()
    var covered: [String] = []
    for row in rows {
      #expect(row[2].allSatisfy(known.contains), "\(row[2])")
      covered += row[1]
    }
    let whole = try section("Rules of timing")
    let rest = try #require(whole.range(of: "Sizes, limits, types")).lowerBound
    let without = spans(whole[rest...])
    let paths = try ["trn2", "trn3"].flatMap { try Hardware.load(named: $0).paths }
    for path in paths {
      #expect(
        (covered + without).contains { path.hasPrefix($0) },
        "no rule of docs/mechanisms.md has \(path)")
    }
    for prefix in covered + without {
      #expect(paths.contains { $0.hasPrefix(prefix) }, "no machine has \(prefix)")
    }
  }
}
