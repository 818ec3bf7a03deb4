import Foundation
import Testing

/// docs/architecture.md shows the rooms and arrows that Package.swift declares.
@Suite struct ArchitectureTests {
  /// The rooms of Package.swift and what each may use.
  private func declared() throws -> [String: Set<String>] {
    let manifest = try Repository.text("Package.swift")
    let pattern = try NSRegularExpression(
      pattern:
        #"(?:room\(\s*|executableTarget\(\s*name: |\.target\(name: |systemLibrary\(\s*name: )"(\w+)""#
        + #"(?:,\s*(?:needs|dependencies): \[([^\]]*)\])?"#)
    let whole = NSRange(manifest.startIndex..., in: manifest)
    var rooms: [String: Set<String>] = [:]
    for match in pattern.matches(in: manifest, range: whole) {
      guard let name = Range(match.range(at: 1), in: manifest) else { continue }
      let needs = Range(match.range(at: 2), in: manifest).map { quoted(manifest[$0]) } ?? []
      rooms[String(manifest[name])] = needs
    }
    return rooms
  }

  /// Names in quotes that start an entry; those of `.product(name:package:)` are left out.
  private func quoted(_ list: Substring) -> Set<String> {
    Set(
      list.split(separator: ",").compactMap { entry in
        let trimmed = entry.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.hasPrefix("\""), trimmed.hasSuffix("\"") else { return nil }
        return String(trimmed.dropFirst().dropLast())
      })
  }

  /// The rows of the table: | level | `Room` | uses | what |.
  private func documented() throws -> [(level: Int, name: String, uses: Set<String>)] {
    try Repository.text("docs/architecture.md").split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[0].hasPrefix("L"), let level = Int(cells[0].dropFirst()) else {
        return nil
      }
      let uses = cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      return (level, cells[1].filter { $0 != "`" }, Set(uses).subtracting(["-"]))
    }
  }

  @Test func theTableIsThePackage() throws {
    let rooms = try declared()
    #expect(rooms["Timing"]?.contains("Hardware") == true)
    let rows = try documented()
    #expect(Set(rows.map(\.name)) == Set(rooms.keys))
    for row in rows {
      #expect(rooms[row.name] == row.uses, "\(row.name)")
    }
  }

  /// And what development has of its own: fuzzers of suites and baselines name kernels in them.
  @Test func onlyTheToolKnowsKernels() throws {
    #expect(
      Set(try declared().filter { $0.value.contains("Kernels") }.keys)
        == ["Dev", "Models", "trnsim"])
    #expect(Set(try declared().filter { $0.value.contains("Models") }.keys) == ["trnsim"])
  }

  @Test func arrowsPointDownwards() throws {
    let rows = try documented()
    let levels = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.level) })
    for row in rows {
      for use in row.uses {
        let level = try #require(levels[use], "\(row.name) uses \(use)")
        // Within a level, a room may use one that stands above it in the table.
        if level == row.level {
          let names = rows.map(\.name)
          let below = try #require(names.firstIndex(of: use))
          let above = try #require(names.firstIndex(of: row.name))
          #expect(below < above, "\(row.name) uses \(use)")
        } else {
          #expect(level < row.level, "\(row.name) uses \(use)")
        }
      }
    }
  }

  /// Foundation brings 40 MB of ICU into the wheel and its loading into every start; its essentials do not.
  @Test func noRoomLoadsFoundation() throws {
    let files = try Repository.swiftFiles("Sources")
    #expect(files.count > 200)
    for file in files {
      let imports = try Repository.text(file).split(separator: "\n").filter {
        $0.hasSuffix("import Foundation")
      }
      #expect(imports.isEmpty, "\(file) imports Foundation instead of FoundationEssentials")
    }
  }
}
