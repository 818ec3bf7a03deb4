import Diagnostics
import Workloads

/// Which variants a sweep runs, in which order: the same for everybody who asks.
struct Plan {
  /// A variant with its place in the plan.
  struct Job: Hashable, Sendable {
    /// The round; 0 but for halving.
    var rung: Int
    /// Number of the combination in the space.
    var index: Int
    /// What runs.
    var variant: Variant
  }

  let spec: SweepSpec

  /// Number of rounds.
  var rungs: Int {
    if case .halving(_, _, _, let rungs) = spec.search { rungs.count } else { 1 }
  }

  /// Number of variants of the first round.
  var firstCount: Int {
    switch spec.search {
    case .grid: spec.space.count
    case .random(let count, _), .halving(let count, _, _, _): min(count, spec.space.count)
    }
  }

  /// Variants of all rounds.
  var count: Int {
    (0..<rungs).reduce(0) { $0 + size(ofRung: $1) }
  }

  /// Number of variants of a round.
  func size(ofRung rung: Int) -> Int {
    guard case .halving(_, let keep, _, _) = spec.search else { return firstCount }
    var size = firstCount
    for _ in 0..<rung { size = (size + keep - 1) / keep }
    return size
  }

  /// The combinations of the first round; `nil` for all of the space in its order.
  func drawn() -> [Int]? {
    switch spec.search {
    case .grid: nil
    case .random(_, let seed), .halving(_, _, let seed, _): sample(seed)
    }
  }

  /// Different combinations, by Floyd's method (Bentley and Floyd, CACM 30(9), 1987), in the order in
  /// which they are drawn.
  private func sample(_ seed: UInt64) -> [Int] {
    var generator = SplitMix64(seed: seed)
    let (total, wanted) = (spec.space.count, firstCount)
    var chosen: Set<Int> = []
    var order: [Int] = []
    order.reserveCapacity(wanted)
    for limit in (total - wanted)..<total {
      // The high half of the product is uniform but for 2^-32 of it, and the same everywhere.
      let draw = Int(generator.next().multipliedFullWidth(by: UInt64(limit + 1)).high)
      let index = chosen.contains(draw) ? limit : draw
      chosen.insert(index)
      order.append(index)
    }
    return order
  }

  /// The candidates of a round.
  func checked(_ candidates: [Int]) -> [Int] {
    let space = 0..<spec.space.count
    Invariant.candidatesOnce.require(
      Set(candidates).count == candidates.count && candidates.allSatisfy(space.contains),
      "\(candidates.count) candidates of \(space.count) combinations")
    return candidates
  }

  /// A variant of a round.
  func job(rung: Int, index: Int) -> Job {
    var variant = spec.space[index]
    if case .halving(_, _, _, let rungs) = spec.search {
      for setting in rungs[rung] { variant.set(.parameter(setting.name), to: setting.value) }
    }
    return Job(rung: rung, index: index, variant: variant)
  }

  /// Who goes on from a round: the best, those that are equal in the order of the space.
  ///
  /// What does not run never goes on.
  func survivors(_ results: [(index: Int, value: Int)], ofRung rung: Int) -> [Int] {
    results.sorted { ($0.value, $0.index) < ($1.value, $1.index) }
      .prefix(size(ofRung: rung + 1)).map(\.index)
  }
}
