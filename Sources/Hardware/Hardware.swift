/// One hardware configuration: every number that the simulator knows about a NeuronCore.
///
/// Times are in nanoseconds, clocks in GHz (so cycles / clock = ns), sizes in bytes, bandwidths in
/// GB/s (so bytes / bandwidth = ns). Values come from a configuration file, where each has its unit
/// and its source; `explain(_:)` shows them.
public struct Hardware: Sendable {
  /// The configuration's name, such as `trn2`.
  public var name = ""
  /// One line about the configuration.
  public var description = ""
  /// Which NeuronCore it is.
  public var core = Core()
  /// Engine clocks.
  public var clocks = Clocks()
  /// The state buffer.
  public var sbuf = SBUF()
  /// The partial-sum buffer.
  public var psum = PSUM()
  /// What an access pattern may look like, and what awkward ones cost.
  public var access = Access()
  /// The tensor engine.
  public var tensor = Tensor()
  /// The tensor engine's activity-dependent clock.
  public var peClock = PEClock()
  /// The vector engine.
  public var vector = Vector()
  /// The scalar (activation) engine.
  public var scalar = Scalar()
  /// The GpSimd engine.
  public var gpsimd = GpSimd()
  /// What synchronisation costs.
  public var semaphores = Semaphores()
  /// What the instruction sequencers do by themselves.
  public var sequencer = Sequencer()
  /// DMA rings and descriptor generation.
  public var dma = DMA()
  /// Device memory.
  public var hbm = HBM()
  /// What several cores do together.
  public var exchange = Exchange()
  /// How floating-point operations are counted.
  public var flops = FLOPs()
  /// Element types.
  public var dtypes = DTypes()
  /// Limits of single operations.
  public var limits = Limits()
  /// Time around a kernel.
  public var launch = Launch()

  /// Where each value comes from, by its position in `Schema.entries`; empty in absent groups.
  var sources = [String](repeating: "", count: Schema.entries.count)
  /// Where the absence of optional groups (`vector.classes.range_select`, `dma.hwdge`) comes from.
  var absences: [String: String] = [:]

  /// All zero: only the reader makes one, and it hands it out when every value has been set.
  init() {}
}

/// One number per engine.
public struct PerEngine: Hashable, Sendable {
  /// The tensor engine's.
  public var tensor = 0.0
  /// The vector engine's.
  public var vector = 0.0
  /// The scalar engine's.
  public var scalar = 0.0
  /// The GpSimd engine's.
  public var gpsimd = 0.0
  /// The sync engine's.
  public var sync = 0.0

  init() {}
}
