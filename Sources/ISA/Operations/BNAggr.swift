public import Device
import Formats
public import Machine

/// Mean and variance from the statistics of parts.
public struct BNAggr: Operation {
  /// `bn_aggr`.
  public static let name = "bn_aggr"
  /// What it does.
  public static let summary =
    "mean and variance of all that the statistics describe"
  /// Formula, rules and cost.
  public static let details = """
    dst[P, 2] = mean and variance of the population of which data has, for each part, count, mean \
    and count × variance, as bn_stats gives them. fp32 (order assumed). Cost on Vector: 13 cycles \
    per part (NKI ≤ 2.26).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data")
  /// The fields.
  public static let fields: [Field<BNAggr>] = [
    Field(.write, "dst", \.dst, "[P, 2] mean and variance"),
    Field(.read, "data", \.data, "[P, 3 n] statistics"),
  ]

  /// [P, 2] mean and variance.
  public var dst = AccessPattern.unset
  /// [P, 3 n] statistics.
  public var data = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern
  ) {
    self.dst = dst
    self.data = data
  }

  /// Shapes and sizes.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data")])
    check.requireSameRows(data, "data", dst, "dst")
    check.requireElements(dst, "dst", 2...2)
    check.require(
      data.elementsPerRow % 3 == 0, "data",
      "'data' has \(data.elementsPerRow) elements per partition, must be a multiple of 3",
      remedy: "each part has a count, a mean and a count × variance")
  }

  /// 13 cycles per part.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .bnAggr, .tensorReduce, inputs: [data], output: dst,
      elements: 13 * (data.elementsPerRow / 3), isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let parts = try machine.read(data, "data")
    let result = machine.makeTile(rows: parts.rows, columns: 2)
    for row in 0..<parts.rows {
      let part = parts.row(row)
      var count: Float = 0
      var sum: Float = 0
      for i in stride(from: 0, to: parts.columns, by: 3) {
        count += part[i]
        sum += part[i] * part[i + 1]
      }
      let mean = sum / count
      var squares: Float = 0
      for i in stride(from: 0, to: parts.columns, by: 3) {
        let apart = part[i + 1] - mean
        squares += part[i + 2] + part[i] * apart * apart
      }
      result.row(row)[0] = mean
      result.row(row)[1] = squares / count
    }
    try machine.write(result, to: dst, "dst")
  }
}
