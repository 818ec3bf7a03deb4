import Formats

/// The decoder layer in float64, straight from the model's definition.
struct LayerReference {
  let kernel: Qwen3LayerKernel
  let inputs: ReferenceInputs
  let results: [String: [Double]]

  /// Logits that differ by less may be ordered either way by a result's rounding.
  var margin: Double {
    kernel.storage.doubleRow
      ? 1 : kernel.dtype == .float32 && kernel.storage.loaded.size == 4 ? 1e-4 : 0.1
  }

  private func weights(_ name: String, scale deviation: Double) -> [Double] {
    let scale = kernel.storage.scale(for: deviation)
    let stored = inputs[name]
    return scale == 1 ? stored : stored.map { $0 * scale }
  }

  /// All outputs.
  func outputs() -> [String: [Double]] {
    let (tokens, hidden) = (kernel.tokens, kernel.hidden)
    let x = inputs["x"]
    let normed = Reference.rmsNorm(x, gamma: inputs["gamma_in"], epsilon: kernel.epsilon)
    let qkv = Reference.product(
      normed, transposed: false, weights("w_qkv", scale: kernel.deviations.hidden), rows: tokens,
      inner: hidden, columns: kernel.qkvWidth)
    var (q, k, v) = splitHeads(qkv)
    q = turn(q, heads: kernel.heads, gamma: inputs["gamma_q"])
    k = turn(k, heads: kernel.kvHeads, gamma: inputs["gamma_k"])
    let attended = Reference.attention(
      q, k, v, tokens: tokens, heads: kernel.heads, kvHeads: kernel.kvHeads,
      size: kernel.headSize, keys: kernel.isDecode ? inputs["k_cache"] : [],
      values: kernel.isDecode ? inputs["v_cache"] : [],
      context: kernel.isDecode ? kernel.context : 0)
    let projected = Reference.product(
      attended, transposed: false, weights("w_o", scale: kernel.deviations.attention),
      rows: tokens, inner: kernel.heads * kernel.headSize, columns: hidden)
    let residual = zip(x, projected).map { $0 + $1 }
    let post = Reference.rmsNorm(residual, gamma: inputs["gamma_post"], epsilon: kernel.epsilon)
    let router = Reference.product(
      post, transposed: false, inputs["w_router"], rows: tokens, inner: hidden,
      columns: kernel.experts)
    let (indices, shares) = route(router)
    let mixed = experts(post, indices, shares)
    return [
      "out": zip(residual, mixed).map { $0 + $1 }, "k_new": k, "v_new": v,
      "expert_indices": indices.map { Double($0) }, "expert_weights": shares,
    ]
  }

  private func splitHeads(_ qkv: [Double]) -> ([Double], [Double], [Double]) {
    let widths = [kernel.heads, kernel.kvHeads, kernel.kvHeads].map { $0 * kernel.headSize }
    var parts: [[Double]] = [[], [], []]
    for token in 0..<kernel.tokens {
      var start = token * kernel.qkvWidth
      for (part, width) in widths.enumerated() {
        parts[part] += qkv[start..<start + width]
        start += width
      }
    }
    return (parts[0], parts[1], parts[2])
  }

  /// RMSNorm of each head, then the rotation of its halves.
  private func turn(_ x: [Double], heads: Int, gamma: [Double]) -> [Double] {
    Reference.rotated(
      Reference.rmsNorm(x, gamma: gamma, epsilon: kernel.epsilon), heads: heads,
      size: kernel.headSize, cos: inputs["cos"], sin: inputs["sin"])
  }

  /// Eight experts per token and their weights.
  ///
  /// Where the simulated choice differs only by experts whose logits are within the margin of the
  /// eighth, it is taken: rounding may decide between them.
  private func route(_ logits: [Double]) -> (indices: [Int], weights: [Double]) {
    let (count, top) = (kernel.experts, 8)
    let simulated = results["expert_indices"] ?? []
    var indices: [Int] = []
    var weights: [Double] = []
    for token in 0..<kernel.tokens {
      let row = Array(logits[token * count..<(token + 1) * count])
      let order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
      var chosen = Array(order.prefix(top))
      if simulated.count == kernel.tokens * top {
        let theirs = simulated[token * top..<(token + 1) * top].map { Int($0) }
        if isAdmissible(theirs, row, order) { chosen = theirs }
      }
      let shares = Reference.softmax(chosen.map { row[$0] }, width: top)
      indices += chosen
      weights += shares
    }
    return (indices, weights)
  }

  /// Whether a choice is the right one up to the margin: eight different experts in descending
  /// order, none that is clearly worse than one left out.
  private func isAdmissible(_ choice: [Int], _ row: [Double], _ order: [Int]) -> Bool {
    guard Set(choice).count == choice.count, choice.allSatisfy({ row.indices.contains($0) }) else {
      return false
    }
    let leftOut = order.first { !choice.contains($0) }.map { row[$0] } ?? -.infinity
    let isBest = choice.allSatisfy { row[$0] > leftOut - margin }
    let descends = zip(choice, choice.dropFirst()).allSatisfy { row[$0] > row[$1] - margin }
    return isBest && descends
  }

  /// Σ weight · (silu(x gate) · (x up)) down, expert by expert.
  private func experts(_ x: [Double], _ indices: [Int], _ shares: [Double]) -> [Double] {
    let (hidden, inner) = (kernel.hidden, kernel.inner)
    return MLPReference(hidden: hidden, inner: inner, experts: kernel.experts).sum(
      x, indices, shares, inputs, scales: kernel.expertScales)
  }
}

/// The experts' MLPs in float64.
struct MLPReference {
  let hidden: Int
  let inner: Int
  let experts: Int

  /// Σ weight · (silu(x gate) · (x up)) down of each row of x.
  func sum(
    _ x: [Double], _ indices: [Int], _ shares: [Double], _ inputs: ReferenceInputs,
    scales: (gateUp: Double, down: Double)
  ) -> [Double] {
    var out = [Double](repeating: 0, count: x.count)
    let top = indices.count / (x.count / hidden)
    for expert in 0..<experts {
      let places = indices.indices.filter { indices[$0] == expert }
      guard !places.isEmpty else { continue }
      let rows = places.flatMap { place in
        x[place / top * hidden..<(place / top + 1) * hidden].map { $0 * scales.gateUp }
      }
      let size = hidden * 2 * inner
      let gateUp = Reference.product(
        rows, transposed: false, inputs["gate_up", expert * size..<(expert + 1) * size],
        rows: places.count, inner: hidden, columns: 2 * inner)
      var gated: [Double] = []
      for row in places.indices {
        for i in 0..<inner {
          let gate = gateUp[row * 2 * inner + i]
          let up = gateUp[row * 2 * inner + inner + i]
          gated.append(gate / (1 + Reference.exponential(-gate)) * up * scales.down)
        }
      }
      let down = Reference.product(
        gated, transposed: false,
        inputs["down", expert * inner * hidden..<(expert + 1) * inner * hidden],
        rows: places.count, inner: inner, columns: hidden)
      for (row, place) in places.enumerated() {
        let start = place / top * hidden
        for i in 0..<hidden { out[start + i] += shares[place] * down[row * hidden + i] }
      }
    }
    return out
  }
}

extension Qwen3LayerKernel {
  /// The definition in float64.
  public func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    reference(ReferenceInputs(inputs), results: [:])
  }

  /// The definition in float64; experts that are equally good within rounding as simulated.
  public func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]] {
    LayerReference(kernel: self, inputs: inputs, results: results).outputs()
  }
}
