import Foundation
import Testing

/// The README is short, and its pages are there.
@Suite struct PagesTests {
  @Test func theREADMEIsReadInAMinute() throws {
    #expect(try Repository.text("README.md").utf8.count <= 7 * 1024)
  }

  @Test func everyLinkLeadsSomewhere() throws {
    let pages =
      ["README.md", "CONTRIBUTING.md", "ACCURACY.md", "CHANGELOG.md"]
      + (try Repository.files("docs", suffix: ".md"))
    var met = 0
    for page in pages {
      let folder = page.split(separator: "/").dropLast()
      for link in try Repository.text(page).matches(of: #/\]\(([^)\s#]+)[^)]*\)/#) {
        let target = link.output.1
        if target.contains("://") || target == "…" { continue }
        var parts = Array(folder)
        for part in target.split(separator: "/") where part != "." {
          if part == ".." { parts.removeLast() } else { parts.append(part) }
        }
        #expect(Repository.exists(parts.joined(separator: "/")), "\(page) links to \(target)")
        met += 1
      }
    }
    #expect(met > 30)
  }

  /// Pages are found from the README, or from one that is.
  @Test func everyPageIsLinked() throws {
    let pages = try Repository.files("docs", suffix: ".md")
    let text = try (["README.md", "CONTRIBUTING.md", "ACCURACY.md"] + pages)
      .map { (page: $0, text: try Repository.text($0)) }
    for page in pages {
      let name = page.split(separator: "/").last.map(String.init) ?? page
      #expect(
        text.contains { $0.page != page && $0.text.contains(name) }, "nothing names \(page)")
    }
  }

  /// Pages at the repository's top that the site has, too (Scripts/docs_hooks.py).
  private static let topPages = ["changelog.md", "contributing.md", "deviations.md"]

  /// mkdocs.yml names every page once, and no other; Scripts/docs builds the site and checks the rest.
  @Test func theSiteHasEveryPage() throws {
    let manifest = try Repository.text("mkdocs.yml")
    let navigation = try #require(manifest.split(separator: "\nnav:\n").last)
    let named = navigation.matches(of: #/([\w./-]+\.md)\s*$/#.anchorsMatchLineEndings())
      .map { String($0.output.1) }
    // A notebook is read as a page.
    let notebooks = try Repository.files("docs", suffix: ".ipynb").map {
      String($0.dropLast("ipynb".count)) + "md"
    }
    let pages = try (Repository.files("docs", suffix: ".md") + notebooks)
      .map { String($0.dropFirst("docs/".count)) }
    #expect(named.sorted() == (pages + PagesTests.topPages).sorted())
  }

  /// Links to a heading lead to one.
  @Test func everyAnchorExists() throws {
    let top = ["README.md", "CONTRIBUTING.md", "ACCURACY.md", "CHANGELOG.md"]
    var anchors: [String: Set<String>] = [:]
    for page in try top + Repository.files("docs", suffix: ".md") {
      var isBlock = false
      for line in try Repository.text(page).split(separator: "\n") {
        if line.hasPrefix("```") { isBlock.toggle() }
        let level = line.prefix { $0 == "#" }
        guard !isBlock, !level.isEmpty, line.dropFirst(level.count).first == " " else { continue }
        anchors[page, default: []].insert(anchor(line.dropFirst(level.count + 1)))
      }
    }
    var met = 0
    for page in anchors.keys.sorted() {
      for link in try Repository.text(page).matches(of: #/\]\(([^)\s#:]*)#([^)\s]+)\)/#) {
        var parts = page.split(separator: "/").dropLast()
        for part in link.output.1.split(separator: "/") where part != "." {
          if part == ".." { parts.removeLast() } else { parts.append(part) }
        }
        let target = link.output.1.isEmpty ? page : parts.joined(separator: "/")
        let name = String(link.output.2)
        #expect(anchors[target]?.contains(name) == true, "\(page) links to \(target)#\(name)")
        met += 1
      }
    }
    #expect(met > 100)
  }

  /// What sites and repositories make of a heading.
  private func anchor(_ heading: Substring) -> String {
    let kept = heading.lowercased().filter { $0.isLetter || $0.isNumber || "_- ".contains($0) }
    return kept.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "-")
  }
}
