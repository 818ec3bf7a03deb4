public import Device
import Diagnostics
public import Timing

// the DMA rings are the bottleneck: twice as fast gives -37.2 % (what-if, timing only); the busiest is busy 93 % of the
// time; also HBM bandwidth -8.1 %; Tensor waited 41 % for queue qSyncDynamicHW (dma_copy w.3 at matmul.swift:88)

/// Something that could limit a kernel alone.
public enum Resource: Hashable, Sendable, CaseIterable {
  case tensor
  case vector
  case scalar
  case gpsimd
  case sync
  /// The DMA rings.
  case rings
  /// HBM bandwidth.
  case hbm
  /// Starting DMAs on an engine, and making their descriptors.
  case starts(Engine)

  /// All of them.
  public static let allCases: [Resource] =
    [.tensor, .vector, .scalar, .gpsimd, .sync, .hbm, .rings] + Engine.allCases.map { .starts($0) }

  /// The key in reports for machines.
  public var key: String {
    switch self {
    case .rings: "dma_rings"
    case .starts(let engine): "dma_starts_\(engine.name)"
    default: String(describing: self)
    }
  }

  /// The engine, if it is one's work.
  public var engine: Engine? {
    switch self {
    case .tensor: .tensor
    case .vector: .vector
    case .scalar: .scalar
    case .gpsimd: .gpsimd
    case .sync: .sync
    case .rings, .hbm, .starts: nil
    }
  }

  /// Whether it is the start of DMAs.
  var isStart: Bool {
    if case .starts = self { true } else { false }
  }

  /// What texts call it.
  public var displayName: String {
    switch self {
    case .rings: "DMA rings"
    case .hbm: "HBM"
    case .starts(let engine): "starts on \(engine.displayName)"
    default: engine?.displayName ?? ""
    }
  }
}

extension Bounds {
  /// The least time that the work of one resource takes; 0 if it has none.
  public subscript(resource: Resource) -> Picoseconds {
    switch resource {
    case .rings: rings
    case .hbm: hbm
    case .starts(let engine): starts[Int(engine.rawValue)]
    default: resource.engine.map { engines[Int($0.rawValue)] } ?? 0
    }
  }

  /// The resource that needs most time; `nil` if there is no work.
  ///
  /// HBM comes before the rings where its bandwidth is what most of their time is.
  public var largestResource: (resource: Resource, time: Picoseconds)? {
    var found: (resource: Resource, time: Picoseconds)?
    for resource in Resource.allCases where self[resource] > found?.time ?? 0 {
      found = (resource, self[resource])
    }
    if let rings = found, rings.resource == .rings, isRingTimeOfHBM {
      found = (.hbm, max(hbm, ringAtHBM))
    }
    return found
  }

  /// Whether most of the busiest ring's time is its share of HBM's bandwidth.
  var isRingTimeOfHBM: Bool { ringAtHBM > rings / 2 }
}

/// What a run was bound by: one sentence, and what it stands on.
public struct Bottleneck: Hashable, Sendable {
  /// The verdict.
  public enum Kind: Hashable, Sendable {
    /// A resource has work for nearly all of the time, or faster it gives most.
    case resource(Resource)
    /// The way between HBM and the chip as a whole.
    case memory
    /// A chain of dependent work takes nearly all of the time, and no resource does.
    case latency
    /// Neither: resources wait for each other in turn.
    case none
  }

  /// From this share of the simulated time on, a bound explains it, and what is busy is named.
  ///
  /// Assumed: users of roofline-style tools call 80 % "bound".
  public static let threshold = 0.8

  /// From this share on, the dependency chain explains the time if no resource does and none needs
  /// more.
  ///
  /// Assumed: the rest is then waiting in queues on that chain's way.
  public static let chainThreshold = 0.5

  /// Most parts that the sentence names behind the verdict.
  static let namedGains = 3

