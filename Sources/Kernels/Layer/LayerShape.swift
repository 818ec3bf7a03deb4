import Diagnostics
import Formats
import Workloads

/// Extents of a decoder layer, the same for all its kernels.
///
/// The defaults are those of Qwen3-30B-A3B's config.json: hidden_size 2048, num_attention_heads 32,
/// num_key_value_heads 4, head_dim 128, num_experts 128, moe_intermediate_size 768.
struct LayerShape {
  static let heads = KernelParameter.integer(
    "q_heads", 1...128, default: 32, "query heads; a multiple of kv_heads")
  static let kvHeads = KernelParameter.integer(
    "kv_heads", 1...128, default: 4, "key and value heads")
  static let headSize = KernelParameter.integer(
    "head_dim", 2...128, default: 128, "elements of a head; even")
  static let experts = KernelParameter.integer(
    "experts", 8...512, default: 128, "experts, of which each token takes 8")
  static let inner = KernelParameter.integer(
    "inner", 1...1 << 14, default: 768, "width of an expert")
  static let context = KernelParameter.integer(
    "context", 1...1 << 15, default: 1024, "tokens in the cache before the new one")

  static let blockTokens = KernelParameter.integer(
    "block_tokens", 1...128, default: 64, "tokens of a block of grouped experts")
  static let blocks = KernelParameter.choice(
    "blocks", ["counted", "worst"],
    "blocks of grouped experts: a loop over those there are, or as many as there could be")

  static let routerType = KernelParameter.choice(
    "router_dtype", ["same", "float32"],
    "type of the router's weights and of the rows that it sees; same: as the others")

  /// How products with weights are fed: shared by all kernels that stream weights.
  static let streamParameters: [KernelParameter] = [
    .integer(
      "weight_bytes", 0...1 << 16, default: 0,
      "bytes per partition of a tile of weights; 0: 24576, less if sbuf has no room for four"),
    .integer(
      "weight_buffers", 0...32, default: 0,
      "tiles of weights: how far loads run ahead; 0: what sbuf has room for"),
    .integer("tile_n", 1...512, default: 512, "columns of a product: moving columns"),
    .choice(
      "load_engine", ["sync", "scalar", "gpsimd", "both"],
      "engine whose queue starts the loads of weights; both: sync and scalar in turn"),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
  ]

  /// Storage of weights and the factor that undoes its scale.
  static let storageParameters: [KernelParameter] = [
    .choice(
      "weights", ["dtype", "float8_e4m3", "int8"],
      "storage of the projections' weights; int8 is converted by the DMA rings"),
    .flag(
      "double_row", default: false,
      "float8 activations too, two rows of k per pass of the PE array; needs weights=float8_e4m3"),
    KernelParameter(
      "weight_scale", .number(0...1e6), default: .number(0),
      "what a stored weight is multiplied with; 0: what suits the trial weights"),
  ]
}

/// How weights are stored, and how trial weights are drawn for it.
struct WeightStorage {
  /// In HBM.
  let stored: DType
  /// In SBUF.
  let loaded: DType
  /// Of activations that meet them, on the partitions.
  let columns: DType
  let doubleRow: Bool
  private let given: Double

  init(_ values: KernelParameters) {
    let dtype = values.dtype("dtype")
    doubleRow = values.flag("double_row")
    given = values.number("weight_scale")
    switch values.choice("weights") {
    case "float8_e4m3": (stored, loaded) = (.float8_e4m3, .float8_e4m3)
    case "int8": (stored, loaded) = (.int8, .bfloat16)
    default: (stored, loaded) = (dtype, dtype)
    }
    columns =
      doubleRow ? .float8_e4m3 : loaded.size == 4 ? .float32 : dtype == .float32 ? .bfloat16 : dtype
  }

  /// Deviation of the stored trial weights: 1 fits float8's range, 32 int8's.
  private func storedDeviation(_ real: Double) -> Double {
    switch stored {
    case .int8: 32
    case .float8_e4m3: 1
    default: real
    }
  }

  /// What a stored weight is multiplied with, if weights shall have this deviation.
  func scale(for deviation: Double) -> Double {
    if given != 0 { return given }
    return deviation / storedDeviation(deviation)
  }

  /// Trial weights of this deviation after scaling.
  func fill(_ deviation: Double) -> TensorFill { .weights(deviation: storedDeviation(deviation)) }

  /// What does not fit together.
  var findings: [Diagnostic] {
    guard doubleRow && stored != .float8_e4m3 else { return [] }
    return [
      Diagnostic(
        .error, "double_row needs float8 weights, they are \(stored)",
        remedy: "use weights=float8_e4m3")
    ]
  }
}
