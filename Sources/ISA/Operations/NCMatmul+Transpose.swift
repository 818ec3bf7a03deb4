import Formats
import Machine

extension NCMatmul {
  /// Moves bits instead of multiplying, where one operand only picks rows of the other.
  ///
  /// So NaN and infinity never meet the zeros of an identity.
  /// - Returns: whether that was the case; if not, `dst` must be computed as a product.
  func passThrough(on machine: inout Machine) throws(Trap) -> Bool {
    let columns = Int(dst.rows)
    let width = dst.elementsPerRow
    let target = machine.tensors[Int(dst.tensor.index)].dtype
    let streamed = try machine.read(moving, "moving")
    if let picks = Self.picks(streamed) {
      // dst[m, j] = stationary[picks[j], m]
      if target == machine.tensors[Int(stationary.tensor.index)].dtype {
        let data = try machine.readBits(stationary, "stationary")
        let result = machine.makeTile(rows: columns, columns: width, of: UInt32.self)
        Self.gather(data, picks, zero: 0, into: result)
        try machine.writeBits(result, to: dst, "dst", byMatmul: true)
      } else {
        let data = try machine.read(stationary, "stationary")
        let result = machine.makeTile(rows: columns, columns: width)
        Self.gather(data, picks, zero: 0, into: result)
        try machine.write(result, to: dst, "dst", byMatmul: true)
      }
      return true
    }
    guard let picks = Self.picks(try machine.read(stationary, "stationary")) else { return false }
    // dst[m, j] = moving[picks[m], j]
    if target == machine.tensors[Int(moving.tensor.index)].dtype {
      let data = try machine.readBits(moving, "moving")
      let result = machine.makeTile(rows: columns, columns: width, of: UInt32.self)
      Self.copyRows(data, picks, zero: 0, into: result)
      try machine.writeBits(result, to: dst, "dst", byMatmul: true)
    } else {
      let result = machine.makeTile(rows: columns, columns: width)
      Self.copyRows(streamed, picks, zero: 0, into: result)
      try machine.write(result, to: dst, "dst", byMatmul: true)
    }
    return true
  }

  /// For each column the row of its only 1, or -1 for a column of zeros; `nil` if there is more.
  private static func picks(_ tile: borrowing Tile<Float>) -> [Int]? {
    var picks = [Int](repeating: -1, count: tile.columns)
    for row in 0..<tile.rows {
      let values = tile.row(row)
      for column in 0..<tile.columns {
        let value = values[column]
        if value == 0 { continue }
        guard value == 1, picks[column] < 0 else { return nil }
        picks[column] = row
      }
    }
    return picks
  }

  /// `result[m, j] = data[picks[j], m]`, zero where there is no pick.
  private static func gather<Element>(
    _ data: borrowing Tile<Element>, _ picks: [Int], zero: Element,
    into result: borrowing Tile<Element>
  ) {
    for (column, pick) in picks.enumerated() {
      for row in 0..<result.rows {
        result.elements[row * result.columns + column] = pick < 0 ? zero : data.row(pick)[row]
      }
    }
  }

  /// `result[m, …] = data[picks[m], …]`, zero where there is no pick.
  private static func copyRows<Element>(
    _ data: borrowing Tile<Element>, _ picks: [Int], zero: Element,
    into result: borrowing Tile<Element>
  ) {
    for (row, pick) in picks.enumerated() {
      if pick < 0 {
        result.row(row).update(repeating: zero, count: result.columns)
      } else {
        result.row(row).update(from: data.row(pick), count: result.columns)
      }
    }
  }
}
