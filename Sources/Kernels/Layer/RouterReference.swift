/// A router in float64, and which of its choices rounding may decide.
struct RouterReference {
  /// `[hidden, experts]`.
  let weights: [Double]
  let hidden: Int
  let experts: Int
  /// The relative error of the rows that the simulated router sees.
  let rowError: Double

  private let top = 8

  /// Makes a router.
  init(weights: [Double], hidden: Int, experts: Int, rowError: Double) {
    self.weights = weights
    self.hidden = hidden
    self.experts = experts
    self.rowError = rowError
  }

  /// Eight experts per row and their weights, and figures for `remarks`.
  struct Route {
    var indices: [Int] = []
    var weights: [Double] = []
    /// Rows whose choice differs from float64's, the largest difference of logits that they have in the
    /// other order, the difference that rounding explains there, and the smallest difference of an eighth
    /// and a ninth logit.
    var figures = [0.0, 0, 0, .infinity]
  }

  /// Where the figures are among a reference's outputs.
  static let key = "routing"

  /// Routes rows; where the simulated choice differs only by experts between whose logits rounding may
  /// decide, it is taken.
  func route(_ rows: [Double], simulated: [Double]) -> Route {
    let tokens = rows.count / hidden
    let logits = Reference.product(
      rows, transposed: false, weights, rows: tokens, inner: hidden, columns: experts)
    var route = Route()
    for token in 0..<tokens {
      let row = Array(logits[token * experts..<(token + 1) * experts])
      let order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
      var chosen = Array(order.prefix(top))
      if order.count > top {
        route.figures[3] = min(route.figures[3], row[order[top - 1]] - row[order[top]])
      }
      if simulated.count == tokens * top {
        let theirs = simulated[token * top..<(token + 1) * top].map { Int($0) }
        let deviation =
          rowError * Reference.rootMeanSquare(rows[token * hidden..<(token + 1) * hidden])
        if theirs != chosen, let gap = gap(theirs, row, order, deviation) {
          route.figures[0] += 1
          if gap.found > route.figures[1] {
            (route.figures[1], route.figures[2]) = (gap.found, gap.allowed)
          }
          chosen = theirs
        }
      }
      route.indices += chosen
      route.weights += Reference.softmax(chosen.map { row[$0] }, width: top)
    }
    return route
  }

  /// The largest difference of logits that a choice has in the wrong order and what rounding explains
  /// there; `nil` if some pair's difference is not explained, or it is no choice of different experts.
  private func gap(
    _ choice: [Int], _ row: [Double], _ order: [Int], _ deviation: Double
  ) -> (found: Double, allowed: Double)? {
    guard Set(choice).count == choice.count, choice.allSatisfy({ row.indices.contains($0) }) else {
      return nil
    }
    let leftOut = order.filter { !choice.contains($0) }
    var largest = (found: 0.0, allowed: 0.0)
    for (place, expert) in choice.enumerated() {
      for better in choice[(place + 1)...] + leftOut where row[better] > row[expert] {
        let found = row[better] - row[expert]
        let allowed = margin(better, expert, deviation)
        guard found <= allowed else { return nil }
        if found > largest.found { largest = (found, allowed) }
      }
    }
    return largest
  }

  /// Five deviations of the error of the difference of two logits, row · (w_a - w_b), from that of the
  /// row's elements: more is seen once in two million comparisons.
  private func margin(_ a: Int, _ b: Int, _ deviation: Double) -> Double {
    var squares = 0.0
    for start in stride(from: 0, to: weights.count, by: experts) {
      let difference = weights[start + a] - weights[start + b]
      squares += difference * difference
    }
    return 5 * deviation * squares.squareRoot()
  }

  /// The figures in words.
  static func remarks(_ reference: [String: [Double]], tokens: Int) -> [String] {
    guard let figures = reference[key] else { return [] }
    func short(_ value: Double) -> String { String(value, digits: 2) }
    let choice =
      figures[0] == 0
      ? "float64's choice and order for all of \(tokens) tokens"
      : "another order than float64's for \(Int(figures[0])) of \(tokens) tokens, where logits differ "
        + "by \(short(figures[1])) at most (rounding explains \(short(figures[2])))"
    return ["router: \(choice); an eighth and a ninth logit differ by \(short(figures[3])) or more"]
  }
}
