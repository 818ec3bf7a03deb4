public import Device
import Formats
public import Machine

/// How large the scale of an MX group is.
public enum MXBlockScale: String, SymbolField {
  /// Twice that of the OCP specification, so that no element saturates (NKI 0.5 on).
  case doubled
  /// That of the OCP specification's conversion; the largest elements saturate (NKI up to 0.4).
  case ocp
}

/// Microscaling (MX) quantisation to packed 8-bit floats and scales.
public struct QuantizeMX: Operation {
  /// `quantize_mx`.
  public static let name = "quantize_mx"
  /// What it does.
  public static let summary = "packs src / scale as 8-bit floats, with one scale for 32 elements"
  /// Formula, rules and cost.
  public static let details = """
    trn3 on. A group is 8 partitions by 4 elements; its scale is 2^(floor(log2(largest magnitude)) \
    - (Emax - 1)), Emax 15 for float8_e5m2_x4 and 8 for float8_e4m3fn_x4, at least 2^-127 (a \
    group of zeros, too), stored as the exponent + 127. With block_scale=ocp it is half as large, \
    as NKI 0.4 and earlier had it. dst[p, c] packs the four elements src[p, 4c + q] / scale, \
    rounded, the first in the lowest byte. An infinity or NaN counts as the exponent 128 (assumed), \
    and the elements convert as they do elsewhere. dst_scale has one column for each packed \
    column; four partitions of each quadrant of 32, from its partition 0, 4, 8 or 12 on, take \
    the quadrant's scales, the others stay as they are. Cost: four elements of src per cycle \
    (trn3 architecture guide).
    """
  /// Vector only.
  public static let engines: [Engine] = [.vector]
  /// Packed elements are what it makes.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src", "dst_scale")
  /// trn3 on (NKI documentation).
  public static let generation = 4
  /// What earlier ones have.
  public static let instead: String? = "scale with tensor_scalar and cast to float8_e4m3"
  /// The fields.
  public static let fields: [Field<QuantizeMX>] = [
    Field(
      .write, "dst", \.dst, "[P, F / 4] packed, in sbuf",
      types: [.float8_e5m2_x4, .float8_e4m3fn_x4]),
    Field(.read, "src", \.src, "[P, F] in sbuf", types: [.bfloat16, .float16]),
    Field(
      .write, "dst_scale", \.dstScale, "scales, in the quadrants of src", isSpread: true,
      types: MXGroup.scaleTypes),
    Field(.immediate, "block_scale", \.blockScale, "how large scales are"),
  ]

  /// Packed result.
  public var dst = AccessPattern.unset
  /// What is quantised.
  public var src = AccessPattern.unset
  /// Scales.
  public var dstScale = AccessPattern.unset
  /// How large scales are.
  public var blockScale = MXBlockScale.doubled

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, dstScale: AccessPattern) {
    self.dst = dst
    self.src = src
    self.dstScale = dstScale
  }

  /// Generation, shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(dst, "dst"), (src, "src")] {
      check.requireSpace(pattern, name, [.sbuf])
    }
    check.requireQuadrants(src, "src")
    check.requireSameRows(src, "src", dst, "dst")
    check.require(
      src.elementsPerRow == MXGroup.elements * dst.elementsPerRow, "dst",
      "'dst' has \(dst.elementsPerRow) elements per partition, 'src' has \(src.elementsPerRow)",
      remedy: "dst packs four elements of src into one")
    check.requireScales(dstScale, "dst_scale", of: dst, "dst")
  }

  /// One pass of Vector.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .quantizeMx, .quantizeMx, inputs: [src], output: dst,
      alsoWrites: dstScale.scaleParts(ofRows: Int(src.rows)))
  }

  /// Computes `dst` and `dst_scale`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let values = try machine.read(src, "src")
    let dtype: DType =
      machine.tensors[Int(dst.tensor.index)].dtype == .float8_e5m2_x4
      ? .float8_e5m2 : .float8_e4m3fn
    let largest = dtype == .float8_e5m2 ? 15 : 8
    let codes = groupScales(
      of: values, below: blockScale == .doubled ? largest - 1 : largest, on: machine)
    let packed = machine.makeTile(rows: values.rows, columns: codes.columns, of: UInt32.self)
    var rounding = machine.rounding
    for row in 0..<values.rows {
      let elements = values.row(row)
      let own = codes.row(row / MXGroup.partitions)
      for i in 0..<values.columns {
        // A division by a power of two, which is exact.
        let exponent = MXGroup.bias - Int(own[i / MXGroup.elements])
        elements[i] *= Float(sign: .plus, exponent: exponent, significand: 1)
      }
      encode(
        elements, count: values.columns, as: dtype, into: UnsafeMutableRawPointer(packed.row(row)),
        stride: 1, rounding: &rounding)
    }
    machine.rounding = rounding
    try machine.writeBits(packed, to: dst, "dst")
    try machine.writeScales(codes, to: dstScale, "dst_scale", ofRows: values.rows)
  }

  /// The code of each group's scale: the exponent of the group's largest magnitude, less `reserve`.
  private func groupScales(
    of values: borrowing Tile<Float>, below reserve: Int, on machine: borrowing Machine
  ) -> Tile<UInt32> {
    let columns = values.columns / MXGroup.elements
    let codes = machine.makeTile(
      rows: values.rows / MXGroup.partitions, columns: columns, of: UInt32.self)
    codes.elements.update(repeating: 0, count: codes.count)
    for row in 0..<values.rows {
      let elements = values.row(row)
      let own = codes.row(row / MXGroup.partitions)
      for i in 0..<values.columns {
        // Numbers below 2^-126 have the exponent field 0, and the smallest scale.
        let exponent = elements[i].bitPattern >> 23 & 255
        own[i / MXGroup.elements] = max(own[i / MXGroup.elements], exponent)
      }
    }
    for i in 0..<codes.count {
      codes.elements[i] = UInt32(max(0, Int(codes.elements[i]) - reserve))
    }
    return codes
  }
}
