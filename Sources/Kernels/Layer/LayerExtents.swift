import Device
public import Formats

/// Extents of a decoder layer and of one pass through it.
public struct LayerExtents: Hashable, Sendable {
  /// Whether one new token meets a cache, or a prompt itself.
  public var isDecode: Bool
  /// New tokens.
  public var tokens: Int
  /// Tokens in the cache before them; 0 for a prompt.
  public var context: Int
  /// Elements of a token.
  public var hidden: Int
  /// Query heads.
  public var heads: Int
  /// Key and value heads.
  public var kvHeads: Int
  /// Elements of a head.
  public var headSize: Int
  /// Experts.
  public var experts: Int
  /// Experts that a token takes; where cores have whole experts, the share of one core.
  public var chosen: Int
  /// Width of an expert.
  public var inner: Int
  /// Cores that share the layer, whose extents are those of one.
  public var cores: Int
  /// Type of activations, of the cache and of the router's weights.
  public var dtype: DType
  /// Type in which the projections' weights are stored.
  public var weights: DType
}

extension Qwen3LayerKernel {
  /// What one core does of the layer.
  public var extents: LayerExtents {
    let share = LayerShare(self, CorePlace(rank: 0, core: 0, layout: layout))
    let chosen = share.splitsExperts ? max(1, 8 / layout.count) : 8
    return LayerExtents(
      isDecode: isDecode, tokens: tokens, context: isDecode ? context : 0, hidden: hidden,
      heads: share.heads, kvHeads: share.kvHeads, headSize: headSize, experts: share.experts,
      chosen: chosen, inner: share.inner, cores: layout.count, dtype: dtype,
      weights: storage.stored)
  }
}
