/// The closed list of operations.
///
/// Raw values are the wire format: append only, never renumber.
public enum Opcode: UInt8, CaseIterable, Hashable, Sendable {
  case dmaCopy = 0
  case dmaTranspose = 1
  case ncMatmul = 2
  case ncTranspose = 3
  case tensorCopy = 4
  case tensorTensor = 5
  case tensorScalar = 6
  case scalarTensorTensor = 7
  case tensorReduce = 8
  case tensorPartitionReduce = 9
  case tensorScalarReduce = 10
  case activation = 11
  case activationReduce = 12
  case reciprocal = 13
  case memset = 14
  case iota = 15
  case affineSelect = 16
  case rangeSelect = 17
  case tensorCopyPredicated = 18
  case max8 = 19
  case ncFindIndex8 = 20
  case ncMatchReplace8 = 21
  case ncStreamShuffle = 22
  case registerMove = 23
  case registerALU = 24
  case registerLoad = 25
  case registerStore = 26
  case loop = 27
  case whileLoop = 28
  case endLoop = 29
  case devicePrint = 30
  case tensorTensorScan = 31
  case tensorScalarCumulative = 32
  case selectReduce = 33
  case bnStats = 34
  case bnAggr = 35
  case dropout = 36
  case rng = 37
  case setRNGSeed = 38
  case randSetState = 39
  case randGetState = 40
  case ncNGather = 41
  case localGather = 42
  case nonzeroWithCount = 43
  case topK = 44
  case sequenceBounds = 45
  case dmaCompute = 46
  case allReduce = 47
  case allGather = 48
  case reduceScatter = 49
  case allToAll = 50
  case collectivePermute = 51
  case sendRecv = 52
  case coreBarrier = 53
  case ncMatmulMX = 54
  case quantizeMX = 55
  case activate2 = 56
  case exponential = 57
  case rand2 = 58

  /// The operation's type.
  public var type: any Operation.Type {
    switch self {
    case .dmaCopy: DMACopy.self
    case .dmaTranspose: DMATranspose.self
    case .ncMatmul: NCMatmul.self
    case .ncTranspose: NCTranspose.self
    case .tensorCopy: TensorCopy.self
    case .tensorTensor: TensorTensor.self
    case .tensorScalar: TensorScalar.self
    case .scalarTensorTensor: ScalarTensorTensor.self
    case .tensorReduce: TensorReduce.self
    case .tensorPartitionReduce: TensorPartitionReduce.self
    case .tensorScalarReduce: TensorScalarReduce.self
    case .activation: Activation.self
    case .activationReduce: ActivationReduce.self
    case .reciprocal: Reciprocal.self
    case .memset: Memset.self
    case .iota: Iota.self
    case .affineSelect: AffineSelect.self
    case .rangeSelect: RangeSelect.self
    case .tensorCopyPredicated: TensorCopyPredicated.self
    case .max8: Max8.self
    case .ncFindIndex8: NCFindIndex8.self
    case .ncMatchReplace8: NCMatchReplace8.self
    case .ncStreamShuffle: NCStreamShuffle.self
    case .registerMove: RegisterMove.self
    case .registerALU: RegisterALU.self
    case .registerLoad: RegisterLoad.self
    case .registerStore: RegisterStore.self
    case .loop: Loop.self
    case .whileLoop: WhileLoop.self
    case .endLoop: EndLoop.self
    case .devicePrint: DevicePrint.self
    case .tensorTensorScan: TensorTensorScan.self
    case .tensorScalarCumulative: TensorScalarCumulative.self
    case .selectReduce: SelectReduce.self
    case .bnStats: BNStats.self
    case .bnAggr: BNAggr.self
    case .dropout: Dropout.self
    case .rng: RNG.self
    case .setRNGSeed: SetRNGSeed.self
    case .randSetState: RandSetState.self
    case .randGetState: RandGetState.self
    case .ncNGather: NCNGather.self
    case .localGather: LocalGather.self
    case .nonzeroWithCount: NonzeroWithCount.self
    case .topK: TopK.self
    case .sequenceBounds: SequenceBounds.self
    case .dmaCompute: DMACompute.self
    case .allReduce: AllReduce.self
    case .allGather: AllGather.self
    case .reduceScatter: ReduceScatter.self
    case .allToAll: AllToAll.self
    case .collectivePermute: CollectivePermute.self
    case .sendRecv: SendRecv.self
    case .coreBarrier: CoreBarrier.self
    case .ncMatmulMX: NCMatmulMX.self
    case .quantizeMX: QuantizeMX.self
    case .activate2: Activate2.self
    case .exponential: Exponential.self
    case .rand2: Rand2.self
    }
  }

  /// The operation with this NKI name.
  public init?(name: String) {
    guard let found = Self.byName[name] else { return nil }
    self = found
  }

  /// The NKI names of all operations.
  public static let names: [String] = allCases.map { $0.type.name }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.type.name, $0) })

  private static let byType = Dictionary(
    uniqueKeysWithValues: allCases.map { (ObjectIdentifier($0.type), $0) })

  /// The opcode of an operation.
  public init(of operation: any Operation) {
    guard let found = Self.byType[ObjectIdentifier(Swift.type(of: operation))] else {
      preconditionFailure("\(Swift.type(of: operation).name) is not in the list of operations")
    }
    self = found
  }
}
