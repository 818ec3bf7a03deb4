import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs
import Simulation
package import Timing

// {"total": 41950000, "marks": [{"time": 1300000, "text": "first difference: …"}], "paired": false, "told": true,
//  "cores": [{"name": "", "texts": {"operations": ["nc_matmul", …], "opcodes": ["MATMUL", …],
//   "tensors": ["acc", …], "places": ["matmul.swift:197", …], "scopes": ["row 0", …], "causes": ["work", …], "tints": [0, …]},
//  "sources": {"count": 120, "data": "…"},
//  "rows": [{"name": "Tensor", "kind": "engine", "pieces": 410, "count": 260, "data": "…"}, …],
//  "series": [{"name": "SBUF", "unit": "B", "limit": 25165824, "count": 40, "data": "…"}]}]}

/// What a page draws: everything that happened, in numbers of a few bytes each (`PackedBytes`).
///
/// Times are in ps. A source is a program's instruction: its operation, the tensor that it writes, its place and its scope,
/// each the difference to the source before it, by number in `texts` (places and tensors from 1 on, 0 for none). Of an
/// engine's row an entry is the begin (difference to the one before), the duration, the opcode, the source (difference), and
/// its pieces. Of a queue's row it is the begin of reading (difference), the time until completion, 0 for a load, 1 for a store
/// and 2 for others, the source (difference), bytes, descriptors, the time from the trigger on, and its pieces. Of the
/// critical path it is begin (difference), duration, cause and source (difference). Of a row of scopes it is begin
/// (difference), duration and scope. Of a series it is time (difference) and value (difference).
///
/// Sources and the entries of engines, queues and the critical path are told as `PackedEntries` are.
///
/// Pieces are what an entry waited for and was spent on, from its release on: a head, the duration, and who caused it. The
/// head is 1 + 3 · (cause + number of causes · k) + c. With k 0 another piece follows; with k 1 this is the last before the
/// begin, from which on there was work; with k 2 it is the last, and ends with the entry. With c 0 nobody caused it, with c 1 the
/// entry before in the row; with c 2 the number of a row follows, and the entry there (difference to the one that this row
/// named last in that row). A head of 0 stands for no pieces. `told` is false where all were left out because they are too many.
package struct PageTimeline {
  /// A moment that is marked.
  package struct Mark {
    package var time: Picoseconds
    package var text: String

    package init(_ time: Picoseconds, _ text: String) {
      self.time = time
      self.text = text
    }
  }

  private var out: [UInt8] = []

  private init() {}

  /// The JSON of a run; empty if it was not timed.
  static func json(_ report: Report) -> [UInt8] {
    let run = report.run
    guard let total = run.total else { return [] }
    let path = report.path?.intervals ?? []
    let tracks = run.cores.indices.compactMap { core in
      PageTrack(
        run, core: core, report.causes, path: path,
        name: run.layout.count > 1 ? run.layout.places[core].description : "")
    }
    return json(total: total, tracks)
  }

  /// The JSON of some runs on one time scale.
  ///
  /// - Parameter arePaired: Whether rows of one name are shown together.
  package static func json(
    total: Picoseconds, _ tracks: [PageTrack], marks: [Mark] = [], arePaired: Bool = false
  ) -> [UInt8] {
    let whole = json(total: total, tracks, marks, arePaired, hasPieces: true)
    if whole.count <= largest { return whole }
    let bare = tracks.map { track in
      var track = track
      track.pieces = LifePieces(core: track.pieces.core, causes: nil, timeline: nil)
      return track
    }
    return json(total: total, bare, marks, arePaired, hasPieces: false)
  }

  /// Bytes from which on pieces are left out, so that a page of a million instructions has 25 MB at most.
  private static let largest = 23_000_000

  private static func json(
    total: Picoseconds, _ tracks: [PageTrack], _ marks: [Mark], _ arePaired: Bool, hasPieces: Bool
  ) -> [UInt8] {
    var page = PageTimeline()
    let marked = marks.map { mark -> JSON in
      .object(["time": .integer(Int(mark.time)), "text": .string(mark.text)])
    }
    page.add("{\"total\": \(total), \"paired\": \(arePaired), \"told\": \(hasPieces), \"marks\": ")
    page.add(.array(marked))
    page.add(", \"cores\": [")
    for (index, track) in tracks.enumerated() {
      if index > 0 { page.add(",\n") }
      page.add(track)
    }
    page.add("]}")
    return page.out
  }

  private mutating func add(_ text: String) { out += text.utf8 }

  /// Texts must not end the element that they are in.
  private mutating func add(_ value: JSON) {
    add(value.text(indented: false).replacing("<", with: "\\u003c"))
  }

  private mutating func add(_ packed: PackedBytes, count: Int) {
    add("\"count\": \(count), \"data\": \"")
    out += packed.base64
    add("\"}")
  }

  private mutating func add(_ track: PageTrack) {
    add("{\"name\": ")
    add(.string(track.name))
    let sources = SourceNumbers(track)
    add(",\n\"texts\": ")
    add(
      .object([
        "operations": texts(sources.operations.names),
        "tensors": texts(track.program?.tensors.map(\.name) ?? []),
        "places": texts(sources.places.names),
        "opcodes": texts(DeviceOpcode.allCases.map(\.name)),
        "scopes": texts(track.program?.scopes.map(\.name) ?? []),
        "causes": texts(Cause.allCases.map(\.displayName)),
        "tints": .array(Cause.allCases.map { .integer($0.tint) }),
      ]))
    add(",\n\"sources\": {")
    add(sources.entries.packed, count: sources.entries.count)
    add(",\n\"rows\": [")
    var isFirst = true
    func begin(
      _ page: inout PageTimeline, _ name: String, _ key: String, _ value: String
    ) {
      page.add(isFirst ? "\n" : ",\n")
      isFirst = false
      page.add("{\"name\": ")
      page.add(JSON.string(name))
      page.add(", \"\(key)\": \"\(value)\", ")
    }
    let rows = PageRows(track)
    if !track.path.isEmpty {
      begin(&self, "critical path", "kind", "path")
      add(rows.criticalPath(), count: track.path.count)
    }
    for number in rows.rows.indices {
      let row = rows.rows[number]
      begin(&self, row.name, "kind", row.kind)
      let (packed, pieces) = rows.packed(number)
      add("\"pieces\": \(pieces), ")
      add(packed, count: row.order.count)
    }
    if let program = track.program {
      let depths = ScopeSpans(program, track.device, track.timeline).byDepth
      for (depth, spans) in depths.enumerated() {
        begin(&self, depth == 0 ? "scopes" : "", "kind", "scope")
        add(pack(spans), count: spans.count)
      }
    }
    add("],\n\"series\": [")
    isFirst = true
    for series in track.series {
      begin(&self, series.name, "unit", series.unit)
      add("\"limit\": \(series.limit), ")
      add(series.packed, count: series.values.count)
    }
    add("]}")
  }

  private func texts(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }

  private func pack(_ spans: [ScopeSpans.Span]) -> PackedBytes {
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
private struct Numbered {
  private(set) var names: [String] = []
  private var numbers: [String: Int] = [:]

  mutating func number(_ name: String) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = names.count
    names.append(name)
    return names.count - 1
  }
}

/// What a program's instructions are, by numbers.
private struct SourceNumbers {
  private(set) var operations = Numbered()
  private(set) var places = Numbered()
  private(set) var entries = PackedEntries()

  init(_ track: PageTrack) {
    var (operation, tensor, place, scope) = (0, 0, 0, 0)
    func add(_ name: Int, _ target: Int, _ at: Int, _ own: Int) {
      var packed = PackedBytes()
      packed.append(signed: name - operation)
      packed.append(signed: target - tensor)
      packed.append(signed: at - place)
      packed.append(signed: own - scope)
      (operation, tensor, place, scope) = (name, target, at, own)
      entries.add(packed)
    }
    guard let program = track.program else {
      for label in track.labels { add(operations.number(label), 0, 0, 0) }
      return
    }
    for instruction in program.instructions {
      let name = operations.number(Swift.type(of: instruction.operation).name)
      let written = instruction.operation.operands.first { $0.role != .read && $0.pattern.isSet }
      add(
        name, written.map { Int($0.pattern.tensor.index) + 1 } ?? 0,
        instruction.location.map { places.number($0.description) + 1 } ?? 0,
        Int(instruction.scope) + 1)
    }
  }
}
