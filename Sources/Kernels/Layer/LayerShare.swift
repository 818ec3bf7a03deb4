package import Device
package import Workloads

/// What one core does of a layer that several cores share.
///
/// Attention is shared out by heads, the experts by their inner columns (`experts_split=inner`) or whole
/// (`experts_split=expert`). Norms, router and residual are done by all: each core has all activations.
struct LayerShare: Hashable, Sendable {
  /// The core.
  let place: CorePlace
  /// Query heads.
  let heads: Int
  /// Key and value heads that the query heads need; neighbours may have the same one.
  let kvHeads: Int
  /// Experts whose weights it has, and the first of them.
  let experts: Int
  let firstExpert: Int
  /// Columns of each of these experts.
  let inner: Int

  var qkHeads: Int { heads + kvHeads }
  /// Whether other cores have parts of the sums.
  var isPartial: Bool { place.layout.count > 1 }
  /// Whether it has some of the experts whole.
  var splitsExperts: Bool { isPartial && inner == wholeInner }
  private let wholeInner: Int

  init(_ kernel: Qwen3LayerKernel, _ place: CorePlace) {
    self.place = place
    let count = place.layout.count
    heads = kernel.heads / count
    kvHeads = max(1, kernel.kvHeads / count)
    let byExpert = count > 1 && kernel.splitsExperts
    experts = byExpert ? kernel.experts / count : kernel.experts
    firstExpert = byExpert ? place.id * experts : 0
    inner = byExpert ? kernel.inner : kernel.inner / count
    wholeInner = kernel.inner
  }
}

extension Qwen3LayerKernel {
  /// The cores, as `tp` and `lnc` say.
  package var layout: CoreLayout {
    CoreLayout(ranks: values.integer("tp"), coresPerRank: values.integer("lnc"))
  }

  /// Whether cores have whole experts rather than columns of all.
  var splitsExperts: Bool { values.choice("experts_split") == "expert" }

  /// The first kv head of a core, and how many; cores beyond the heads share one.
  func kvHeads(of core: Int) -> Range<Int> {
    let first = core * kvHeads / layout.count
    return first..<first + max(1, kvHeads / layout.count)
  }

  /// Key and value heads of a rank's cache.
  func kvHeads(ofRank rank: Int) -> Range<Int> {
    let cores = layout.coresPerRank
    return kvHeads(of: rank * cores).lowerBound..<kvHeads(of: (rank + 1) * cores - 1).upperBound
  }

  /// A rank's weights and cache: its cores' heads, and their columns of all experts or whole experts.
  package func shard(of input: KernelInput, rank: Int) -> TensorShard? {
    let cores = (0..<layout.coresPerRank).map { rank * layout.coresPerRank + $0 }
    let count = layout.count
    guard count > 1 else { return nil }
    let shared = kvHeads(ofRank: rank)
    func shard(_ dimension: Int, _ block: Int, _ blocks: [[Int]]) -> TensorShard {
      TensorShard(of: input.shape, dimension: dimension, block: block, cores: blocks)
    }
    switch input.name {
    case "k_cache": return shard(0, 1, [Array(shared)])
    case "v_cache": return shard(1, 1, [Array(shared)])
    case "w_qkv":
      let each = heads / count
      return shard(
        1, headSize,
        cores.map { core in
          let kv = kvHeads(of: core)
          return Array(core * each..<(core + 1) * each) + kv.map { heads + $0 }
            + kv.map { heads + kvHeads + $0 }
        })
    case "w_o": return shard(0, heads * headSize / count, [cores])
    case "gate_up":
      return splitsExperts
        ? shard(0, experts / count, [cores])
        : shard(2, inner / count, cores.map { [$0, count + $0] })
    case "down":
      return splitsExperts
        ? shard(0, experts / count, [cores]) : shard(1, inner / count, cores.map { [$0] })
    default: return nil
    }
  }

  /// A rank's heads of what goes into the cache; all of everything else.
  package func outputs(_ whole: [String: [Double]], of rank: Int) -> [String: [Double]] {
    let mine = kvHeads(ofRank: rank)
    guard mine.count < kvHeads else { return whole }
    var found = whole
    for name in ["k_new", "v_new"] {
      guard let all = whole[name] else { continue }
      found[name] = (0..<tokens).flatMap { token in
        let first = token * kvHeads * headSize
        return all[first + mine.lowerBound * headSize..<first + mine.upperBound * headSize]
      }
    }
    return found
  }

  /// What is wrong with how the layer is shared out.
  var shareFindings: [(holds: Bool, message: String, remedy: String)] {
    let count = layout.count
    return [
      (layout.ranks != 3, "tp is 3", "use 1, 2 or 4"),
      (
        heads % count == 0, "q_heads is \(heads), must be a multiple of tp lnc = \(count)",
        "use fewer cores"
      ),
      (
        kvHeads % count == 0 || count % kvHeads == 0,
        "kv_heads is \(kvHeads), which \(count) cores cannot share evenly", "use fewer cores"
      ),
      (
        splitsExperts || inner % count == 0,
        "inner is \(inner), must be a multiple of tp lnc = \(count)", "use fewer cores"
      ),
      (
        !splitsExperts || experts % count == 0,
        "experts is \(experts), must be a multiple of tp lnc = \(count)",
        "use experts_split=inner"
      ),
      (
        count == 1 || hidden % layout.coresPerRank == 0,
        "hidden is \(hidden), must be a multiple of lnc", "use lnc=1"
      ),
      (
        count == 1 || !splitsExperts || isDecode || values.choice("experts_form") == "dense",
        "a prefill that groups tokens splits each expert", "use experts_split=inner"
      ),
    ]
  }
}
