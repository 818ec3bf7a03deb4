/// The profiler's opcode names of what engines execute.
public enum DeviceOpcode: UInt8, CaseIterable, Hashable, Sendable {
  case ldweights
  case matmul
  case tensorTensor
  case tensorScalar
  case scalarTensorTensor
  case tensorReduce
  case tensorScalarReduce
  case tensorCopy
  case cast
  case copyPredicated
  case rangeSelect
  case reciprocal
  case memset
  case max8
  case findIndex8
  case matchReplace8
  case shuffle
  case transpose
  case iota
  case affineSelect
  case partitionReduce
  case activate
  case activateReduce
  case actTableLoad
  case dmaTrigger
  case collective
  case eventSemaphore
  case nop
  case write
  case registerMove
  case registerALU
  case registerLoad
  case registerStore
  case branch
  case tensorTensorScan
  case tensorScalarCumulative
  case selectReduce
  case bnStats
  case bnAggr
  case dropout
  case random
  case setSeed
  case gather
  case localGather
  case nonzero
  case topK
  case sequenceBounds
  case exponential
  case quantizeMx
  case rand2
  case addressLoad
  case addressMove
  case addressALU

  /// The name that the profiler shows.
  public var name: String {
    switch self {
    case .ldweights: "LDWEIGHTS"
    case .matmul: "MATMUL"
    case .tensorTensor: "TENSOR_TENSOR"
    case .tensorScalar: "TENSOR_SCALAR"
    case .scalarTensorTensor: "SCALAR_TENSOR_TENSOR"
    case .tensorReduce: "TENSOR_REDUCE"
    case .tensorScalarReduce: "TENSOR_SCALAR_REDUCE"
    case .tensorCopy: "COPY"
    case .cast: "CAST"
    case .copyPredicated: "COPY_PREDICATED"
    case .rangeSelect: "RANGE_SELECT"
    case .reciprocal: "RECIPROCAL"
    case .memset: "MEMSET"
    case .max8: "MAX8"
    case .findIndex8: "FIND_INDEX8"
    case .matchReplace8: "MATCH_REPLACE8"
    case .shuffle: "STREAM_SHUFFLE"
    case .transpose: "STREAM_TRANSPOSE"
    case .iota: "IOTA"
    case .affineSelect: "AFFINE_SELECT"
    case .partitionReduce: "PARTITION_REDUCE"
    case .activate: "ACTIVATE"
    case .activateReduce: "ACTIVATE_REDUCE"
    case .actTableLoad: "ACT_TABLE_LOAD"
    case .dmaTrigger: "DMA_DIRECT2D"
    case .collective: "COLLECTIVE"
    case .eventSemaphore: "EVENT_SEMAPHORE"
    case .nop: "NOP"
    case .write: "WRITE"
    case .registerMove: "REGISTER_MOVE"
    case .registerALU: "REGISTER_ALU"
    case .registerLoad: "REGISTER_LOAD"
    case .registerStore: "REGISTER_STORE"
    case .branch: "BRANCH"
    case .tensorTensorScan: "TENSOR_TENSOR_SCAN"
    case .tensorScalarCumulative: "TENSOR_SCALAR_CUMULATIVE"
    case .selectReduce: "SELECT_REDUCE"
    case .bnStats: "BN_STATS"
    case .bnAggr: "BN_AGGR"
    case .dropout: "DROPOUT"
    case .random: "RNG"
    case .setSeed: "RAND_STATE"
    case .gather: "GATHER"
    case .localGather: "LOCAL_GATHER"
    case .nonzero: "NONZERO"
    case .topK: "TOPK"
    case .sequenceBounds: "SEQUENCE_BOUNDS"
    case .exponential: "EXPONENTIAL"
    case .quantizeMx: "QUANTIZE_MX"
    case .rand2: "RAND2"
    case .addressLoad: "TENSOR_LOAD"
    case .addressMove: "REG_MOVE"
    case .addressALU: "REG_ALU"
    }
  }
}

