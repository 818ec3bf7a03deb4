import Diagnostics

//   Vector → Scalar → Vector: none of them can go on
//
//   who     is at                                 waits for
//   Vector  first: tensor_copy …  deadlock.trn:12  Scalar: instruction 2 ('second')

extension WaitGraph {
  /// Members of a drawing or a table, at most.
  static let shown = 24

  /// The circle of those who wait for each other.
  var drawing: [Block] {
    let cycle = cycle
    guard let first = cycle.first else { return [] }
    let names = (cycle.prefix(WaitGraph.shown).map { members[$0].name })
    let rest = cycle.count > WaitGraph.shown ? ["… \(cycle.count - WaitGraph.shown) more"] : []
    return [.lines([(names + rest + [members[first].name]).joined(separator: " → ")])]
  }

  /// Those that are shown: who waits for each other first, then who waits, then the others.
  var shownMembers: [Int] {
    let cycle = cycle
    let waiting = members.indices.filter { !cycle.contains($0) && !members[$0].hasFinished }
    let others = members.indices.filter { !cycle.contains($0) && members[$0].hasFinished }
    return Array((cycle + waiting + others).prefix(WaitGraph.shown)).sorted()
  }

  /// Who is where, and waits for whom.
  ///
  /// - Parameter key: Where the JSON document has it.
  func table(key: String) -> [Block] {
    var table = Table([
      Table.Column("who", .text, isKey: true), Table.Column("instruction"),
      Table.Column("is at", .text), Table.Column("waits for", .text),
    ])
    for index in shownMembers {
      let member = members[index]
      let place = member.location.map { " (\($0.shortText))" } ?? ""
      let awaited = waits.filter { $0.member == index }.prefix(WaitGraph.shown).map { wait in
        "\(wait.other.map { members[$0].name } ?? "nobody who is left"): \(wait.text)"
      }
      table.rows.append([
        .text(member.name),
        member.instruction.map {
          Table.Cell.figure(.count($0, nil, "\(key).members.\(index).instruction"))
        } ?? .text(""),
        .text(member.hasFinished ? "its end" : member.text + place),
        .text(awaited.joined(separator: "; ")),
      ])
    }
    if members.count > WaitGraph.shown {
      table.remainder = "and \(.count(members.count - WaitGraph.shown, "more"))"
    }
    return [.table(table)]
  }

  /// For machines.
  var json: JSON {
    .object([
      "members": .array(
        members.map { member in
          .object([
            "name": .string(member.name),
            "instruction": member.instruction.map(JSON.integer) ?? .null,
            "text": .string(member.text), "location": .location(member.location),
            "has_finished": .bool(member.hasFinished),
          ])
        }),
      "waits": .array(
        waits.map { wait in
          .object([
            "member": .integer(wait.member), "for": wait.other.map(JSON.integer) ?? .null,
            "text": .string(wait.text),
          ])
        }),
      "cycle": .array(cycle.map(JSON.integer)),
    ])
  }
}
