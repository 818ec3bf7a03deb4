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
  /// Width of an expert.
  public var inner: Int
  /// Type of activations, of the cache and of the router's weights.
  public var dtype: DType
  /// Type in which the projections' weights are stored.
  public var weights: DType
}

extension Qwen3LayerKernel {
  /// What the kernel was made for.
  public var extents: LayerExtents {
    LayerExtents(
      isDecode: isDecode, tokens: tokens, context: isDecode ? context : 0, hidden: hidden,
      heads: heads, kvHeads: kvHeads, headSize: headSize, experts: experts, inner: inner,
      dtype: dtype, weights: storage.stored)
  }
}
