import Device
import Diagnostics
import ISA
import Machine
import Programs
import Timing

/// What a page's timeline draws of one core, in numbers of a few bytes each; `PageTimeline` says which.
struct PageCore {
  /// A row of entries.
  struct Row {
    var name: String
    /// `path`, `engine`, `queue`, `scope` or, of a trace, `slice`.
    var kind: String
    var count: Int
    /// What entries waited for and were spent on, in all; `nil` where they do not say.
    var pieces: Int?
    var packed: PackedBytes
  }

  /// What it is called beside others; empty where it is alone.
  var name: String
  /// What numbers stand for.
  var texts: [String: [String]]
  /// Colours of causes.
  var tints: [Int]
  /// Colours of a trace's opcodes; empty where they follow from their numbers.
  var colors: [Int] = []
  var sources: PackedEntries
  var rows: [Row] = []
  var series: [PageSeries] = []

  /// A core of a run, or what a device measured.
  init(_ track: PageTrack) {
    name = track.name
    series = track.series
    let numbers = SourceNumbers(track)
    sources = numbers.sources.entries
    texts = [
      "operations": numbers.operations.names,
      "tensors": track.program?.tensors.map(\.name) ?? [],
      "places": numbers.places.names,
      "opcodes": DeviceOpcode.allCases.map(\.name),
      "scopes": track.scopes?.scopes.map(\.name) ?? [],
      "causes": Cause.allCases.map(\.displayName),
    ]
    tints = Cause.allCases.map(\.tint)
    let rows = PageRows(track)
    if !track.path.isEmpty {
      add("critical path", "path", track.path.count, rows.criticalPath())
    }
    for number in rows.rows.indices {
      let row = rows.rows[number]
      let (packed, pieces) = rows.packed(number)
      add(row.name, row.kind, row.order.count, packed, pieces)
    }
    guard let program = track.program, let scopes = track.scopes else { return }
    let depths = ScopeSpans(scopes, program, track.device, track.timeline).byDepth
    for (depth, spans) in depths.enumerated() {
      add(PageCore.name("scopes", depth: depth), "scope", spans.count, PageCore.pack(spans))
    }
  }

  /// A core of another kind.
  init(
    name: String, texts: [String: [String]], colors: [Int], sources: PackedEntries, rows: [Row],
    series: [PageSeries]
  ) {
    self.name = name
    self.texts = texts
    self.colors = colors
    self.sources = sources
    self.rows = rows
    self.series = series
    tints = Cause.allCases.map(\.tint)
  }

  /// What a row of entries that lie in those of the rows above is called.
  static func name(_ name: String, depth: Int) -> String {
    depth == 0 ? name : "\(name) \(depth + 1)"
  }

  private mutating func add(
    _ name: String, _ kind: String, _ count: Int, _ packed: PackedBytes, _ pieces: Int? = nil
  ) {
    rows.append(Row(name: name, kind: kind, count: count, pieces: pieces, packed: packed))
  }

  private static func pack(_ spans: [ScopeSpans.Span]) -> PackedBytes {
    var packed = PackedBytes()
    var begin: Picoseconds = 0
    for span in spans {
      packed.append(span.begin - begin)
      packed.append(span.end - span.begin)
      packed.append(span.scope)
      begin = span.begin
    }
    return packed
  }
}

/// Names by their numbers, in the order in which they came.
struct NumberedNames {
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]

  mutating func number(_ name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = names.count
    names.append(name)
    return names.count - 1
  }
}

/// What instructions are, each by the difference to the one before.
struct PackedSources {
  /// Numbers in the texts; of all but the operation from 1 on, 0 for none.
  struct Source: Hashable {
    var operation: Int
    var tensor = 0
    var place = 0
    var scope = 0
  }

  private(set) var entries = PackedEntries()
  private var last = Source(operation: 0)

  mutating func add(_ source: Source) {
    var packed = PackedBytes()
    packed.append(signed: source.operation - last.operation)
    packed.append(signed: source.tensor - last.tensor)
    packed.append(signed: source.place - last.place)
    packed.append(signed: source.scope - last.scope)
    last = source
    entries.add(packed)
  }
}

/// What a program's instructions are, by numbers.
private struct SourceNumbers {
  private(set) var operations = NumberedNames()
  private(set) var places = NumberedNames()
  private(set) var sources = PackedSources()

  init(_ track: PageTrack) {
    guard let program = track.program else {
      for label in track.labels {
        sources.add(PackedSources.Source(operation: operations.number(label)))
      }
      return
    }
    for (index, instruction) in program.instructions.enumerated() {
      let written = instruction.operation.operands.first { $0.role != .read && $0.pattern.isSet }
      sources.add(
        PackedSources.Source(
          operation: operations.number(Swift.type(of: instruction.operation).name),
          tensor: written.map { Int($0.pattern.tensor.index) + 1 } ?? 0,
          place: instruction.location.map { places.number($0.description) + 1 } ?? 0,
          scope: (track.scopes?.number(of: index, in: program) ?? -1) + 1))
    }
  }
}
