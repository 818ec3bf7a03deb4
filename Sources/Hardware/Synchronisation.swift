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
    /// A NOP.
    public var nop = PerEngine()
    /// From the end of an instruction of the sequencer itself to the next such instruction.
    public var gap = PerEngine()
    /// How much longer that is when the next one has a wait, be it over or not.
    public var waitGap = PerEngine()
    /// From the end of an instruction of the sequencer itself to the dispatch of an engine's.
    public var toEngine = PerEngine()
    /// How much longer a WRITE or NOP takes whose kind the sequencer has not executed lately.
    public var unaccustomed = PerEngine()
    /// The same for an EVENT_SEMAPHORE.
    public var unaccustomedEvent = PerEngine()
    /// How many of a kind take longer, in instructions.
    public var accustomedAfter = 0
    /// After how many WRITEs of other kinds WRITEs and NOPs take longer again, in instructions.
    public var forgottenAfter = 0
    /// The same for EVENT_SEMAPHOREs.
    public var eventForgottenAfter = 0
    /// How much longer the last instruction of a fetched group takes.
    public var fetch = PerEngine()
    /// Instructions of a fetched group.
    public var fetchInstructions = 0
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
    /// Elements per partition that one instruction of `nc_n_gather` takes.
    public var gatherElements = 0
    /// Indices of one GpSimd core in `local_gather` at most.
    public var localGatherIndices = 0
    /// Elements of a group in `topk` at most.
    public var topKElements = 0
    /// Results of `topk` at most.
    public var topKResults = 0
    /// Elements per partition that GpSimd moves in one `sendrecv` at most.
    public var sendReceiveElements = 0

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