  /// The verdict.
  public var kind: Kind
  /// What limits, in a word or two.
  package var limitName: String {
    switch kind {
    case .resource(let resource): resource.displayName
    case .memory: "DMA and HBM"
    case .latency: "latency"
    case .none: "nothing alone"
    }
  }
  /// The limit's share of the simulated time; of the largest limit where none explains the time.
  public var share: Double
  /// The engine whose waits matter.
  public var engine: Engine?
  /// What has work for 80 % of the time or more, with its share.
  package var busy: [Resource: Double]
  /// The verdict in one sentence.
  public var sentence: String

  /// The key of the verdict in reports for machines.
  public var key: String {
    switch kind {
    case .resource(let resource): resource.key
    case .memory: "memory"
    case .latency: "latency"
    case .none: "none"
    }
  }

  /// Judges a run.
  ///
  /// What a faster part was seen to give decides, if anybody tried; else the bounds do.
  package init(
    summary: Summary, stalls: StallTable, bounds: Bounds, gains: PartGains? = nil,
    path: CriticalPath? = nil
  ) {
    let judge = Judge(summary: summary, bounds: bounds)
    let busiest = Bottleneck.busiest(summary, stalls)
    let head: Judge.Head
    if let gains, !gains.gains.isEmpty {
      head = judge.head(gains, path)
    } else {
      head = judge.head()
    }
    kind = head.kind
    share = head.share
    if case .resource(let resource) = head.kind {
      engine = resource.engine ?? busiest
    } else {
      engine = busiest
    }
    busy = judge.busy
    var clauses = [head.text]
    clauses += judge.busyClauses(without: head.named)
    if let gains { clauses += gains.others }
    if let engine, let waits = Bottleneck.waits(engine, summary, stalls) { clauses.append(waits) }
    sentence = clauses.joined(separator: "; ")
  }

  /// The engine with most work, whose waits the author wants to remove: one that computes and waits
  /// for somebody, if there is one.
  private static func busiest(_ summary: Summary, _ stalls: StallTable) -> Engine? {
    let used = [Engine.tensor, .vector, .scalar, .gpsimd, .sync]
      .filter { summary[$0].instructionCount > 0 }
    let waiting = used.filter { $0 != .sync && !stalls[$0].producers.isEmpty }
    // `max` takes the last of equals, and the first in order is meant.
    return (waiting.isEmpty ? used : waiting).reversed()
      .max { summary[$0].activeTime < summary[$1].activeTime }
  }

  /// What the engine waited for longest.
  private static func waits(
    _ engine: Engine, _ summary: Summary, _ stalls: StallTable
  ) -> String? {
    let waits = stalls[engine]
    guard let first = waits.producers.first, first.time > 0 else { return nil }
    var text = "\(engine.displayName) waited \(percent(summary.share(first.time))) for "
    if case .queue = first.producer { text += "queue " }
    text += "\(first.producerName) (\(first.text)"
    if let location = first.location { text += " at \(location)" }
    return text + ")"
  }
}

/// Compares what resources have to do with the time.
private struct Judge {
  /// The verdict without what follows it.
  struct Head {
    var kind: Bottleneck.Kind
    var share: Double
    var text: String
    /// Whose share it tells.
    var named: Resource?
  }

  let summary: Summary
  let bounds: Bounds

  /// What has work for most of the time.
  var busy: [Resource: Double] {
    var found: [Resource: Double] = [:]
    for resource in Resource.allCases {
      let share = share(resource)
      if share >= Bottleneck.threshold { found[resource] = share }
    }
    return found
  }

  /// The share of the time for which a resource has work.
  func share(_ resource: Resource) -> Double {
    switch resource {
    case .rings: summary.share(summary.busiestRing)
    case .hbm:
      summary.share(max(bounds.hbm, bounds.isRingTimeOfHBM ? bounds.ringAtHBM : 0))
    case .starts: summary.share(bounds[resource])
    default: resource.engine.map { summary.share(summary[$0].activeTime) } ?? 0
    }
  }

