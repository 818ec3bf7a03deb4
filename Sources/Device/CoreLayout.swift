/// How many cores a program runs on: ranks of one or two physical cores each.
public struct CoreLayout: Hashable, Sendable {
  /// Ranks of tensor or expert parallelism; each has its own HBM tensors.
  public var ranks: Int
  /// Physical cores of a rank (LNC): 1, or 2 that share an HBM stack.
  public var coresPerRank: Int

  /// Makes a layout.
  public init(ranks: Int = 1, coresPerRank: Int = 1) {
    self.ranks = ranks
    self.coresPerRank = coresPerRank
  }

  /// All cores.
  public var count: Int { ranks * coresPerRank }

  /// The places of all cores, in the order of their ids.
  public var places: [CorePlace] {
    (0..<count).map { CorePlace(rank: $0 / coresPerRank, core: $0 % coresPerRank, layout: self) }
  }
}

/// Which core of a layout it is.
public struct CorePlace: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// The core within its rank, 0 or 1.
  public var core: Int
  /// All cores.
  public var layout: CoreLayout

  /// Makes a place.
  public init(rank: Int, core: Int, layout: CoreLayout) {
    self.rank = rank
    self.core = core
    self.layout = layout
  }

  /// The only core of a program that runs alone.
  public static let alone = CorePlace(rank: 0, core: 0, layout: CoreLayout())

  /// Position among all cores.
  public var id: Int { rank * layout.coresPerRank + core }

  /// As messages call it.
  public var description: String {
    layout.coresPerRank > 1 ? "rank \(rank) core \(core)" : "rank \(rank)"
  }
}
