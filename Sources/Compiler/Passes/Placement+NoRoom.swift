import Diagnostics
import ISA
import Machine
import Programs

/// A tensor that has no room in its memory.
struct NoRoom: Error {
  /// Most tensors that no one needs at the time, which are told for a picture.
  private static let mostOthers = 2000
  /// Most of those who have the memory that changes are tried on.
  private static let mostTried = 12
  /// Tensors that are placed at most to find out what would make room: about a tenth of a second.
  private static let mostPlaced = 200_000

  private let placement: Placement
  private let space: MemorySpace
  private let policy: AllocationPolicy
  private let item: Placement.Item
  private let attempt: Placement.Attempt

  init(
    placement: Placement, space: MemorySpace, policy: AllocationPolicy, item: Placement.Item,
    attempt: Placement.Attempt
  ) {
    self.placement = placement
    self.space = space
    self.policy = policy
    self.item = item
    self.attempt = attempt
  }

  private var draft: Draft { placement.draft }
  private var alignment: Int { draft.limits.alignment }

  /// The tensors of the memory.
  private var own: [Placement.Item] {
    placement.items.filter { draft.tensors[$0.tensor].space == space }
  }

  /// Those that have the memory when there is no room, the largest first.
  private var alive: [Placement.Item] {
    let live = Set(attempt.live.map(\.item))
    return own.filter { other in
      other.tensor != item.tensor
        && (live.contains(other.tensor)
          || draft.tensors[other.tensor].place != nil && other.first <= item.last
            && item.first <= other.last)
    }.sorted { ($1.bytes, $0.tensor) < ($0.bytes, $1.tensor) }
  }

  private func size(_ item: Placement.Item) -> Int { roundedUp(item.bytes, alignment) }

  /// What to tell: who has the memory, from where and until when, and what would make room.
  var diagnostic: DiagnosticError {
    let tensor = draft.declaration(item.tensor)
    let capacity = draft.limits.capacity(space)
    let alive = alive
    let free = capacity - alive.reduce(0) { $0 + size($1) }
    let lacking = size(item) - free
    var shortage = shortage(alive, capacity, free: max(0, free))
    shortage.changes = changes(alive, lacking)
    var found = Diagnostic(
      .error,
      "'\(tensor.name)' needs \(item.bytes) bytes of each partition, \(space.name) has \(capacity) "
        + (lacking > 0
          ? "and \(max(0, free)) of them are free: \(lacking) too few"
          : "and \(free) of them are free, but not side by side"),
      at: tensor.location, remedy: remedy(shortage, capacity), topic: .noRoom)
    found.shortage = shortage
    return DiagnosticError([found])
  }

  private func remedy(_ shortage: MemoryShortage, _ capacity: Int) -> String {
    let general =
      "use smaller tiles, or let tiles end earlier: allocate them in the loop that uses them"
    if shortage.wanted.bytes > capacity { return "it is larger than the memory: use smaller tiles" }
    guard let first = shortage.changes.first else { return general }
    let bytes = ([shortage.wanted] + shortage.alive).first { $0.name == first.tensors[0] }?.bytes
    var text = first.text(bytes: bytes ?? 0)
    // Of the same tensor, what comes to the same.
    if case .shrink = first.kind,
      shortage.changes.dropFirst().contains(where: {
        $0.kind == .end && $0.tensors == first.tensors && $0.fits == first.fits
      })
    {
      text += ", or not needed any more here"
    }
    return "\(text), would make room" + (first.fits ? "" : " here, not for the whole program")
  }

  // MARK: What there is

