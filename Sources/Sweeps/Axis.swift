package import Diagnostics

/// Something that is varied, with the values it takes.
package struct Axis: Hashable, Sendable {
  /// What a value of an axis sets.
  package indirect enum Target: Hashable, Sendable {
    /// A kernel's parameter.
    case parameter(String)
    /// A hardware value by its path.
    case override(String)
    /// How much faster a part of the machine is, or how much larger one of its values.
    case scale(String)
    /// The hardware configuration.
    case hardware
    /// The kernel or program file.
    case subject
    /// Whose order instructions have.
    case schedule
    /// Several at once: a value is theirs, separated by colons.
    case together([Target])

    /// The name in tables.
    package var name: String {
      switch self {
      case .parameter(let name), .override(let name): name
      case .scale(let name): "\(name) ×"
      case .hardware: "hardware"
      case .subject: "kernel"
      case .schedule: "schedule"
      case .together(let targets): targets.map(\.name).joined(separator: ",")
      }
    }

    /// The targets that it sets, each with its part of a value.
    func parts(of value: String) -> [(target: Target, value: String)] {
      guard case .together(let targets) = self else { return [(self, value)] }
      let values = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      return Array(zip(targets, values).map { (target: $0, value: $1) })
    }

    init(_ name: String) {
      if name == "hardware" {
        self = .hardware
      } else if name == "kernel" {
        self = .subject
      } else if name.hasPrefix("set:") {
        self = .override(String(name.dropFirst(4)))
      } else if name.hasPrefix("scale:") {
        self = .scale(String(name.dropFirst(6)))
      } else {
        self = .parameter(name)
      }
    }
  }

  /// What its values set.
  package var target: Target
  /// The values, in the order of the user.
  package var values: [String]

  /// Most values of one axis: enough for every multiple of 1 up to a model's width.
  package static let valueLimit = 65_536

  package init(_ target: Target, _ values: [String]) {
    self.target = target
    self.values = values
  }

  /// The name in tables.
  package var name: String { target.name }

  /// The values of each target that the axis sets: of itself, or of those that vary together.
  package var parts: [Axis] {
    guard case .together(let targets) = target else { return [self] }
    return targets.indices.map { index in
      Axis(targets[index], values.map { target.parts(of: $0)[index].value })
    }
  }

  /// Reads `NAME=VALUES`, where NAME is a parameter, `set:PATH`, `scale:PART`, `hardware` or `kernel`; with several names,
  /// `a,b=1:2,2:4`, each value has a part for each.
  ///
  /// - Throws: `DiagnosticError` that says what is wrong with the text.
  package init(parsing text: String) throws(DiagnosticError) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw DiagnosticError(
        "'\(text)' does not say what to vary",
        remedy: "write name=a,b,c, such as tile_m=64,128 or set:dma.bytes_per_cycle=32,64")
    }
    let name = String(text[..<equals])
    try self.init(
      named: name, Axis.expand(String(text[text.index(after: equals)...]), of: name))
  }

  /// Makes an axis of a name as `--vary` has it; with several names, each value has a part for each.
  ///
  /// - Throws: `DiagnosticError` for values without all parts.
  package init(named name: String, _ values: [String]) throws(DiagnosticError) {
    let names = name.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard names.count > 1 else {
      self.init(Target(name), values)
      return
    }
    if let wrong = values.first(where: { value in
      let parts = value.split(separator: ":", omittingEmptySubsequences: false)
      return parts.count != names.count || parts.contains("")
    }) {
      throw DiagnosticError(
        "'\(wrong)' has not \(names.count) parts, one for each of \(names.joined(separator: ", "))",
        remedy: "separate them with colons, as in a,b=1:2,2:4")
    }
    self.init(.together(names.map { Target($0) }), values)
  }

  /// The values of a list `a,b,c` whose items may be ranges: `1..4`, `16..64+16`, `64..512*2`; commas inside brackets
  /// belong to a value, as in `[1,2],[3,4]`.
  package static func expand(
    _ text: String, of name: String
  ) throws(DiagnosticError) -> [String] {
    var values: [String] = []
    for item in items(of: text) {
      // Paths have two dots as well.
      guard let range = item.firstRange(of: ".."), item.first?.isNumber == true else {
        values.append(String(item))
        continue
      }
      values += try expand(
        item[..<range.lowerBound], item[range.upperBound...], item, name,
        room: valueLimit - values.count)
    }
    var seen: Set<String> = []
    let repeated = values.filter { !seen.insert($0).inserted }
    if values.contains("") {
      throw DiagnosticError(
        "'\(name)' has an empty value in '\(text)'", remedy: "write name=a,b,c without blanks")
    }
    if let first = repeated.first {
      throw DiagnosticError("'\(name)' takes the value \(first) twice", remedy: "leave one out")
    }
    if values.count > valueLimit { throw tooMany(name) }
    return values
  }

  private static func items(of text: String) -> [Substring] {
    var found: [Substring] = []
    var start = text.startIndex
    var depth = 0
    for index in text.indices {
      switch text[index] {
      case "[", "(", "{": depth += 1
      case "]", ")", "}": depth -= 1
      case "," where depth <= 0:
        found.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    return found + [text[start...]]
  }

  private static func tooMany(_ name: String) -> DiagnosticError {
    DiagnosticError(
      "'\(name)' takes more than \(valueLimit) values", remedy: "take larger steps")
  }

  private static func expand(
    _ first: Substring, _ rest: Substring, _ item: Substring, _ name: String, room: Int
  ) throws(DiagnosticError) -> [String] {
    let sign = rest.firstIndex { $0 == "+" || $0 == "*" }
    let last = sign.map { rest[..<$0] } ?? rest
    let step = sign.map { rest[rest.index(after: $0)...] }
    let multiplies = sign.map { rest[$0] == "*" } ?? false
    guard let from = Int(first), let to = Int(last), let by = step.map({ Int($0) }) ?? 1,
      from <= to, multiplies ? by >= 2 && from >= 1 : by >= 1
    else {
      throw DiagnosticError(
        "'\(item)' of '\(name)' is not a range",
        remedy: "write whole numbers as in 1..4, 16..64+16 or 64..512*2")
    }
    var values: [String] = []
    var value = from
    while value <= to {
      guard values.count < room else { throw tooMany(name) }
      values.append("\(value)")
      let (next, overflow) =
        multiplies
        ? value.multipliedReportingOverflow(by: by) : value.addingReportingOverflow(by)
      if overflow { break }
      value = next
    }
    return values
  }
}
