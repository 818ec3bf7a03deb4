extension Hardware {
  /// What synchronisation costs, in ns.
  public struct Semaphores: Hashable, Sendable {
    /// From an instruction's end to its semaphore's new count.
    public var update = PerEngine()
    /// From the count that an instruction waits for to its start.
    public var waitToStart = PerEngine()
    /// The same for an EVENT_SEMAPHORE instruction.
    public var eventWaitToStart = PerEngine()

    init() {}
  }

  /// What the instruction sequencers do by themselves, in ns.
  public struct Sequencer: Hashable, Sendable {
    /// From the dispatch of an engine's instruction to that of the next.
    public var dispatch = PerEngine()
    /// How many instructions may wait in front of an engine, in instructions.
    public var queueDepth = PerEngine()
    /// An EVENT_SEMAPHORE that has nothing to wait for.
    public var eventSemaphore = PerEngine()
    /// From an EVENT_SEMAPHORE's begin to the next instruction of the sequencer itself.
    public var eventInterval = PerEngine()
    /// A NOP.
    public var nop = PerEngine()
    /// From a NOP's begin to the next instruction of the sequencer itself.
    public var nopInterval = PerEngine()
    /// From the begin of an instruction of the sequencer itself to the dispatch of an engine's.
    public var toEngine = PerEngine()
    /// On PE, from that dispatch to the one after it.
    public var secondAfterControl = 0.0

    init() {}
  }

  /// How floating-point operations are counted.
  public struct FLOPs: Hashable, Sendable {
    /// Operations per multiply-accumulate.
    public var operationsPerMAC = 0
    /// What one operation of a type counts in adjusted (hardware) FLOPs.
    public var multiplier = Multiplier()

    init() {}

    /// Adjusted FLOPs per operation, by type.
    public struct Multiplier: Hashable, Sendable {
      /// bfloat16, float16 and tfloat32.
      public var bf16 = 0.0
      /// float32.
      public var fp32 = 0.0
      /// 8-bit floats.
      public var fp8 = 0.0
      /// 8-bit integers.
      public var uint8 = 0.0
      /// Micro-scaled formats.
      public var mx = 0.0

      init() {}
    }
  }

  /// Element types, by their NKI names.
  public struct DTypes: Hashable, Sendable {
    /// Types that memories and the streaming engines take.
    public var storage: [String] = []
    /// Types that the tensor engine multiplies.
    public var matmul: [String] = []

    init() {}
  }

  /// Limits of single operations.
  public struct Limits: Hashable, Sendable {
    /// Elements per partition of `bn_stats` at most.
    public var bnStatsElements = 0
    /// Elements per partition of `max8` and its kin at least.
    public var max8MinElements = 0
    /// Elements per partition of `max8` and its kin at most.
    public var max8MaxElements = 0
    /// Sources of a DMA that computes at most.
    public var dmaComputeSources = 0
    /// 32-bit registers of one sequencer.
    public var registers = 0

    init() {}
  }

  /// Time around a kernel, in ns.
  public struct Launch: Hashable, Sendable {
    /// What the profiler's `total_time` has on top of the kernel's own span.
    public var profilerOverhead = 0.0
    /// What a benchmark's latency has on top of the kernel's own span.
    public var benchmarkOverhead = 0.0
    /// When each engine's queue is let go, from the first engine on; for replays of captures.
    public var release = PerEngine()

    init() {}
  }
}
