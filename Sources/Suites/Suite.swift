public import Kernels

/// A named list of kernel runs that are shown in one table.
public struct Suite: Hashable, Sendable {
  /// One run: a kernel with its parameters.
  public struct Entry: Hashable, Sendable {
    /// The kernel.
    public var kernel: KernelName
    /// What sets it apart from other entries of its kernel.
    public var form: String
    /// Rows of the activations.
    public var tokens: Int
    /// The parameters, each of the form `name=value`.
    public var settings: [String]

    /// Makes an entry.
    public init(_ kernel: KernelName, _ form: String, tokens: Int, _ settings: [String]) {
      self.kernel = kernel
      self.form = form
      self.tokens = tokens
      self.settings = settings
    }

    /// A name for the entry's files: unique within a suite.
    public var fileName: String {
      let words = [kernel.rawValue] + form.split(separator: " ").map(String.init)
      return (words + ["\(tokens)"]).joined(separator: "-")
    }
  }

  /// The entries in the order of the table.
  public var entries: [Entry]

  /// Makes a suite.
  public init(_ entries: [Entry]) { self.entries = entries }
}

extension Suite {
  /// Every kernel of Qwen3-30B-A3B's MoE layer at the model's shapes.
  ///
  /// Shapes are those of the model's config.json: hidden size 2048, 32 query heads and 4 key and 4
  /// value heads of 128 elements (a QKV projection of 2048 × 5120), experts of width 768, 128 experts
  /// of which each token takes 8. They are the kernels' defaults, apart from the projection.
  ///
  /// - Parameter tokens: Rows of the activations; by default a prefill of 128 and one decoded token.
  public static func qwen3Layer(tokens: [Int] = [128, 1]) -> Suite {
    Suite(
      tokens.flatMap { count in
        let rows = "tokens=\(count)"
        return [
          Entry(.matmul, "qkv", tokens: count, ["m=\(count)", "k=2048", "n=5120"]),
          Entry(.rmsnorm, "", tokens: count, [rows]),
          Entry(.silu, "five steps", tokens: count, [rows, "form=five"]),
          Entry(.silu, "one activation", tokens: count, [rows, "form=one"]),
          Entry(.softmax, "", tokens: count, [rows]),
          Entry(.rope, "", tokens: count, [rows]),
          Entry(.addRMSNorm, "fused", tokens: count, [rows, "form=fused"]),
          Entry(.addRMSNorm, "separate", tokens: count, [rows, "form=separate"]),
          Entry(.expertRouter, "", tokens: count, [rows]),
        ]
      })
  }
}
