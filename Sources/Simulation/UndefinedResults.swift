import Machine
import Programs

/// What becomes of results that the machine leaves undefined inside one instruction, or that come through another tensor.
public enum UndefinedResults: String, CaseIterable, Hashable, Sendable {
  /// They are faults.
  case error
  /// They are those of the simulated order; the run tells the first of each place.
  case note
}

/// The first undefined result of each place.
final class UndefinedResultsSeen {
  private(set) var traps: [Trap] = []
  private var known: Set<String> = []

  /// Results that are kept.
  private static let most = 16

  /// Keeps a result.
  func add(_ trap: Trap) {
    guard traps.count < Self.most else { return }
    let isNew = known.insert("\(trap.instruction ?? -1)").inserted
    if isNew { traps.append(trap) }
  }

  /// Listens to an interpreter.
  func listen(to interpreter: inout Interpreter, _ options: Simulation.Options) {
    interpreter.onUndefinedResult({ [self] in add($0) }, faults: options.undefinedResults == .error)
  }
}
