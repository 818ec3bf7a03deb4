package import Baselines
import Kernels
import Reports

extension Demo {
  /// Every kernel of Qwen3-30B-A3B's MoE layer at the model's shapes.
  ///
  /// Shapes are those of the model's config.json: hidden size 2048, 32 query heads and 4 key and 4
  /// value heads of 128 elements (a QKV projection of 2048 × 5120), experts of width 768, 128 experts
  /// of which each token takes 8. They are the kernels' defaults, apart from the projection.
  ///
  /// - Parameter tokens: Rows of the activations; by default a prefill of 128 and one decoded token.
  package static func qwen3Layer(tokens: [Int] = [128, 1]) -> Demo {
    Demo(
      tokens.flatMap { count in
        let rows = "tokens=\(count)"
        return [
          Entry(KernelName.matmul, "qkv", tokens: count, ["m=\(count)", "k=2048", "n=5120"]),
          Entry(KernelName.rmsnorm, "", tokens: count, [rows]),
          Entry(KernelName.silu, "five steps", tokens: count, [rows, "form=five"]),
          Entry(KernelName.silu, "one activation", tokens: count, [rows, "form=one"]),
          Entry(KernelName.softmax, "", tokens: count, [rows]),
          Entry(KernelName.rope, "", tokens: count, [rows]),
          Entry(KernelName.addRMSNorm, "fused", tokens: count, [rows, "form=fused"]),
          Entry(KernelName.addRMSNorm, "separate", tokens: count, [rows, "form=separate"]),
          Entry(KernelName.expertRouter, "", tokens: count, [rows]),
        ]
      })
  }
}

extension Demo.Entry {
  fileprivate init(_ kernel: KernelName, _ form: String, tokens: Int, _ settings: [String]) {
    self.init(kernel.rawValue, form, tokens: tokens, settings)
  }
}

extension DemoTable {
  /// What fusing saves, in one sentence per number of tokens; empty without both forms.
  package var fusion: [String] {
    rows.filter { $0.entry.kernel == AddRMSNormKernel.name && $0.entry.form == "fused" }.compactMap
    { fused in
      guard
        let separate = rows.first(where: {
          $0.entry.kernel == AddRMSNormKernel.name && $0.entry.form == "separate"
            && $0.entry.tokens == fused.entry.tokens
        })
      else { return nil }
      let few = fused.summary.hbmBytes
      let many = separate.summary.hbmBytes
      let saved = 1 - Double(few) / Double(max(1, many))
      let speedup = Double(separate.summary.total) / Double(max(1, fused.summary.total))
      return "add_rmsnorm, tokens=\(fused.entry.tokens): fused moves \(grouped(few)) HBM bytes, "
        + "separate \(grouped(many)): \(percent(saved)) less, \(fixed(speedup, 2)) times as fast."
    }
  }
}
