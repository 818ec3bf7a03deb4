public import Device
public import Machine

/// Dst = this rank's piece of the sum (minimum, maximum) of all ranks' src.
public struct ReduceScatter: ExchangeOperation {
  /// `reduce_scatter`.
  public static let name = "reduce_scatter"
  /// What it does.
  public static let summary =
    "dst = this rank's piece of the sum (minimum, maximum) of all ranks' src"
  /// Rules and cost.
  public static let details = """
    The i-th piece goes to the i-th rank of the group; values are added in float32, in the order of the \
    group, and rounded once. \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// The fields.
  public static let fields: [Field<ReduceScatter>] = [
    Field(.write, "dst", \.dst, "result, in hbm or sbuf"),
    Field(.read, "src", \.src, "what this rank gives, in the same memory"),
    Field(.immediate, "op", \.op, "add, min or max"),
    Field(.immediate, "dim", \.dim, "0: pieces are rows, 1: columns"),
    Field(.immediate, "group", \.group, "ranks that take part, in order; empty for all"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// What this rank gives.
  public var src = AccessPattern.unset
  /// How values are put together.
  public var op = ReduceChoice.add
  /// 0: pieces are rows, 1: columns.
  public var dim = 0
  /// Ranks that take part, in order; empty for all.
  public var group: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src: AccessPattern, op: ReduceChoice = .add, dim: Int = 0, group: [Int] = []
  ) {
    self.dst = dst
    self.src = src
    self.op = op
    self.dim = dim
    self.group = group
  }

  /// Memories, types and shapes.
  public func check(_ check: inout Checker) {
    checkCollective(&check, group, dim: dim, scatters: true, keeps: false)
  }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(.reduceScatter, group: group, bytes: bytes(tensors))
  }

  /// What this core gives.
  public var source: AccessPattern { src }
  /// Where this core gets its result.
  public var destination: AccessPattern { dst }

  /// What a participant gets.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? {
    op.reduced(parts)?.piece(index, of: parts.count, dim: dim)
  }
}
