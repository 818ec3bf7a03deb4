public import Device
import Formats
public import Machine

/// The eight largest elements of each partition.
public struct Max8: Operation {
  /// `max8`.
  public static let name = "max8"
  /// What it does.
  public static let summary = "the 8 largest elements of each partition, in descending order"
  /// Formula, rules and cost.
  public static let details = """
    dst[p, 0…7] = the largest elements of src[p, …] as fp32, largest first, equal ones as often \
    as they occur. A NaN counts as larger than every number (assumed). src has 8 to 16384 \
    elements per partition. Cost on Vector: one element per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src")
  /// The fields.
  public static let fields: [Field<Max8>] = [
    Field(.write, "dst", \.dst, "[P, 8] result"),
    Field(.read, "src", \.src, "input, 8 to 16384 elements per partition"),
  ]

  /// [P, 8] result.
  public var dst = AccessPattern.unset
  /// Input, 8 to 16384 elements per partition.
  public var src = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern) {
    self.dst = dst
    self.src = src
  }

  /// Shapes and memories.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (src, "src")])
    check.requireSameRows(src, "src", dst, "dst")
    check.requireElements(dst, "dst", 8...8)
    check.requireElements(src, "src", check.geometry.limits.max8Elements)
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.max8, .max8, inputs: [src], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(src, "src")
    let result = machine.makeTile(rows: values.rows, columns: 8)
    for row in 0..<values.rows {
      largestEight(values.row(row), count: values.columns, into: result.row(row))
    }
    try machine.write(result, to: dst, "dst")
  }

  private func largestEight(
    _ values: UnsafePointer<Float>, count: Int, into best: UnsafeMutablePointer<Float>
  ) {
    var kept = 0
    for i in 0..<count {
      let value = values[i]
      if kept == 8 && (value <= best[7] || best[7].isNaN) { continue }
      var place = kept < 8 ? kept : 7
      while place > 0 && !(value <= best[place - 1]) && !best[place - 1].isNaN {
        best[place] = best[place - 1]
        place -= 1
      }
      best[place] = value
      if kept < 8 { kept += 1 }
    }
  }
}
