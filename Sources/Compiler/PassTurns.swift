import Device
import ISA
import Machine

/// Engines go through the passes of a loop one by one, where memory has no room to make all of them one.
///
/// Each engine starts what a group of merged passes (`LoopRoom`) has for it before it starts anything of the next; only DMAs go
/// ahead. Published times of grouped-query attention on trn2 show it, whose rows of 4096 products take all of PSUM in one pass: with
/// a maximum and a sum over whole rows in each pass a head's tile takes 41.6 us, the sum of what its engines do one after the other; without
/// the maximum 4.7 us less, which is what it takes Vector; with exponentials chunk by chunk out of PSUM, which has no work over
/// whole rows, 16.8 us, what Tensor alone takes. One, two, four and eight tiles in a pass of the source are within 4 %. In captures of fused
/// attention with 1024 tokens, whose eight passes are two groups, two of eight products of the second group come before the first is
/// done (deviation 84).
struct PassTurns {
  /// A group of merged passes of a loop.
  private struct Turn {
    var loop: Int32
    var group: Int32
  }

  /// What one list of instructions has to do in one loop.
  private struct Work {
    /// By group: instructions that have not started.
    var waiting: [Int32] = []
    /// The first group that has any.
    var current = 0
    /// Instructions of later groups that are ready.
    var held: [Int] = []

    mutating func advance() {
      while current < waiting.count && waiting[current] == 0 { current += 1 }
    }
  }

  /// By instruction: its list, or -1 for those that go ahead, and behind one another its turns, outermost first.
  private var lists: [Int8] = []
  private var starts: [Int32] = [0]
  private var turns: [Turn] = []
  /// By loop, the lists of each behind one another.
  private var work: [Work]
  private let count: Int

  /// - Parameters:
  ///   - lists: how many lists of instructions there are; the last is that of instructions whose engine is open.
  ///   - list: the list of an instruction; `nil` for those that go ahead.
  init(_ draft: Draft, _ room: LoopRoom, lists count: Int, list: (Int) -> Int?) {
    self.count = count
    work = Array(repeating: Work(), count: room.loopCount * count)
    for (index, node) in draft.nodes.enumerated() {
      let own = list(index)
      lists.append(Int8(own ?? -1))
      if let own {
        for scope in draft.loops(node) {
          guard let turn = room.turn(of: scope) else { continue }
          turns.append(Turn(loop: Int32(turn.loop), group: Int32(turn.group)))
          let slot = turn.loop * count + own
          let missing = turn.group + 1 - work[slot].waiting.count
          if missing > 0 { work[slot].waiting += Array(repeating: 0, count: missing) }
          work[slot].waiting[turn.group] += 1
        }
      }
      starts.append(Int32(turns.count))
    }
    for slot in work.indices { work[slot].advance() }
  }

  /// Whether a ready instruction has to wait for an earlier group of its engine's; it is then kept until `start` returns it.
  mutating func holds(_ index: Int) -> Bool {
    guard let slot = blocker(of: index) else { return false }
    work[slot].held.append(index)
    return true
  }

  /// An instruction starts; returns those that may wait for nothing more.
  mutating func start(_ index: Int) -> [Int] {
    let list = Int(lists[index])
    guard list >= 0 else { return [] }
    var released: [Int] = []
    for turn in turns[Int(starts[index])..<Int(starts[index + 1])] {
      let slot = Int(turn.loop) * count + list
      let before = work[slot].current
      work[slot].waiting[Int(turn.group)] -= 1
      work[slot].advance()
      guard work[slot].current != before else { continue }
      released += work[slot].held
      work[slot].held = []
    }
    return released
  }

  /// The work of an earlier group that an instruction waits for: of its own list, and for Scalar and Vector of what is open to both.
  private func blocker(of index: Int) -> Int? {
    let list = Int(lists[index])
    guard list >= 0 else { return nil }
    let sharesOpen = list == Int(Engine.vector.rawValue) || list == Int(Engine.scalar.rawValue)
    for turn in turns[Int(starts[index])..<Int(starts[index + 1])] {
      let first = Int(turn.loop) * count
      if Int(turn.group) > work[first + list].current { return first + list }
      let open = first + count - 1
      if sharesOpen, work[open].current < work[open].waiting.count,
        Int(turn.group) > work[open].current
      {
        return open
      }
    }
    return nil
  }
}