extension DeviceOpcode {
  /// Whether it is a step of a DMA's address in a register.
  public var makesAddress: Bool {
    self == .addressLoad || self == .addressMove || self == .addressALU
  }
}

/// A wait: the instruction starts once the semaphore has reached the value.
public struct SemaphoreWait: Hashable, Sendable {
  /// Semaphore number.
  public var semaphore: Int32
  /// Smallest value that lets the instruction go.
  public var value: Int32

  /// Makes a wait.
  public init(semaphore: Int32, value: Int32) {
    self.semaphore = semaphore
    self.value = value
  }
}

/// An update: added to the semaphore when the instruction or transfer has completed.
public struct SemaphoreUpdate: Hashable, Sendable {
  /// Semaphore number.
  public var semaphore: Int32
  /// What is added.
  public var amount: Int32

  /// Makes an update.
  public init(semaphore: Int32, amount: Int32) {
    self.semaphore = semaphore
    self.amount = amount
  }
}

/// One entry of an engine's in-order queue.
public struct DeviceInstruction: Hashable, Sendable {
  /// What it asks of the hardware.
  public var work: Work
  /// Index of the program instruction that it was lowered from; -1 if none.
  public var source: Int32
  /// First of its waits in `DeviceProgram.waits`.
  public var firstWait: Int32
  /// First of its updates in `DeviceProgram.updates`.
  public var firstUpdate: Int32
  /// Number of waits.
  public var waitCount: UInt16
  /// Number of updates.
  public var updateCount: UInt16
  /// Queue that it is in.
  public var engine: Engine
  /// Profiler name.
  public var opcode: DeviceOpcode
  /// Whether the compiler added it, because a memory on chip had no room for a tile.
  public var isSpill = false

  /// Makes an instruction without waits and updates.
  public init(engine: Engine, opcode: DeviceOpcode, work: Work, source: Int) {
    self.engine = engine
    self.opcode = opcode
    self.work = work
    self.source = Int32(clamping: source)
    firstWait = 0
    firstUpdate = 0
    waitCount = 0
    updateCount = 0
  }
}

/// What a descriptor does to memory, as far as its time depends on it.
public enum DescriptorKind: UInt8, CaseIterable, Hashable, Sendable {
  /// Contiguous bytes on both sides.
  case contiguous
  /// Elements gathered one by one on the reading side.
  case elementRead
  /// Elements scattered one by one on the writing side.
  case elementWrite
  /// Through the DMA transpose.
  case transpose
  /// Through the DMA engines' arithmetic.
  case compute
}

/// Equal descriptors, one after the other on one ring.
public struct DescriptorRun: Hashable, Sendable {
  /// Bytes per descriptor.
  public var bytes: Int32
  /// How many descriptors.
  public var count: Int32
  /// Elements per descriptor (what element-wise descriptors are priced by).
  public var elements: Int32
  /// Contiguous pieces per descriptor (rows of a tile that one descriptor takes together).
  public var pieces: Int32
  /// Pieces within a partition that each is written in on chip; 1 where it is written in one.
  public var writtenPieces: Int32
  /// Which ring, 0 ..< rings.
  public var ring: UInt8
  /// What the descriptors do.
  public var kind: DescriptorKind
  /// Whether the destination is HBM.
  public var writesHBM: Bool

  /// Makes a run.
  public init(
    ring: Int, count: Int, bytes: Int, elements: Int, kind: DescriptorKind, writesHBM: Bool,
    pieces: Int = 1, writtenPieces: Int = 1
  ) {
    self.writtenPieces = Int32(clamping: max(1, writtenPieces))
    self.ring = UInt8(clamping: ring)
    self.count = Int32(clamping: count)
    self.bytes = Int32(clamping: bytes)
    self.elements = Int32(clamping: elements)
    self.pieces = Int32(clamping: max(1, pieces))
    self.kind = kind
    self.writesHBM = writesHBM
  }
}

