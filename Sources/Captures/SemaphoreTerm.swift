/// What an instruction waits for, or what it does to a semaphore: `S[5]>=16`, `S[4]++`.
struct SemaphoreTerm {
  /// What becomes of the semaphore, or must have.
  enum Action {
    /// A wait until the value is reached.
    case reaches(Int32)
    /// An update.
    case adds(Int32)
    /// Neither is modelled.
    case other
  }

  /// The semaphore of the capture; -1 where the term names none.
  let semaphore: Int
  let action: Action
  /// As the table has it.
  let text: Substring

  static let form =
    "semaphores as S[n]>=v, S[n]++ or S[n]+=v (n up to \(semaphores.upperBound), v up to \(most)), "
    + "at most \(mostTerms) of them"
  /// Semaphores of captures have the numbers of a byte; of simulated runs each awaited DMA has one.
  static let semaphores = 0...65_535
  /// The largest value in a capture is 4032; simulated engines count their instructions.
  static let most = 16_777_215
  /// Instructions wait for a few; assumed.
  private static let mostTerms = 64

  /// The terms of a cell, separated by semicolons or blanks; `nil` where one is malformed.
  static func all(in text: String) -> [SemaphoreTerm]? {
    var terms: [SemaphoreTerm] = []
    for word in text.split(whereSeparator: { $0 == ";" || $0 == " " }) {
      guard let term = SemaphoreTerm(word), terms.count < mostTerms else { return nil }
      terms.append(term)
    }
    return terms
  }

  init?(_ text: Substring) {
    self.text = text
    if text.hasPrefix("mode") {
      // What the profiler prints of modes that it has no name for: `mode7:4`.
      let parts = text.dropFirst(4).split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ SemaphoreTerm.number($0) != nil }) else {
        return nil
      }
      semaphore = -1
      action = .other
      return
    }
    guard text.hasPrefix("S["), let close = text.firstIndex(of: "]"),
      let captured = SemaphoreTerm.number(text[..<close].dropFirst(2)),
      SemaphoreTerm.semaphores.contains(captured)
    else { return nil }
    semaphore = captured
    let rest = text[text.index(after: close)...]
    let sign = rest.prefix { !($0.isASCII && $0.isNumber) }
    let digits = rest[sign.endIndex...]
    let value = digits.isEmpty ? nil : SemaphoreTerm.number(digits)
    guard digits.isEmpty == (sign == "++" || sign == "--"), digits.isEmpty || value != nil else {
      return nil
    }
    // Counts of the captures only go up, so that a wait for one value ends when it is reached.
    switch sign {
    case ">=", "==": action = .reaches(Int32(value ?? 0))
    case ">": action = .reaches(Int32(value ?? 0) + 1)
    case "++": action = .adds(1)
    case "+=": action = .adds(Int32(value ?? 0))
    case "--", "-=", "=", "<", "<=", "!=": action = .other
    default: return nil
    }
  }

  /// A whole number up to the largest value.
  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let value = Int(text),
      value <= most
    else { return nil }
    return value
  }
}
