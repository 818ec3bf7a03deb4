import Diagnostics

/// A file for browsers, which needs no network and, but for its timeline, no script.
package struct HTMLDocument {
  /// A part of it under a heading.
  package struct Part {
    /// Its place, for links.
    package var name: String
    /// Its heading.
    package var title: String
    /// Elements.
    package var html: String

    package init(_ name: String, _ title: String, html: String) {
      self.name = name
      self.title = title
      self.html = html
    }

    /// Groups of what people read, beside each other where there is room.
    package init(_ name: String, _ title: String, tiles: [[Block]], _ end: [Block] = []) {
      let inner = tiles.map { "<div>\n\($0.html(level: 3))</div>\n" }.joined()
      self.init(
        name, title, html: "<div class=\"tiles\">\n\(inner)</div>\n\(end.html(level: 3))")
    }

    /// Puts blocks before what is there.
    package mutating func prepend(_ blocks: [Block]) { html = blocks.html(level: 3) + html }

    /// A part of what people read.
    package init(_ name: String, _ title: String, _ blocks: [Block]) {
      self.init(name, title, html: blocks.html(level: 3))
    }
  }

  /// Blocks as what comes first, up to the second heading, and a part for each heading from there on.
  package static func divided(_ blocks: [Block]) -> (head: [Block], parts: [Part]) {
    var head: [Block] = []
    var groups: [(title: Phrase, blocks: [Block])] = []
    for block in blocks {
      if case .heading(let title) = block, !head.isEmpty {
        groups.append((title, []))
      } else if groups.isEmpty {
        head.append(block)
      } else {
        groups[groups.count - 1].blocks.append(block)
      }
    }
    let parts = groups.enumerated().map { number, group in
      // A heading that says more than a link has room for.
      let text = group.title.plain
      let name = text.prefix { $0 != ":" }
      let isLong = name.count < text.count
      return Part(
        "part\(number + 1)", name.prefix(1).uppercased() + name.dropFirst(),
        (isLong ? [.sentence(group.title)] : []) + group.blocks)
    }
    return (head, parts)
  }

  /// The browser's title.
  package var title: String
  /// What comes first.
  package var head: [Block]
  /// The rest.
  package var parts: [Part]
  /// All of it for machines.
  package var json: JSON
  /// What the script draws; empty for none.
  package var timeline: [UInt8]

  package init(
    title: String, head: [Block], parts: [Part], json: JSON, timeline: [UInt8] = []
  ) {
    self.title = title
    self.head = head
    self.parts = parts
    self.json = json
    self.timeline = timeline
  }

  /// The file's bytes.
  package var bytes: [UInt8] {
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
    add(head.html(level: 1))
    add("<nav aria-label=\"Sections\">")
    for part in parts {
      add("<a href=\"#\(part.name)\">\(escapedForMarkup(part.title))</a> ")
    }
    add("</nav>\n</header>\n<main>\n")
    for part in parts {
      add("<section id=\"\(part.name)\">\n<h2>\(escapedForMarkup(part.title))</h2>\n")
      add(part.html)
      add("</section>\n")
    }
    add("</main>\n<script type=\"application/json\" id=\"report\">")
    add(json.text().replacing("<", with: "\\u003c"))
    add("</script>\n<script type=\"application/json\" id=\"timeline-data\">")
    out += timeline
    add("</script>\n<script>\n")
    out += PackageResources.page_js
    add("</script>\n</body>\n</html>\n")
    return out
  }

  /// What the script draws a timeline into.
  ///
  /// - Parameter note: What is to be known of it.
  package static func timelinePart(_ note: Phrase? = nil) -> Part {
    Part(
      "timeline", "Timeline",
      html: (note.map { "<p>\($0.html)</p>\n" } ?? "") + """
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
        arrow keys move and zoom, brackets go from one instruction to the next, w to whom the chosen one waited for"></canvas>
        <div id="chosen" aria-live="polite"></div>
        <p class="keys" hidden><small>Drag to move, Ctrl and wheel or double-click to zoom; a press chooses an instruction and \
        shows whom it waited for and who waits for it. Keys: ← → move, ↑ ↓ zoom, [ ] the instruction before and after, w whom \
        it waited for longest, d who waits for it, 0 the whole run, / find, n and p the next and the previous match, Esc \
        none.</small></p>

        """)
  }
}
