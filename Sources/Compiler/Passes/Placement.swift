import Diagnostics
import ISA
import Machine
import Programs

/// How tensors on chip get their addresses.
public enum AllocationPolicy: String, CaseIterable, Sendable {
  /// As the compiler: what has been free for longest, so that loops get several buffers by themselves.
  case rotate
  /// As tightly as possible.
  case firstFit = "first-fit"
  /// No place is used twice, for a bound on what allocation costs; where that has no room, without regard to capacity, for values
  /// alone.
  case infinite
}

/// Addresses of the tensors on chip that the author did not place, from their lifetimes.
///
/// The compiler rotates (captures: a new tensor takes the place that has been free for longest). `rotate` does
/// that with a pointer that runs around the memory, where gaps allow, else by when places became free, else around
/// what is kept, else packed as tightly as possible, which is what `first-fit` always does.
struct Placement {
  /// A tensor that is to be placed, or is, and how long it is needed.
  struct Item {
    var tensor: Int
    var bytes: Int
    /// First and last instruction that touches it.
    var first: Int
    var last: Int
  }

  /// A taken range of bytes.
  struct Taken {
    var begin: Int
    var end: Int
    var item: Int
  }

  let draft: Draft
  private(set) var items: [Item] = []
  /// By tensor.
  private var places: [OnChipPlace?]

  /// Places all tensors on chip; those that no instruction touches go, or stay at the begin of their memory.
  ///
  /// - Throws: what has no room, and who has it.
  static func run(
    _ draft: inout Draft, policy: AllocationPolicy, keepsTensors: Bool
  ) throws(NoRoom) {
    var pass = Placement(draft)
    for space in [MemorySpace.sbuf, .psum] {
      try pass.place(space, policy)
      if Invariant.areThorough {
        Self.requireApart(pass.placed(in: space)) { "tensor \($0)" }
      }
    }
    draft.place(pass.places, keepsTensors: keepsTensors)
  }

  /// What the pass placed in a memory, with first bytes of a partition.
  private func placed(in space: MemorySpace) -> [(item: Item, begin: Int)] {
    items.filter { draft.tensors[$0.tensor].space == space }.compactMap { item in
      places[item.tensor].map { (item: item, begin: $0.byte) }
    }
  }

  static func requireApart(_ placed: [(item: Item, begin: Int)], _ name: (Int) -> String) {
    let pair = overlap(placed)
    Invariant.tilesApart.require(
      pair == nil, pair.map { "\(name($0.0)) and \(name($0.1))" } ?? "")
  }

  /// Two tensors that are needed at one time and share bytes, of those at these first bytes of a partition.
  static func overlap(_ placed: [(item: Item, begin: Int)]) -> (Int, Int)? {
    var live: [(item: Item, begin: Int)] = []
    for next in placed.sorted(by: { $0.item.first < $1.item.first }) {
      live.removeAll { $0.item.last < next.item.first }
      let end = next.begin + next.item.bytes
      if let other = live.first(where: { $0.begin < end && next.begin < $0.begin + $0.item.bytes })
      {
        return (other.item.tensor, next.item.tensor)
      }
      live.append(next)
    }
    return nil
  }

  private init(_ draft: Draft) {
    self.draft = draft
    places = Array(repeating: nil, count: draft.tensors.count)
    for (tensor, life) in draft.lifetimes().enumerated() {
      guard let life, draft.tensors[tensor].isOnChip else { continue }
      items.append(
        Item(
          tensor: tensor, bytes: draft.tensors[tensor].freeBytes, first: life.lowerBound,
          last: life.upperBound))
    }
  }

  private mutating func place(
    _ space: MemorySpace, _ policy: AllocationPolicy
  ) throws(NoRoom) {
    switch arrange(items.filter { draft.tensors[$0.tensor].space == space }, space, policy) {
    case .placed(let found): for (tensor, place) in found { places[tensor] = place }
    case .full(let item, let attempt):
      throw NoRoom(placement: self, space: space, policy: policy, item: item, attempt: attempt)
    }
  }

