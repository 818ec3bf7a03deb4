import Device
import Reports
import Timing

extension Store {
  /// Results that a page's JSON has at most, the best first.
  private static let told = 5000
  /// Results that its charts are made of at most.
  private static let drawn = 200_000

  /// The results of the last round as a file for browsers: the ranking and charts.
  ///
  /// - Parameters:
  ///   - name: What to call the sweep.
  ///   - objective: What makes one better than another: less of it.
  ///   - limit: Rows of the ranking.
  package func page(
    named name: String, by objective: Quantity, limit: Int = 200
  ) throws -> [UInt8] {
    let counts = try counts()
    let (axes, points) = try grid(objective)
    var variants: [JSON] = []
    try rows(best: objective, limit: Store.told) { row in
      var entries: [String: JSON] = [
        "id": .integer(row.index), "values": JSON(row.settings), "limit": .string(row.limit),
        "limit_share": .real(row.share),
      ]
      for quantity in Quantity.allCases {
        entries[quantity.rawValue] = row.numbers[quantity].map { .integer($0) } ?? .null
      }
      variants.append(.object(entries))
    }
    let json = JSON.object([
      "schema": .integer(1), "name": .string(name), "objective": .string(objective.rawValue),
      "counts": .object(counts.mapValues { .integer($0) }),
      "axes": .array(
        axes.map {
          .object(["name": .string($0.name), "values": .array($0.values.map { .string($0) })])
        }),
      "variants": .array(variants),
    ])
    let told = counts.sorted { $0.key < $1.key }.map { status, count in
      "\(.count(count, nil, "counts.\(status)")) \(status)" as Phrase
    }
    var head: [Block] = [
      .heading("\(name): \(told.joined(separator: ", "))")
    ]
    if points.count >= Store.drawn {
      head.append(.sentence("charts show the best \(.count(points.count))"))
    }
    let ranking = try ranking(by: objective, limit: limit, at: "variants")
    return HTMLDocument(
      title: name, head: head,
      parts: GridResults(axes, points).parts + [HTMLDocument.Part("ranking", "Ranking", ranking)],
      json: json
    ).bytes
  }

  /// What was varied, from the values that results have, and where each is.
  private func grid(_ objective: Quantity) throws -> ([Axis], [GridResults.Point]) {
    var names: [String] = []
    var values: [String: [String]] = [:]
    var numbers: [String: [String: Int]] = [:]
    var found: [(settings: [Setting], point: GridResults.Point)] = []
    try rows(best: objective, limit: Store.drawn) { row in
      for setting in row.settings where numbers[setting.name]?[setting.value] == nil {
        if numbers[setting.name] == nil { names.append(setting.name) }
        numbers[setting.name, default: [:]][setting.value] = 0
        values[setting.name, default: []].append(setting.value)
      }
      let point = GridResults.Point(
        place: found.count < Store.told ? found.count : nil, coordinates: [],
        time: Picoseconds(row.numbers[.time] ?? 0), sbuf: row.numbers[.sbufPeak] ?? 0)
      found.append((row.settings, point))
    }
    for name in names {
      let sorted = Store.sorted(values[name] ?? [])
      values[name] = sorted
      numbers[name] = Dictionary(
        uniqueKeysWithValues: sorted.enumerated().map { ($0.element, $0.offset) })
    }
    let axes = names.map { Axis(.parameter($0), values[$0] ?? []) }
    return (
      axes,
      found.map { settings, point in
        let own = Dictionary(settings.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        var placed = point
        placed.coordinates = names.map { name in numbers[name]?[own[name] ?? ""] ?? 0 }
        return placed
      }
    )
  }

  /// By size if all are numbers, else as texts.
  private static func sorted(_ values: [String]) -> [String] {
    let numbers = values.compactMap { Double($0) }
    guard numbers.count == values.count else { return values.sorted() }
    return values.sorted { (Double($0) ?? 0) < (Double($1) ?? 0) }
  }
}
