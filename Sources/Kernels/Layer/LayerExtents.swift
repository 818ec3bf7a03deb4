package import Device
package import Formats
import Workloads

/// Extents of a decoder layer and of one pass through it.
package struct LayerExtents: Hashable, Sendable {
  /// Whether one new token meets a cache, or a prompt itself.
  package var isDecode: Bool
  /// New tokens.
  package var tokens: Int
  /// Tokens in the cache before them; 0 for a prompt.
  package var context: Int
  /// Elements of a token.
  package var hidden: Int
  /// Query heads.
  package var heads: Int
  /// Key and value heads.
  package var kvHeads: Int
  /// Elements of a head.
  package var headSize: Int
  /// Experts.
  package var experts: Int
  /// Experts that a token takes; where cores have whole experts, the share of one core.
  package var chosen: Int
  /// Width of an expert.
  package var inner: Int
  /// Cores that share the layer, whose extents are those of one.
  package var layout: CoreLayout
  /// Tokens of a block of grouped experts; 0 where every expert takes all tokens.
  package var blockTokens: Int
  /// Share of a trial prompt's tokens that are alike.
  package var skew: Double
  /// Experts whose weights a pass must read at least.
  package var leastExperts: Int
  /// Type of activations, of the cache and of the router's weights.
  package var dtype: DType
  /// Type in which the projections' weights are stored.
  package var weights: DType
}

extension LayerExtents {
  /// Takes into account that a program with grouped experts worked on so many blocks.
  ///
  /// An expert of c tokens has at most (c + block - 1) / block blocks, and all have 8 tokens' worth.
  package mutating func count(blocks: Int) {
    guard blockTokens > 1 else { return }
    let more = blocks * blockTokens - 8 * tokens
    leastExperts = max(leastExperts, (more + blockTokens - 2) / (blockTokens - 1))
  }
}

extension Qwen3LayerKernel {
  /// What one core does of the layer.
  package var extents: LayerExtents {
    let share = LayerShare(self, CorePlace(rank: 0, core: 0, layout: layout))
    let chosen = share.splitsExperts ? max(1, 8 / layout.count) : 8
    return LayerExtents(
      isDecode: isDecode, tokens: tokens, context: isDecode ? context : 0, hidden: hidden,
      heads: share.heads, kvHeads: share.kvHeads, headSize: headSize, experts: share.experts,
      chosen: chosen, inner: share.inner, layout: layout,
      blockTokens: isGrouped ? min(values.integer("block_tokens"), tokens) : 0,
      skew: isDecode ? 0 : values.number("skew"),
      leastExperts: isDecode || isGrouped
        ? min(chosen, share.experts) : min(share.experts, chosen * tokens),
      dtype: dtype, weights: storage.stored)
  }
}
