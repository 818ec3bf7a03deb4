import Machine
import Programs

/// What becomes of reads of memory that nothing wrote.
public enum UndefinedReads: String, CaseIterable, Hashable, Sendable {
  /// They are faults.
  case fault
  /// They give NaN, and 4 in integers of HBM, as in the vendor's simulator (NKI documentation, "NKI simulator"); the run
  /// tells the first of each memory.
  case note
}

/// The first read of each memory that nothing wrote.
final class UndefinedReadsSeen {
  private(set) var traps: [Trap] = []

  /// Listens to an interpreter, if the options let such reads pass.
  func listen(to interpreter: inout Interpreter, _ options: Simulation.Options) {
    guard options.undefinedReads == .note else { return }
    interpreter.onUndefinedRead { [self] in traps.append($0) }
  }
}
