/// A JSON value that prints the same text for the same contents, with sorted keys.
public indirect enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// Printed exactly, whatever its size.
  case integer(Int)
  /// Printed with as few digits as read back to the same number; JSON has no NaN and no infinity,
  /// these become `null`.
  case real(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// The value of a metric.
  public init(_ metric: Metric) {
    switch metric {
    case .integer(let value): self = .integer(value)
    case .real(let value): self = .real(value)
    }
  }

  /// An object with one more entry.
  public func adding(_ key: String, _ value: JSON) -> JSON {
    guard case .object(var entries) = self else { return self }
    entries[key] = value
    return .object(entries)
  }

  /// The text; `indented` puts each entry on its own line.
  public func text(indented: Bool = true) -> String {
    var out = ""
    write(to: &out, indented ? 0 : nil)
    return out
  }

  private func write(to out: inout String, _ depth: Int?) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += "\(value)"
    case .real(let value): out += value.isFinite ? JSON.number(value) : "null"
    case .string(let text): JSON.quote(text, to: &out)
    case .array(let values):
      JSON.list("[", "]", values.map { (nil, $0) }, to: &out, depth)
    case .object(let values):
      let sorted = values.sorted { $0.key < $1.key }.map { (Optional($0.key), $0.value) }
      JSON.list("{", "}", sorted, to: &out, depth)
    }
  }

  /// Swift prints the shortest digits that read back; `-0.0` and exponents are valid JSON.
  private static func number(_ value: Double) -> String { "\(value)" }

  private static func list(
    _ open: String, _ close: String, _ entries: [(String?, JSON)], to out: inout String,
    _ depth: Int?
  ) {
    out += open
    for (index, (key, value)) in entries.enumerated() {
      if index > 0 { out += depth == nil ? ", " : "," }
      if let depth { out += "\n" + String(repeating: "  ", count: depth + 1) }
      if let key {
        quote(key, to: &out)
        out += ": "
      }
      value.write(to: &out, depth.map { $0 + 1 })
    }
    if let depth, !entries.isEmpty { out += "\n" + String(repeating: "  ", count: depth) }
    out += close
  }

  private static func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case let scalar where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
