import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Timing

// {"total": 41950000, "cores": [{"name": "", "texts": {"operations": ["nc_matmul", …], "opcodes": ["MATMUL", …],
//   "tensors": ["acc", …], "places": ["matmul.swift:197", …], "scopes": ["row 0", …], "causes": ["semaphore", …]},
//  "sources": {"count": 120, "data": "…"},
//  "rows": [{"name": "Tensor", "kind": "engine", "count": 260, "data": "…"}, …],
//  "series": [{"name": "SBUF", "unit": "B", "limit": 25165824, "count": 40, "data": "…"}]}]}

/// What a page draws: everything that happened, in numbers of a few bytes each (`PackedBytes`).
///
/// Times are in ps. A source is a program's instruction: its operation, the tensor that it writes, its place and its scope,
/// each the difference to the source before it, by number in `texts` (places and tensors from 1 on, 0 for none). Of an
/// engine's row an entry is the begin (difference to the one before), the duration, the opcode, the source (difference), for
/// how long it had waited, and if it had, the cause. Of a queue's row it is the begin of reading (difference), the time until
/// completion, 0 for a load, 1 for a store and 2 for others, the source (difference), bytes, descriptors, and the time from
/// the trigger on. Of the critical path it is begin (difference), duration, cause and source (difference). Of a row of scopes it is begin (difference), duration and scope. Of a series it is time (difference) and
/// value (difference).
struct PageTimeline {
  private var out: [UInt8] = []

  /// What the run's time was spent on; empty if nobody asked.
  private let path: [CausedInterval]

  private init(_ report: Report) { path = report.path?.intervals ?? [] }

