public import Device
import Diagnostics
public import Timing

// DMA-bound: the DMA rings are busy 93 % of the time; Tensor waited 41 % for queue qSyncDynamicHW
// (dma_copy w.3 at matmul.swift:88)

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

  /// The key in reports for machines.
  public var key: String {
    switch self {
    case .rings: "dma_rings"
    default: String(describing: self)
    }
  }

  /// The engine, if it is one.
  public var engine: Engine? {
    switch self {
    case .tensor: .tensor
    case .vector: .vector
    case .scalar: .scalar
    case .gpsimd: .gpsimd
    case .sync: .sync
    case .rings, .hbm: nil
    }
  }

  /// What texts call it.
  public var displayName: String {
    switch self {
    case .rings: "DMA rings"
    case .hbm: "HBM"
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
    default: resource.engine.map { engines[Int($0.rawValue)] } ?? 0
    }
  }

  /// The resource that needs most time; `nil` if there is no work.
  public var largestResource: (resource: Resource, time: Picoseconds)? {
    var found: (resource: Resource, time: Picoseconds)?
    for resource in Resource.allCases where self[resource] > found?.time ?? 0 {
      found = (resource, self[resource])
    }
    return found
  }
}

/// What a run was bound by.
public struct Bottleneck: Hashable, Sendable {
  /// The verdict.
  public enum Kind: Hashable, Sendable {
    /// A resource has work for nearly all of the time.
    case resource(Resource)
    /// A chain of dependent work takes nearly all of the time, and no resource does.
    case latency
    /// Neither: resources wait for each other in turn.
    case none
  }

  /// From this share of the simulated time on, a bound explains it.
  ///
  /// Assumed: users of roofline-style tools call 80 % "bound".
  public static let threshold = 0.8

  /// From this share on, the dependency chain explains the time if no resource does and none needs
  /// more.
  ///
  /// Assumed: the rest is then waiting in queues on that chain's way.
  public static let chainThreshold = 0.5

  /// The verdict.
  public var kind: Kind
  /// What limits, in a word or two.
  package var limitName: String {
    switch kind {
    case .resource(let resource): resource.displayName
    case .latency: "latency"
    case .none: "nothing alone"
    }
  }
  /// The limit's share of the simulated time; of the largest limit where none explains the time.
  public var share: Double
  /// The engine whose waits matter.
  public var engine: Engine?
  /// The verdict in one sentence.
  public var sentence: String

  /// The key of the verdict in reports for machines.
  public var key: String {
    switch kind {
    case .resource(let resource): resource.key
    case .latency: "latency"
    case .none: "none"
    }
  }

  /// Compares the bounds with the simulated time.
  public init(summary: Summary, stalls: StallTable, bounds: Bounds) {
    let largest = bounds.largestResource
    let resourceShare = summary.share(largest?.time ?? 0)
    let chainShare = summary.share(bounds.dependencyChain)
    let busiest = Bottleneck.busiest(summary, stalls)
    if let largest, resourceShare >= Bottleneck.threshold {
      kind = .resource(largest.resource)
      share = resourceShare
      engine = largest.resource.engine ?? busiest
      sentence = Bottleneck.verdict(largest.resource, resourceShare)
    } else if chainShare >= Bottleneck.chainThreshold && chainShare > resourceShare {
      kind = .latency
      share = chainShare
      engine = busiest
      sentence =
        "latency-bound: the longest chain of dependent work takes \(percent(chainShare)) of the time"
      if let largest {
        sentence += "; \(largest.resource.displayName) alone would take \(percent(resourceShare))"
      }
    } else {
      kind = .none
      share = max(resourceShare, chainShare)
      engine = busiest
      sentence = "not bound by one resource: "
      if let largest {
        sentence +=
          "\(largest.resource.displayName) alone would take \(percent(resourceShare)) of the time"
      } else {
        sentence += "nothing was used"
      }
    }
    guard let engine else { return }
    sentence += Bottleneck.waits(engine, summary, stalls)
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

  private static func verdict(_ resource: Resource, _ share: Double) -> String {
    switch resource {
    case .rings: "DMA-bound: the DMA rings are busy \(percent(share)) of the time"
    case .hbm: "HBM-bound: its bandwidth is used up \(percent(share)) of the time"
    default: "\(resource.displayName)-bound: the engine has work for \(percent(share)) of the time"
    }
  }

  /// What the engine waited for longest.
  private static func waits(
    _ engine: Engine, _ summary: Summary, _ stalls: StallTable
  ) -> String {
    let waits = stalls[engine]
    guard let first = waits.producers.first, first.time > 0 else { return "" }
    var text = "; \(engine.displayName) waited \(percent(summary.share(first.time))) for "
    if case .queue = first.producer { text += "queue " }
    text += "\(first.producerName) (\(first.text)"
    if let location = first.location { text += " at \(location)" }
    return text + ")"
  }
}
