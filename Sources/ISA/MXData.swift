import Formats
import Machine

/// How OCP microscaling (MX) data lies in SBUF: 4 elements of 8 partitions share a scale, and the
/// scales of each quadrant of 32 partitions are in four partitions of that quadrant.
///
/// Source: NKI documentation, `quantize_mx`, and the trn3 architecture guide, "Quad-MXFP8/MXFP4
/// Matmul Performance".
enum MXGroup {
  /// Partitions of a group.
  static let partitions = 8
  /// Elements of a group in each of its partitions, which one packed element holds.
  static let elements = 4
  /// Partitions of a quadrant.
  static let quadrant = 32
  /// Partitions of a quadrant that hold its scales.
  static let scales = quadrant / partitions
  /// Partitions of a quadrant at which scales begin (NKI documentation, MXFP matrix multiplication,
  /// "Packing Scale Values").
  static let scaleStarts = [0, 4, 8, 12]
  /// Element types of scales.
  static let scaleTypes: ElementTypes = [.float8_e8m0fnu, .uint8]
  /// What is added to the exponent of a scale; the code 255 is NaN.
  static let bias = 127

  /// 2^(code - 127), or NaN.
  static func factor(_ code: UInt32) -> Float {
    code == 255 ? .nan : Float(sign: .plus, exponent: Int(code) - bias, significand: 1)
  }
}

extension AccessPattern {
  /// The partitions that hold the scales of `rows` partitions of data: four of each quadrant.
  func scaleParts(ofRows rows: Int) -> [AccessPattern] {
    stride(from: 0, to: rows, by: MXGroup.quadrant).map { first in
      var part = self
      part.rowStart += Int32(first)
      part.rows = Int32(MXGroup.scales)
      return part
    }
  }
}

extension Checker {
  /// Requires partitions in whole quadrants.
  mutating func requireQuadrants(_ data: AccessPattern, _ name: String) {
    require(
      Int(data.rows) % MXGroup.quadrant == 0, name,
      "'\(name)' has \(data.rows) partitions, must have a multiple of \(MXGroup.quadrant)",
      remedy: "pad it with zeros")
  }

  /// Requires scales of the packed elements of `data`, in the quadrants that they belong to.
  mutating func requireScales(
    _ scale: AccessPattern, _ name: String, of data: AccessPattern, _ dataName: String
  ) {
    requireSpace(scale, name, [.sbuf])
    require(
      scale.elementsPerRow == data.elementsPerRow, name,
      "'\(name)' has \(scale.elementsPerRow) elements per partition, "
        + "'\(dataName)' has \(data.elementsPerRow)",
      remedy: "one scale belongs to one packed element of eight partitions")
    let needed =
      max(0, Int(data.rows) / MXGroup.quadrant - 1) * MXGroup.quadrant + MXGroup.scales
    require(
      Int(scale.rows) >= needed, name,
      "'\(name)' has \(scale.rows) partitions, needs \(needed) for the \(data.rows) of '\(dataName)'",
      remedy: "the scales of each quadrant of 32 partitions are in four partitions of that quadrant"
    )
    let quadrants = [scale, data].map {
      (place($0).partition + Int($0.rowStart)) / MXGroup.quadrant
    }
    require(
      quadrants[0] == quadrants[1], name,
      "'\(name)' begins in quadrant \(quadrants[0]), '\(dataName)' in quadrant \(quadrants[1])",
      remedy: "scales lie in the quadrant of 32 partitions that their data are in")
  }
}

extension Machine {
  /// The scales of `rows` partitions of data: one row for each group of eight partitions.
  func readScales(
    _ pattern: AccessPattern, _ name: String, ofRows rows: Int
  ) throws(Trap) -> Tile<UInt32> {
    let columns = pattern.elementsPerRow
    let result = makeTile(rows: rows / MXGroup.partitions, columns: columns, of: UInt32.self)
    for (quadrant, part) in pattern.scaleParts(ofRows: rows).enumerated() {
      let bits = try readBits(part, name)
      result.row(quadrant * MXGroup.scales).update(from: bits.elements, count: bits.count)
    }
    return result
  }

  /// Stores the scales of `rows` partitions of data.
  mutating func writeScales(
    _ scales: borrowing Tile<UInt32>, to pattern: AccessPattern, _ name: String, ofRows rows: Int
  ) throws(Trap) {
    for (quadrant, part) in pattern.scaleParts(ofRows: rows).enumerated() {
      let bits = makeTile(rows: MXGroup.scales, columns: scales.columns, of: UInt32.self)
      bits.elements.update(from: scales.row(quadrant * MXGroup.scales), count: bits.count)
      try writeBits(bits, to: part, name)
    }
  }

  /// Packed elements times their scales: the four of a packed element are rows of their own, so that
  /// P partitions of N packed elements become 4 P rows of N values.
  func readScaled(
    _ data: AccessPattern, _ name: String, scale: AccessPattern, _ scaleName: String
  ) throws(Trap) -> Tile<Float> {
    let bits = try readBits(data, name)
    let scales = try readScales(scale, scaleName, ofRows: bits.rows)
    let dtype = tensors[Int(data.tensor.index)].dtype
    let width = UInt32(8 * dtype.size / MXGroup.elements)
    let values = dtype.packedValues
    let factors = (0..<UInt32(256)).map(MXGroup.factor)
    let columns = bits.columns
    let result = makeTile(rows: MXGroup.elements * bits.rows, columns: columns)
    for row in 0..<bits.rows {
      let codes = bits.row(row)
      let own = scales.row(row / MXGroup.partitions)
      for part in 0..<MXGroup.elements {
        let shift = UInt32(part) * width
        let target = result.row(MXGroup.elements * row + part)
        for column in 0..<columns {
          let code = codes[column] >> shift & (1 << width - 1)
          target[column] = values[Int(code)] * factors[Int(own[column])]
        }
      }
    }
    return result
  }
}

extension DType {
  /// Whether a stored element packs four elements of an MX group.
  var isPacked: Bool { isOpaque && self != .float8_e8m0fnu }

  /// The values of all codes of one of the elements that this type packs.
  fileprivate var packedValues: [Float] {
    switch self {
    case .float8_e5m2_x4: (0..<UInt32(256)).map { decodeElement($0, .float8_e5m2) }
    case .float8_e4m3fn_x4: (0..<UInt32(256)).map { decodeElement($0, .float8_e4m3fn) }
    default:
      // float4_e2m1fn (OCP Microscaling Formats, table 5): a sign, two exponent bits and one more.
      [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6]
    }
  }
}
