/// What several cores do together.
public enum ExchangeKind: String, CaseIterable, Hashable, Sendable {
  /// Sum (or minimum, maximum) of all parts, to all.
  case allReduce = "all_reduce"
  /// All parts, one after the other, to all.
  case allGather = "all_gather"
  /// One piece of the sum to each.
  case reduceScatter = "reduce_scatter"
  /// One piece of each part to each.
  case allToAll = "all_to_all"
  /// Each part to another rank.
  case permute = "collective_permute"
  /// Tiles between the two cores of a rank.
  case sendReceive = "sendrecv"
  /// The two cores of a rank wait for each other.
  case barrier = "core_barrier"

  /// Whether it is among ranks; otherwise among the cores of a rank.
  public var isAmongRanks: Bool { self != .sendReceive && self != .barrier }
}

/// One core's part in what several cores do together.
///
/// Cores match their exchanges by order: the k-th of one participant set and pipe is the k-th of all.
public struct Exchange: Hashable, Sendable {
  /// What is done.
  public var kind: ExchangeKind
  /// Ranks that take part, in order; empty for all.
  public var group: [Int32]
  /// Exchanges of different pipes pass each other.
  public var pipe: Int32
  /// Bytes that this core gives.
  public var bytes: Int
  /// Whether GpSimd moves them rather than the DMA rings.
  public var byGpSimd: Bool

  /// Makes a part.
  public init(
    _ kind: ExchangeKind, group: [Int] = [], pipe: Int = 0, bytes: Int, byGpSimd: Bool = false
  ) {
    self.kind = kind
    self.group = group.map { Int32(clamping: $0) }
    self.pipe = Int32(clamping: pipe)
    self.bytes = bytes
    self.byGpSimd = byGpSimd
  }

  /// The ids of the cores that take part with the core at `place`, in the order of the group; `nil` when
  /// a rank of the group does not run or the core itself is not among them.
  public func participants(with place: CorePlace) -> [Int]? {
    let layout = place.layout
    if !kind.isAmongRanks {
      return (0..<layout.coresPerRank).map { place.rank * layout.coresPerRank + $0 }
    }
    let ranks = group.isEmpty ? Array(0..<layout.ranks) : group.map { Int($0) }
    guard ranks.contains(place.rank), ranks.allSatisfy({ (0..<layout.ranks).contains($0) }) else {
      return nil
    }
    return ranks.map { $0 * layout.coresPerRank + place.core }
  }
}

/// Which exchanges of several cores are matched by their order.
public struct ExchangeKey: Hashable, Sendable {
  /// Ids of the cores, in the order of the group.
  public var participants: [Int]
  /// The pipe.
  public var pipe: Int32

  /// Makes a key.
  public init(_ participants: [Int], pipe: Int32) {
    self.participants = participants
    self.pipe = pipe
  }
}
