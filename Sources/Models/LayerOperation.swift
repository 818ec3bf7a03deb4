import Device
import Formats
package import Hardware
package import Kernels
package import Timing

/// One operation of a decoder layer: what it must compute and move at least, and a kernel that does it
/// alone.
package struct LayerOperation: Sendable {
  /// The name of the table, which is also the scope of the fused program.
  package var step: Qwen3LayerKernel.Step
  /// What it is called where a step has several.
  package var name: String
  /// The kernel that does it alone, with its settings; `nil` where none does.
  package var kernel: KernelName?
  /// The kernel's settings.
  package var settings: [String]
  /// Floating-point operations of its matrix products.
  package var flops: Int
  /// Bytes of weights and cache that it must read or write, activations left out.
  package var bytes: Int

  /// The least time that any core of this hardware needs: operations at the PE array's rate, or bytes
  /// at what one core reads from HBM.
  package func leastTime(on hardware: Hardware) -> Picoseconds {
    let compute = Double(flops) / hardware.peakTFLOPS
    let memory = Double(bytes) * 1000 / hardware.hbm.readBandwidthPerCore
    return Picoseconds(max(compute, memory))
  }
}

/// How a layer's operations are done where each is a kernel of its own.
package enum StrategySet: String, CaseIterable, Sendable {
  /// Each kernel as one writes it first: tiles of 128 × 128 × 512, two buffers of everything, one engine
  /// for one job, attention group by group or in three passes, every expert on every token of a prompt;
  /// intermediate results through HBM.
  case plain
  /// Tiled: loads overlap, engines balanced.
  case tiled
  /// The whole layer as one program.
  case fused
}

extension LayerOperation {
  /// The operations of a layer in their order, with kernels of a strategy set.
  ///
  /// `fused` has the kernels of `tiled`, to compare with.
  package static func all(_ layer: LayerExtents, _ set: StrategySet) -> [LayerOperation] {
    let list = OperationList(layer: layer, isPlain: set == .plain)
    return [
      list.norm(.norm), list.projection, list.headNorm, list.rotation, list.cacheWrite,
      list.attention, list.output,
    ] + list.sum(.headSum) + [list.norm(.postNorm), list.router, list.experts]
      + list.sum(.expertSum) + [list.residual]
  }
}

/// Makes the operations of one layer.
private struct OperationList {
  let layer: LayerExtents
  let isPlain: Bool

  private var element: Int { layer.dtype.size }
  private var rows: String { "tokens=\(layer.tokens)" }
  private var type: String { "dtype=\(layer.dtype.name)" }
  private var qkHeads: Int { layer.heads + layer.kvHeads }
  private var qWidth: Int { layer.heads * layer.headSize }
  private var storage: [String] {
    layer.weights == layer.dtype ? [] : ["weights=\(layer.weights.name)"]
  }
  /// The next stripe of 512 columns loads while one is used; one engine moves sums out of PSUM.
  private func stream(_ k: Int) -> [String] {
    guard isPlain else { return [] }
    let bytes = (k + 127) / 128 * 512 * layer.weights.size
    return ["weight_buffers=2", "weight_bytes=\(min(bytes, 32768))", "evict=vector"]
  }

  func norm(_ step: Qwen3LayerKernel.Step) -> LayerOperation {
    let plain = ["buffers=2", "interleave=false", "gamma_broadcast=dma"]
    return LayerOperation(
      step: step, name: step.rawValue, kernel: .rmsnorm,
      settings: [rows, "hidden=\(layer.hidden)", type] + (isPlain ? plain : []), flops: 0,
      bytes: layer.hidden * element)
  }

  private func projection(
    _ step: Qwen3LayerKernel.Step, _ k: Int, _ n: Int, _ more: [String]
  ) -> LayerOperation {
    LayerOperation(
      step: step, name: step.rawValue, kernel: .projection,
      settings: [rows, "k=\(k)", "n=\(n)", type] + more + storage + stream(k),
      flops: 2 * layer.tokens * k * n, bytes: k * n * layer.weights.size)
  }

  var projection: LayerOperation {
    projection(
      .qkv, layer.hidden, (layer.heads + 2 * layer.kvHeads) * layer.headSize, [])
  }

  var output: LayerOperation { projection(.output, qWidth, layer.hidden, ["residual=true"]) }

