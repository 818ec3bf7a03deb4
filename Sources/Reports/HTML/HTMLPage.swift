import Diagnostics
import Simulation
import Storage

/// A report as one file for browsers, which needs no network and, but for its timeline, no script.
package enum HTMLPage {
  /// Writes the page of a report; the file appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if nothing was timed or the file cannot be written.
  package static func write(_ report: Report, to path: String) throws {
    guard report.timed != nil else {
      throw DiagnosticError(
        "'\(report.run.name)' has no times to show on a page",
        remedy: "run it with timing, not for its values alone")
    }
    try writeAtomically(make(report), to: path)
  }

  /// The page's bytes.
  package static func make(_ report: Report) -> [UInt8] {
    let sections = report.sections(details: true)
    let head = sections.filter { $0 is TitleSection || $0 is VerdictSection }
    let timeline = PageTimeline.json(report)
    let title = report.run.name
    var out: [UInt8] = []
    func add(_ text: String) { out += text.utf8 }
    add(
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
      script-src 'unsafe-inline'">
      <title>\(escapedForMarkup(title)) - trnsim</title>
      <style>

      """)
    out += PackageResources.page_css
    add("</style>\n</head>\n<body>\n<header>\n")
    add(head.flatMap(\.blocks).html(level: 1))
    add("<nav aria-label=\"Sections\">")
    let rest = sections.filter { section in
      !head.contains { type(of: $0) == type(of: section) } && !section.blocks.isEmpty
    }
    for section in rest {
      let kind = type(of: section)
      add("<a href=\"#\(kind.name)\">\(escapedForMarkup(kind.title))</a> ")
      if kind == EnginesSection.self { add("<a href=\"#timeline\">Timeline</a> ") }
    }
    add("</nav>\n</header>\n<main>\n")
    for section in rest {
      let kind = type(of: section)
      add("<section id=\"\(kind.name)\">\n<h2>\(escapedForMarkup(kind.title))</h2>\n")
      add(section.blocks.html(level: 3))
      add("</section>\n")
      if kind == EnginesSection.self, !timeline.isEmpty { add(timelineElements) }
    }
    add("</main>\n<script type=\"application/json\" id=\"report\">")
    add(report.json(of: sections).text().replacing("<", with: "\\u003c"))
    add("</script>\n<script type=\"application/json\" id=\"timeline-data\">")
    out += timeline
    add("</script>\n<script>\n")
    out += PackageResources.page_js
    add("</script>\n</body>\n</html>\n")
    return out
  }

  /// What the script draws into.
  private static let timelineElements = """
    <section id="timeline">
    <h2>Timeline</h2>
    <noscript><p>Drawing the timeline takes JavaScript; everything else on this page does not.</p></noscript>
    <div class="tools" hidden>
    <label>Find <input type="search" id="find" size="24" placeholder="operation, tensor, line, scope" \
    aria-describedby="found"></label>
    <button type="button" id="previous" aria-label="Previous match">&#8249;</button>
    <button type="button" id="next" aria-label="Next match">&#8250;</button>
    <output id="found" for="find"></output>
    <span class="gap"></span>
    <button type="button" id="closer" aria-label="Zoom in">+</button>
    <button type="button" id="farther" aria-label="Zoom out">&#8722;</button>
    <button type="button" id="whole">Whole run</button>
    </div>
    <canvas id="chart" tabindex="0" role="img" hidden aria-label="Timeline of engines, queues and scopes; \
    arrow keys move and zoom, brackets go from one instruction to the next"></canvas>
    <div id="chosen" aria-live="polite"></div>
    <p class="keys" hidden><small>Drag to move, Ctrl and wheel or double-click to zoom. Keys: ← → move, ↑ ↓ zoom, \
    [ ] the instruction before and after, 0 the whole run, / find, n and p the next and the previous match, \
    Esc none.</small></p>
    </section>

    """
}
