/// What a replay takes on trust: instructions priced by a rule that no capture supports, rows left out,
/// tables that are missing.
struct CaptureNotes {
  private var counts: [String: Int] = [:]
  private var first: [String: Int] = [:]
  private var order: [String] = []

  /// Adds what holds for a row.
  mutating func add(_ text: String, _ row: CapturedInstruction) {
    if first[text] == nil {
      order.append(text)
      // The header is line 1.
      first[text] = row.row + 2
    }
    counts[text, default: 0] += 1
  }

  /// Adds what holds for the whole capture.
  mutating func add(_ text: String) {
    if first[text] == nil {
      order.append(text)
      first[text] = 0
    }
  }

  /// One sentence each, in the order in which they were found.
  var texts: [String] {
    order.map { text in
      guard let count = counts[text], let line = first[text] else { return text }
      return "\(text) (\(count) \(count == 1 ? "row" : "rows"), first in line \(line))"
    }
  }
}
