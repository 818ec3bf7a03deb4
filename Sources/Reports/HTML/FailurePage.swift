import Diagnostics
import Storage

/// A failure as one file for browsers, which needs no network and no script.
package enum FailurePage {
  /// Writes the page of a failure; the file appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if the file cannot be written.
  package static func write(_ failure: Failure, to path: String) throws {
    try writeAtomically(Array(text(failure).utf8), to: path)
  }

  /// The page.
  package static func text(_ failure: Failure) -> String {
    var out = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(escapedForMarkup(failure.subject)) did not run - trnsim</title>
      <style>
      \(String(decoding: PackageResources.page_css, as: UTF8.self))\(style)</style>
      </head>
      <body>
      <header>

      """
    let blocks = failure.blocks
    let details = Set(failure.details)
    // What the pictures are about has sections of its own.
    out += blocks.filter { !details.contains($0) && !isWaits($0, failure) }.html(level: 1)
    out += "</header>\n<main>\n"
    for (index, shortage) in failure.shortages.prefix(Failure.shownShortages).enumerated() {
      out += "<section id=\"memory\(index == 0 ? "" : "-\(index)")\">\n"
      out +=
        "<h2>\(escapedForMarkup(shortage.title))</h2>\n<figure>\n\(MemoryPicture(shortage).html)"
      out += "<figcaption><small>\(caption(shortage))</small></figcaption>\n</figure>\n"
      out += shortage.blocks(key: "failure.memory.\(index)").html(level: 3)
      out += "</section>\n"
    }
    if let waits = failure.waits {
      out +=
        "<section id=\"waits\">\n<h2>Who waits for whom</h2>\n<figure>\n\(WaitPicture(waits).html)</figure>\n"
      out += (waits.drawing + waits.table(key: "failure.waits")).html(level: 3)
      out += "</section>\n"
    }
    out += "</main>\n<script type=\"application/json\" id=\"report\">"
    out += failure.json.text().replacing("<", with: "\\u003c")
    return out + "</script>\n</body>\n</html>\n"
  }

  private static func isWaits(_ block: Block, _ failure: Failure) -> Bool {
    failure.waits?.table(key: "failure.waits").contains(block) ?? false
  }

  private static func caption(_ shortage: MemoryShortage) -> String {
    let rest =
      shortage.omitted > 0 ? "; \(grouped(shortage.omitted)) smaller ones are left out" : ""
    return escapedForMarkup(
      "Each box is a tensor: from its first to its last instruction, at its address. What has no room is above the memory. "
        + "Below: what all tensors need, with the line at what there is\(rest).")
  }

  /// What pictures need besides the colours of all pages.
  private static let style = """
    figure { margin: 0.5rem 0; overflow-x: auto; }
    svg { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; print-color-adjust: exact; }
    svg text { fill: var(--text); }
    svg text.faint { fill: var(--faint); }
    svg text.strong { font-weight: 600; }
    svg path, svg line { fill: none; }
    svg .ground { fill: var(--panel); stroke: var(--line); }
    svg .alive { fill: var(--useful); fill-opacity: 0.55; stroke: var(--ground); }
    svg .gone { fill: var(--idle); stroke: var(--line); }
    svg .wanted { fill: var(--waiting); fill-opacity: 0.65; stroke: var(--bad); stroke-width: 2; stroke-dasharray: 5 3; }
    svg .limit { stroke: var(--bad); stroke-width: 1.5; }
    svg .here { stroke: var(--mark); stroke-dasharray: 3 3; }
    svg .needs { fill: var(--useful); fill-opacity: 0.35; stroke: var(--useful); }
    svg .member { fill: var(--panel); stroke: var(--line); stroke-width: 1.5; rx: 6px; }
    svg .stuck { stroke: var(--bad); stroke-width: 2.5; }
    svg .done { fill: var(--idle); stroke-dasharray: 4 3; }
    svg .wait { stroke: var(--faint); stroke-width: 1.5; stroke-dasharray: 6 4; marker-end: url(#wait-head); }
    svg .circle { stroke: var(--bad); stroke-width: 3; marker-end: url(#circle-head); }
    svg .wait-head { fill: var(--faint); }
    svg .circle-head { fill: var(--bad); }

    """
}
