/// How wrong the times of a machine were on measured kernels, by mechanism.
///
/// `Scripts/fit --doubt` makes it from the recorded figures of `trnsim accuracy --source` and of replays.
public struct DoubtTable: Hashable, Sendable {
  /// One mechanism.
  public struct Row: Hashable, Sendable {
    /// Whose errors.
    public var mechanism: Mechanism
    /// What it makes of ln(predicted / lowest time) where it has all of the time, alone.
    public var below: Double
    /// What it makes of ln(highest time / predicted) where it has all of the time, alone.
    public var above: Double
    /// What errors spread by where it has all of the time, of all mechanisms together: how an interval is shared out.
    ///
    /// Mechanisms that have a reason need not widen: of families left out, few make intervals better.
    public var reason: Double
    /// The largest share that a measured kernel had.
    public var most: Double
    /// Measured kernels with more than 1 % of it.
    public var kernels: Int
    /// The families that they are of.
    public var families: Int

    /// Makes a row.
    public init(
      _ mechanism: Mechanism, below: Double, above: Double, reason: Double, most: Double,
      kernels: Int, families: Int
    ) {
      self.mechanism = mechanism
      self.below = below
      self.above = above
      self.reason = reason
      self.most = most
      self.kernels = kernels
      self.families = families
    }
  }

  /// Whose stream of instructions the measured kernels had.
  public enum Stream: String, Hashable, Sendable {
    /// Made from source by the compiler's passes, which predict what the vendor's compiler does.
    case compiled
    /// As it was given: replays of captured streams, whose order is the device's own.
    case given
  }

  /// When two variants are told apart.
  public struct Tie: Hashable, Sendable {
    /// From this ln(slower / faster) on, predicted, 90 % of pairs of one problem are ordered right.
    public var distance: Double
    /// Pairs that say so.
    public var pairs: Int

    /// Makes one.
    public init(distance: Double, pairs: Int) {
      self.distance = distance
      self.pairs = pairs
    }
  }

  /// The configuration's name.
  public var machine: String
  /// Whose stream.
  public var stream: Stream
  /// Measured kernels.
  public var kernels: Int
  /// The families that they are of.
  public var families: Int
  /// The share of kernels whose time is meant to be within the interval.
  public var coverage: Double
  /// When variants are told apart; `nil` where no pairs were measured.
  public var tie: Tie?
  /// The shortest predicted time, in µs.
  public var shortest: Double
  /// The longest predicted time, in µs.
  public var longest: Double
  /// The mechanisms that have a part.
  public var rows: [Row]

  /// Makes a table.
  public init(
    machine: String, stream: Stream, kernels: Int, families: Int, coverage: Double, tie: Tie?,
    shortest: Double, longest: Double, rows: [Row]
  ) {
    self.machine = machine
    self.stream = stream
    self.kernels = kernels
    self.families = families
    self.coverage = coverage
    self.tie = tie
    self.shortest = shortest
    self.longest = longest
    self.rows = rows
  }

  /// The tables that there are.
  static let all = [trn2, trn2Given]
}
