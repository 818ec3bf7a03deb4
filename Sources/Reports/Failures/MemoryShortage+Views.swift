import Diagnostics

//   who has SBUF at dma_copy of full.trn:8, instruction 1 of 5 (bytes of each partition):
//
//     bytes  share  tensor      needed                     makes room
//   131,072   62 %  b           full.trn:8 to 9            has none: 49,416 too few
//   131,072   62 %  a           full.trn:7 to 10 dma_copy  with at most 81,600 bytes
//
//   All tensors together need 262,144 bytes at full.trn:9, SBUF has 212,728.
//   …

extension MemoryShortage {
  /// Rows of a table that people read.
  private static let shown = 24

  /// What it is called in headings.
  var title: String {
    "\(core.map { "\($0): " } ?? "")No room in \(memory.uppercased()) for \(wanted.name)"
  }

  /// Who has the memory, and what would make room.
  ///
  /// - Parameter key: Where the JSON document has it.
  func blocks(key: String) -> [Block] {
    let place = location.map { " (\($0.shortText))" } ?? ""
    var blocks: [Block] = [
      .sentence(
        "\(memory.uppercased()) at \(instructionText)\(place), instruction \(.count(instruction, nil, "\(key).instruction")) of \(.count(instructions, nil, "\(key).instructions")), in bytes of each partition:"
      )
    ]
    var table = Table([
      Table.Column("bytes"), Table.Column("share"), Table.Column("tensor", .text, isKey: true),
      Table.Column("from", .text), Table.Column("until", .text), Table.Column("makes room", .text),
    ])
    table.rows.append(
      row(wanted, key: "\(key).wanted", Phrase("has no room", .bad) + changesText(wanted)))
    for (index, tensor) in alive.prefix(MemoryShortage.shown).enumerated() {
      table.rows.append(row(tensor, key: "\(key).alive.\(index)", changesText(tensor)))
    }
    let rest = alive.dropFirst(MemoryShortage.shown)
    if !rest.isEmpty {
      let bytes = rest.reduce(0) { $0 + $1.bytes }
      table.remainder =
        "\(.count(rest.count, "smaller one")) have \(.count(bytes)) bytes"
    }
    blocks.append(.table(table))
    let peakPlace = peakLocation.map { ", at \($0.shortText)" } ?? ""
    let over = peak.bytes - capacity
    blocks.append(
      .sentence(
        "all tensors together need \(.count(peak.bytes, nil, "\(key).peak.bytes")) bytes where they need most\(peakPlace): "
          + (over > 0
            ? "\(.count(over)) more than the \(.count(capacity, nil, "\(key).capacity")) that there are"
            : "there are \(.count(capacity, nil, "\(key).capacity")), but not side by side")))
    if !changes.isEmpty {
      blocks.append(.sentence("what would make room, each compiled again:"))
      blocks.append(
        .list(
          changes.map { change in
            let bytes = tensor(change.tensors[0])?.bytes ?? 0
            let effect =
              change.fits
              ? "the whole program fits" : "there is room here, not for the whole program"
            return "\(change.text(bytes: bytes)): \(effect)"
          }))
    }
    return blocks
  }

  private func tensor(_ name: String) -> Tensor? {
    ([wanted] + alive).first { $0.name == name }
  }

  private func row(_ tensor: Tensor, key: String, _ remark: Phrase) -> [Table.Cell] {
    let from = (tensor.from ?? tensor.location)?.shortText ?? "instruction \(tensor.first)"
    let until = tensor.until?.shortText ?? "instruction \(tensor.last)"
    return [
      .figure(.count(tensor.bytes, nil, "\(key).bytes")),
      .figure(.share(Double(tensor.bytes) / Double(max(1, capacity)))), .text(tensor.name),
      .text(from), .text("\(until) \(tensor.lastOperation)"), .phrase(remark),
    ]
  }

  /// What would make room of one tensor.
  private func changesText(_ tensor: Tensor) -> Phrase {
    if tensor.isAuthors { return "placed by its author" }
    let own = changes.filter { $0.tensors == [tensor.name] }.map { change -> String in
      switch change.kind {
      case .shrink(let left): "with at most \(grouped(left)) bytes"
      case .end: "if it ended before"
      }
    }
    return Phrase(
      (tensor.name == wanted.name && !own.isEmpty ? "; " : "") + own.joined(separator: ", or "))
  }

  /// For machines.
  var json: JSON {
    func told(_ tensor: Tensor) -> JSON {
      .object([
        "name": .string(tensor.name), "location": .location(tensor.location),
        "bytes": .integer(tensor.bytes), "first": .integer(tensor.first),
        "last": .integer(tensor.last), "from": .location(tensor.from),
        "until": .location(tensor.until), "last_operation": .string(tensor.lastOperation),
        "byte": tensor.byte.map(JSON.integer) ?? .null, "placed_by_author": .bool(tensor.isAuthors),
      ])
    }
    return .object([
      "core": core.map(JSON.string) ?? .null, "memory": .string(memory),
      "capacity": .integer(capacity), "free": .integer(free),
      "instructions": .integer(instructions), "instruction": .integer(instruction),
      "instruction_text": .string(instructionText), "location": .location(location),
      "wanted": told(wanted), "alive": .array(alive.map(told)),
      "others": .array(others.map(told)), "omitted": .integer(omitted),
      "needs": .array(needs.map { .array([.integer($0.instruction), .integer($0.bytes)]) }),
      "peak": .object([
        "instruction": .integer(peak.instruction), "bytes": .integer(peak.bytes),
        "location": .location(peakLocation),
      ]),
      "changes": .array(
        changes.map { change in
          var object: [String: JSON] = [
            "tensors": .array(change.tensors.map(JSON.string)), "frees": .integer(change.frees),
            "fits": .bool(change.fits),
            "text": .string(change.text(bytes: tensor(change.tensors[0])?.bytes ?? 0)),
          ]
          switch change.kind {
          case .shrink(let left):
            object["change"] = .string("shrink")
            object["to"] = .integer(left)
          case .end: object["change"] = .string("end")
          }
          return .object(object)
        }),
    ])
  }
}
