extension Reference {
  /// Heads `[tokens, heads, size]` with their halves rotated by cos and sin `[tokens, size / 2]`.
  static func rotated(
    _ x: [Double], heads: Int, size: Int, cos: [Double], sin: [Double]
  ) -> [Double] {
    var y = x
    let half = size / 2
    for token in 0..<x.count / (heads * size) {
      for head in 0..<heads {
        let start = (token * heads + head) * size
        for j in 0..<half {
          let (first, second) = (x[start + j], x[start + half + j])
          let (c, s) = (cos[token * half + j], sin[token * half + j])
          y[start + j] = first * c - second * s
          y[start + half + j] = second * c + first * s
        }
      }
    }
    return y
  }

  /// Causal attention of `tokens` new tokens, after those in a cache: softmax(q · kᵀ / √size) · v.
  ///
  /// - Parameters:
  ///   - q: `[tokens, heads, size]`.
  ///   - k: `[tokens, kvHeads, size]`, as v.
  ///   - keys: `[kvHeads, size, context]`.
  ///   - values: `[context, kvHeads, size]`.
  static func attention(
    _ q: [Double], _ k: [Double], _ v: [Double], tokens: Int, heads: Int, kvHeads: Int, size: Int,
    keys: [Double] = [], values: [Double] = [], context: Int = 0
  ) -> [Double] {
    let scale = 1 / Double(size).squareRoot()
    var out = [Double](repeating: 0, count: q.count)
    for token in 0..<tokens {
      for head in 0..<heads {
        let group = head * kvHeads / heads
        let query = (token * heads + head) * size
        var scores = [Double](repeating: 0, count: context + token + 1)
        // Element by element of the head, so that the cache is walked in its order.
        for i in 0..<size {
          let factor = q[query + i] * scale
          let old = (group * size + i) * context
          for key in 0..<context { scores[key] += factor * keys[old + key] }
          for key in 0...token {
            scores[context + key] += factor * k[(key * kvHeads + group) * size + i]
          }
        }
        for (key, weight) in softmax(scores, width: scores.count).enumerated() {
          let isOld = key < context
          let start = ((isOld ? key : key - context) * kvHeads + group) * size
          for i in 0..<size {
            out[query + i] += weight * (isOld ? values[start + i] : v[start + i])
          }
        }
      }
    }
    return out
  }
}
