package import Diagnostics

/// How far a number may move before a check complains, in each direction by itself.
package struct Tolerance: Hashable, Sendable {
  /// A distance: a share of the number, or a whole number.
  package enum Distance: Hashable, Sendable {
    case share(Double)
    case count(Int)

    /// Whether a change is within.
    func allows(_ change: Int, of number: Int) -> Bool {
      switch self {
      case .share(let share): Double(abs(change)) <= share * Double(abs(number))
      case .count(let count): abs(change) <= count
      }
    }
  }

  /// How much more is allowed.
  package var more = Distance.count(0)
  /// How much less is allowed.
  package var less = Distance.count(0)

  /// No change at all.
  package static let exact = Tolerance()

  init() {}

  /// Reads one or two distances: `2 %` both ways, `+2 % -0` more or less, `+100` only more.
  package init(_ text: String) throws(DiagnosticError) {
    let words = text.replacing(" %", with: "%").split(separator: " ")
    let problem = DiagnosticError(
      "'\(text)' is no tolerance", remedy: "write '2 %', '+2 % -0' or '+100'")
    guard (1...2).contains(words.count) else { throw problem }
    for word in words {
      let digits = word.drop { $0 == "+" || $0 == "-" }
      let sign = word[..<digits.startIndex]
      let distance: Distance
      if digits.last == "%" {
        guard let number = Double(digits.dropLast()), (0...1000).contains(number) else {
          throw problem
        }
        distance = .share(number / 100)
      } else {
        guard let number = Int(digits), number >= 0 else { throw problem }
        distance = .count(number)
      }
      switch sign {
      case "" where words.count == 1:
        more = distance
        less = distance
      case "+": more = distance
      case "-": less = distance
      default: throw problem
      }
    }
  }

  /// Whether a number may be `new` where it was `old`.
  package func allows(_ new: Int, insteadOf old: Int) -> Bool {
    (new >= old ? more : less).allows(new - old, of: old)
  }
}
