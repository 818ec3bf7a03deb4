/// A value of a configuration.
package enum Value: Hashable, Sendable {
  case number(Double)
  case integer(Int)
  case integers([Int])
  case words([String])
  case sets([String: [String]])

  /// The shortest text that reads back as the same value.
  var text: String {
    switch self {
    case .number(let number):
      let text = "\(number)"
      return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    case .integer(let number): return "\(number)"
    case .integers(let list): return "[\(list.map { "\($0)" }.joined(separator: ", "))]"
    case .words(let list): return "[\(list.joined(separator: ", "))]"
    case .sets(let sets):
      let texts = sets.sorted { $0.key < $1.key }.map {
        "\($0.key): [\($0.value.joined(separator: ", "))]"
      }
      return "{\(texts.joined(separator: ", "))}"
    }
  }
}

/// What a value counts.
enum Unit: String, Sendable {
  case gigahertz = "GHz"
  case nanoseconds = "ns"
  case bytes = "B"
  case gigabytesPerSecond = "GB/s"
  case cycles
  case cyclesPerElement = "cycles/element"
  case cyclesPerColumn = "cycles/column"
  case bytesPerCycle = "B/cycle"
  case nanosecondsPerElement = "ns/element"
  case partitions
  case elements
  case columns
  case count
  case ratio
  case types
  case functions
  case instructions
}

/// The values that a setting can have.
struct Rule: Sendable {
  /// What the value must be, for messages: "a number above 0".
  let expectation: String
  /// Whether a value of the right kind is allowed.
  let allows: @Sendable (Value) -> Bool

  /// A number in ns, cycles, … that may be zero.
  static let nonNegative = number("a number from 0 to 1e6") { $0 >= 0 && $0 <= 1e6 }
  /// A number that divides or multiplies: not zero.
  static let positive = number("a number from 1e-6 to 1e6") { $0 >= 1e-6 && $0 <= 1e6 }
  /// A clock in GHz.
  static let clock = number("a number from 0.001 to 100") { $0 >= 0.001 && $0 <= 100 }
  /// A window in cycles; a shorter one would be stepped through more often than there is work.
  static let window = number("a number from 64 to 1e6") { $0 >= 64 && $0 <= 1e6 }
  /// A share of something.
  static let share = number("a number above 0 and up to 1") { $0 > 0 && $0 <= 1 }
  /// A factor that makes things slower.
  static let slowdown = number("a number from 1 to 1000") { $0 >= 1 && $0 <= 1000 }

  /// An integer in a range, optionally a multiple of something.
  static func integer(_ range: ClosedRange<Int>, multipleOf step: Int = 1) -> Rule {
    let multiple = step == 1 ? "" : ", a multiple of \(step)"
    let text = "an integer from \(range.lowerBound) to \(range.upperBound)\(multiple)"
    return Rule(expectation: text) {
      guard case .integer(let number) = $0 else { return false }
      return range.contains(number) && number.isMultiple(of: step)
    }
  }

  /// Partitions in rising order.
  static let startPartitions = Rule(expectation: "rising partition numbers from 0 to 1023") {
    guard case .integers(let list) = $0 else { return false }
    return list.first == 0 && (list.last ?? 0) < 1024 && zip(list, list.dropFirst()).allSatisfy(<)
  }

  /// Names without repetition, each one of `known`.
  static func names(of known: [String]) -> Rule {
    Rule(expectation: "different names out of: \(known.joined(separator: ", "))") {
      guard case .words(let list) = $0 else { return false }
      return !list.isEmpty && Set(list).count == list.count && Set(known).isSuperset(of: list)
    }
  }

  /// Names without repetition.
  static let names = Rule(expectation: "different names") {
    guard case .words(let list) = $0 else { return false }
    return !list.isEmpty && Set(list).count == list.count && !list.contains("")
  }

  /// Sets of names, no name in two sets.
  static let disjointSets = Rule(expectation: "lists of names, no name twice") {
    guard case .sets(let sets) = $0 else { return false }
    let all = sets.values.flatMap { $0 }
    return !sets.isEmpty && sets.values.allSatisfy { !$0.isEmpty } && Set(all).count == all.count
  }

  private static func number(
    _ expectation: String, _ allows: @escaping @Sendable (Double) -> Bool
  ) -> Rule {
    Rule(expectation: expectation) {
      guard case .number(let number) = $0 else { return false }
      return number.isFinite && allows(number)
    }
  }
}