  /// The JSON of a run; empty if it was not timed.
  static func json(_ report: Report) -> [UInt8] {
    let run = report.run
    guard let total = run.total else { return [] }
    var page = PageTimeline(report)
    page.add("{\"total\": \(total), \"cores\": [")
    for (index, core) in run.cores.enumerated() {
      guard let device = core.device, let timeline = core.timeline else { continue }
      if index > 0 { page.add(",\n") }
      let name = run.layout.count > 1 ? run.layout.places[index].description : ""
      page.add(core, index, device, timeline, name)
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

  private mutating func add(
    _ core: CoreRun, _ number: Int, _ device: DeviceProgram, _ timeline: Timeline, _ name: String
  ) {
    add("{\"name\": ")
    add(.string(name))
    let sources = SourceNumbers(core.program)
    add(",\n\"texts\": ")
    add(
      .object([
        "operations": texts(sources.operations.names),
        "tensors": texts(core.program.tensors.map(\.name)),
        "places": texts(sources.places.names),
        "opcodes": texts(DeviceOpcode.allCases.map(\.name)),
        "scopes": texts(core.program.scopes.map(\.name)),
        "causes": texts(StallReason.allCases.map(\.displayName)),
        "path": texts(Cause.allCases.map(\.displayName)),
      ]))
    add(",\n\"sources\": {")
    add(sources.packed, count: core.program.instructions.count)
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
    let triggers = device.triggers
    let (path, pieces) = criticalPath(of: number, device, triggers)
    if pieces > 0 {
      begin(&self, "critical path", "kind", "path")
      add(path, count: pieces)
    }
    for engine in [Engine.tensor, .vector, .scalar, .gpsimd, .sync] {
      let (packed, count) = instructions(of: engine, device, timeline)
      guard count > 0 else { continue }
      begin(&self, engine.displayName, "kind", "engine")
      add(packed, count: count)
    }
    for (queue, name) in device.queues.enumerated() {
      let (packed, count) = transfers(of: queue, device, timeline, triggers)
      guard count > 0 else { continue }
      begin(&self, name, "kind", "queue")
      add(packed, count: count)
    }
    for (depth, spans) in ScopeSpans(core.program, device, timeline).byDepth.enumerated() {
      begin(&self, depth == 0 ? "scopes" : "", "kind", "scope")
      add(pack(spans), count: spans.count)
    }
    add("],\n\"series\": [")
    isFirst = true
    for series in PageSeries.all(core, device, timeline) {
      begin(&self, series.name, "unit", series.unit)
      add("\"limit\": \(series.limit), ")
      add(series.packed, count: series.values.count)
    }
    add("]}")
  }

  private func texts(_ names: [String]) -> JSON { .array(names.map { .string($0) }) }

  private func instructions(
    of engine: Engine, _ device: DeviceProgram, _ timeline: Timeline
  ) -> (PackedBytes, Int) {
    var order: [Int] = []
    var isOrdered = true
    var last = Picoseconds.min
    for index in device.instructions.indices where device.instructions[index].engine == engine {
      order.append(index)
      let begin = timeline.instructions[index].begin
      if begin < last { isOrdered = false }
      last = begin
    }
    if !isOrdered {
      order.sort { (timeline.instructions[$0].begin, $0) < (timeline.instructions[$1].begin, $1) }
    }
    var packed = PackedBytes()
    var (begin, source) = (Picoseconds(0), Int32(0))
    for index in order {
      let timing = timeline.instructions[index]
      let instruction = device.instructions[index]
      packed.append(timing.begin - begin)
      packed.append(timing.end - timing.begin)
      packed.append(instruction.opcode.rawValue)
      packed.append(signed: instruction.source - source)
      let waits = Waits(timing)
      let waited = timing.begin - timing.head - waits.engineBusy
      packed.append(max(0, waited))
      if waited > 0 { packed.append(waits.largest.rawValue) }
      (begin, source) = (timing.begin, instruction.source)
    }
    return (packed, order.count)
  }

  /// The pieces of the critical path that are a core's time; what is no core's is the first one's.
  private func criticalPath(
    of core: Int, _ device: DeviceProgram, _ triggers: [Int32]
  ) -> (PackedBytes, Int) {
    var packed = PackedBytes()
    var count = 0
    var (begin, source) = (Picoseconds(0), Int32(0))
    for piece in path where (piece.causer?.core ?? 0) == core {
      let index: Int32 =
        switch piece.causer?.subject {
        case .instruction(let index): Int32(truncatingIfNeeded: index)
        case .transfer(let index): triggers[index]
        case nil: -1
        }
      let own = index >= 0 ? device.instructions[Int(index)].source : -1
      packed.append(piece.begin - begin)
      packed.append(piece.duration)
      packed.append(Cause.allCases.firstIndex(of: piece.cause) ?? 0)
      packed.append(signed: own - source)
      (begin, source) = (piece.begin, own)
      count += 1
    }
    return (packed, count)
  }

  private func transfers(
    of queue: Int, _ device: DeviceProgram, _ timeline: Timeline, _ triggers: [Int32]
  ) -> (PackedBytes, Int) {
    let order = device.transfers.indices.filter { Int(device.transfers[$0].queue) == queue }
      .sorted { (timeline.transfers[$0].firstRead, $0) < (timeline.transfers[$1].firstRead, $1) }
    var packed = PackedBytes()
    var (begin, source) = (Picoseconds(0), Int32(0))
    for index in order {
      let timing = timeline.transfers[index]
      let transfer = device.transfers[index]
      let trigger = triggers[index]
      let own = trigger >= 0 ? device.instructions[Int(trigger)].source : -1
      packed.append(timing.firstRead - begin)
      packed.append(timing.complete - timing.firstRead)
      packed.append(transfer.hbmReadBytes > 0 ? 0 : transfer.hbmWriteBytes > 0 ? 1 : 2)
      packed.append(signed: own - source)
      packed.append(max(0, transfer.bytes))
      packed.append(max(0, transfer.descriptors))
      packed.append(max(0, timing.firstRead - timing.trigger))
      (begin, source) = (timing.firstRead, own)
    }
    return (packed, order.count)
  }

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

extension Waits {
  /// The reason that took most of the wait.
  fileprivate var largest: StallReason {
    StallReason.allCases.filter { $0 != .engineBusy }.max { self[$0] < self[$1] } ?? .dispatch
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
  private(set) var packed = PackedBytes()

  init(_ program: Program) {
    var (operation, tensor, place, scope) = (0, 0, 0, 0)
    for instruction in program.instructions {
      let name = operations.number(Swift.type(of: instruction.operation).name)
      let written = instruction.operation.operands.first { $0.role != .read && $0.pattern.isSet }
      let target = written.map { Int($0.pattern.tensor.index) + 1 } ?? 0
      let at = instruction.location.map { places.number($0.description) + 1 } ?? 0
      let own = Int(instruction.scope) + 1
      packed.append(signed: name - operation)
      packed.append(signed: target - tensor)
      packed.append(signed: at - place)
      packed.append(signed: own - scope)
      (operation, tensor, place, scope) = (name, target, at, own)
    }
  }
}
