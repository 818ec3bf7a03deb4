import Formats
import ISA
import Workloads

/// Parameters that several kernels share, so that they mean the same everywhere.
extension KernelParameter {
  /// Rows of the activations.
  static let tokens = integer("tokens", 1...1 << 20, default: 128, "tokens (rows); any number")

  /// Partitions that a tile of tokens takes.
  static let tileTokens = integer(
    "tile_tokens", 1...128, default: 128, "tokens (partitions) of a tile")

  /// Width of the model: 2048 in Qwen3-30B-A3B (its config.json, `hidden_size`).
  static let hidden = integer("hidden", 1...1 << 16, default: 2048, "elements of a token")

  /// Storage type of inputs and outputs.
  static let dtype = KernelParameter(
    "dtype", .dtype([.float32, .bfloat16]), default: .dtype(.bfloat16),
    "element type of inputs and outputs; arithmetic is float32")

  /// Term that keeps RMSNorm's root from 0: 1e-6 in Qwen3-30B-A3B (`rms_norm_eps`).
  static let epsilon = KernelParameter(
    "eps", .number(0...1), default: .number(1e-6), "added to the mean of squares")

  /// Depth of the rotating tiles.
  static func buffers(_ count: Int) -> KernelParameter {
    integer(
      "buffers", 1...8, default: count, "tiles of each pool; 2 or more overlap load and compute")
  }

  /// Order of emission.
  static let interleave = flag(
    "interleave", default: true,
    "start the next tile on all engines before this one is finished; needs 2 buffers")

  /// Which queue starts the loads.
  static let loadEngine = choice(
    "load_engine", ["sync", "scalar", "gpsimd", "vector", "tensor"],
    "engine whose queue starts the loads")

  /// Who makes the DMAs' descriptors.
  static let descriptors = choice(
    "dge", ["unknown", "none", "hwdge", "swdge"],
    "who makes dma descriptors; none: prepared before the kernel, unknown: what the engine has")

  /// Which queue starts the stores.
  static func storeEngine(_ first: String) -> KernelParameter {
    let all = ["sync", "scalar", "gpsimd", "vector", "tensor"]
    return choice(
      "store_engine", [first] + all.filter { $0 != first }, "engine whose queue starts the stores")
  }
}

extension KernelParameters {
  /// The choice of `KernelParameter.descriptors`.
  var descriptors: DGEChoice { DGEChoice(rawValue: choice("dge")) ?? .unknown }
}