  /// Where tensors of a memory would lie.
  enum Arrangement {
    case placed([(tensor: Int, place: OnChipPlace)])
    /// There is no room for one, after some.
    case full(Item, Attempt)
  }

  /// Gives tensors of a memory places.
  func arrange(_ own: [Item], _ space: MemorySpace, _ policy: AllocationPolicy) -> Arrangement {
    let open = own.filter { draft.tensors[$0.tensor].place == nil }
      .enumerated().sorted { ($0.element.first, $0.offset) < ($1.element.first, $1.offset) }
      .map(\.element)
    let fixed = own.compactMap { item in draft.tensors[item.tensor].place.map { (item, $0) } }
    if policy == .infinite {
      let unit = space == .psum ? draft.limits.bankBytes : draft.limits.alignment
      var at = roundedUp(fixed.map { $0.1.byte + $0.0.bytes }.max() ?? 0, unit)
      let apart = open.map { item in
        defer { at += roundedUp(item.bytes, unit) }
        return (tensor: item.tensor, place: OnChipPlace(byte: at))
      }
      if at <= draft.limits.capacity(space) { return .placed(apart) }
      // Values alone come of it, and the host should not hold what nobody needs any more.
      var attempt = Attempt(space, .firstFit, draft.limits, fixed, capacity: .max)
      for item in open { guard attempt.place(item) else { return .full(item, attempt) } }
      return .placed(attempt.places)
    }
    let ways: [Way] =
      policy == .firstFit
      ? [.firstFit] : space == .sbuf ? [.rotate, .oldest, .firstFit] : [.rotate, .firstFit]
    var result = Arrangement.placed([])
    for way in ways {
      if way == .firstFit, space == .sbuf, ways.count > 1,
        let found = keptFirst(open, fixed, space)
      {
        return .placed(found)
      }
      var attempt = Attempt(space, way, draft.limits, fixed)
      guard let failed = open.first(where: { !attempt.place($0) }) else {
        return .placed(attempt.places)
      }
      // Rotation leaves gaps. The compiler would pack when it must, so do the same.
      result = .full(failed, attempt)
    }
    return largestFirst(open, fixed, space).map { .placed($0) } ?? result
  }

  /// Places where tensors that are kept have theirs before those that come and go, which rotate in what is left; nothing if
  /// that leaves no room.
  ///
  /// Packed, those that come and go would have one buffer, and the engines that make and use them would take turns: a product in
  /// bfloat16 parts would take 28.6 ms in place of 21.3 on the device, one with blocks of sixteen tiles 99 in place of 52.
  private func keptFirst(
    _ open: [Item], _ fixed: [(item: Item, place: OnChipPlace)], _ space: MemorySpace
  ) -> [(tensor: Int, place: OnChipPlace)]? {
    // Nothing starts further ahead than this, so what comes and goes lives no longer.
    let isKept = { (item: Item) in item.last - item.first > Ordering.window }
    let kept = open.filter(isKept)
    let passing = open.filter { !isKept($0) }
    guard !kept.isEmpty, !passing.isEmpty else { return nil }
    var first = Attempt(space, .firstFit, draft.limits, fixed)
    for item in kept where !first.place(item) { return nil }
    // Items are placed in their order, so the places are in it, too.
    let around = fixed + zip(kept, first.places).map { ($0, $1.place) }
    for way in [Way.rotate, .oldest] {
      var rest = Attempt(space, way, draft.limits, around)
      if passing.allSatisfy({ rest.place($0) }) { return first.places + rest.places }
    }
    return nil
  }

