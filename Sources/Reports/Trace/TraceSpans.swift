import Device
import Diagnostics
import Programs
import Timing

/// Where in the program a core was: scopes and source lines, in the order of their beginnings.
struct TraceSpans {
  /// A stretch of time.
  struct Span {
    var begin: Picoseconds
    var end: Picoseconds
    /// Number of a scope, or of a source line.
    var what: Int32
    /// Instructions of an engine in it; 0 for scopes.
    var count: Int32 = 0
    var engine = Engine.sync
  }

  /// Scopes, those around others first.
  private(set) var scopes: [Span] = []
  /// Source lines: an engine's instructions from one line that follow each other, without what the PE array still
  /// does when the next line begins.
  private(set) var lines: [Span] = []
  /// By number of a source line.
  private(set) var places: [SourceLocation] = []

  /// - Parameter hasLines: Whether source lines are wanted, which take as much time as the instructions themselves.
  init(
    _ author: RunScopes, _ program: Program, _ device: DeviceProgram, _ timeline: Timeline,
    hasLines: Bool
  ) {
    let depths = ScopeSpans(author, program, device, timeline).byDepth
    for spans in depths {
      scopes += spans.map {
        Span(begin: $0.begin, end: $0.end, what: Int32(truncatingIfNeeded: $0.scope))
      }
    }
    // Outer scopes come first in `scopes`, and their spans cover those of the scopes in them.
    let order = scopes.indices.sorted {
      (scopes[$0].begin, scopes[$1].end, $0) < (scopes[$1].begin, scopes[$0].end, $1)
    }
    scopes = order.map { scopes[$0] }
    if hasLines { addLines(program, device, timeline) }
  }

  private mutating func addLines(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline
  ) {
    var numbers: [SourceLocation: Int32] = [:]
    var open: [Span?] = Array(repeating: nil, count: Engine.allCases.count)
    for (index, instruction) in device.instructions.enumerated() {
      let source = Int(instruction.source)
      guard program.instructions.indices.contains(source),
        let place = program.instructions[source].location
      else { continue }
      let number = numbers[place] ?? Int32(truncatingIfNeeded: places.count)
      if number == places.count {
        numbers[place] = number
        places.append(place)
      }
      let timing = timeline.instructions[index]
      let engine = Int(instruction.engine.rawValue)
      if let known = open[engine], known.what == number {
        open[engine]?.end = max(known.end, timing.end)
        open[engine]?.count += 1
        continue
      }
      if var known = open[engine] {
        known.end = max(known.begin, min(known.end, timing.begin))
        lines.append(known)
      }
      open[engine] = Span(
        begin: timing.begin, end: timing.end, what: number, count: 1, engine: instruction.engine)
    }
    lines += open.compactMap { $0 }
    lines.sort { ($0.begin, $0.engine.rawValue, $0.end) < ($1.begin, $1.engine.rawValue, $1.end) }
  }
}
