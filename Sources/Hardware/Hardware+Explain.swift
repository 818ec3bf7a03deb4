public import Diagnostics

extension Hardware {
  /// The path of every value that this configuration holds, in order.
  public var paths: [String] { present.map(\.path) }

  /// The path and the unit, such as `ns`, of every value that configurations may hold, in order.
  public static let units: [(path: String, unit: String)] =
    Schema.entries.map { ($0.path, $0.unit.rawValue) }

  /// The names of the sections.
  public static var sections: [String] { Schema.groups[""] ?? [] }

  /// The values as a table: path, value, unit and source; of one section or group, or of all.
  ///
  /// Throws: `DiagnosticError` for a section that does not exist.
  public func show(section: String? = nil) throws(DiagnosticError) -> String {
    guard let section else { return "\(name): \(description)\n\n" + table(present) }
    guard !section.isEmpty, Schema.groups[section] != nil || Schema.byPath[section] != nil else {
      throw DiagnosticError(
        "unknown section '\(section)'", remedy: Schema.remedyForUnknownPath(section))
    }
    if let absence = absence(of: section) { return absence }
    return table(present.filter { $0.path == section || $0.path.hasPrefix(section + ".") })
  }

  /// What a value is: its number, unit, meaning, source and the values that it may have.
  ///
  /// A group's path explains all values of the group. Throws: `DiagnosticError` for an unknown
  /// path.
  public func explain(_ path: String) throws(DiagnosticError) -> String {
    if let absence = absence(of: path) { return absence }
    if let index = Schema.byPath[path] { return explanation(Schema.entries[index]) }
    guard Schema.groups[path] != nil, !path.isEmpty else {
      throw DiagnosticError(
        "unknown value '\(path)'", remedy: Schema.remedyForUnknownPath(path))
    }
    return present.filter { $0.path.hasPrefix(path + ".") }.map(explanation)
      .joined(separator: "\n")
  }

  /// The values whose source says `assumed`, as a table.
  public func assumed() -> String {
    let entries = present.filter { isAssumed($0.path) }
    return "\(entries.count) of \(present.count) values of \(name) are assumed\n\n"
      + table(entries)
  }

  /// Whether the value at `path` is assumed: neither published nor measured.
  public func isAssumed(_ path: String) -> Bool {
    source(of: path).map(Hardware.isAssumed(source:)) ?? false
  }

  /// Whether a source says that nothing was published or measured.
  static func isAssumed(source: String) -> Bool { source.lowercased().hasPrefix("assumed") }

  /// Where the value at `path` comes from; nil for an unknown path.
  public func source(of path: String) -> String? {
    if let index = Schema.byPath[path] {
      return sources[index].isEmpty ? nil : sources[index]
    }
    return absences[path]
  }

  /// The value at `path` as text, without its unit; nil for an unknown or absent path.
  public func value(of path: String) -> String? {
    guard let index = Schema.byPath[path], !isAbsent(index) else { return nil }
    return Schema.entries[index].read(self).text
  }

  /// The value at `path`; `nil` for an unknown or absent path.
  package func typedValue(of path: String) -> Value? {
    guard let index = Schema.byPath[path], !isAbsent(index) else { return nil }
    return Schema.entries[index].read(self)
  }

  /// The unit of the value at `path`, such as `ns`; nil for an unknown or absent path.
  public func unit(of path: String) -> String? {
    guard let index = Schema.byPath[path], !isAbsent(index) else { return nil }
    return Schema.entries[index].unit.rawValue
  }

  /// Whether the value at `path` is a number that need not be whole.
  public func isFractional(_ path: String) -> Bool {
    Schema.byPath[path].map { Schema.entries[$0].kind == .number } ?? false
  }

  /// 16 hexadecimal digits that change when any value changes, and only then.
  ///
  /// FNV-1a over `path=value` lines; names, descriptions and sources do not count.
  public var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    let entries = Schema.entries
    for index in Schema.sorted where !isAbsent(index) {
      for part in [entries[index].path, "=", entries[index].read(self).text, "\n"] {
        for byte in part.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The settings outside absent groups.
  private var present: [Entry] {
    absences.isEmpty
      ? Schema.entries
      : Schema.entries.indices.filter { !isAbsent($0) }.map { Schema.entries[$0] }
  }

  /// Whether the setting at a position of `Schema.entries` is in an absent group.
  private func isAbsent(_ index: Int) -> Bool {
    guard !absences.isEmpty, let group = Schema.optionalGroup[index] else { return false }
    return absences[group] != nil
  }

  private func absentGroup(of path: String) -> String? {
    absences.keys.first { path == $0 || path.hasPrefix($0 + ".") }
  }

  private func absence(of path: String) -> String? {
    guard let group = absentGroup(of: path),
      Schema.groups[path] != nil || Schema.byPath[path] != nil
    else { return nil }
    return "\(name) has no \(group)\n  source   \(absences[group] ?? "")\n"
  }

  private func explanation(_ entry: Entry) -> String {
    var text = "\(entry.path) = \(entry.read(self).text) \(entry.unit.rawValue)\n"
    text += "  meaning  \(entry.meaning)\n"
    text += "  source   \(source(of: entry.path) ?? "")\n"
    text += "  allowed  \(entry.rule.expectation)\n"
    return text
  }

  private func table(_ entries: [Entry]) -> String {
    let rows = entries.map {
      ($0.path, "\($0.read(self).text) \($0.unit.rawValue)", source(of: $0.path) ?? "")
    }
    // Long lists would push every source off the screen.
    let pathWidth = rows.map { $0.0.count }.max() ?? 0
    let valueWidth = min(28, rows.map { $0.1.count }.max() ?? 0)
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    return rows.map { "\(padded($0.0, pathWidth))  \(padded($0.1, valueWidth))  \($0.2)\n" }
      .joined()
  }
}
