public import Device
public import Machine

/// Piece i of dst = this rank's piece of rank i's src.
public struct AllToAll: ExchangeOperation {
  /// `all_to_all`.
  public static let name = "all_to_all"
  /// What it does.
  public static let summary = "piece i of dst = this rank's piece of rank i's src"
  /// Rules and cost.
  public static let details = """
    src and dst have as many equal pieces as the group has ranks. \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// The fields.
  public static let fields: [Field<AllToAll>] = [
    Field(.write, "dst", \.dst, "result, in hbm or sbuf"),
    Field(.read, "src", \.src, "what this rank gives, in the same memory"),
    Field(.immediate, "dim", \.dim, "0: pieces are rows, 1: columns"),
    Field(.immediate, "group", \.group, "ranks that take part, in order; empty for all"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// What this rank gives.
  public var src = AccessPattern.unset
  /// 0: pieces are rows, 1: columns.
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
    checkCollective(&check, group, dim: dim)
    guard src.isSet else { return }
    let count = dim == 0 ? Int(src.rows) : src.elementsPerRow
    check.require(
      count % max(1, group.count) == 0, "src",
      "'src' has \(count) along dim, which \(group.count) ranks cannot share")
  }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(.allToAll, group: group, bytes: bytes(tensors))
  }

  /// What this core gives.
  public var source: AccessPattern { src }
  /// Where this core gets its result.
  public var destination: AccessPattern { dst }

  /// What a participant gets.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? {
    ExchangePart.joined(
      parts.map { $0.piece(index, of: parts.count, dim: dim) }, dim: dim)
  }
}
