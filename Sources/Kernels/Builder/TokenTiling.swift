import Workloads

/// How a kernel cuts its tokens into tiles of partitions: the same for all kernels of rows.
struct TokenTiling {
  let tokens: Int
  /// Partitions of a full tile.
  let rows: Int
  /// Tiles that each pool needs: no more than there are tiles of tokens.
  let buffers: Int
  /// Whether the next tile starts before this one is finished.
  let interleaved: Bool

  init(_ values: KernelParameters) {
    tokens = values.integer("tokens")
    rows = min(values.integer("tile_tokens"), tokens)
    buffers = min(values.integer("buffers"), (tokens + rows - 1) / rows)
    interleaved = buffers > 1 && values["interleave"] == .flag(true)
  }

  /// The tokens of each tile.
  var ranges: [Range<Int>] { Kernels.ranges(of: tokens, by: rows) }
}
