public import Diagnostics
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The memory that this process may use, and how much of it is in use.
///
/// What grows with the user's input draws on it: memories of the value machine, executed streams, the compiler, timing, files
/// and what they are decompressed to. Large pieces are asked for first; small ones are drawn as they are used, and whoever can
/// name a place looks whether too much was.
public enum MemoryBudget {
  private struct State {
    var asked: Int?
    var limit: MemoryLimit
  }

  private static let state = Mutex<State>(
    {
      let bytes = asked(byEnvironment: variable)
      return State(asked: bytes, limit: MemoryLimit.least(asked: bytes))
    }())
  private static let drawn = Atomic<Int>(0)
  /// The limit's bytes, which every instruction is compared with.
  private static let limitBytes = Atomic<Int>(state.withLock { $0.limit.bytes })

  /// The environment variable that chooses the budget.
  public static let variable = "TRNSIM_MEMORY"

  private static func asked(byEnvironment name: String) -> Int? {
    guard let value = getenv(name) else { return nil }
    return try? MemorySize(parsing: String(cString: value), option: name).bytes
  }

  /// Refuses a value of the environment variable that is no amount of memory.
  public static func checkEnvironment() throws(DiagnosticError) {
    guard let value = getenv(variable) else { return }
    _ = try MemorySize(parsing: String(cString: value), option: variable)
  }

  /// Chooses the budget, for this process and those that it starts; `nil` for what the host allows.
  public static func choose(_ bytes: Int?) {
    let limit = MemoryLimit.least(asked: bytes)
    state.withLock { $0 = State(asked: bytes, limit: limit) }
    limitBytes.store(limit.bytes, ordering: .relaxed)
    if let bytes { setenv(variable, String(bytes), 1) } else { unsetenv(variable) }
  }

  /// The limit that holds.
  public static var limit: MemoryLimit { state.withLock(\.limit) }

  /// Bytes in use.
  public static var used: Int { drawn.load(ordering: .relaxed) }

  /// Bytes that are left; 0 where more is in use than there should be.
  public static var left: Int {
    max(0, limitBytes.load(ordering: .relaxed) - drawn.load(ordering: .relaxed))
  }

  /// Whether more is in use than there should be.
  public static var isExceeded: Bool {
    drawn.load(ordering: .relaxed) > limitBytes.load(ordering: .relaxed)
  }

  /// Refuses what there is no memory for.
  ///
  /// - Parameter purpose: What needs it: `the values of 'softmax'`.
  /// - Throws: One diagnostic with both numbers.
  public static func require(
    _ bytes: Double, for purpose: String, at location: SourceLocation? = nil,
    remedy: String? = nil
  ) throws(DiagnosticError) {
    guard bytes > Double(left) else { return }
    let size = MemorySize(Int(min(bytes, 9e18)))
    throw DiagnosticError(
      "\(purpose) \(purpose.hasSuffix("s") ? "need" : "needs") about \(size) of memory, \(shortage)",
      at: location, remedy: remedy ?? "give more with --memory or \(variable), or make it smaller")
  }

  /// How much there is, in words: `and 3.2 GiB of 4.0 GiB (this host's memory) are left`.
  public static var shortage: String {
    let used = Self.used
    return used == 0 ? "there is \(limit)" : "\(MemorySize(left)) of \(limit) is left"
  }

  /// Notes that somebody uses so many bytes more, or fewer where negative: other languages in this process, for example.
  public static func note(_ bytes: Int) { add(bytes) }

  fileprivate static func add(_ bytes: Int) { drawn.wrappingAdd(bytes, ordering: .relaxed) }
}

/// Memory in use, given back when the draw's life ends.
public final class MemoryDraw: Sendable {
  private let bytes = Atomic<Int>(0)

  /// Bytes that it has taken.
  public var taken: Int { bytes.load(ordering: .relaxed) }

  /// Takes so many bytes.
  public init(_ bytes: Int = 0) { take(bytes) }

  deinit { MemoryBudget.add(-bytes.load(ordering: .relaxed)) }

  /// Uses so many bytes more.
  public func take(_ more: Int) {
    guard more > 0 else { return }
    bytes.wrappingAdd(more, ordering: .relaxed)
    MemoryBudget.add(more)
  }

  /// Gives back all that it has taken.
  public func giveBack() { MemoryBudget.add(-bytes.exchange(0, ordering: .relaxed)) }
}
