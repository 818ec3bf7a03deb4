public import Diagnostics

/// A fault of the simulated machine: the program did what hardware forbids or leaves undefined.
public struct Trap: Error, Hashable, Sendable {
  /// What kind of fault.
  public enum Kind: String, CaseIterable, Sendable {
    case outOfBounds = "out of bounds"
    case uninitializedRead = "uninitialized read"
    case race
    case deadlock
    case undefinedResult = "undefined result"
    case invalidValue = "invalid value"
    case mismatch = "mismatched exchange"
    /// No fault of the machine: what the program needs of the host is more than there is.
    case hostMemory = "host memory"
  }

  /// What kind of fault.
  public var kind: Kind

  /// What its message is about.
  public var topic: Topic {
    switch kind {
    case .outOfBounds: .outOfBounds
    case .uninitializedRead: .uninitializedRead
    case .race: .race
    case .deadlock: .deadlock
    case .undefinedResult: .undefinedResult
    case .invalidValue: .invalidValue
    case .mismatch: .mismatchedExchange
    case .hostMemory: .hostMemory
    }
  }

  /// What happened, with both numbers.
  public var message: String
  /// The operand at fault.
  public var operand: String?
  /// Index of the instruction in its program; filled in by whoever executes the program.
  public var instruction: Int?
  /// The instruction's text; filled in by whoever executes the program.
  public var instructionText: String?
  /// Where the instruction came from.
  public var location: SourceLocation?
  /// Further lines: who waits for whom.
  public var notes: [String] = []
  /// What to do about it.
  public var remedy: String?
  /// Who waits for whom, of a deadlock.
  public var waits: WaitGraph?

  /// Makes a trap.
  public init(_ kind: Kind, _ message: String, operand: String? = nil, remedy: String? = nil) {
    self.kind = kind
    self.message = message
    self.operand = operand
    self.remedy = remedy
  }

  /// The text shown to a person.
  public func rendered(color: Bool = false) -> String {
    var text = Diagnostic(
      .error, "\(kind.rawValue): \(message)", at: location
    ).rendered(color: color)
    if let instruction {
      text += "\n  instruction \(instruction)"
      if let instructionText { text += ": \(printable(instructionText))" }
      if let operand { text += "\n  operand '\(printable(operand))'" }
    }
    for note in notes { text += "\n  \(printable(note))" }
    if let remedy { text += "\n  help: \(printable(remedy))" }
    return text
  }
}
