public import Device
public import Machine

/// Dst = the src of the rank that sends to this one.
public struct CollectivePermute: ExchangeOperation {
  /// `collective_permute`.
  public static let name = "collective_permute"
  /// What it does.
  public static let summary = "dst = the src of the rank that sends to this one"
  /// Rules and cost.
  public static let details = """
    The i-th rank of the group sends to rank targets[i]; -1 sends nothing. A rank to which nobody sends \
    keeps its dst. \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// The fields.
  public static let fields: [Field<CollectivePermute>] = [
    Field(.write, "dst", \.dst, "result, in hbm or sbuf"),
    Field(.read, "src", \.src, "what this rank gives, in the same memory"),
    Field(
      .immediate, "targets", \.targets, "by rank of the group: the rank that it sends to, or -1"),
    Field(.immediate, "group", \.group, "ranks that take part, in order; empty for all"),
  ]

  /// Result.
  public var dst = AccessPattern.unset
  /// What this rank gives.
  public var src = AccessPattern.unset
  /// By rank of the group: the rank that it sends to, or -1.
  public var targets: [Int] = []
  /// Ranks that take part, in order; empty for all.
  public var group: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, targets: [Int], group: [Int] = []) {
    self.dst = dst
    self.src = src
    self.targets = targets
    self.group = group
  }

  /// Memories, types and shapes.
  public func check(_ check: inout Checker) {
    checkCollective(&check, group)
    check.require(
      !targets.isEmpty, "targets", "'targets' is empty", remedy: "name a rank, or -1, for each rank"
    )
    let sent = targets.filter { $0 >= 0 }
    check.require(
      Set(sent).count == sent.count && (group.isEmpty || group.count == targets.count)
        && sent.allSatisfy { group.isEmpty ? $0 < targets.count : group.contains($0) }, "targets",
      "'targets' is \(targets)", remedy: "name a rank of the group for each, each at most once")
  }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(.permute, group: group, bytes: bytes(tensors))
  }

  /// What this core gives.
  public var source: AccessPattern { src }
  /// Where this core gets its result.
  public var destination: AccessPattern { dst }

  /// What a participant gets.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? {
    let rank = group.isEmpty ? index : group[index]
    return targets.firstIndex(of: rank).flatMap { parts.indices.contains($0) ? parts[$0] : nil }
  }
}
