import Formats
import Machine

extension Machine {
  /// A scalar operand as one value per row: an immediate is repeated.
  func read(
    _ operand: ScalarOperand, _ name: String, rows: Int
  ) throws(Trap) -> Tile<Float> {
    switch operand {
    case .tile(let pattern): return try read(pattern, name)
    case .immediate(let value):
      let tile = makeTile(rows: rows, columns: 1)
      tile.elements.update(repeating: value, count: rows)
      return tile
    }
  }

  /// A scalar operand as one 32-bit pattern per row; an immediate is an integer.
  func readBits(
    _ operand: ScalarOperand, _ name: String, rows: Int
  ) throws(Trap) -> Tile<UInt32> {
    switch operand {
    case .tile(let pattern): return try readBits(pattern, name)
    case .immediate(let value):
      let tile = makeTile(rows: rows, columns: 1, of: UInt32.self)
      let bits = UInt32(truncatingIfNeeded: Int64(exactly: value) ?? 0)
      tile.elements.update(repeating: bits, count: rows)
      return tile
    }
  }
}

extension ALUOp {
  /// `tile = tile op operand`, or `operand op tile`, with one operand value per row.
  func apply(rowsOf tile: borrowing Tile<Float>, _ operand: borrowing Tile<Float>, reversed: Bool) {
    for row in 0..<tile.rows {
      let data = tile.row(row)
      let scalar = operand.elements + row
      if reversed {
        apply(scalar, lhsStep: 0, data, count: tile.columns, into: data)
      } else {
        apply(data, scalar, rhsStep: 0, count: tile.columns, into: data)
      }
    }
  }

  /// The same on bit patterns.
  func applyBits(
    rowsOf tile: borrowing Tile<UInt32>, _ operand: borrowing Tile<UInt32>, reversed: Bool,
    signed: Bool
  ) {
    for row in 0..<tile.rows {
      let data = tile.row(row)
      let scalar = operand.elements + row
      if reversed {
        applyBits(scalar, lhsStep: 0, data, count: tile.columns, signed: signed, into: data)
      } else {
        applyBits(data, scalar, rhsStep: 0, count: tile.columns, signed: signed, into: data)
      }
    }
  }

  /// Reduces `count` values to one, from the first on: `((v0 op v1) op v2) …` in fp32.
  ///
  /// The order in which the engines add is not published: `assumed` sequential.
  func reduce(_ values: UnsafePointer<Float>, count: Int) -> Float {
    guard count > 0 else { return 0 }
    var result = values[0]
    switch self {
    case .add: for i in 1..<max(count, 1) { result += values[i] }
    case .subtract: for i in 1..<max(count, 1) { result -= values[i] }
    case .multiply: for i in 1..<max(count, 1) { result *= values[i] }
    case .maximum:
      var sawNaN = result.isNaN
      for i in 1..<max(count, 1) {
        let value = values[i]
        sawNaN = sawNaN || value.isNaN
        result = value > result ? value : result
      }
      if sawNaN { result = .nan }
    case .minimum:
      var sawNaN = result.isNaN
      for i in 1..<max(count, 1) {
        let value = values[i]
        sawNaN = sawNaN || value.isNaN
        result = value < result ? value : result
      }
      if sawNaN { result = .nan }
    default:
      for i in 1..<max(count, 1) {
        let left = result
        withUnsafePointer(to: left) { apply($0, values + i, count: 1, into: &result) }
      }
    }
    return result
  }

  /// Reduces bit patterns to one.
  func reduceBits(_ values: UnsafePointer<UInt32>, count: Int) -> UInt32 {
    guard count > 0 else { return 0 }
    var result = values[0]
    for i in 1..<max(count, 1) {
      switch self {
      case .bitwiseAnd: result &= values[i]
      case .bitwiseOr: result |= values[i]
      default: result ^= values[i]
      }
    }
    return result
  }
}
