public import Device
import Formats
public import Machine

/// The positions of eight values in each partition.
public struct NCFindIndex8: Operation {
  /// `nc_find_index8`.
  public static let name = "nc_find_index8"
  /// What it does.
  public static let summary = "indices of 8 values per partition in data"
  /// Formula, rules and cost.
  public static let details = """
    dst[p, j] = the index of the first element of data[p, …] that equals vals[p, j] as fp32. A \
    value that occurs several times in vals takes its matches in ascending order; one without a \
    match gives all ones. data has 8 to 16384 elements per partition, dst is uint16 or uint32. \
    Cost on Vector: one element per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "vals")
  /// The fields.
  public static let fields: [Field<NCFindIndex8>] = [
    Field(.write, "dst", \.dst, "[P, 8] indices", types: [.uint16, .uint32]),
    Field(.read, "data", \.data, "input, 8 to 16384 elements per partition"),
    Field(.read, "vals", \.vals, "[P, 8] values to find"),
  ]

  /// [P, 8] indices, uint16 or uint32.
  public var dst = AccessPattern.unset
  /// Input, 8 to 16384 elements per partition.
  public var data = AccessPattern.unset
  /// [P, 8] values to find.
  public var vals = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, data: AccessPattern, vals: AccessPattern) {
    self.dst = dst
    self.data = data
    self.vals = vals
  }

  /// Shapes and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data"), (vals, "vals")])
    check.requireSameRows(data, "data", dst, "dst")
    check.requireSameRows(data, "data", vals, "vals")
    check.requireElements(data, "data", check.geometry.limits.max8Elements)
    check.requireElements(vals, "vals", 8...8)
    check.requireElements(dst, "dst", 8...8)
  }

  /// One pass of Vector over `data`.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.findIndex8, .findIndex8, inputs: [data], pointers: [vals], output: dst)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    let wanted = try machine.read(vals, "vals")
    let result = machine.makeTile(rows: values.rows, columns: 8, of: UInt32.self)
    for row in 0..<values.rows {
      findEight(
        wanted.row(row), in: values.row(row), count: values.columns, descending: false,
        into: result.row(row))
    }
    try machine.writeBits(result, to: dst, "dst")
  }
}

/// Finds each of eight values: the k-th of equal ones (in the given order) has the k-th match.
///
/// - Parameter descending: whether equal values take their matches from the last one back.
func findEight(
  _ wanted: UnsafePointer<Float>, in values: UnsafePointer<Float>, count: Int, descending: Bool,
  into found: UnsafeMutablePointer<UInt32>
) {
  for step in 0..<8 {
    let j = descending ? 7 - step : step
    let value = wanted[j]
    var start = 0
    for earlier in 0..<step {
      let k = descending ? 7 - earlier : earlier
      if wanted[k] == value {
        // A value that ran out of matches stays without.
        start = found[k] == .max ? count : Swift.max(start, Int(found[k]) + 1)
      }
    }
    found[j] = .max
    for i in start..<Swift.max(count, start) where values[i] == value {
      found[j] = UInt32(i)
      break
    }
  }
}