  /// Places where tensors that fill much of the memory have theirs before all others; nothing if that leaves no room.
  ///
  /// One that begins late finds no gap between small ones.
  private func largestFirst(
    _ open: [Item], _ fixed: [(item: Item, place: OnChipPlace)], _ space: MemorySpace
  ) -> [(tensor: Int, place: OnChipPlace)]? {
    let large = open.filter { $0.bytes * Self.largeParts >= draft.limits.capacity(space) }
      .enumerated().sorted { ($1.element.bytes, $0.offset) < ($0.element.bytes, $1.offset) }
      .map(\.element)
    guard !large.isEmpty, large.count <= Self.mostLarge else { return nil }
    var placed = fixed
    for item in large {
      var attempt = Attempt(space, .firstFit, draft.limits, placed)
      guard attempt.place(item) else { return nil }
      placed.append((item, attempt.places[0].place))
    }
    let tensors = Set(large.map(\.tensor))
    var attempt = Attempt(space, .firstFit, draft.limits, placed)
    for item in open where !tensors.contains(item.tensor) {
      guard attempt.place(item) else { return nil }
    }
    return attempt.places + placed.dropFirst(fixed.count).map { ($0.item.tensor, $0.place) }
  }

  /// A tensor is large from this part of the memory on; and no more of them are placed before all others.
  private static let largeParts = 16
  private static let mostLarge = 4096

  // MARK: One way of placing

  enum Way { case rotate, oldest, firstFit }

  struct Attempt {
    let way: Way
    let capacity: Int
    let unit: Int
    let bankBytes: Int
    let alignment: Int
    let isPSUM: Bool
    let fixed: [(item: Item, place: OnChipPlace)]
    private(set) var places: [(tensor: Int, place: OnChipPlace)] = []
    private(set) var live: [Taken] = []
    /// Live tensors by the end of their lives, the next one last.
    private var ending: [(last: Int, tensor: Int)] = []
    private var pointer = 0
    private var freed = FreedPlaces()

    init(
      _ space: MemorySpace, _ way: Way, _ limits: MemoryLimits,
      _ fixed: [(item: Item, place: OnChipPlace)], capacity: Int? = nil
    ) {
      self.way = way
      self.fixed = fixed
      self.capacity = capacity ?? limits.capacity(space)
      bankBytes = limits.bankBytes
      alignment = limits.alignment
      isPSUM = space == .psum
      unit = isPSUM ? limits.bankBytes : limits.alignment
    }

    /// Gives a tensor a place; `false` if there is none.
    mutating func place(_ item: Item) -> Bool {
      release(before: item.first)
      let size = roundedUp(item.bytes, alignment)
      var taken = live
      for (other, place) in fixed where other.first <= item.last && item.first <= other.last {
        taken.append(Taken(begin: place.byte, end: place.byte + other.bytes, item: other.tensor))
      }
      if taken.count > live.count { taken.sort { ($0.begin, $0.end) < ($1.begin, $1.end) } }
      var begin: Int?
      switch way {
      case .rotate: begin = gap(taken, size, from: pointer, alignment: unit)
      case .oldest: begin = freed.find(taken.map { $0.begin..<$0.end }, size, capacity)
      case .firstFit: break
      }
      begin = begin ?? gap(taken, size, from: 0, alignment: unit)
      if begin == nil && isPSUM && size < bankBytes {
        // Every bank holds something: share one.
        begin = gap(taken, size, from: 0, alignment: alignment)
      }
      guard let begin else { return false }
      places.append((item.tensor, OnChipPlace(byte: begin)))
      // The pointer moves by whole banks in PSUM, so that neighbours in time use different banks.
      pointer = roundedUp(begin + size, unit)
      if pointer >= capacity { pointer = 0 }
      if way == .oldest { freed.take(begin..<begin + size) }
      let position = live.firstIndex { $0.begin > begin } ?? live.count
      live.insert(Taken(begin: begin, end: begin + size, item: item.tensor), at: position)
      let turn = ending.firstIndex { $0.last <= item.last } ?? ending.count
      ending.insert((item.last, item.tensor), at: turn)
      return true
    }

