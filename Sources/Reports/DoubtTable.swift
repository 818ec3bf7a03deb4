/// How wrong the times of a machine were on measured kernels, by mechanism.
///
/// `python -m trnsim.validation.doubt` makes it from the recorded figures of `trnsim accuracy --source`.
public struct DoubtTable: Hashable, Sendable {
  /// One mechanism.
  public struct Row: Hashable, Sendable {
    /// Whose errors.
    public var mechanism: Mechanism
    /// What its share of the time adds to ln(predicted / lowest time).
    public var below: Double
    /// What its share of the time adds to ln(highest time / predicted).
    public var above: Double
    /// The largest share that a measured kernel had.
    public var most: Double
    /// Measured kernels with more than 1 % of it.
    public var kernels: Int
    /// The families that they are of.
    public var families: Int

    /// Makes a row.
    public init(
      _ mechanism: Mechanism, below: Double, above: Double, most: Double, kernels: Int,
      families: Int
    ) {
      self.mechanism = mechanism
      self.below = below
      self.above = above
      self.most = most
      self.kernels = kernels
      self.families = families
    }
  }

  /// The configuration's name.
  public var machine: String
  /// Measured kernels.
  public var kernels: Int
  /// The families that they are of.
  public var families: Int
  /// The share of kernels whose time is meant to be within the interval.
  public var coverage: Double
  /// From this ln(slower / faster) on, predicted, 90 % of pairs of one problem are ordered right.
  public var tie: Double
  /// Pairs that say so.
  public var pairs: Int
  /// The shortest predicted time, in µs.
  public var shortest: Double
  /// The longest predicted time, in µs.
  public var longest: Double
  /// The mechanisms that have a part.
  public var rows: [Row]

  /// Makes a table.
  public init(
    machine: String, kernels: Int, families: Int, coverage: Double, tie: Double, pairs: Int,
    shortest: Double, longest: Double, rows: [Row]
  ) {
    self.machine = machine
    self.kernels = kernels
    self.families = families
    self.coverage = coverage
    self.tie = tie
    self.pairs = pairs
    self.shortest = shortest
    self.longest = longest
    self.rows = rows
  }

  /// The tables that there are.
  static let all = [trn2]
}