  /// That a resource has work, in words.
  private func clause(_ resource: Resource) -> String {
    let share = percent(share(resource))
    switch resource {
    case .rings: return "the busiest DMA ring is busy \(share) of the time"
    case .hbm: return "HBM's bandwidth is used up \(share) of the time"
    case .starts(let engine):
      let count = counted(summary.dmaStarts[Int(engine.rawValue)], "DMA")
      return "\(engine.displayName) starts \(count) for \(share) of the time"
    default: return "\(resource.displayName) is busy \(share) of the time"
    }
  }

  /// What is busy for most of the time and was not named.
  func busyClauses(without named: Resource?) -> [String] {
    let busy = busy
    return Resource.allCases.filter { resource in
      guard busy[resource] != nil, resource != named else { return false }
      // An engine that is busy with starting DMAs is named once.
      return resource.engine.map { busy[.starts($0)] == nil && named != .starts($0) } ?? true
    }.map(clause)
  }

  /// The verdict of bounds alone.
  func head() -> Head {
    let largest = bounds.largestResource
    let resourceShare = summary.share(largest?.time ?? 0)
    let chainShare = summary.share(bounds.dependencyChain)
    if let largest, resourceShare >= Bottleneck.threshold {
      return Head(
        kind: .resource(largest.resource), share: resourceShare,
        text: verdict(largest.resource, resourceShare), named: largest.resource)
    }
    if chainShare >= Bottleneck.chainThreshold && chainShare > resourceShare {
      var text =
        "latency-bound: the longest chain of dependent work takes \(percent(chainShare)) of the time"
      if let largest {
        text += "; \(largest.resource.displayName) alone would take \(percent(resourceShare))"
      }
      return Head(kind: .latency, share: chainShare, text: text)
    }
    var text = "not bound by one resource: "
    if let largest {
      text +=
        "\(largest.resource.displayName) alone would take \(percent(resourceShare)) of the time"
    } else {
      text += "nothing was used"
    }
    return Head(kind: .none, share: max(resourceShare, chainShare), text: text)
  }

  private func verdict(_ resource: Resource, _ share: Double) -> String {
    switch resource {
    case .rings: "DMA-bound: the DMA rings are busy \(percent(share)) of the time"
    case .hbm: "HBM-bound: its bandwidth is used up \(percent(share)) of the time"
    case .starts: "bound by starting DMAs: \(clause(resource))"
    default: "\(resource.displayName)-bound: the engine has work for \(percent(share)) of the time"
    }
  }

  /// The verdict of what faster parts were seen to give.
  func head(_ gains: PartGains, _ path: CriticalPath?) -> Head {
    var largest = summary.share(bounds.largestResource?.time ?? 0)
    largest = max(largest, summary.share(bounds.dependencyChain))
    guard let bottleneck = gains.bottleneck,
      bottleneck.change <= -PartGains.bottleneckThreshold
    else { return Head(kind: .none, share: largest, text: gains.sentence) }
    let starts = Engine.allCases.max { bounds[.starts($0)] < bounds[.starts($1)] }
    let resource: Resource? =
      switch bottleneck.limit {
      case .engine(let engine): Resource.allCases.first { $0.engine == engine }
      case .rings: .rings
      case .hbm: .hbm
      case .starts: starts.map { .starts($0) }
      // What is used up all the same: the rest is only close behind.
      case .memory:
        ([.hbm, .rings] + (starts.map { [.starts($0)] } ?? [])).filter { busy[$0] != nil }.first
      case .latency: nil
      }
    if let resource {
      return Head(
        kind: .resource(resource), share: share(resource),
        text: "\(gains.sentence); \(clause(resource))", named: resource)
    }
    let kind: Bottleneck.Kind = bottleneck.limit == .memory ? .memory : .latency
    guard let path, let first = path.causes.first else {
      return Head(kind: kind, share: largest, text: gains.sentence)
    }
    let causes = path.causes.prefix(2).map {
      "\(percent(summary.share($0.time))) \($0.cause.displayName)"
    }
    return Head(
      kind: kind, share: summary.share(first.time),
      text: "\(gains.sentence); the critical path is \(causes.joined(separator: ", "))")
  }
}
