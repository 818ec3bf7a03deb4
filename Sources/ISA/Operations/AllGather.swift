public import Device
public import Machine

/// Dst = all ranks' src, one after the other.
public struct AllGather: ExchangeOperation {
  /// `all_gather`.
  public static let name = "all_gather"
  /// What it does.
  public static let summary = "dst = all ranks' src, one after the other"
  /// Rules and cost.
  public static let details = """
    Along rows (dim=0) or within each row (dim=1). \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// The fields.
  public static let fields: [Field<AllGather>] = [
    Field(.write, "dst", \.dst, "result, in hbm or sbuf"),
    Field(.read, "src", \.src, "what this rank gives, in the same memory"),
    Field(.immediate, "dim", \.dim, "0 along rows, 1 within each row"),
    Field(.immediate, "group", \.group, "ranks that take part, in order; empty for all"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// What this rank gives.
  public var src = AccessPattern.unset
  /// 0 along rows, 1 within each row.
  public var dim = 0
  /// Ranks that take part, in order; empty for all.
  public var group: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, dim: Int = 0, group: [Int] = []) {
    self.dst = dst
    self.src = src
    self.dim = dim
    self.group = group
  }

  /// Memories, types and shapes.
  public func check(_ check: inout Checker) {
    checkCollective(&check, group, dim: dim, gathers: true, keeps: false)
  }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(.allGather, group: group, bytes: bytes(tensors))
  }

  /// What this core gives.
  public var source: AccessPattern { src }
  /// Where this core gets its result.
  public var destination: AccessPattern { dst }

  /// What a participant gets.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? {
    ExchangePart.joined(parts, dim: dim)
  }
}