    private mutating func release(before first: Int) {
      var gone: [Int] = []
      while let next = ending.last, next.last < first {
        gone.append(next.tensor)
        ending.removeLast()
      }
      guard !gone.isEmpty else { return }
      if way == .oldest {
        freed.add(live.filter { gone.contains($0.item) }.map { $0.begin..<$0.end })
      }
      live.removeAll { gone.contains($0.item) }
    }

    /// The first gap from `start` on that holds `size` bytes.
    private func gap(_ taken: [Taken], _ size: Int, from start: Int, alignment: Int) -> Int? {
      var at = roundedUp(start, alignment)
      let staysInBank = isPSUM && size <= bankBytes
      func crossesBanks() -> Bool {
        staysInBank && at / bankBytes != (at + size - 1) / bankBytes
      }
      for range in taken {
        if crossesBanks() { at = roundedUp(at, bankBytes) }
        if range.end <= at { continue }
        if range.begin >= at + size { break }
        at = max(at, roundedUp(range.end, alignment))
      }
      if crossesBanks() {
        at = roundedUp(at, bankBytes)
        if taken.contains(where: { $0.begin < at + size && $0.end > at }) { return nil }
      }
      return at + size <= capacity ? at : nil
    }
  }
}

/// Free memory by when it became free.
private struct FreedPlaces {
  /// Places that have been used, the oldest first.
  private var places: [Range<Int>] = []
  /// Where memory begins that nothing has used yet.
  private var top = 0

  mutating func add(_ freed: [Range<Int>]) { places += freed }

  /// What is used again is no longer free.
  mutating func take(_ range: Range<Int>) {
    top = max(top, range.upperBound)
    var rest: [Range<Int>] = []
    for place in places {
      guard place.overlaps(range) else {
        rest.append(place)
        continue
      }
      if place.lowerBound < range.lowerBound { rest.append(place.lowerBound..<range.lowerBound) }
      if range.upperBound < place.upperBound { rest.append(range.upperBound..<place.upperBound) }
    }
    places = rest
  }

  /// Memory that nothing has used, else the place that has been free for longest and has room behind its begin.
  func find(_ taken: [Range<Int>], _ size: Int, _ capacity: Int) -> Int? {
    for begin in [top] + places.map(\.lowerBound) where begin + size <= capacity {
      let after = taken.firstIndex { $0.lowerBound >= begin } ?? taken.count
      if (after == taken.count || taken[after].lowerBound >= begin + size)
        && (after == 0 || taken[after - 1].upperBound <= begin)
      {
        return begin
      }
    }
    return nil
  }
}

/// The next multiple of `unit`.
func roundedUp(_ value: Int, _ unit: Int) -> Int { (value + unit - 1) / unit * unit }

extension Draft {
  /// Per tensor: its first and last use; `nil` for aliases and for what nothing touches.
  ///
  /// What lives across the border of a dynamic loop lives throughout: contents may come around the back edge.
  func lifetimes() -> [ClosedRange<Int>?] {
    var found = [ClosedRange<Int>?](repeating: nil, count: tensors.count)
    var loops: [(begin: Int, touched: Set<Int>)] = []
    for (index, node) in nodes.enumerated() {
      // What comes right before may hand over to the first pass.
      if node.opcode.opensLoop { loops.append((max(0, index - 1), [])) }
      for operand in node.operands {
        let owner = owner(operand.pattern)
        found[owner] = (found[owner]?.lowerBound ?? index)...index
        if !loops.isEmpty { loops[loops.count - 1].touched.insert(owner) }
      }
      if node.opcode == .endLoop, let loop = loops.popLast() {
        for tensor in loop.touched {
          guard let life = found[tensor] else { continue }
          found[tensor] = min(life.lowerBound, loop.begin)...max(life.upperBound, index)
        }
        if !loops.isEmpty { loops[loops.count - 1].touched.formUnion(loop.touched) }
      }
    }
    return found
  }
}
