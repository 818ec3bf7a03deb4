import ISA
import Machine
import Programs

/// How many passes of a loop the compiler makes one.
///
/// Arrays that a pass has for itself lie side by side, once for each pass that is merged. Captures and times of attention kernels tell
/// how many: what one line of a pass takes has to fit into memory that often, and the passes that are merged divide the loop's.
///
/// * Fused, 1024 tokens: four of eight passes, whose products of one line take 4 KiB of PSUM's 16 KiB in each.
/// * In three passes, without PSUM: all eight with rows of 4 KiB in SBUF (34 reductions and one reciprocal in the capture). With rows
///   of 8 and of 16 KiB the times (252 and 266, 1027 and 1129 µs) are those of all 16 and of eight of 32: within 3 %,
///   and 10 to 15 % off with half as many, or with eleven of 32.
/// * A product of 64 rows whose passes fill all banks: its transposes are copied one by one (4608 copies of PSUM in the record's
///   counters), and four by four (4224) where they have a loop of their own.
/// * A loop whose passes add to a sum in SBUF, one after the other, stays as it is: mamba's variants that go through the sequence in
///   tiles keep Scalar busy for 360 µs, their exponentials and hardly one of 896 copies of PSUM, which merged passes would fill;
///   with tiles of 448 to 1024 columns and one pass at a time they are within 7 % (14 and -10 % merged).
struct LoopRoom {
  /// By scope: passes of its loop that are merged at most; 1 where it is no pass of a loop.
  private let passes: [Int32]
  /// By scope: its loop, and which of the loop's merged passes it is in; -1 where it is no pass of a loop.
  private let loops: [Int32]
  private let groups: [Int32]
  /// How many affine loops there are.
  let loopCount: Int
  /// By tensor on chip: the innermost scope that holds all that touches it; -1 for none.
  private let homes: [Int32]

  /// Bytes of a partition that the tensors of one line take in one pass, of the line that takes most.
  private struct Demand {
    var sbuf = 0
    var psum = 0
  }

  /// A line of the source in a scope, for one memory.
  private struct Site: Hashable {
    var scope: Int32
    var line: Int32
    var isPSUM: Bool
  }

  init(_ draft: Draft) {
    homes = Self.homes(draft)
    let demands = Self.demands(draft, homes)
    var passes = [Int32](repeating: 1, count: draft.head.scopes.count)
    var loops = [Int32](repeating: -1, count: passes.count)
    var groups = loops
    let all = draft.affineLoops()
    for (number, loop) in all.enumerated() {
      for scope in loop { loops[scope] = Int32(number) }
    }
    let carrying = Self.carrying(draft, homes, loops)
    for (number, loop) in all.enumerated() {
      let sbuf = loop.map { demands[$0].sbuf }.max() ?? 0
      let psum = loop.map { demands[$0].psum }.max() ?? 0
      let count = (1...loop.count).last { count in
        (count == 1 || !carrying.contains(number)) && loop.count % count == 0
          && count * sbuf <= draft.limits.sbufBytes
          && count * psum <= draft.limits.psumBytes
      }
      for (turn, scope) in loop.enumerated() {
        passes[scope] = Int32(count ?? 1)
        groups[scope] = Int32(turn / (count ?? 1))
      }
    }
    self.passes = passes
    self.loops = loops
    self.groups = groups
    loopCount = all.count
  }

  /// Passes of a scope's loop that are merged at most.
  func passes(of scope: Int) -> Int { Int(passes[scope]) }

  /// The loop of a pass, and which of its groups of merged passes it is in; `nil` for what is no pass of an affine loop.
  func turn(of scope: Int) -> (loop: Int, group: Int)? {
    loops[scope] < 0 ? nil : (Int(loops[scope]), Int(groups[scope]))
  }

  /// The innermost pass that has a tensor for itself; `nil` if none has.
  func home(of tensor: Int) -> Int? { homes[tensor] < 0 ? nil : Int(homes[tensor]) }

