/// One setting: where it stands in a configuration, where in `Hardware`, and what it may be.
struct Entry: Sendable {
  /// How a value is written.
  enum Kind: Sendable { case number, integer, integers, words, sets }

  let path: String
  let kind: Kind
  let unit: Unit
  let rule: Rule
  let meaning: String
  let read: @Sendable (Hardware) -> Value
  let write: @Sendable (inout Hardware, Value) -> Void

  typealias Slot<T> = any (WritableKeyPath<Hardware, T> & Sendable)

  static func number(
    _ path: String, _ slot: Slot<Double>, _ unit: Unit, _ rule: Rule, _ meaning: String
  ) -> Entry {
    Entry(
      path: path, kind: .number, unit: unit, rule: rule, meaning: meaning,
      read: { .number($0[keyPath: slot]) },
      write: { if case .number(let number) = $1 { $0[keyPath: slot] = number } })
  }

  static func integer(
    _ path: String, _ slot: Slot<Int>, _ unit: Unit, _ rule: Rule, _ meaning: String
  ) -> Entry {
    Entry(
      path: path, kind: .integer, unit: unit, rule: rule, meaning: meaning,
      read: { .integer($0[keyPath: slot]) },
      write: { if case .integer(let number) = $1 { $0[keyPath: slot] = number } })
  }

  static func integers(
    _ path: String, _ slot: Slot<[Int]>, _ unit: Unit, _ rule: Rule, _ meaning: String
  ) -> Entry {
    Entry(
      path: path, kind: .integers, unit: unit, rule: rule, meaning: meaning,
      read: { .integers($0[keyPath: slot]) },
      write: { if case .integers(let list) = $1 { $0[keyPath: slot] = list } })
  }

  static func words(
    _ path: String, _ slot: Slot<[String]>, _ unit: Unit, _ rule: Rule, _ meaning: String
  ) -> Entry {
    Entry(
      path: path, kind: .words, unit: unit, rule: rule, meaning: meaning,
      read: { .words($0[keyPath: slot]) },
      write: { if case .words(let list) = $1 { $0[keyPath: slot] = list } })
  }

  static func sets(
    _ path: String, _ slot: Slot<[String: [String]]>, _ unit: Unit, _ rule: Rule,
    _ meaning: String
  ) -> Entry {
    Entry(
      path: path, kind: .sets, unit: unit, rule: rule, meaning: meaning,
      read: { .sets($0[keyPath: slot]) },
      write: { if case .sets(let sets) = $1 { $0[keyPath: slot] = sets } })
  }

  /// The entries of a number per engine; of four where Sync, behind whose sequencer is no engine, has none.
  static func perEngine(
    _ path: String, _ slot: Slot<PerEngine>, _ meaning: String, unit: Unit = .nanoseconds,
    hasSync: Bool = true
  ) -> [Entry] {
    typealias Engine = any (WritableKeyPath<PerEngine, Double> & Sendable)
    let engines: [(String, Engine)] = [
      ("tensor", \.tensor), ("vector", \.vector), ("scalar", \.scalar), ("gpsimd", \.gpsimd),
      ("sync", \.sync),
    ]
    return engines.filter { hasSync || $0.0 != "sync" }.map { name, engine in
      Entry(
        path: "\(path).\(name)", kind: .number, unit: unit, rule: .nonNegative,
        meaning: "\(meaning), on the \(name) engine",
        read: { .number($0[keyPath: slot][keyPath: engine]) },
        write: {
          if case .number(let number) = $1 { $0[keyPath: slot][keyPath: engine] = number }
        })
    }
  }

  /// The entries of one streaming class in the table `slot`; `psum` if the engine reaches PSUM.
  static func streaming(
    _ path: String, _ slot: Slot<[String: StreamingClass]>, _ name: String, psum: Bool
  ) -> [Entry] {
    typealias Field = any (WritableKeyPath<StreamingClass, Double> & Sendable)
    let what = "class \(name)"
    // Without PSUM the PSUM numbers repeat the SBUF ones, so that none is left at zero.
    func entry(
      _ field: String, _ unit: Unit, _ target: Field, mirrors: [Field] = [], _ meaning: String
    ) -> Entry {
      Entry(
        path: "\(path).\(name).\(field)", kind: .number, unit: unit, rule: .nonNegative,
        meaning: "\(what): \(meaning)",
        read: { .number(($0[keyPath: slot][name] ?? StreamingClass())[keyPath: target]) },
        write: { hardware, value in
          guard case .number(let number) = value else { return }
          for field in [target] + mirrors {
            hardware[keyPath: slot][name, default: StreamingClass()][keyPath: field] = number
          }
        })
    }
    var entries: [Entry] = []
    if psum {
      entries = [
        entry(
          "cycles_per_element.sbuf", .cyclesPerElement, \.cyclesPerElement.sbuf,
          "streaming with all operands in SBUF"),
        entry(
          "cycles_per_element.sbuf_16bit", .cyclesPerElement, \.cyclesPerElement.sbuf16Bit,
          "streaming with all operands in SBUF and of 16 bits"),
        entry(
          "cycles_per_element.sbuf_16bit_contiguous", .cyclesPerElement,
          \.cyclesPerElement.sbuf16BitContiguous,
          "streaming with all operands in SBUF, of 16 bits and contiguous"),
        entry(
          "cycles_per_element.psum", .cyclesPerElement, \.cyclesPerElement.psum,
          "streaming with an operand in PSUM"),
        entry(
          "cycles_per_element.psum_16bit_contiguous", .cyclesPerElement,
          \.cyclesPerElement.psum16BitContiguous,
          "streaming with an operand in PSUM, all of 16 bits and contiguous"),
        entry(
          "issue_overhead.sbuf", .nanoseconds, \.issueOverhead.sbuf,
          "start to next start minus streaming, all operands in SBUF"),
        entry(
          "issue_overhead.psum", .nanoseconds, \.issueOverhead.psum,
          "start to next start minus streaming, an operand in PSUM"),
        entry(
          "latency.sbuf", .nanoseconds, \.latency.sbuf,
          "start to end minus streaming, all operands in SBUF"),
        entry(
          "latency.psum", .nanoseconds, \.latency.psum,
          "start to end minus streaming, an operand in PSUM"),
      ]
    } else {
      entries = [
        entry(
          "cycles_per_element.sbuf", .cyclesPerElement, \.cyclesPerElement.sbuf,
          mirrors: [
            \.cyclesPerElement.sbuf16Bit, \.cyclesPerElement.sbuf16BitContiguous,
            \.cyclesPerElement.psum, \.cyclesPerElement.psum16BitContiguous,
          ], "streaming"),
        entry(
          "issue_overhead.sbuf", .nanoseconds, \.issueOverhead.sbuf,
          mirrors: [\.issueOverhead.psum], "start to next start minus streaming"),
        entry(
          "latency.sbuf", .nanoseconds, \.latency.sbuf, mirrors: [\.latency.psum],
          "start to end minus streaming"),
      ]
    }
    return entries + [
      entry(
        "retire_overhead", .nanoseconds, \.retireOverhead,
        "end to next end minus the next one's streaming"),
      entry(
        "minimum_cycles", .cycles, \.minimumCycles, "fewest cycles from start to next start"),
    ]
  }
}