  private var heads: [String] {
    [
      rows, "q_heads=\(layer.heads)", "kv_heads=\(layer.kvHeads)", "head_dim=\(layer.headSize)",
      type,
    ]
  }

  var headNorm: LayerOperation {
    LayerOperation(
      step: .heads, name: "q/k norm", kernel: .headNorm,
      settings: heads + (isPlain ? ["gpsimd_share=0"] : []), flops: 0,
      bytes: 2 * layer.headSize * element)
  }

  var rotation: LayerOperation {
    let settings = heads.map { $0.replacing("kv_heads", with: "k_heads") }
    return LayerOperation(
      step: .heads, name: "rope", kernel: .rope,
      settings: settings + (isPlain ? ["gpsimd_share=0"] : []),
      flops: 0,
      bytes: layer.tokens * layer.headSize * element)
  }

  var cacheWrite: LayerOperation {
    LayerOperation(
      step: .cacheWrite, name: "kv-cache write", kernel: .cacheWrite,
      settings: [
        rows, "places=\(layer.context + layer.tokens)", "position=\(layer.context)",
        "kv_heads=\(layer.kvHeads)", "head_dim=\(layer.headSize)", type,
      ], flops: 0,
      bytes: 2 * layer.tokens * layer.kvHeads * layer.headSize * element)
  }

  /// Causal: each new token meets the cache, itself and the new ones before it.
  var attention: LayerOperation {
    let pairs = layer.tokens * layer.context + layer.tokens * (layer.tokens + 1) / 2
    let cache = 2 * layer.context * layer.kvHeads * layer.headSize * element
    var settings = heads
    if layer.isDecode {
      settings[0] = "context=\(layer.context)"
      if isPlain { settings += ["heads=apart", "evict=vector"] }
    } else if isPlain {
      settings += ["form=three_pass", "buffers=2", "evict=vector"]
    }
    return LayerOperation(
      step: .attention, name: "attention",
      kernel: layer.isDecode ? .decodeAttention : .prefillAttention, settings: settings,
      flops: 4 * pairs * qWidth, bytes: cache)
  }

  var router: LayerOperation {
    LayerOperation(
      step: .router, name: "router + top 8", kernel: .expertRouter,
      settings: [rows, "hidden=\(layer.hidden)", "experts=\(layer.experts)", type]
        + (isPlain ? ["buffers=2", "interleave=false", "evict=vector"] : []),
      flops: 2 * layer.tokens * layer.hidden * layer.experts,
      bytes: layer.hidden * layer.experts * element)
  }

  /// Each pair of a token and an expert that it chose, once.
  var experts: LayerOperation {
    let each = 3 * layer.hidden * layer.inner
    let form =
      layer.isDecode ? "selected" : layer.blockTokens > 0 && !isPlain ? "grouped" : "dense"
    let blocks =
      form == "grouped" ? ["block_tokens=\(layer.blockTokens)", "skew=\(layer.skew)"] : []
    return LayerOperation(
      step: .experts, name: "experts",
      // A kernel alone has all experts that its tokens take.
      kernel: layer.chosen == 8 ? .expertMLP : nil,
      settings: [
        rows, "form=\(form)", "hidden=\(layer.hidden)", "experts=\(layer.experts)",
        "inner=\(layer.inner)", type,
      ] + blocks + storage + stream(layer.hidden),
      flops: 2 * layer.tokens * layer.chosen * each,
      bytes: layer.leastExperts * each * layer.weights.size)
  }

  /// What cores exchange to add up their parts; what moves between cores is not HBM's.
  func sum(_ step: Qwen3LayerKernel.Step) -> [LayerOperation] {
    guard layer.layout.count > 1 else { return [] }
    return [
      LayerOperation(
        step: step, name: step.rawValue, kernel: .coreSum,
        settings: [
          rows, "hidden=\(layer.hidden)", type, "tp=\(layer.layout.ranks)",
          "lnc=\(layer.layout.coresPerRank)",
        ], flops: 0, bytes: 0)
    ]
  }

  var residual: LayerOperation {
    LayerOperation(
      step: .store, name: "residual", kernel: .vectorAdd,
      settings: [
        "elements=\(layer.tokens * layer.hidden)",
        "partitions=\(layer.tokens == 1 ? min(128, layer.hidden) : min(128, layer.tokens))",
        type,
      ], flops: 0, bytes: 0)
  }
}
