import Device

/// A device instruction or a transfer of one of the cores.
package struct Life: Hashable, Sendable {
  /// What lives.
  package enum Subject: Hashable, Sendable {
    /// A device instruction, by its index.
    case instruction(Int)
    /// A transfer, by its index.
    case transfer(Int)
  }

  /// Whose, by core id.
  package var core: Int
  /// What lives.
  package var subject: Subject

  /// Names a life.
  package init(core: Int = 0, _ subject: Subject) {
    self.core = core
    self.subject = subject
  }
}

/// A piece of a life, or of the critical path.
package struct CausedInterval: Hashable, Sendable {
  /// From when.
  package var begin: Picoseconds
  /// Until when.
  package var end: Picoseconds
  /// What it was spent on.
  package var cause: Cause
  /// Who caused it, or of the critical path whose time it is; `nil` for the machine.
  package var causer: Life?

  /// Makes a piece.
  package init(begin: Picoseconds, end: Picoseconds, cause: Cause, causer: Life?) {
    self.begin = begin
    self.end = end
    self.cause = cause
    self.causer = causer
  }

  /// Its length.
  package var duration: Picoseconds { end - begin }
}

/// Why everything happened when it did, of all cores: moments, and what each follows from.
///
/// Each moment is the latest of its dependencies (an earlier moment and what is between), so that the longest
/// way to the last moment is the simulated time. Moments are in an order in which dependencies point backwards.
package struct Causes: Sendable {
  /// By moment: when it is; the first is the launch, at 0.
  var times: [Picoseconds] = [0]
  /// By moment: the life that it belongs to; -1 for the launch.
  var owners: [Int32] = [-1]
  /// By moment: the first of its dependencies; one more at the end.
  var firsts: [Int32] = [0, 0]
  /// By dependency: the earlier moment.
  var sources: [Int32] = []
  /// By dependency: the time between the two.
  var weights: [Picoseconds] = []
  var kinds: [Dependency] = []
  /// By life: its moments in order, -1 where it has none.
  ///
  /// Of an instruction: what is before was taken from the queue; itself was; it began; its first column entered
  /// the PE array, or its weights were there; it ended. Of a transfer: its instruction began; its descriptors
  /// were at the rings; all were read; it completed.
  var stages: [Int32]
  /// By core: its first life (instructions come first, then transfers); one more at the end.
  let bases: [Int]
  /// By core: how many of them are instructions.
  let instructions: [Int]
  /// The lives of what the compiler added for spilling.
  private let spills: Set<Int32>

  static let stageCount = 5

  /// Without moments, but for the launch.
  ///
  /// - Parameter spills: Numbers of the lives of what was added for spilling.
  init(lives: [(instructions: Int, transfers: Int)], spills: Set<Int32> = []) {
    self.spills = spills
    var bases = [0]
    for core in lives { bases.append(bases[bases.count - 1] + core.instructions + core.transfers) }
    self.bases = bases
    instructions = lives.map(\.instructions)
    stages = Array(repeating: -1, count: bases[bases.count - 1] * Causes.stageCount)
  }

  /// When everything had completed.
  package var total: Picoseconds { times.max() ?? 0 }

  /// The number of moments.
  package var count: Int { times.count }

  /// Time that follows from no rule that the recorder knows.
  package var unexplained: Picoseconds {
    zip(kinds, weights).reduce(0) { $0 + ($1.0 == .unexplained ? $1.1 : 0) }
  }

  // MARK: - Lives

  /// No moments yet, for programs.
  init(of programs: [DeviceProgram]) {
    var spills: Set<Int32> = []
    var base: Int32 = 0
    for program in programs {
      for (index, instruction) in program.instructions.enumerated() where instruction.isSpill {
        spills.insert(base + Int32(index))
      }
      base += Int32(program.instructions.count)
      for (index, transfer) in program.transfers.enumerated() where transfer.isSpill {
        spills.insert(base + Int32(index))
      }
      base += Int32(program.transfers.count)
    }
    self.init(lives: programs.map { ($0.instructions.count, $0.transfers.count) }, spills: spills)
  }

  /// What the time of a dependency was spent on, by whose time it is.
  private func spent(_ edge: Int, by owner: Int32) -> Cause {
    spills.contains(owner) && kinds[edge] != .launch ? .spill : kinds[edge].cause
  }

  /// Whose the time of a dependency is.
  private func spender(_ edge: Int, _ moment: Int) -> Int32 {
    let source = Int(sources[edge])
    return owners[kinds[edge].isOfFirst && source > 0 ? source : moment]
  }

  /// The life with a number; `nil` for the launch.
  func life(_ owner: Int32) -> Life? {
    guard owner >= 0 else { return nil }
    let core = (bases.firstIndex { $0 > Int(owner) } ?? 1) - 1
    let index = Int(owner) - bases[core]
    return Life(
      core: core,
      index < instructions[core]
        ? .instruction(index) : .transfer(index - instructions[core]))
  }

  func number(_ life: Life) -> Int {
    switch life.subject {
    case .instruction(let index): bases[life.core] + index
    case .transfer(let index): bases[life.core] + instructions[life.core] + index
    }
  }

  private func moments(_ life: Life) -> [Int] {
    let first = number(life) * Causes.stageCount
    return stages[first..<first + Causes.stageCount].compactMap { $0 >= 0 ? Int($0) : nil }
  }

  /// The life from its release (what is before in its queue was taken; its instruction began) to its end, without gaps.
  package func intervals(of life: Life) -> [CausedInterval] {
    let moments = moments(life)
    guard let first = moments.first, moments.count > 1 else { return [] }
    var found = Pieces(now: min(times[first], times[moments[1]]))
    for (index, moment) in moments.enumerated().dropFirst() {
      if case .transfer = life.subject, index == 2, moments.count == 4 {
        move(moment, since: times[moments[1]], Int32(number(life)), &found)
      } else {
        wait(moment, Int32(number(life)), &found)
      }
    }
    return found.intervals
  }

  /// Intervals that follow each other.
  private struct Pieces {
    var now: Picoseconds
    var intervals: [CausedInterval] = []

    mutating func add(_ cause: Cause, until end: Picoseconds, _ causer: Life?) {
      guard end > now else { return }
      defer { now = end }
      if let last = intervals.last, last.cause == cause, last.causer == causer {
        intervals[intervals.count - 1].end = end
      } else {
        intervals.append(CausedInterval(begin: now, end: end, cause: cause, causer: causer))
      }
    }
  }

  /// What a moment waited for: one dependency after the other, in the order in which they were met.
  private func wait(_ moment: Int, _ owner: Int32, _ pieces: inout Pieces) {
    let met = dependencies(moment).sorted {
      (times[Int(sources[$0])] + weights[$0], $0) < (times[Int(sources[$1])] + weights[$1], $1)
    }
    for edge in met {
      let source = Int(sources[edge])
      let arrival = times[source] + weights[edge]
      guard arrival > pieces.now else { continue }
      let isOwn = owners[source] == owner
      let causer = isOwn ? nil : life(owners[source])
      // A step of its own that is no stage.
      if isOwn && times[source] > pieces.now { wait(source, owner, &pieces) }
      if !isOwn { pieces.add(kinds[edge].awaited, until: min(times[source], arrival), causer) }
      pieces.add(isOwn ? spent(edge, by: owner) : kinds[edge].following, until: arrival, causer)
    }
  }

  /// What the ring that ended last did since a transfer's descriptors came.
  private func move(
    _ moment: Int, since begin: Picoseconds, _ owner: Int32, _ pieces: inout Pieces
  ) {
    var found: [CausedInterval] = []
    var slice = moment
    var now = times[moment]
    while now > begin, let edge = binding(slice) {
      let source = Int(sources[edge])
      let started = max(begin, min(times[source], now))
      let isOwn = owners[slice] == owner
      if now > started {
        found.append(
          CausedInterval(
            begin: started, end: now, cause: isOwn ? spent(edge, by: owner) : .ringWait,
            causer: isOwn ? nil : life(owners[slice])))
      }
      now = started
      slice = source
    }
    for piece in found.reversed() { pieces.add(piece.cause, until: piece.end, piece.causer) }
    pieces.add(.ringWait, until: times[moment], nil)
  }

  private func dependencies(_ moment: Int) -> Range<Int> {
    Int(firsts[moment])..<Int(firsts[moment + 1])
  }

  /// The dependency that a moment follows from: the first of those that are met last; `nil` for the launch.
  private func binding(_ moment: Int) -> Int? {
    dependencies(moment).first { times[Int(sources[$0])] + weights[$0] == times[moment] }
  }

  // MARK: - The critical path

  /// What the whole time was spent on: intervals that tile it, from 0 to its end.
  package func criticalPath() -> [CausedInterval] {
    var moment = times.indices.max { (times[$0], -$0) < (times[$1], -$1) } ?? 0
    var now = times[moment]
    var found: [CausedInterval] = []
    while let edge = binding(moment) {
      let source = Int(sources[edge])
      // Some moments depend on later ones by a lead: what is between has been told then.
      if times[source] < now {
        let number = spender(edge, moment)
        let cause = spent(edge, by: number)
        let owner = life(number)
        if let last = found.last, last.cause == cause, last.causer == owner {
          found[found.count - 1].begin = times[source]
        } else {
          found.append(
            CausedInterval(begin: times[source], end: now, cause: cause, causer: owner))
        }
        now = times[source]
      }
      moment = source
    }
    return found.reversed()
  }

  /// By core and instruction, and by core and transfer: by how much it could be late without any change of the time.
  package func slack() -> (instructions: [[Picoseconds]], transfers: [[Picoseconds]]) {
    let total = total
    var latest = Array(repeating: total, count: times.count)
    for moment in times.indices.reversed() {
      for edge in dependencies(moment) {
        let source = Int(sources[edge])
        latest[source] = min(latest[source], latest[moment] - weights[edge])
      }
    }
    var least = Array(repeating: total, count: bases[bases.count - 1])
    for moment in times.indices.dropFirst() {
      let life = Int(owners[moment])
      least[life] = min(least[life], latest[moment] - times[moment])
    }
    var instructions: [[Picoseconds]] = []
    var transfers: [[Picoseconds]] = []
    for core in self.instructions.indices {
      let second = bases[core] + self.instructions[core]
      instructions.append(Array(least[bases[core]..<second]))
      transfers.append(Array(least[second..<bases[core + 1]]))
    }
    return (instructions, transfers)
  }

  /// What the time would be without some dependencies, if everything else took as long as it did.
  ///
  /// - Parameter isRemoved: Of what is waited for, by whom, and for which cause.
  package func total(
    without isRemoved: (_ causer: Life?, _ waiting: Life?, _ cause: Cause) -> Bool
  ) -> Picoseconds {
    total { edge, moment in
      isRemoved(
        life(owners[Int(sources[edge])]), life(owners[moment]), kinds[edge].awaited)
        ? nil : weights[edge]
    }
  }

  /// What the time would be if all time of a cause took a share of what it does.
  package func total(scaling cause: Cause, by share: Double) -> Picoseconds {
    total { edge, moment in
      spent(edge, by: spender(edge, moment)) == cause
        ? wholePicoseconds(Double(max(0, weights[edge])) * share) + min(0, weights[edge])
        : weights[edge]
    }
  }

  private func total(_ weight: (_ edge: Int, _ moment: Int) -> Picoseconds?) -> Picoseconds {
    var changed = Array(repeating: Picoseconds(0), count: times.count)
    for moment in times.indices.dropFirst() {
      var time: Picoseconds = 0
      for edge in dependencies(moment) {
        if let weight = weight(edge, moment) {
          time = max(time, changed[Int(sources[edge])] + weight)
        }
      }
      changed[moment] = time
    }
    return changed.max() ?? 0
  }
}
