import Formats
package import Workloads

/// The decoder layer in float64, straight from the model's definition.
struct LayerReference {
  let kernel: Qwen3LayerKernel
  let inputs: ReferenceInputs
  let results: [String: [Double]]

  /// The relative error of the rows that the router sees: independent roundings on their way.
  ///
  /// In bfloat16 nine at most: the input's normalised row and its columns, q, k and v, the normalised
  /// heads, attention's weights and its result, the residual, its normalised row and its columns (two
  /// less where the router has float32 rows). Of 8-bit columns two more, those of the projections. In
  /// float32 five products of up to 4096 terms.
  private var rowError: Double {
    let terms = 3 * kernel.hidden + 2 * kernel.heads * kernel.headSize
    let isExact = kernel.dtype == .float32 && kernel.storage.columns == .float32
    let rule = Tolerance.roundings(
      isExact ? 0 : kernel.routerType == .float32 ? 7 : 9, of: .bfloat16,
      eightBit: kernel.storage.doubleRow ? 2 : 0, terms: terms)
    return rule.norm ?? 0
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
    let route = RouterReference(
      weights: inputs["w_router"], hidden: hidden, experts: kernel.experts, rowError: rowError
    ).route(post, simulated: results["expert_indices"] ?? [])
    let (indices, shares) = (route.indices, route.weights)
    let mixed = experts(post, indices, shares)
    var outputs = [
      "out": zip(residual, mixed).map { $0 + $1 }, "k_new": k, "v_new": v,
      "expert_indices": indices.map { Double($0) }, "expert_weights": shares,
    ]
    if !results.isEmpty { outputs[RouterReference.key] = route.figures }
    return outputs
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
  /// How the router's choice compares with float64's.
  package func remarks(_ reference: [String: [Double]]) -> [String] {
    RouterReference.remarks(reference, tokens: tokens)
  }

  /// The definition in float64.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    reference(ReferenceInputs(inputs), results: [:])
  }

  /// The definition in float64; experts that are equally good within rounding as simulated.
  package func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]] {
    LayerReference(kernel: self, inputs: inputs, results: results).outputs()
  }
}
