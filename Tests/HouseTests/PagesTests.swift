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
}
