public import Workloads

/// The closed list of kernels.
package enum KernelName: String, CaseIterable, Hashable, Sendable {
  case matmul
  case rmsnorm
  case silu
  case softmax
  case rope
  case addRMSNorm = "add_rmsnorm"
  case expertRouter = "expert_router"
  case vectorAdd = "vector_add"
  case transpose
  case attention
  case projection
  case headNorm = "qk_norm"
  case decodeAttention = "attention_decode"
  case prefillAttention = "attention_prefill"
  case expertMLP = "expert_mlp"
  case argmax
  case normRouter = "norm_router"
  case cacheWrite = "kv_write"
  case qwen3Layer = "qwen3_layer"
  case parallelMatmul = "parallel_matmul"
  case coreSum = "core_sum"

  /// The kernel's type.
  package var type: any BuiltKernel.Type {
    switch self {
    case .matmul: MatmulKernel.self
    case .rmsnorm: RMSNormKernel.self
    case .silu: SiLUKernel.self
    case .softmax: SoftmaxKernel.self
    case .rope: RoPEKernel.self
    case .addRMSNorm: AddRMSNormKernel.self
    case .expertRouter: ExpertRouterKernel.self
    case .vectorAdd: VectorAddKernel.self
    case .transpose: TransposeKernel.self
    case .attention: AttentionKernel.self
    case .projection: ProjectionKernel.self
    case .headNorm: HeadNormKernel.self
    case .decodeAttention: DecodeAttentionKernel.self
    case .prefillAttention: PrefillAttentionKernel.self
    case .expertMLP: ExpertMLPKernel.self
    case .argmax: ArgmaxKernel.self
    case .normRouter: NormRouterKernel.self
    case .cacheWrite: CacheWriteKernel.self
    case .qwen3Layer: Qwen3LayerKernel.self
    case .parallelMatmul: ParallelMatmulKernel.self
    case .coreSum: CoreSumKernel.self
    }
  }

  /// The kernel with these settings, each of the form `name=value`; the rest as declared.
  ///
  /// - Throws: `DiagnosticError` with everything that is wrong with the settings.
  package func make(_ settings: [String] = []) throws -> any BuiltKernel {
    let type = self.type
    return type.init(try KernelParameters(settings, for: type.parameters))
  }
}

extension KernelCatalog {
  /// Every kernel of this room.
  public static let builtIn = KernelCatalog(KernelName.allCases.map(\.type))
}
