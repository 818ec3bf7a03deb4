import Glibc
package import Timing

/// `41 %`; `<1 %` instead of a zero that is none.
package func percent(_ share: Double) -> String {
  if share > 0 && share < 0.005 { return "<1 %" }
  // Beyond what an integer holds, and what is no number.
  guard abs(share) < 1e12 else { return "\(fixed(share * 100, 0)) %" }
  return "\(Int((share * 100).rounded())) %"
}

/// A number with two significant digits.
package func significant(_ value: Double) -> String { printed("%.2g", value) }

/// A number with a fixed number of digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  printed("%.\(digits)f", value)
}

/// A number as C's printf shows it.
private func printed(_ format: String, _ value: Double) -> String {
  withVaList([value]) { values in
    // The longest double has 309 digits before the point.
    String(unsafeUninitializedCapacity: 400) { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        Int(vsnprintf($0.baseAddress, $0.count, format, values))
      }
    }
  }
}

/// `12.346 µs`: microseconds with three digits.
package func microseconds(_ time: Picoseconds) -> String { fixed(Double(time) / 1e6, 3) }

/// Digits in groups of three, with a comma between them: `14,814`.
package func grouped(_ value: Int) -> String {
  let digits = String(value.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0 && (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return value < 0 ? "-" + text : text
}

/// `24 transfers`, `1 transfer`.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// A count with a decimal prefix: `268.4 M`.
func scaled(_ value: Double) -> String {
  for (factor, prefix) in [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
  where value >= factor {
    return "\(fixed(value / factor, 1)) \(prefix)"
  }
  return "\(fixed(value, 0)) "
}

/// Bytes with a binary prefix: `1.5 MiB`.
package func bytes(_ count: Int) -> String {
  for (factor, unit) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
  where count >= factor {
    return "\(fixed(Double(count) / Double(factor), 1)) \(unit)"
  }
  return "\(count) B"
}

extension String {
  /// Padded with blanks on the right.
  package func left(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// Padded with blanks on the left.
  package func right(_ width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }
}

/// `1.20e-09`.
package func scientific(_ value: Double) -> String { printed("%.2e", value) }

/// The natural logarithm, for rooms that import no C library.
package func logarithm(_ value: Double) -> Double { log(value) }

/// Its inverse.
package func exponential(_ value: Double) -> Double { exp(value) }
