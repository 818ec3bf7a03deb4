import Device

/// One line per operation: name and summary, for `trnsim isa`.
public func referenceIndex() -> String {
  let width = Opcode.names.map(\.count).max() ?? 0
  return Opcode.allCases.map { opcode in
    let name = opcode.type.name
    let gap = String(repeating: " ", count: width - name.count)
    return "\(name)\(gap)  \(opcode.type.summary)\n"
  }.joined()
}

/// The reference page of one operation: what it does, its engines and fields, and its rules.
///
/// All of it comes from the operation's declaration. A page of `reciprocal` begins:
///
///     reciprocal: dst = 1 / data
///     engines: vector
///     machines: trn1, trn2, trn3
///     nki.isa: reciprocal(dst, data, name=None)
///
///     field  role   kind    default   meaning
///     dst    write  tensor  required  result
public func referenceText(for opcode: Opcode) -> String {
  let type = opcode.type
  var text = "\(type.name): \(type.summary)\n"
  text += "engines: \(type.engines.map(\.name).joined(separator: ", "))\n"
  text += "machines: \(type.machines.joined(separator: ", "))\n"
  let parameters = type.parameterDescriptions
  if let parameters {
    let call = parameters.map(\.text).joined(separator: ", ")
    text += "nki.isa: \(type.name)(\(call))" + "\n"
  }
  text += "\n" + fieldTable(type.fieldDescriptions)
  let others = (parameters ?? []).filter { $0.field?.name != $0.name }
  if !others.isEmpty {
    text += "\nof nki.isa alone:\n"
    text += others.map { "\($0.name) (\($0.kind.description)): \($0.summary)\n" }.joined()
  }
  for field in type.fieldDescriptions where !field.typeRule.isEmpty {
    text += "\n" + "\(field.name) \(field.typeRule)" + "\n"
  }
  for field in type.fieldDescriptions {
    guard case .symbol(let names) = field.kind else { continue }
    text += "\n" + "\(field.name): \(names.joined(separator: ", "))" + "\n"
  }
  text += "\n" + type.details + "\n"
  return text
}

private func fieldTable(_ fields: [FieldDescription]) -> String {
  var rows = [["field", "role", "kind", "default", "meaning"]]
  for field in fields {
    rows.append([
      field.name, roleName(field.role), kindName(field.kind), defaultText(field), field.summary,
    ])
  }
  let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    let cells = (0..<4).map { column in
      row[column] + String(repeating: " ", count: widths[column] - row[column].count) + "  "
    }
    return cells.joined() + row[4] + "\n"
  }.joined()
}

private func roleName(_ role: FieldRole) -> String {
  switch role {
  case .read: "read"
  case .write: "write"
  case .readWrite: "read, write"
  case .immediate: "immediate"
  }
}

private func kindName(_ kind: FieldKind) -> String {
  if case .symbol = kind { "name" } else { kind.description }
}

private func defaultText(_ field: FieldDescription) -> String {
  if field.isRequired { return "required" }
  switch field.defaultValue {
  case .absent: return "none"
  case .tile: return "tensor"
  case .number(let value):
    // Whole numbers without ".0", and never more digits than a float32 needs.
    if let whole = Int(exactly: value), abs(value) < 1e6 { return "\(whole)" }
    return "\(Float(value))"
  case .integer(let value): return "\(value)"
  case .flag(let value): return "\(value)"
  case .symbol(let name): return name
  case .integers(let values): return "\(values)"
  case .register(let number): return "r\(number)"
  case .text(let text): return text.isEmpty ? "empty" : text
  case .pairs(let steps):
    return "[\(steps.map { "[\($0.step), \($0.count)]" }.joined(separator: ", "))]"
  }
}