  private func shortage(
    _ alive: [Placement.Item], _ capacity: Int, free: Int
  ) -> MemoryShortage {
    let own = own
    let taken = Set(alive.map(\.tensor)).union([item.tensor])
    let others = own.filter { !taken.contains($0.tensor) }
      .sorted { ($1.bytes, $0.tensor) < ($0.bytes, $1.tensor) }
    let needs = needs(own)
    let peak =
      needs.max { ($0.bytes, -$0.instruction) < ($1.bytes, -$1.instruction) }
      ?? MemoryShortage.Need(instruction: 0, bytes: 0)
    var addresses: [Int: Int] = [:]
    for (tensor, place) in attempt.places { addresses[tensor] = place.byte }
    func told(_ item: Placement.Item) -> MemoryShortage.Tensor {
      let tensor = draft.declaration(item.tensor)
      let author = draft.tensors[item.tensor].place
      return MemoryShortage.Tensor(
        name: tensor.name, location: tensor.location, bytes: item.bytes, first: item.first,
        last: item.last, from: draft.nodes[item.first].location,
        until: draft.nodes[item.last].location,
        lastOperation: type(of: draft.nodes[item.last].operation).name,
        byte: author?.byte ?? addresses[item.tensor], isAuthors: author != nil)
    }
    var program = draft.head
    program.instructions = [draft.nodes[item.first].instruction(scope: -1)]
    return MemoryShortage(
      memory: space.name, capacity: capacity, instructions: draft.nodes.count,
      instruction: item.first, instructionText: program.instructionText(0),
      location: draft.nodes[item.first].location, wanted: told(item), alive: alive.map(told),
      others: others.prefix(Self.mostOthers).map(told),
      omitted: max(0, others.count - Self.mostOthers), free: free, needs: Self.thinned(needs),
      peak: peak, peakLocation: draft.nodes[peak.instruction].location)
  }

  /// What all tensors need, wherever that changes.
  private func needs(_ own: [Placement.Item]) -> [MemoryShortage.Need] {
    var changes: [Int: Int] = [:]
    for item in own {
      changes[item.first, default: 0] += size(item)
      changes[item.last + 1, default: 0] -= size(item)
    }
    var now = 0
    return changes.sorted { $0.key < $1.key }.compactMap { instruction, change in
      now += change
      guard instruction < draft.nodes.count else { return nil }
      return MemoryShortage.Need(instruction: instruction, bytes: now)
    }
  }

  /// At most 2,000 of them, the largest of each part.
  private static func thinned(_ needs: [MemoryShortage.Need]) -> [MemoryShortage.Need] {
    let step = (needs.count + 1999) / 2000
    guard step > 1 else { return needs }
    return stride(from: 0, to: needs.count, by: step).map { begin in
      let part = needs[begin..<min(begin + step, needs.count)]
      return MemoryShortage.Need(
        instruction: part[begin].instruction, bytes: part.map(\.bytes).max() ?? 0)
    }
  }

  // MARK: What would make room

  /// How long tensors would be needed if nothing touched them from here on.
  private func ends(of tensors: some Sequence<Placement.Item>) -> [Int: Int] {
    var found = Dictionary(uniqueKeysWithValues: tensors.map { ($0.tensor, $0.first) })
    let first = found.values.min() ?? item.first
    for index in first..<max(first, item.first) {
      for operand in draft.nodes[index].operands {
        let tensor = draft.owner(operand.pattern)
        if found[tensor] != nil { found[tensor] = index }
      }
    }
    return found
  }

  /// Tensors that some instruction needs together with the one that has no room: none of them can end before it begins.
  private var neighbours: Set<Int> {
    var found: Set<Int> = []
    for node in draft.nodes[item.first...item.last] {
      let touched = node.operands.map { draft.owner($0.pattern) }
      if touched.contains(item.tensor) { found.formUnion(touched) }
    }
    return found
  }

  /// What a change leads to.
  private enum Outcome: Int { case nothing, room, fits }

  /// Places all tensors of the memory with some of them changed.
  private func outcome(_ change: (inout Placement.Item) -> Void) -> Outcome {
    let changed = own.map { item in
      var item = item
      change(&item)
      return item
    }
    switch placement.arrange(changed, space, policy) {
    case .placed: return .fits
    case .full(let failed, _): return failed.first > item.first ? .room : .nothing
    }
  }