  private static func homes(_ draft: Draft) -> [Int32] {
    let untouched: Int32 = -2
    var homes = [Int32](repeating: untouched, count: draft.tensors.count)
    for node in draft.nodes {
      for operand in node.operands {
        let owner = draft.owner(operand.pattern)
        guard draft.tensors[owner].isOnChip else { continue }
        let known = homes[owner]
        if known != node.scope {
          homes[owner] = known == untouched ? node.scope : draft.commonScope(known, node.scope)
        }
      }
    }
    return homes
  }

  /// A place in SBUF that passes of a loop add to.
  private struct Sum: Hashable {
    var loop: Int
    var tensor: Int
    var offset: Int
    var row: Int
  }

  /// Loops whose passes add to what the pass before left in SBUF.
  private static func carrying(_ draft: Draft, _ homes: [Int32], _ loops: [Int32]) -> Set<Int> {
    var passes: [Sum: Int] = [:]
    var found: Set<Int> = []
    for node in draft.nodes {
      for operand in node.operands where operand.isWritten {
        let owner = draft.owner(operand.pattern)
        guard draft.tensors[owner].space == .sbuf,
          node.operands.contains(where: {
            $0.isRead && !$0.isWritten && $0.pattern == operand.pattern
          })
        else { continue }
        for scope in draft.loops(node).reversed() {
          if scope == Int(homes[owner]) { break }  // A sum of this pass alone.
          guard loops[scope] >= 0 else { continue }
          let sum = Sum(
            loop: Int(loops[scope]), tensor: owner, offset: operand.pattern.offset,
            row: Int(operand.pattern.rowStart))
          if let pass = passes.updateValue(scope, forKey: sum), pass != scope {
            found.insert(sum.loop)
          }
        }
      }
    }
    return found
  }

  private static func demands(_ draft: Draft, _ homes: [Int32]) -> [Demand] {
    var bytes: [Site: Int] = [:]
    var lines = LineNumbers()
    for (tensor, home) in homes.enumerated() where home >= 0 {
      let facts = draft.tensors[tensor]
      var site = Site(
        scope: home, line: lines.number(of: draft.declaration(tensor).location),
        isPSUM: facts.space == .psum)
      while site.scope >= 0 {
        bytes[site, default: 0] += facts.freeBytes
        site.scope = draft.head.scopes[Int(site.scope)].parent
      }
    }
    var demands = [Demand](repeating: Demand(), count: draft.head.scopes.count)
    for (site, bytes) in bytes {
      let scope = Int(site.scope)
      if site.isPSUM {
        demands[scope].psum = max(demands[scope].psum, bytes)
      } else {
        demands[scope].sbuf = max(demands[scope].sbuf, bytes)
      }
    }
    return demands
  }
}

/// What the passes of one loop have in common: they are called by its variable, `i=0`, `i=1`.
struct LoopName: Hashable {
  var parent: Int32
  var variable: Substring

  init(_ scope: Scope) {
    parent = scope.parent
    variable = scope.name.prefix { $0 != "=" }
  }
}

extension Draft {
  /// The affine loops, each with the scopes of its passes.
  fileprivate func affineLoops() -> [[Int]] {
    struct Loop {
      var name: Substring
      var passes: [Int] = []
      var names: Set<Int32> = []
    }
    var open: [Int32: Loop] = [:]
    var found: [[Int]] = []
    for (index, scope) in head.scopes.enumerated() where scope.kind == .affine {
      let name = LoopName(scope).variable
      var loop = open[scope.parent] ?? Loop(name: name)
      if loop.name != name || loop.names.contains(scopeNames[index]) {
        found.append(loop.passes)
        loop = Loop(name: name)
      }
      loop.passes.append(index)
      loop.names.insert(scopeNames[index])
      open[scope.parent] = loop
    }
    return (found + open.values.map(\.passes)).sorted { $0[0] < $1[0] }
  }

  /// The innermost scope that two are in; -1 for none.
  fileprivate func commonScope(_ a: Int32, _ b: Int32) -> Int32 {
    guard a >= 0, b >= 0 else { return -1 }
    let shared = zip(scopeChain(Int(a)), scopeChain(Int(b))).prefix { $0 == $1 }.last
    return shared.map { Int32($0.0) } ?? -1
  }
}
