import Device
import Programs
import Timing

/// When the instructions of each scope ran, by how deep scopes are nested.
struct ScopeSpans {
  /// From the first begin to the last completion of instructions of one scope that follow each other.
  struct Span {
    var scope: Int
    var begin: Picoseconds
    var end: Picoseconds
  }

  /// From the outermost scopes on, each in the order of their beginnings.
  private(set) var byDepth: [[Span]] = []

  /// Scopes that are shown in each other.
  private static let depths = 4

  init(_ program: Program, _ device: DeviceProgram, _ timeline: Timeline) {
    guard !program.scopes.isEmpty else { return }
    let paths = ScopeSpans.paths(program)
    let lives = ScopeSpans.lives(program, device, timeline)
    var open: [Span?] = Array(repeating: nil, count: ScopeSpans.depths)
    byDepth = Array(repeating: [], count: ScopeSpans.depths)
    for (index, instruction) in program.instructions.enumerated() {
      let life = lives[index]
      guard life.begin <= life.end else { continue }
      let path = instruction.scope >= 0 ? paths[Int(instruction.scope)] : []
      for depth in open.indices {
        let scope = depth < path.count ? path[depth] : -1
        if let known = open[depth], known.scope == scope {
          open[depth]?.begin = min(known.begin, life.begin)
          open[depth]?.end = max(known.end, life.end)
          continue
        }
        if let known = open[depth] { byDepth[depth].append(known) }
        open[depth] = scope < 0 ? nil : Span(scope: scope, begin: life.begin, end: life.end)
      }
    }
    for depth in open.indices {
      if let known = open[depth] { byDepth[depth].append(known) }
      byDepth[depth].sort { ($0.begin, $0.end, $0.scope) < ($1.begin, $1.end, $1.scope) }
    }
    while byDepth.last?.isEmpty == true { byDepth.removeLast() }
  }

  /// Of each scope, the scopes around it and itself, the outermost first.
  private static func paths(_ program: Program) -> [[Int]] {
    var paths: [[Int]] = []
    for (index, scope) in program.scopes.enumerated() {
      let parent = Int(scope.parent)
      // Parents come first.
      paths.append((paths.indices.contains(parent) ? paths[parent] : []) + [index])
    }
    return paths
  }

  /// By instruction of the program: from the first begin to the last completion.
  private static func lives(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline
  ) -> [(begin: Picoseconds, end: Picoseconds)] {
    var lives = Array(
      repeating: (begin: Picoseconds.max, end: Picoseconds.min), count: program.instructions.count)
    for (index, instruction) in device.instructions.enumerated() {
      let source = Int(instruction.source)
      guard lives.indices.contains(source) else { continue }
      var end = timeline.instructions[index].end
      if case .trigger(let transfer) = instruction.work {
        end = max(end, timeline.transfers[Int(transfer)].complete)
      }
      lives[source].begin = min(lives[source].begin, timeline.instructions[index].begin)
      lives[source].end = max(lives[source].end, end)
    }
    return lives
  }
}
