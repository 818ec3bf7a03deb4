public import Hardware

// {
//   "description": "Trainium2, …", "fingerprint": "0123456789abcdef", "name": "trn2",
//   "values": {"access.max_free_dims": {"source": "…", "unit": "count", "value": 4}, …}
// }

extension JSON {
  /// All that a configuration says, for programs.
  public init(_ hardware: Hardware) {
    let values = hardware.paths.map { path in
      (
        path,
        JSON.object([
          "value": hardware.typedValue(of: path).map(JSON.init) ?? .null,
          "unit": .string(hardware.unit(of: path) ?? ""),
          "source": .string(hardware.source(of: path) ?? ""),
        ])
      )
    }
    self = .object([
      "name": .string(hardware.name), "description": .string(hardware.description),
      "fingerprint": .string(hardware.fingerprint),
      "values": .object(Dictionary(uniqueKeysWithValues: values)),
    ])
  }

  private init(_ value: Value) {
    switch value {
    case .number(let number): self = .real(number)
    case .integer(let number): self = .integer(number)
    case .integers(let numbers): self = .array(numbers.map(JSON.integer))
    case .words(let words): self = .array(words.map(JSON.string))
    case .sets(let sets): self = .object(sets.mapValues { .array($0.map(JSON.string)) })
    }
  }
}
