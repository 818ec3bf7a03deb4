// the DMA rings are the bottleneck: twice as fast gives -37.2 % (what-if, timing only)

/// What a run would gain from faster parts of the machine, as a what-if found it.
///
/// Reports do not simulate: whoever makes one hands this over.
public struct PartGains: Hashable, Sendable {
  /// One part, faster than it is.
  public struct Gain: Hashable, Sendable {
    /// The part's key in files.
    public var key: String
    /// What texts call it.
    public var name: String
    /// The part as a subject with its verb: `the DMA rings are`.
    public var subject: String
    /// Whether it is several parts at once.
    public var isGroup: Bool
    /// Change of the run's time as a share of it: below 0 where it gets faster.
    public var change: Double

    /// Makes a gain.
    public init(
      key: String, name: String, subject: String, isGroup: Bool = false, change: Double
    ) {
      self.key = key
      self.name = name
      self.subject = subject
      self.isGroup = isGroup
      self.change = change
    }
  }

  /// How much faster each part was made, by itself.
  public static let factor = 2

  /// From this share on a part is worth naming.
  ///
  /// Assumed: what changes the time by less is not worth a thought.
  public static let threshold = 0.01

  /// From this share on a part is called the bottleneck.
  ///
  /// Assumed: with less than a tenth, others limit as much.
  public static let bottleneckThreshold = 0.1

  /// The parts that the run uses, the largest gain first.
  public let gains: [Gain]

  /// Makes a table of gains.
  public init(_ gains: [Gain]) {
    self.gains = gains.sorted { ($0.change, $0.key) < ($1.change, $1.key) }
  }

  /// The part that gives most; `nil` if none gives enough to name it.
  ///
  /// Several parts at once give at least as much as each of them: they are named where none of them alone
  /// gives half of that, because they limit together.
  public var bottleneck: Gain? {
    let single = gains.first { !$0.isGroup }
    let group = gains.first { $0.isGroup }
    let isTogether = group.map { (single?.change ?? 0) > $0.change / 2 } ?? false
    return (isTogether ? group : single).flatMap {
      $0.change <= -PartGains.threshold ? $0 : nil
    }
  }

  /// The bottleneck in one sentence, with where its figure comes from.
  public var sentence: String {
    guard let bottleneck else {
      return "no part twice as fast gives 1 % or more (what-if, timing only)"
    }
    let figure = "\(fixed(bottleneck.change * 100, 1)) % (what-if, timing only)"
    return bottleneck.change <= -PartGains.bottleneckThreshold
      ? "\(bottleneck.subject) the bottleneck: twice as fast gives \(figure)"
      : "nothing alone is the bottleneck: \(bottleneck.name) twice as fast gives most, \(figure)"
  }

  /// The table for machines.
  var json: JSON {
    .object([
      "sentence": .string(sentence),
      "part": bottleneck.map { .string($0.key) } ?? .null,
      "factor": .integer(PartGains.factor),
      "changes": .object(
        Dictionary(gains.map { ($0.key, .real($0.change)) }, uniquingKeysWith: { $1 })),
    ])
  }
}
