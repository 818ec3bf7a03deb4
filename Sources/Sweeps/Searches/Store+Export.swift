package import Reports
import Storage

extension Store {
  /// The names of all varied values, sorted.
  private func settingNames() throws -> [String] {
    var names: Set<String> = []
    try rows { row in for setting in row.settings { names.insert(setting.name) } }
    return names.sorted()
  }

  /// Writes all results as comma-separated values to `sink`, in the order of the space.
  package func writeCSV(to sink: (String) throws -> Void) throws {
    let names = try settingNames()
    try sink(
      csvLine(
        ["rung", "id"] + names + ["status"] + Quantity.allCases.map(\.rawValue) + [
          "limited_by", "limit_share", "reason", "variant",
        ]))
    try rows { row in
      let values = Dictionary(row.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      try sink(
        csvLine(
          ["\(row.rung)", "\(row.index)"] + names.map { values[$0] ?? "" } + [row.status]
            + Quantity.allCases.map { row.numbers[$0].map { "\($0)" } ?? "" }
            + [row.limit, row.limit.isEmpty ? "" : "\(row.share)", row.reason, row.variant]))
    }
  }

  /// Writes all results as JSON, one object per line with the same keys in each: what readers of
  /// tables (pyarrow, DuckDB, pandas) take as it is, and write as Parquet.
  package func writeJSONLines(to sink: (String) throws -> Void) throws {
    let names = try settingNames()
    try rows { row in
      var object: [String: JSON] = [
        "rung": .integer(row.rung), "id": .integer(row.index), "status": .string(row.status),
        "reason": .string(row.reason), "variant": .string(row.variant),
        "limited_by": row.limit.isEmpty ? .null : .string(row.limit),
        "limit_share": row.limit.isEmpty ? .null : .real(row.share),
      ]
      for name in names { object[name] = .null }
      for setting in row.settings { object[setting.name] = Store.typed(setting.value) }
      for quantity in Quantity.allCases {
        object[quantity.rawValue] = row.numbers[quantity].map { .integer($0) } ?? .null
      }
      try sink(JSON.object(object).text(indented: false) + "\n")
    }
  }

  /// A value as a number if it is written as one.
  private static func typed(_ text: String) -> JSON {
    if let number = Int(text), "\(number)" == text { return .integer(number) }
    if let number = Double(text), number.isFinite, text.contains(where: \.isNumber) {
      return .real(number)
    }
    return .string(text)
  }

  /// The best results for people.
  ///
  /// - Parameter place: Where the JSON report has them, if it has.
  package func ranking(
    by objective: Quantity, limit: Int, at place: String? = nil
  ) throws -> [Block] {
    // All results of a sweep have the same names; those of a store that somebody changed need not.
    var names: [String] = []
    try rows(best: objective, limit: limit) { row in
      for setting in row.settings where !names.contains(setting.name) { names.append(setting.name) }
    }
    var cells: [[Table.Cell]] = []
    try rows(best: objective, limit: limit) { row in
      let values = Dictionary(row.settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
      let key = place.map { "\($0).\(cells.count)." }
      var line: [Table.Cell] = [.text("\(cells.count + 1)")]
      line += names.map { .text(values[$0] ?? "") }
      line += [
        .figure(
          .picoseconds(
            Int64(row.numbers[.time] ?? 0), key.map { $0 + Quantity.time.rawValue })),
        .text(row.limit), .figure(.share(row.share, key.map { $0 + "limit_share" })),
        .figure(.number(Double(row.numbers[.sbufPeak] ?? 0) / 1024, 1)),
      ]
      if objective != .time {
        line.append(
          .figure(
            .count(row.numbers[objective] ?? 0, nil, key.map { $0 + objective.rawValue })))
      }
      cells.append(line)
    }
    if cells.isEmpty { return [.sentence("nothing ran")] }
    return [
      .table(
        Table(
          [Table.Column("rank", isKey: true)] + names.map { Table.Column($0) } + [
            Table.Column("µs"), Table.Column("bound by", .text), Table.Column(""),
            Table.Column("SBUF KiB"),
          ] + (objective == .time ? [] : [Table.Column(objective.rawValue)]), cells))
    ]
  }
}
