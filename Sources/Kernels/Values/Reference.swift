/// The mathematics that several references share, in float64.
enum Reference {
  /// lhs · rhs, with lhs as [rows, inner] or, transposed, as [inner, rows].
  static func product(
    _ lhs: [Double], transposed: Bool, _ rhs: [Double], rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    precondition(lhs.count == rows * inner && rhs.count == inner * columns)
    var result = [Double](repeating: 0, count: rows * columns)
    result.withUnsafeMutableBufferPointer { result in
      lhs.withUnsafeBufferPointer { lhs in
        rhs.withUnsafeBufferPointer { rhs in
          guard let out = result.baseAddress, let right = rhs.baseAddress else { return }
          for row in 0..<rows {
            let target = out + row * columns
            for index in 0..<inner {
              let factor = transposed ? lhs[index * rows + row] : lhs[row * inner + index]
              let source = right + index * columns
              // `while`: a range's iterator is slow in builds without optimisation.
              var column = 0
              while column < columns {
                target[column] += factor * source[column]
                column += 1
              }
            }
          }
        }
      }
    }
    return result
  }

  /// Calls `body` with each row of a matrix.
  static func mapRows(
    _ matrix: [Double], width: Int, _ body: (ArraySlice<Double>) -> [Double]
  ) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(matrix.count)
    for start in stride(from: 0, to: matrix.count, by: width) {
      result += body(matrix[start..<start + width])
    }
    return result
  }

  /// √(mean of squares).
  static func rootMeanSquare(_ x: ArraySlice<Double>) -> Double {
    (x.reduce(0) { $0 + $1 * $1 } / Double(max(1, x.count))).squareRoot()
  }

  /// x / sqrt(mean(x²) + eps) · gamma, row by row.
  static func rmsNorm(_ x: [Double], gamma: [Double], epsilon: Double) -> [Double] {
    mapRows(x, width: gamma.count) { row in
      let mean = row.reduce(0) { $0 + $1 * $1 } / Double(row.count)
      let scale = 1 / (mean + epsilon).squareRoot()
      return zip(row, gamma).map { $0 * scale * $1 }
    }
  }

  /// exp(x - max) / Σ exp(x - max), row by row.
  static func softmax(_ x: [Double], width: Int) -> [Double] {
    mapRows(x, width: width) { row in
      let largest = row.max() ?? 0
      let powers = row.map { exponential($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }
}
