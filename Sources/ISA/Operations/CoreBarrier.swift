public import Device
public import Machine

/// Both cores of a rank wait until both are here.
public struct CoreBarrier: ExchangeOperation {
  /// `core_barrier`.
  public static let name = "core_barrier"
  /// What it does.
  public static let summary = "both cores of a rank wait until both are here"
  /// Rules and cost.
  public static let details = """
    What either core did with data before is done when the other goes on. \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// Its data only names memory.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "data",
    optional: [
      .frontEnd(
        "cores", .field(.integers), default: .integers([0, 1]), "the cores of the rank"), "engine",
    ])
  /// The fields.
  public static let fields: [Field<CoreBarrier>] = [
    Field(.readWrite, "data", \.data, "shared tensor in hbm whose accesses it orders")
  ]

  /// Shared tensor in hbm whose accesses it orders.
  public var data = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(data: AccessPattern) { self.data = data }

  /// A tensor in hbm.
  public func check(_ check: inout Checker) { check.requireSpace(data, "data", [.hbm]) }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(.barrier, bytes: 0)
  }

  /// What it orders.
  public var source: AccessPattern { data }
  /// What it orders.
  public var destination: AccessPattern { data }

  /// Nothing.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? { nil }
}
