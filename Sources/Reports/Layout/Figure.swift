package import Timing

/// A number of a report: what people read, and what machines read in its place.
package struct Figure: Hashable, Sendable {
  /// With its unit, unless a heading has that.
  package var text: String
  /// In the unit of JSON reports: times in seconds, shares 0…1.
  package var value: JSON
  /// Where the JSON report has it, such as `bounds.dma_rings`; `nil` where it has not.
  package var key: String?

  package init(_ text: String, _ value: JSON, _ key: String? = nil) {
    self.text = text
    self.value = value
    self.key = key
  }

  /// `41.950 µs`.
  package static func time(_ time: Picoseconds, _ key: String? = nil) -> Figure {
    Figure("\(Reports.microseconds(time)) µs", .real(Double(time) / 1e12), key)
  }

  /// `41.950`, under a heading that says µs.
  package static func microseconds(_ time: Picoseconds, _ key: String? = nil) -> Figure {
    Figure(Reports.microseconds(time), .real(Double(time) / 1e12), key)
  }

  /// `41.950` with its unit or without, where JSON reports have it as a whole number of ps.
  package static func picoseconds(
    _ time: Picoseconds, unit: String = "", _ key: String? = nil
  ) -> Figure {
    Figure(
      Reports.microseconds(time) + (unit.isEmpty ? "" : " \(unit)"), .integer(Int(time)), key)
  }

  /// `41 %`.
  package static func share(_ share: Double, _ key: String? = nil) -> Figure {
    Figure(percent(share), .real(share), key)
  }

  /// `65.1 %`.
  package static func percentage(_ share: Double, _ key: String? = nil) -> Figure {
    Figure("\(fixed(share * 100, 1)) %", .real(share), key)
  }

  /// `6,144`, or `6,144 descriptors`.
  package static func count(_ count: Int, _ noun: String? = nil, _ key: String? = nil) -> Figure {
    Figure(noun.map { counted(count, $0) } ?? grouped(count), .integer(count), key)
  }

  /// `1.5 MiB`.
  package static func bytes(_ count: Int, _ key: String? = nil) -> Figure {
    Figure(Reports.bytes(count), .integer(count), key)
  }

  /// A number with a fixed number of digits after the point.
  package static func number(
    _ value: Double, _ digits: Int, _ unit: String = "", _ key: String? = nil
  ) -> Figure {
    Figure(fixed(value, digits) + (unit.isEmpty ? "" : " \(unit)"), .real(value), key)
  }
}
