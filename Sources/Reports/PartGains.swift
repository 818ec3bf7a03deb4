public import Device

// the DMA rings are the bottleneck: twice as fast gives -37.2 % (what-if, timing only)

/// What a run would gain from faster parts of the machine, as a what-if found it.
///
/// Reports do not simulate: whoever makes one hands this over.
public struct PartGains: Hashable, Sendable {
  /// What a part limits where it is the bottleneck.
  public enum Limit: Hashable, Sendable {
    case engine(Engine)
    case rings
    case hbm
    /// Starting DMAs.
    case starts
    /// DMA and HBM as a whole.
    case memory
    /// Times that pass between pieces of work.
    case latency
  }

  /// One part, faster than it is.
  public struct Gain: Hashable, Sendable {
    /// The part's key in files.
    public var key: String
    /// What texts call it.
    public var name: String
    /// The part as a subject with its verb: `the DMA rings are`.
    public var subject: String
    /// What it limits.
    public var limit: Limit
    /// Whether it is several parts at once.
    public var isGroup: Bool { limit == .memory }
    /// Change of the run's time as a share of it: below 0 where it gets faster.
    public var change: Double

    /// Makes a gain.
    public init(
      key: String, name: String, subject: String, limit: Limit, change: Double
    ) {
      self.key = key
      self.name = name
      self.subject = subject
      self.limit = limit
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

  /// From this share on a faster part that makes a run slower is told.
  ///
  /// Assumed: as what is worth naming.
  package static let anomalyThreshold = threshold

  /// Parts that make the run slower when they are faster.
  ///
  /// What they do earlier takes its turn before something that the end waits for.
  package var anomalies: [Gain] { gains.filter { $0.change >= PartGains.anomalyThreshold } }

  /// What follows the verdict: other parts that give something, and those that make the run slower.
  var others: [String] {
    var clauses: [String] = []
    let named = gains.filter {
      !$0.isGroup && $0.change <= -PartGains.threshold && $0 != bottleneck
    }.prefix(Bottleneck.namedGains)
    if !named.isEmpty {
      clauses.append(
        "also " + named.map { "\($0.name) \(fixed($0.change * 100, 1)) %" }.joined(separator: ", "))
    }
    for gain in anomalies {
      clauses.append(
        "\(gain.name) twice as fast makes it slower, +\(fixed(gain.change * 100, 1)) %: "
          + "a scheduling anomaly, earlier work gets in the way of what the end waits for")
    }
    return clauses
  }

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
      "anomalies": .array(anomalies.map { .string($0.key) }),
      "changes": .object(
        Dictionary(gains.map { ($0.key, .real($0.change)) }, uniquingKeysWith: { $1 })),
    ])
  }
}
