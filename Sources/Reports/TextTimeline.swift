import Device
package import Diagnostics
import Programs
package import Simulation
package import Timing

// Timeline from 0.000 to 4.800 µs, 50 ns a character
//   ------------  |0.000     |0.500    …
//   Sync          eeeeeeeeeeeE         .         .  dma_copy x_tile.0
//   qSyncDynamic  ddddddddddddddddddddddddmmmmmm--E dma_copy x_tile.0
//   Vector        ===============================De  tensor_reduce negative_max.0

/// Instructions and DMAs as rows, time as columns, in characters: for kernels that are small enough to be read.
package struct TextTimeline: Sendable {
  /// What happens in a stretch of a row, with its character.
  private enum State: Character, CaseIterable {
    case engineBusy = "~"
    case waiting = "="
    case weights = "w"
    case dispatch = "D"
    case executing = "e"
    case generation = "d"
    case moving = "m"
    case completing = "-"
    case finished = "E"

    var meaning: String {
      switch self {
      case .engineBusy: "waits for its engine"
      case .waiting: "waits for a semaphore, a DMA or the rings"
      case .weights: "waits for weights"
      case .dispatch: "dispatch"
      case .executing: "executes"
      case .generation: "descriptors are made"
      case .moving: "moves data"
      case .completing: "until others see that it has"
      case .finished: "has finished"
      }
    }
  }

  private struct Piece {
    var begin: Picoseconds
    var end: Picoseconds
    var state: State
  }

  private struct Row {
    var owner: String
    var text: String
    var pieces: [Piece]
    var begin: Picoseconds { pieces.first?.begin ?? 0 }
    var end: Picoseconds { pieces.last?.end ?? 0 }
  }

  /// Rows that are drawn at most.
  ///
  /// Assumed: nobody reads more than a few screens of them.
  package static let mostRows = 200
  /// Columns of what a row is that narrow pages have room for; wide ones have a quarter of theirs.
  private static let leastText = 32
  /// The fewest columns of time.
  private static let fewestColumns = 20

  private let window: Range<Picoseconds>
  private let rows: [Row]
  private let left: Int

  /// Draws a stretch of a run.
  ///
  /// - Parameter window: From when until when; all of it if `nil`.
  /// - Throws: A `DiagnosticError` if nothing was timed or nothing happens then.
  package init(_ run: Run, window asked: Range<Picoseconds>? = nil) throws(DiagnosticError) {
    guard let total = run.total else {
      throw DiagnosticError("a timeline needs timing", remedy: "leave --values-only out")
    }
    var window = asked ?? 0..<total
    if window.lowerBound >= total {
      throw DiagnosticError(
        "the timeline's window begins at \(microseconds(window.lowerBound)) µs, the run ends at \(microseconds(total)) µs",
        remedy: "the window is FROM:TO in µs")
    }
    window = window.clamped(to: 0..<total)
    let all = TextTimeline.rows(run).filter {
      $0.begin < window.upperBound && $0.end > window.lowerBound
    }.enumerated().sorted { ($0.element.begin, $0.offset) < ($1.element.begin, $1.offset) }
      .map(\.element)
    left = max(0, all.count - TextTimeline.mostRows)
    if left > 0, all[TextTimeline.mostRows].begin > window.lowerBound {
      window = window.lowerBound..<all[TextTimeline.mostRows].begin
    }
    rows = Array(all.prefix(TextTimeline.mostRows))
    self.window = window
  }

  /// A window that is written as two times in µs, each of which may be left out: `2.5:10`.
  ///
  /// - Parameter name: What the user calls it.
  package static func window(
    _ text: String, of name: String
  ) throws(DiagnosticError) -> Range<Picoseconds> {
    func wrong(_ why: String) -> DiagnosticError {
      DiagnosticError(
        "\(name) \(printable(text)): \(why)", remedy: "write FROM:TO in µs, such as 2.5:10")
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw wrong("is not two times with a colon between") }
    func time(_ part: Substring, _ missing: Picoseconds) throws(DiagnosticError) -> Picoseconds {
      guard !part.isEmpty else { return missing }
      guard let value = Double(part), value >= 0, value < 1e9 else {
        throw wrong("'\(printable(String(part)))' is no time")
      }
      return Picoseconds((value * 1e6).rounded())
    }
    let (from, to) = (try time(parts[0], 0), try time(parts[1], .max))
    guard from < to else { throw wrong("ends before it begins") }
    return from..<to
  }

  private static func rows(_ run: Run) -> [Row] {
    var rows: [Row] = []
    for (number, core) in run.cores.enumerated() {
      guard let device = core.device, let timeline = core.timeline else { continue }
      let prefix =
        run.cores.count > 1 ? "\(run.layout.places[number].description) " : ""
      var counts: [Int: Int] = [:]
      for instruction in device.instructions { counts[Int(instruction.source), default: 0] += 1 }
      for (index, instruction) in device.instructions.enumerated() {
        let source = Int(instruction.source)
        let name = core.program.shortText(source)
        // Of what is several instructions each says which it is.
        let isAlone = (counts[source] ?? 0) < 2
        let text = name ?? instruction.opcode.name
        rows.append(
          Row(
            owner: prefix + instruction.engine.displayName,
            text: isAlone ? text : "\(instruction.opcode.name) \(text)",
            pieces: pieces(index, timeline)))
        guard case .trigger(let transfer) = instruction.work else { continue }
        let queue = Int(device.transfers[Int(transfer)].queue)
        rows.append(
          Row(
            owner: prefix + (device.queues.indices.contains(queue) ? device.queues[queue] : "DMA"),
            text: text, pieces: pieces(timeline.transfers[Int(transfer)])))
      }
    }
    return rows
  }

  private static func pieces(_ index: Int, _ timeline: Timeline) -> [Piece] {
    let timing = timeline.instructions[index]
    let waits = timeline.stalls(index).map { stall in
      let state: State =
        switch stall.reason {
        case .engineBusy: .engineBusy
        case .weightLoad: .weights
        case .semaphore, .dma: .waiting
        case .dispatch: .dispatch
        }
      return Piece(begin: stall.begin, end: stall.end, state: state)
    }
    return waits + [Piece(begin: timing.begin, end: timing.end, state: .executing)]
  }

  private static func pieces(_ timing: TransferTiming) -> [Piece] {
    [
      (timing.trigger, timing.queued, State.generation),
      (timing.queued, timing.firstRead, .waiting), (timing.firstRead, timing.lastRead, .moving),
      (timing.lastRead, timing.complete, .completing),
    ].filter { $0.0 < $0.1 }.map { Piece(begin: $0.0, end: $0.1, state: $0.2) }
  }

  /// The drawing.
  ///
  /// - Parameter width: Columns of the page.
  package func blocks(width: Int) -> [Block] {
    guard !rows.isEmpty else { return [.sentence("Nothing happens then.")] }
    let owners = rows.map(\.owner.count).max() ?? 0
    let room = width - TextLayout.indent - owners - 4
    let texts = max(
      min(
        rows.map(\.text.count).max() ?? 0, max(TextTimeline.leastText, width / 4),
        room - TextTimeline.fewestColumns), 0)
    let columns = max(TextTimeline.fewestColumns, room - texts)
    let unit = TextTimeline.unit(window.upperBound - window.lowerBound, columns)
    let begin = window.lowerBound / unit * unit
    let count = Int((window.upperBound - begin + unit - 1) / unit)
    var used: Set<State> = []
    var lines = [String(repeating: " ", count: owners + 2) + ruler(begin, unit, count)]
    for row in rows {
      let drawn = draw(row, begin, unit, count, &used)
      let text = row.text.count > texts ? row.text.prefix(max(0, texts - 1)) + "…" : row.text[...]
      lines.append("\(row.owner.left(owners))  \(drawn.left(count))  \(printable(String(text)))")
    }
    var blocks: [Block] = [
      .heading(
        "timeline from \(.time(window.lowerBound)) to \(.time(window.upperBound)), \(duration(unit)) a character"
      ), .lines(lines),
    ]
    if left > 0 {
      blocks.append(
        .sentence(
          "The first \(.count(TextTimeline.mostRows)) of \(.count(rows.count + left, "row")); --timeline-window FROM:TO, in µs, draws another stretch."
        ))
    }
    let legend = State.allCases.filter(used.contains).map { "\($0.rawValue) \($0.meaning)" }
    blocks.append(.sentence(Phrase(legend.joined(separator: ", "))))
    return blocks
  }

  /// The shortest time of two digits that people reckon with, such that a time fits into columns.
  private static func unit(_ time: Picoseconds, _ columns: Int) -> Picoseconds {
    var power: Picoseconds = 1
    while true {
      for step: Picoseconds in [10, 12, 15, 20, 25, 30, 40, 50, 60, 80]
      where step * power * Picoseconds(columns - 1) >= time {
        return step * power
      }
      power *= 10
    }
  }

  private func duration(_ unit: Picoseconds) -> String {
    unit % 1_000_000 == 0
      ? "\(unit / 1_000_000) µs" : unit % 1000 == 0 ? "\(unit / 1000) ns" : "\(unit) ps"
  }

  /// Times in µs at every tenth or twentieth column.
  private func ruler(_ begin: Picoseconds, _ unit: Picoseconds, _ count: Int) -> String {
    var line = ""
    for column in stride(from: 0, to: count, by: 10) {
      let mark = "|\(microseconds(begin + Picoseconds(column) * unit))"
      guard line.count <= column, column == 0 || column + mark.count <= count else { continue }
      line = line.left(column) + mark
      // A label needs a blank before the next.
      if line.count == column + 10 { line += " " }
    }
    return line
  }

  private func draw(
    _ row: Row, _ begin: Picoseconds, _ unit: Picoseconds, _ count: Int,
    _ used: inout Set<State>
  ) -> String {
    var line = ""
    for column in 0..<count {
      let from = begin + Picoseconds(column) * unit
      let to = from + unit
      if row.end > from && row.end <= to {
        used.insert(.finished)
        line.append(State.finished.rawValue)
        continue
      }
      var most: Picoseconds = 0
      var state: State?
      for piece in row.pieces {
        let time = min(piece.end, to) - max(piece.begin, from)
        // Of equals the later one.
        if time > 0 && time >= most { (most, state) = (time, piece.state) }
      }
      if let state {
        used.insert(state)
        line.append(state.rawValue)
      } else {
        line.append(column % 10 == 0 && row.end > from ? "." : " ")
      }
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
