extension Hardware {
  /// DMA rings, and the ways to start a transfer.
  public struct DMA: Hashable, Sendable {
    /// Rings of one core; a transfer is best split over all.
    public var rings = 0
    /// Bytes that a ring moves per cycle of the DMA clock.
    public var bytesPerCycle = 0
    /// Cycles of each descriptor on top of its bytes.
    public var descriptorCycles = 0.0
    /// Cycles per piece of a descriptor of many that are smaller than a block.
    public var smallPieceCycles = 0.0
    /// Cycles per piece of a descriptor that is written to a partition of SBUF in pieces.
    public var writtenPieceCycles = 0.0
    /// Cycles per element when reading single elements.
    public var elementReadCycles = 0.0
    /// Cycles per element of 4 bytes when a transpose gathers them; 0 where only its rate counts.
    public var transposeElementCycles = 0.0
    /// Time per element when writing single elements, in ns per ring.
    public var elementWrite = 0.0
    /// The same for elements below 4 bytes, in ns.
    public var elementWrite16Bit = 0.0
    /// HBM writes go in blocks of this many bytes.
    public var hbmWriteBlockBytes = 0
    /// Cycles of each such block, full or not.
    public var hbmWriteBlockCycles = 0.0
    /// Cycles of each descriptor that writes HBM on top of its blocks.
    public var hbmWriteDescriptorCycles = 0.0
    /// How long each ring stalls when a transfer begins to read HBM where nothing has read, in ns.
    public var newReadStall = 0.0
    /// From a transfer's arrival at one ring to its arrival at the next, in ns.
    public var ringOffset = 0.0
    /// From the end of the last descriptor's read to the visible semaphore update, in ns.
    public var semaphoreVisible = 0.0
    /// Bytes of one descriptor at most.
    public var maxDescriptorBytes = 0
    /// Bytes up to which a prepared descriptor takes all rows that its ring has of a transfer.
    public var packedDescriptorBytes = 0
    /// Transfers of one queue that can be under way: each has a semaphore of the queue.
    public var transfersPerQueue = 0
    /// Rate of a transpose from HBM, as a share of a copy's.
    public var hbmTransposeThroughput = 0.0
    /// Rate of a transpose from SBUF, as a share of a copy's.
    public var sbufTransposeThroughput = 0.0
    /// Rate of a DMA that computes, as a share of a copy's.
    public var computeThroughput = 0.0
    /// Transfers whose descriptors were prepared before the kernel starts.
    public var prepared = StaticRings()
    /// Descriptors made by hardware; nil where there is no such unit.
    public var hwdge: HardwareDGE?
    /// Descriptors made by software on the GpSimd engine.
    public var swdge = SoftwareDGE()

    init() {}

    /// `hwdge` for key paths.
    var hwdgeSlot: HardwareDGE {
      get { hwdge ?? HardwareDGE() }
      set { hwdge = newValue }
    }
  }

  /// Prepared descriptors, started by a register write; times in ns.
  public struct StaticRings: Hashable, Sendable {
    /// Duration of the instruction that starts the transfer of an input or output.
    public var trigger = PerEngine()
    /// The same for a transfer to or from HBM tensors of the kernel's own.
    public var triggerScratch = PerEngine()
    /// How much longer an engine's first such instruction takes.
    public var triggerInitial = PerEngine()
    /// How much longer its second takes.
    public var triggerSecond = PerEngine()
    /// From that instruction's start to the first descriptor's read.
    public var firstDescriptor = 0.0
    /// The same for the first transfer of a ring.
    public var firstDescriptorInitial = 0.0

    init() {}
  }

  /// Descriptors made by hardware; times in ns.
  public struct HardwareDGE: Hashable, Sendable {
    /// Duration of the instruction on the scalar engine.
    public var triggerScalar = 0.0
    /// Duration of the instruction on the sync engine.
    public var triggerSync = 0.0
    /// From that instruction's start to the next such instruction's start at least.
    public var interval = 0.0
    /// From the start of an instruction on the scalar engine to the first descriptor's read.
    public var firstDescriptorScalar = 0.0
    /// From the start of an instruction on the sync engine to the first descriptor's read.
    public var firstDescriptorSync = 0.0

    init() {}
  }

  /// Descriptors made by software on the GpSimd engine; times in ns.
  public struct SoftwareDGE: Hashable, Sendable {
    /// Duration of the instruction.
    public var trigger = 0.0
    /// How much longer it takes per DMA right before it, for two at most.
    public var triggerQueued = 0.0
    /// From that instruction's start to the next such instruction's start at least.
    public var interval = 0.0
    /// From that instruction's start to the first descriptor's read.
    public var firstDescriptor = 0.0
    /// From the semaphore that the instruction waits for to its start.
    public var waitToStart = 0.0
    /// From the end of the register instruction that makes its address to its start.
    public var registerToStart = 0.0
    /// How long before that start the sequencer goes on to the next instruction.
    public var lead = 0.0
    /// Loading a register from SBUF for an address.
    public var registerLoad = 0.0
    /// Multiplying and adding with constants there.
    public var registerMove = 0.0
    /// The last of them, which has the address.
    public var registerAddress = 0.0

    init() {}
  }
}