/// One DMA: descriptors on several rings, one completion.
public struct Transfer: Hashable, Sendable {
  /// First of its runs in `DeviceProgram.runs`.
  public var firstRun: Int32
  /// Number of runs.
  public var runCount: Int32
  /// Bytes read from HBM.
  public var hbmReadBytes: Int
  /// Bytes written to HBM.
  public var hbmWriteBytes: Int
  /// Payload bytes.
  public var bytes: Int
  /// Descriptors in all.
  public var descriptors: Int32
  /// Queue, as an index into `DeviceProgram.queues`.
  public var queue: Int32
  /// Who makes the descriptors.
  public var mode: DGEMode
  /// Whether its HBM tensors are the kernel's own: neither inputs nor outputs.
  public var isScratch = false
  /// Whether the compiler added it, because a memory on chip had no room for a tile.
  public var isSpill = false
  /// Whether its reads of HBM stall at first, because nothing has read there before.
  ///
  /// Only for generated descriptors: of prepared ones a queue's first read has a price of its own.
  public var readsAnew = false
  /// What it is a core's part of, as an index into `DeviceProgram.exchanges`; -1 for a DMA of its own.
  public var exchange: Int32
  /// Added to its semaphore when the last descriptor has been acknowledged; `nil` if nobody waits.
  public var completion: SemaphoreUpdate?

  /// Makes a transfer.
  public init(
    firstRun: Int, runCount: Int, bytes: Int, hbmReadBytes: Int, hbmWriteBytes: Int,
    descriptors: Int, queue: Int, mode: DGEMode
  ) {
    self.firstRun = Int32(clamping: firstRun)
    self.runCount = Int32(clamping: runCount)
    self.bytes = bytes
    self.hbmReadBytes = hbmReadBytes
    self.hbmWriteBytes = hbmWriteBytes
    self.descriptors = Int32(clamping: descriptors)
    self.queue = Int32(clamping: queue)
    self.mode = mode
    exchange = -1
    completion = nil
  }
}

/// What a core executes: in-order queues of instructions, transfers, semaphores.
public struct DeviceProgram: Hashable, Sendable {
  /// All instructions; an engine's queue is its instructions in this order.
  public var instructions: [DeviceInstruction] = []
  /// Waits of all instructions.
  public var waits: [SemaphoreWait] = []
  /// Updates of all instructions.
  public var updates: [SemaphoreUpdate] = []
  /// All transfers.
  public var transfers: [Transfer] = []
  /// Descriptor runs of all transfers.
  public var runs: [DescriptorRun] = []
  /// What this core does together with others.
  public var exchanges: [Exchange] = []
  /// Names of the DMA queues as the profiler shows them.
  public var queues: [String] = []
  /// Number of semaphores; they are numbered from 0.
  public var semaphores: Int = 0
  /// What all instructions read and write on chip; nothing where that is not known, of captures.
  public var onChip = OnChipBytes()

  /// Makes an empty program.
  public init() {}

  /// The waits of `instruction`.
  @inlinable public func waits(of instruction: DeviceInstruction) -> ArraySlice<SemaphoreWait> {
    let first = Int(instruction.firstWait)
    return waits[first..<first + Int(instruction.waitCount)]
  }

  /// The updates of `instruction`.
  @inlinable public func updates(
    of instruction: DeviceInstruction
  ) -> ArraySlice<SemaphoreUpdate> {
    let first = Int(instruction.firstUpdate)
    return updates[first..<first + Int(instruction.updateCount)]
  }

  /// What an instruction does to semaphores, by itself and by the DMA that it starts.
  public func allUpdates(of instruction: DeviceInstruction) -> [SemaphoreUpdate] {
    let own = Array(updates(of: instruction))
    guard case .trigger(let transfer) = instruction.work,
      let completion = transfers[Int(transfer)].completion
    else { return own }
    return own + [completion]
  }
}
