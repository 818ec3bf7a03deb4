public import Device
import Formats
public import Machine

/// Statistics of the even and the odd elements of each partition.
public struct BNStats: Operation {
  /// `bn_stats`.
  public static let name = "bn_stats"
  /// What it does.
  public static let summary =
    "count, mean and count × variance of the even and of the odd elements"
  /// Formula, rules and cost.
  public static let details = """
    dst[P, 6] = count, mean, count × variance of elements 0, 2, 4, … of each partition, then of \
    elements 1, 3, 5, … (NKI documentation); the variance is that of the population. data has up \
    to 512 elements per partition. Sums run in fp32 from the first element on (order assumed). \
    Cost on Vector: one element per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data")
  /// The fields.
  public static let fields: [Field<BNStats>] = [
    Field(.write, "dst", \.dst, "[P, 6] statistics"),
    Field(.read, "data", \.data, "input, up to 512 elements per partition"),
  ]

  /// [P, 6] statistics.
  public var dst = AccessPattern.unset
  /// Input, up to 512 elements per partition.
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
    check.requireElements(dst, "dst", 6...6)
    check.requireElements(data, "data", 1...check.geometry.limits.bnStatsElements)
  }

  /// One element per cycle.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.bnStats, .tensorReduce, inputs: [data], output: dst, isSingleRate: true)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    let result = machine.makeTile(rows: values.rows, columns: 6)
    for row in 0..<values.rows {
      for parity in 0..<2 {
        let source = values.row(row)
        var sum: Float = 0
        var count: Float = 0
        for i in stride(from: parity, to: values.columns, by: 2) {
          sum += source[i]
          count += 1
        }
        let mean = count > 0 ? sum / count : 0
        var squares: Float = 0
        for i in stride(from: parity, to: values.columns, by: 2) {
          squares += (source[i] - mean) * (source[i] - mean)
        }
        let target = result.row(row) + 3 * parity
        target[0] = count
        target[1] = mean
        target[2] = squares
      }
    }
    try machine.write(result, to: dst, "dst")
  }
}
