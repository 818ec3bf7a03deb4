import Machine

/// The sequencers' registers: their values and the executed loads that these come from.
struct RegisterFile {
  private struct Entry {
    var value: Int32
    /// Positions in the executed stream of the loads behind the value.
    var sources: [Int32]
  }
  private var entries: [Int: Entry] = [:]

  /// A register's value.
  func value(_ register: Int, _ operand: String) throws(Trap) -> Int32 {
    guard let entry = entries[register] else {
      throw Trap(
        .uninitializedRead, "register r\(register) was never written", operand: operand,
        remedy: "write it first: register_move, register_load, register_alu or loop")
    }
    return entry.value
  }

  /// What all registers hold, by number.
  var values: [Int: Int32] { entries.mapValues(\.value) }

  /// The loads that a register's value comes from.
  func sources(_ register: Int) -> [Int32] { entries[register]?.sources ?? [] }

  /// Writes a register.
  mutating func set(_ register: Int, _ value: Int32, sources: [Int32]) {
    entries[register] = Entry(value: value, sources: sources)
  }

  /// All registers with their values, for messages.
  var description: String {
    entries.sorted { $0.key < $1.key }.prefix(8).map { "r\($0.key) = \($0.value.value)" }
      .joined(separator: ", ")
  }
}