  /// What makes room: of all that is tried on one tensor alone the best of each kind, else as many of the largest as it takes.
  private func changes(_ alive: [Placement.Item], _ lacking: Int) -> [MemoryShortage.Change] {
    var trials = max(4, Self.mostPlaced / max(1, own.count))
    func tried(_ change: (inout Placement.Item) -> Void) -> Outcome {
      guard trials > 0 else { return .nothing }
      trials -= 1
      return outcome(change)
    }
    let touched = neighbours
    let large = Array(
      alive.filter { size($0) >= lacking && draft.tensors[$0.tensor].place == nil }.reversed()
        .prefix(Self.mostTried))
    let ends = ends(of: large)
    func name(_ item: Placement.Item) -> String { draft.declaration(item.tensor).name }
    var found: [(change: MemoryShortage.Change, outcome: Outcome)] = []
    var best = Outcome.nothing
    for holder in large where !touched.contains(holder.tensor) && best != .fits {
      let outcome = tried { if $0.tensor == holder.tensor { $0.last = ends[$0.tensor] ?? $0.last } }
      guard outcome.rawValue > best.rawValue else { continue }
      best = outcome
      found = [
        (
          MemoryShortage.Change(
            .end, [name(holder)], frees: holder.bytes, fits: outcome == .fits), outcome
        )
      ]
    }
    // The tensor that could end first; else any that is large enough; and the one that has no room itself.
    let shrunk =
      (found.first.flatMap { end in large.first { name($0) == end.change.tensors[0] } }
      ?? large.first).map { [$0, item] } ?? [item]
    for holder in shrunk {
      guard let (left, outcome) = smaller(holder, lacking, tried) else { continue }
      found.append(
        (
          MemoryShortage.Change(
            .shrink(to: left), [name(holder)], frees: holder.bytes - left, fits: outcome == .fits),
          outcome
        ))
    }
    if !found.contains(where: { $0.outcome == .fits }), let several = several(alive, touched, tried)
    {
      found.append(several)
    }
    // A tensor that shrinks keeps more than one that ends; of equal ones the one that has memory changes first.
    return found.enumerated().sorted {
      ($1.element.change.fits ? 1 : 0, $0.element.change.frees, $0.offset)
        < ($0.element.change.fits ? 1 : 0, $1.element.change.frees, $1.offset)
    }.map(\.element.change)
  }

  /// The most bytes with which a tensor leaves room, or gets it.
  private func smaller(
    _ holder: Placement.Item, _ lacking: Int,
    _ tried: ((inout Placement.Item) -> Void) -> Outcome
  ) -> (left: Int, outcome: Outcome)? {
    func outcome(_ units: Int) -> Outcome {
      tried { if $0.tensor == holder.tensor { $0.bytes = units * alignment } }
    }
    let most = (holder.bytes - 1) / alignment
    let guess = min(most, (size(holder) - max(0, lacking)) / alignment)
    if lacking > 0, guess > 0 {
      let found = outcome(guess)
      if found == .fits { return (guess * alignment, found) }
    }
    guard most > 0 else { return nil }
    let reached = outcome(1)
    guard reached != .nothing else { return nil }
    var (low, high) = (1, most + 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if outcome(middle).rawValue >= reached.rawValue { low = middle } else { high = middle }
    }
    return (low * alignment, reached)
  }

  /// As many of the largest as have to end earlier.
  private func several(
    _ alive: [Placement.Item], _ touched: Set<Int>,
    _ tried: ((inout Placement.Item) -> Void) -> Outcome
  ) -> (change: MemoryShortage.Change, outcome: Outcome)? {
    let able = alive.filter {
      !touched.contains($0.tensor) && draft.tensors[$0.tensor].place == nil
    }
    let ends = ends(of: able)
    func outcome(_ count: Int) -> Outcome {
      let ended = Set(able.prefix(count).map(\.tensor))
      return tried { if ended.contains($0.tensor) { $0.last = ends[$0.tensor] ?? $0.last } }
    }
    guard able.count > 1 else { return nil }
    let reached = outcome(able.count)
    guard reached != .nothing else { return nil }
    var (low, high) = (0, able.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if outcome(middle).rawValue >= reached.rawValue { high = middle } else { low = middle }
    }
    let ended = able.prefix(high)
    guard ended.count > 1 else { return nil }
    return (
      MemoryShortage.Change(
        .end, ended.map { draft.declaration($0.tensor).name },
        frees: ended.reduce(0) { $0 + $1.bytes }, fits: reached == .fits), reached
    )
  }
}
