extension Hardware {
  /// Which NeuronCore it is.
  public struct Core: Hashable, Sendable {
    /// 2 on trn1, 3 on trn2, 4 on trn3.
    public var generation = 0

    init() {}
  }

  /// Clock rates in GHz.
  public struct Clocks: Hashable, Sendable {
    /// The tensor engine's, when warm.
    public var tensor = 0.0
    /// The vector engine's.
    public var vector = 0.0
    /// The scalar engine's.
    public var scalar = 0.0
    /// The GpSimd engine's.
    public var gpsimd = 0.0
    /// The sync engine's.
    public var sync = 0.0
    /// The clock in which profilers count cycles.
    public var neuroncore = 0.0
    /// The DMA rings'.
    public var dma = 0.0

    init() {}
  }

  /// The state buffer, the on-chip memory of all engines.
  public struct SBUF: Hashable, Sendable {
    /// Number of partitions.
    public var partitions = 0
    /// Bytes in a partition.
    public var bytesPerPartition = 0
    /// Bytes in a partition that a kernel may use; the rest is the runtime's.
    public var usableBytesPerPartition = 0
    /// Tensors begin at multiples of this many bytes, if the front end chooses their place.
    public var alignmentBytes = 0

    init() {}
  }

  /// The partial-sum buffer, where matmuls accumulate.
  public struct PSUM: Hashable, Sendable {
    /// Number of partitions.
    public var partitions = 0
    /// Bytes in a partition, over all banks.
    public var bytesPerPartition = 0
    /// Number of banks.
    public var banks = 0
    /// Bytes of a bank in one partition.
    public var bankBytes = 0
    /// How much longer an instruction streams while another engine uses the same bank.
    public var bankConflictFactor = 0.0

    init() {}
  }

  /// Rules of access patterns on SBUF and PSUM, and what awkward patterns cost.
  public struct Access: Hashable, Sendable {
    /// Where an access to 1 … 32 partitions may start.
    public var startPartitionsUpTo32: [Int] = []
    /// Where an access to 33 … 64 partitions may start.
    public var startPartitionsUpTo64: [Int] = []
    /// Where an access to more than 64 partitions may start.
    public var startPartitionsAbove64: [Int] = []
    /// Free dimensions of an access pattern at most.
    public var maxFreeDims = 0
    /// Elements per partition of an SBUF operand at most.
    public var maxFreeElementsSBUF = 0
    /// Elements per partition of a PSUM operand at most.
    public var maxFreeElementsPSUM = 0
    /// Elements with an innermost stride above this many bytes are scattered.
    public var stridePenaltyBytes = 0
    /// What writing a beat of scattered elements of 4 bytes takes, in ns.
    public var writeBeat = 0.0
    /// The same of smaller elements, which are read before they are written.
    public var writeBeatNarrow = 0.0
    /// Scattered beats that VectorE may have before it when it begins the next instruction.
    public var vectorWriteQueue = 0.0
    /// The same on ScalarE.
    public var scalarWriteQueue = 0.0
    /// How much earlier a VectorE instruction ends that does not take elements in pairs, in ns.
    public var vectorUnpairedLead = 0.0
    /// Cycles per element until the engine takes in what follows such an instruction, at least.
    public var scatteredReadCycles = 0.0

    init() {}

    /// The start partitions that an access to `count` partitions may use.
    public func startPartitions(forCount count: Int) -> [Int] {
      if count <= 32 { return startPartitionsUpTo32 }
      return count <= 64 ? startPartitionsUpTo64 : startPartitionsAbove64
    }
  }

  /// What several cores do together takes so long after the last of them has come.
  public struct Exchange: Hashable, Sendable {
    /// `core_barrier`, in ns.
    public var barrier = 0.0
    /// `sendrecv` of no bytes, in ns.
    public var pairLatency = 0.0
    /// `sendrecv` by the DMA rings, in GB/s.
    public var pairBandwidth = 0.0
    /// `sendrecv` by GpSimd, in GB/s.
    public var gpsimdBandwidth = 0.0
    /// A collective of no bytes, in ns.
    public var collectiveLatency = 0.0
    /// Each step of a collective, in ns.
    public var collectiveStep = 0.0
    /// What a rank sends and receives in a collective, in GB/s.
    public var collectiveBandwidth = 0.0

    init() {}
  }

  /// Device memory, shared by the cores beside a stack.
  public struct HBM: Hashable, Sendable {
    /// GB/s of one stack.
    public var bandwidthPerStack = 0.0
    /// What one core's DMAs can read, in GB/s.
    public var readBandwidthPerCore = 0.0
    /// Bytes of one stack.
    public var bytesPerStack = 0
    /// Cores that share a stack.
    public var coresPerStack = 0
    /// Cores of one stack that are busy, this one included: the stack is shared evenly.
    public var activeCores = 0

    init() {}
  }
}
