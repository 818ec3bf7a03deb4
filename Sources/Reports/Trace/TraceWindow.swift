public import Diagnostics
public import Timing

/// A part of a run's time, as people write it.
public struct TraceWindow: Hashable, Sendable {
  /// As it was written.
  public let text: String
  /// In ps; not empty.
  public let range: Range<Picoseconds>

  private static let units: [(name: String, picoseconds: Double)] = [
    ("ps", 1), ("ns", 1e3), ("us", 1e6), ("µs", 1e6), ("μs", 1e6), ("ms", 1e9), ("s", 1e12),
  ]

  /// Reads `FROM..TO`: numbers with a unit (ps, ns, us or µs, ms, s), either of which may be missing.
  ///
  /// Without a unit FROM has that of TO, and TO is in µs.
  /// - Throws: A `DiagnosticError` that says what is wrong with it.
  public init(_ text: String) throws(DiagnosticError) {
    self.text = text
    let remedy = "write FROM..TO, such as 12us..18us, 12..18us, ..500ns or 2ms.."
    guard let dots = text.firstRange(of: "..") else {
      throw DiagnosticError("'\(printable(text))' is no part of a time", remedy: remedy)
    }
    let last = String(text[dots.upperBound...])
    let unit =
      TraceWindow.units.filter { last.hasSuffix($0.name) }.max { $0.name.count < $1.name.count }
    let from = try TraceWindow.time(
      String(text[..<dots.lowerBound]), unit?.picoseconds ?? 1e6, remedy)
    let to = try TraceWindow.time(last, 1e6, remedy)
    let range = (from ?? 0, to ?? .max)
    guard range.0 < range.1 else {
      throw DiagnosticError(
        "'\(printable(text))' is empty: its end is not after its beginning", remedy: remedy)
    }
    self.range = range.0..<range.1
  }

  /// A time in ps; `nil` if nothing is written.
  private static func time(
    _ text: String, _ unit: Double, _ remedy: String
  ) throws(DiagnosticError) -> Picoseconds? {
    guard !text.isEmpty else { return nil }
    let known = units.filter { text.hasSuffix($0.name) }.max { $0.name.count < $1.name.count }
    let number = text.dropLast(known?.name.count ?? 0)
    let value = Double(number).map { ($0 * (known?.picoseconds ?? unit)).rounded() }
    guard let value, value >= 0, value < 9e18 else {
      throw DiagnosticError("'\(printable(text))' is no time", remedy: remedy)
    }
    return Picoseconds(value)
  }
}
