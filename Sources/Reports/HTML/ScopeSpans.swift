import Device
import Programs
import Timing

/// When the instructions of each scope ran, by how deep scopes are nested.
struct ScopeSpans {
  /// From the first begin to the last completion of instructions of one scope: of those that follow each other, or of
  /// all where the compiler's order tears scopes apart.
  struct Span {
    var scope: Int
    var begin: Picoseconds
    var end: Picoseconds
  }

  /// From the outermost scopes on, each in the order of their beginnings.
  private(set) var byDepth: [[Span]] = []

  /// Scopes that are shown in each other.
  private static let depths = 4

  init(_ scopes: RunScopes, _ program: Program, _ device: DeviceProgram, _ timeline: Timeline) {
    guard !scopes.scopes.isEmpty else { return }
    let paths = ScopeSpans.paths(scopes.scopes)
    let lives = ScopeSpans.lives(program, device, timeline)
    byDepth = Array(repeating: [], count: ScopeSpans.depths)
    // By depth: the place of the span that the last instruction is in, and by scope that of its span.
    var open = Array(repeating: -1, count: ScopeSpans.depths)
    var places = Array(repeating: -1, count: scopes.areTorn ? scopes.scopes.count : 0)
    for (index, life) in lives.enumerated() where life.begin <= life.end {
      let own = scopes.number(of: index, in: program)
      let path = own >= 0 ? paths[own] : []
      for depth in open.indices {
        guard depth < path.count else {
          open[depth] = -1
          continue
        }
        let scope = path[depth]
        var place = scopes.areTorn ? places[scope] : open[depth]
        if place < 0 || byDepth[depth][place].scope != scope {
          place = byDepth[depth].count
          byDepth[depth].append(Span(scope: scope, begin: life.begin, end: life.end))
          if scopes.areTorn { places[scope] = place }
        }
        open[depth] = place
        byDepth[depth][place].begin = min(byDepth[depth][place].begin, life.begin)
        byDepth[depth][place].end = max(byDepth[depth][place].end, life.end)
      }
    }
    for depth in open.indices {
      byDepth[depth].sort { ($0.begin, $0.end, $0.scope) < ($1.begin, $1.end, $1.scope) }
    }
    while byDepth.last?.isEmpty == true { byDepth.removeLast() }
  }

  /// Of each scope, the scopes around it and itself, the outermost first.
  private static func paths(_ scopes: [Scope]) -> [[Int]] {
    var paths: [[Int]] = []
    for (index, scope) in scopes.enumerated() {
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
