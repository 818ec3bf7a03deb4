package import ISA

/// What the file forms need to know about every operation, computed once from the declarations.
final class OperationTable: Sendable {
  static let shared = OperationTable()

  /// One operation.
  final class Entry: Sendable {
    let opcode: Opcode
    let type: any Operation.Type
    let name: String
    let fields: [FieldEntry]
    let fieldNames: NameTable

    init(_ opcode: Opcode) {
      self.opcode = opcode
      type = opcode.type
      name = opcode.type.name
      fields = opcode.type.fieldDescriptions.map(FieldEntry.init)
      fieldNames = NameTable(fields.map(\.name))
      precondition(fields.count <= 64, "\(name) has more than 64 fields")
    }
  }

  /// One field of an operation.
  final class FieldEntry: Sendable {
    let name: String
    let kind: FieldKind
    let isRequired: Bool
    let isWide: Bool
    let defaultValue: FieldValue
    /// The values of a symbol field, numbered as in `symbolNames`.
    let symbols: [String]
    let symbolNames: NameTable

    init(_ description: FieldDescription) {
      name = description.name
      kind = description.kind
      isRequired = description.isRequired
      isWide = description.isWide
      defaultValue = description.defaultValue
      if case .symbol(let names) = description.kind { symbols = names } else { symbols = [] }
      symbolNames = NameTable(symbols)
    }
  }

  let entries: [Entry]
  let names: NameTable
  private let byOpcode: [Int]

  private init() {
    entries = Opcode.allCases.map(Entry.init)
    names = NameTable(entries.map(\.name))
    var table = [Int](repeating: -1, count: 256)
    for (index, entry) in entries.enumerated() { table[Int(entry.opcode.rawValue)] = index }
    byOpcode = table
  }

  /// The entry of an opcode, if there is such an opcode.
  func entry(rawOpcode: UInt8) -> Entry? {
    let index = byOpcode[Int(rawOpcode)]
    return index < 0 ? nil : entries[index]
  }

  /// The entry of an operation.
  func entry(of operation: any Operation) -> Entry {
    entries[byOpcode[Int(Opcode(of: operation).rawValue)]]
  }
}

/// A value for the field at `index` of an operation.
package struct FieldSlot {
  package var index: Int
  package var value: FieldValue

  package init(index: Int, value: FieldValue) {
    self.index = index
    self.value = value
  }
}

extension Operation {
  /// An operation with the given fields set, and the positions in `slots` of values that do not fit.
  package static func assembled(_ slots: [FieldSlot]) -> (operation: any Operation, rejected: [Int])
  {
    var operation = Self()
    var rejected: [Int] = []
    let fields = Self.fields
    for (position, slot) in slots.enumerated() where !fields[slot.index].set(&operation, slot.value)
    {
      rejected.append(position)
    }
    return (operation, rejected)
  }
}

extension FieldValue {
  /// Whether the values are the same bit for bit: −0 differs from 0, a NaN equals itself.
  func isIdentical(to other: FieldValue) -> Bool {
    if case .number(let a) = self, case .number(let b) = other {
      return a.bitPattern == b.bitPattern
    }
    return self == other
  }
}
