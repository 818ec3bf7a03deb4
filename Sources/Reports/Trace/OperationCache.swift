import ISA
import Programs

/// What was found out about an operation, for all program instructions that are the same operation.
///
/// A loop's buffers rotate, so a long program has few different operations; looking one up is several
/// times faster than reading its fields. It forgets all at a limit, so that it does not grow.
struct OperationCache<Value> {
  private var entries: [Int: (source: Int, value: Value)] = [:]
  private static var limit: Int { 1 << 16 }

  /// The value that was stored for an equal operation.
  func value(_ source: Int, in program: Program) -> Value? {
    let operation = program.instructions[source].operation
    guard let entry = entries[operation.hashValue],
      isEqual(operation, program.instructions[entry.source].operation)
    else { return nil }
    return entry.value
  }

  /// Stores the value of an operation.
  mutating func store(_ value: Value, _ source: Int, in program: Program) {
    if entries.count >= OperationCache.limit { entries.removeAll(keepingCapacity: true) }
    entries[program.instructions[source].operation.hashValue] = (source, value)
  }

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  private func isEqual<A: Operation>(_ a: A, _ b: any Operation) -> Bool {
    guard let b = b as? A else { return false }
    return a == b
  }
}
