#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// What holds at every moment in the rooms with state, whatever the input: docs/invariants.md lists them with their tests.
///
/// One that is broken ends the process with its name and what was found, since no number after it could be believed; suites and
/// sweeps go on with their other entries.
public enum Invariant: String, CaseIterable, Sendable {
  // Timing
  case ringSlice = "ring-slice"
  case engineOrder = "engine-order"
  case transferOrder = "transfer-order"
  case semaphoreGrowth = "semaphore-growth"
  case transferRuns = "transfer-runs"
  // Machine
  case accessInMemory = "access-in-memory"
  case tileOfPattern = "tile-of-pattern"
  case emptySpareMemory = "empty-spare-memory"
  // Compiler
  case everyInstructionOnce = "every-instruction-once"
  case dependenciesKept = "dependencies-kept"
  case tilesApart = "tiles-apart"
  case waitsLookBack = "waits-look-back"
  case sealedInOrder = "sealed-in-order"
  // Sweeps
  case lockedStore = "locked-store"
  case answersAsked = "answers-asked"
  case candidatesOnce = "candidates-once"

  /// What holds.
  public var sentence: String {
    switch self {
    case .ringSlice:
      "a slice of a ring has descriptors that are left, and ends no earlier than it begins"
    case .engineOrder:
      "an instruction begins no earlier than its sequencer takes it, and ends no earlier than it begins"
    case .transferOrder: "a transfer is triggered, queued, read and complete in this order"
    case .semaphoreGrowth: "updates of a semaphore take nothing back"
    case .transferRuns: "no more runs of a transfer end than it has"
    case .accessInMemory: "the rows of an operand lie within their memory"
    case .tileOfPattern: "a tile has as many elements as the operand that it is stored to"
    case .emptySpareMemory: "memory that a machine gets has no marks of the machine before"
    case .everyInstructionOnce: "ordering keeps every instruction, once"
    case .dependenciesKept: "an instruction comes behind those that it depends on"
    case .tilesApart: "tiles that are needed at one time share no bytes"
    case .waitsLookBack: "an instruction waits for those before it alone"
    case .sealedInOrder: "each device instruction is sealed once, in order"
    case .lockedStore: "who writes to a store has its lock"
    case .answersAsked: "a worker answers entries that it was asked for, once"
    case .candidatesOnce: "a round's candidates are combinations of the space, each once"
    }
  }

  /// Ends the process if it does not hold.
  ///
  /// - Parameter facts: What was found; made only where it is needed.
  @inlinable @inline(__always)
  public func require(_ holds: Bool, _ facts: @autoclosure () -> String) {
    if _slowPath(!holds) { fail(facts()) }
  }

  /// As `require(_:_:)`, of what costs more than a comparison: checked in tests, in fuzzers and where TRNSIM_INVARIANTS is set.
  @inline(__always)
  public func requireIfThorough(_ holds: () -> Bool, _ facts: @autoclosure () -> String) {
    if Invariant.areThorough { require(holds(), facts()) }
  }

  /// Ends the process: it does not hold.
  @inline(never)
  public func fail(_ facts: String) -> Never {
    fatalError("invariant '\(rawValue)' is broken (\(sentence)): \(facts)")
  }

  /// The environment variable that has all of them checked.
  public static let variable = "TRNSIM_INVARIANTS"

  /// Whether also those are checked that cost more than a comparison.
  public static let areThorough: Bool = {
    #if DEBUG
      return true
    #else
      return getenv(variable) != nil
    #endif
  }()
}
