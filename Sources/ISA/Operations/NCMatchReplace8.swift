public import Device
import Formats
public import Machine

/// Replaces the first occurrence of eight values in each partition.
public struct NCMatchReplace8: Operation {
  /// `nc_match_replace8`.
  public static let name = "nc_match_replace8"
  /// What it does.
  public static let summary =
    "data with the first occurrence of each of 8 values replaced by imm, and their indices"
  /// Formula, rules and cost.
  public static let details = """
    dst = data, where the first match of each vals[p, j] (as fp32) is replaced by imm; dst_idx[p, \
    j], if given, is its index (all ones without a match). Equal values are taken from j = 7 \
    down, so that the first match goes to the highest of their columns: the opposite of \
    nc_find_index8. With max8 it makes the rounds of a top-k. data has 8 to 16384 elements per \
    partition. Cost on Vector: one element per cycle.
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data", "vals", "imm",
    optional: [
      "dst_idx"
    ])
  /// The fields.
  public static let fields: [Field<NCMatchReplace8>] = [
    Field(.write, "dst", \.dst, "data with the matches replaced"),
    Field(.read, "data", \.data, "input, 8 to 16384 elements per partition"),
    Field(.read, "vals", \.vals, "[P, 8] values to replace"),
    Field(.immediate, "imm", \.immediate, "what replaces them"),
    Field(
      .write, "dst_idx", \.dstIdx, "[P, 8] indices of the matches", types: [.uint16, .uint32]),
  ]

  /// Data with the matches replaced.
  public var dst = AccessPattern.unset
  /// Input, 8 to 16384 elements per partition.
  public var data = AccessPattern.unset
  /// [P, 8] values to replace.
  public var vals = AccessPattern.unset
  /// What replaces them.
  public var immediate: Float = 0
  /// [P, 8] indices of the matches, uint16 or uint32.
  public var dstIdx: AccessPattern?

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, data: AccessPattern, vals: AccessPattern, immediate: Float,
    dstIdx: AccessPattern? = nil
  ) {
    self.dst = dst
    self.data = data
    self.vals = vals
    self.immediate = immediate
    self.dstIdx = dstIdx
  }

  /// Shapes and types.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst"), (data, "data"), (vals, "vals")])
    check.requireSameShape(data, "data", dst, "dst")
    check.requireSameRows(data, "data", vals, "vals")
    check.requireElements(data, "data", check.geometry.limits.max8Elements)
    check.requireElements(vals, "vals", 8...8)
    if let dstIdx {
      check.requireOnChip([(dstIdx, "dst_idx")])
      check.requireSameRows(data, "data", dstIdx, "dst_idx")
      check.requireElements(dstIdx, "dst_idx", 8...8)
    }
  }

  /// One pass of Vector over `data`.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .matchReplace8, .matchReplace8, inputs: [data], pointers: [vals], output: dst,
      alsoWrites: dstIdx.map { [$0] } ?? [])
  }

  /// Computes `dst` and `dst_idx`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(data, "data")
    let wanted = try machine.read(vals, "vals")
    let found = machine.makeTile(rows: values.rows, columns: 8, of: UInt32.self)
    for row in 0..<values.rows {
      let matches = found.row(row)
      let elements = values.row(row)
      findEight(
        wanted.row(row), in: elements, count: values.columns, descending: true, into: matches)
      for j in 0..<8 where matches[j] != .max { elements[Int(matches[j])] = immediate }
    }
    try machine.write(values, to: dst, "dst")
    if let dstIdx { try machine.writeBits(found, to: dstIdx, "dst_idx") }
  }
}
