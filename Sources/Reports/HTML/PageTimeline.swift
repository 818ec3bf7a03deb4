import Device
import Diagnostics
import Simulation
package import Timing

// {"begin": 0, "total": 41950000, "marks": [{"time": 1300000, "text": "first difference: …"}], "paired": false, "told": true,
//  "cores": [{"name": "", "texts": {"operations": ["nc_matmul", …], "opcodes": ["MATMUL", …],
//   "tensors": ["acc", …], "places": ["matmul.swift:197", …], "scopes": ["row 0", …], "causes": ["work", …]}, "tints": [0, …],
//  "sources": {"count": 120, "data": "…"},
//  "rows": [{"name": "Tensor", "kind": "engine", "pieces": 410, "count": 260, "data": "…"}, …],
//  "series": [{"name": "SBUF", "unit": "B", "scale": 1, "count": 40, "data": "…"}]}]}

/// What a page draws: everything that happened, in numbers of a few bytes each (`PackedBytes`).
///
/// Times are in ps. A source is a program's instruction: its operation, the tensor that it writes, its place and its scope,
/// each the difference to the source before it, by number in `texts` (places and tensors from 1 on, 0 for none). Of an
/// engine's row an entry is the begin (difference to the one before), the duration, the opcode, the source (difference), and
/// its pieces. Of a queue's row it is the begin of reading (difference), the time until completion, 0 for a load, 1 for a store
/// and 2 for others, the source (difference), bytes, descriptors, the time from the trigger on, and its pieces. Of the
/// critical path it is begin (difference), duration, cause and source (difference). Of a row of scopes it is begin
/// (difference), duration and scope. Of a row of a trace's slices it is begin (difference), duration, the name among the
/// opcodes, the source (difference), the number of its instruction (difference), what else it tells among the details from 1 on
/// (difference to the last that told something, 0 for nothing), and its pieces. Of a series it is time (difference) and value
/// (difference), both in whole numbers; `scale` of them are one of the unit.
///
/// Sources and the entries of all rows but those of scopes are told as `PackedEntries` are.
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
    json(total: total, marks: marks, arePaired: arePaired) { hasPieces in
      tracks.map { track in
        guard !hasPieces else { return PageCore(track) }
        var track = track
        track.pieces = LifePieces(core: track.pieces.core, causes: nil, timeline: nil)
        return PageCore(track)
      }
    }
  }

  /// Bytes from which on pieces are left out, so that a page of a million instructions has 25 MB at most.
  private static let largest = 23_000_000

  /// The JSON of cores that are made with what entries waited for, or without if that is too much.
  ///
  /// - Parameter begin: When what is drawn begins.
  static func json(
    from begin: Picoseconds = 0, total: Picoseconds, marks: [Mark] = [], arePaired: Bool = false,
    _ cores: (_ hasPieces: Bool) -> [PageCore]
  ) -> [UInt8] {
    let whole = PageTimeline(begin, total, cores(true), marks, arePaired, hasPieces: true).out
    if whole.count <= largest { return whole }
    return PageTimeline(begin, total, cores(false), marks, arePaired, hasPieces: false).out
  }

  private init(
    _ begin: Picoseconds, _ total: Picoseconds, _ cores: [PageCore], _ marks: [Mark],
    _ arePaired: Bool, hasPieces: Bool
  ) {
    let marked = marks.map { mark -> JSON in
      .object(["time": .integer(Int(mark.time)), "text": .string(mark.text)])
    }
    add(
      "{\"begin\": \(begin), \"total\": \(total), \"paired\": \(arePaired), \"told\": \(hasPieces), \"marks\": "
    )
    add(.array(marked))
    add(", \"cores\": [")
    for (index, core) in cores.enumerated() {
      if index > 0 { add(",\n") }
      add(core)
    }
    add("]}")
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

  private mutating func add(_ core: PageCore) {
    add("{\"name\": ")
    add(.string(core.name))
    add(",\n\"texts\": ")
    add(.object(core.texts.mapValues { .array($0.map { .string($0) }) }))
    add(",\n\"tints\": ")
    add(.array(core.tints.map { .integer($0) }))
    add(",\n\"colors\": ")
    add(.array(core.colors.map { .integer($0) }))
    add(",\n\"sources\": {")
    add(core.sources.packed, count: core.sources.count)
    add(",\n\"rows\": [")
    for (index, row) in core.rows.enumerated() {
      begin(isFirst: index == 0, row.name, "kind", row.kind)
      if let pieces = row.pieces { add("\"pieces\": \(pieces), ") }
      add(row.packed, count: row.count)
    }
    add("],\n\"series\": [")
    for (index, series) in core.series.enumerated() {
      begin(isFirst: index == 0, series.name, "unit", series.unit)
      add("\"scale\": \(series.scale), ")
      add(series.packed, count: series.values.count)
    }
    add("]}")
  }

  private mutating func begin(isFirst: Bool, _ name: String, _ key: String, _ value: String) {
    add(isFirst ? "\n" : ",\n")
    add("{\"name\": ")
    add(JSON.string(name))
    add(", \"\(key)\": ")
    add(JSON.string(value))
    add(", ")
  }
}
