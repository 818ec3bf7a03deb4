import Diagnostics
import ISA
import Machine

extension Program {
  /// Describes the first difference to another program; `nil` when they are identical.
  ///
  /// Numbers are compared bit for bit, so −0 differs from 0 and a NaN equals itself.
  public func difference(from other: Program) -> String? {
    func compare<Value: Equatable>(_ what: String, _ a: Value, _ b: Value) -> String? {
      a == b ? nil : "\(what): \(a) and \(b)"
    }
    if let found = compare("name", name, other.name)
      ?? compare("metadata", metadata, other.metadata)
      ?? compare("dependencies", dependencies, other.dependencies)
      ?? compare("number of tensors", tensors.count, other.tensors.count)
      ?? compare("number of scopes", scopes.count, other.scopes.count)
      ?? compare("number of instructions", instructions.count, other.instructions.count)
    {
      return found
    }
    for (index, pair) in zip(tensors, other.tensors).enumerated() {
      if let found = compare("tensor \(index)", pair.0, pair.1) { return found }
    }
    for (index, pair) in zip(scopes, other.scopes).enumerated() {
      if let found = compare("scope \(index)", pair.0, pair.1) { return found }
    }
    for (index, pair) in zip(instructions, other.instructions).enumerated() {
      if let found = pair.0.difference(from: pair.1) { return "instruction \(index), \(found)" }
    }
    return nil
  }
}

extension Program: Equatable {
  /// Whether the programs are identical: see `difference(from:)`.
  public static func == (a: Program, b: Program) -> Bool { a.difference(from: b) == nil }
}

extension Instruction {
  /// Describes the first difference to another instruction; `nil` when they are identical.
  func difference(from other: Instruction) -> String? {
    let mine = Swift.type(of: operation).name
    let theirs = Swift.type(of: other.operation).name
    if mine != theirs { return "operation: \(mine) and \(theirs)" }
    let fields = OperationTable.shared.entry(of: operation).fields
    for (field, pair) in zip(fields, zip(operation.fieldValues, other.operation.fieldValues))
    where !pair.0.isIdentical(to: pair.1) {
      return "\(mine) \(field.name): \(pair.0) and \(pair.1)"
    }
    if engine != other.engine {
      return "engine: \(String(describing: engine)) and \(String(describing: other.engine))"
    }
    if label != other.label {
      return "label: \(String(describing: label)) and \(String(describing: other.label))"
    }
    if after != other.after { return "after: \(after) and \(other.after)" }
    if isSpill != other.isSpill { return "spill: \(isSpill) and \(other.isSpill)" }
    if scope != other.scope { return "scope: \(scope) and \(other.scope)" }
    if location != other.location {
      return "location: \(String(describing: location)) and \(String(describing: other.location))"
    }
    return nil
  }
}
