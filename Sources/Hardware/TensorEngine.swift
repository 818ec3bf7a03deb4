extension Hardware {
  /// The tensor engine: a systolic array that multiplies a stationary by a moving matrix.
  public struct Tensor: Hashable, Sendable {
    /// Rows of the array: the longest contraction of one pass.
    public var rows = 0
    /// Columns of the array: the most stationary columns.
    public var columns = 0
    /// Columns of the moving matrix in one MATMUL at most.
    public var movingMax = 0
    /// The same where sums are kept in bfloat16.
    public var movingMaxBF16 = 0
    /// Columns of the stationary matrix in one LDWEIGHTS at most.
    public var stationaryMax = 0
    /// The smallest side of a tile when the array is split.
    public var minimumTile = 0
    /// Streaming rate.
    public var cyclesPerColumn = CyclesPerColumn()
    /// MATMULs that an fp32 product takes.
    public var fp32Passes = 0
    /// MATMULs that an fp32 product takes if one operand holds only zeros and ones.
    public var fp32OneZeroPasses = 0
    /// How many contraction rows per array row an fp8 `double_row` MATMUL does; 1 = no such mode.
    public var doubleRowFactor = 0
    /// Contraction rows per array row of a product of packed MX data; 1 = no such product.
    public var mxFactor = 0
    /// Cycles between two MATMULs on top of streaming, when warm.
    public var issueOverheadCyclesWarm = 0.0
    /// Cycles between two MATMULs on top of streaming, when cold.
    public var issueOverheadCyclesCold = 0.0
    /// The fewest warm cycles from one MATMUL's start to the next one's.
    public var minimumIssueCycles = 0.0
    /// From a warm MATMUL's first column to its last result in PSUM, without streaming, in ns.
    public var latencyWarm = 0.0
    /// The same when cold, in ns (the whole latency, not an addition).
    public var latencyCold = 0.0
    /// How long before its first column an instruction begins at most, warm, in ns.
    public var leadWarm = 0.0
    /// The same when cold, in ns.
    public var leadCold = 0.0
    /// From loaded weights to a MATMUL's first column when warm, in ns.
    public var weightsToStream = 0.0
    /// Warm cycles of each row of moving 16-bit data that begins at an odd multiple of 2 bytes.
    public var misalignedRowCycles = 0.0
    /// Loading of stationary matrices.
    public var ldweights = LDWeights()

    init() {}
  }

  /// Warm cycles that one moving column takes, by what is multiplied.
  public struct CyclesPerColumn: Hashable, Sendable {
    /// bfloat16.
    public var bf16 = 0.0
    /// float16.
    public var fp16 = 0.0
    /// 8-bit floats.
    public var fp8 = 0.0
    /// tfloat32.
    public var tf32 = 0.0
    /// One of the passes of an fp32 product.
    public var fp32Pass = 0.0
    /// Moving fp32 data through the array in transpose mode.
    public var fp32Transpose = 0.0

    init() {}
  }

  /// LDWEIGHTS: cycles are for a full set of `stationaryMax` columns and scale with the columns.
  public struct LDWeights: Hashable, Sendable {
    /// 16-bit and 8-bit types with unit stride.
    public var fastCycles = 0.0
    /// 16-bit and 8-bit types with another stride.
    public var slowCycles = 0.0
    /// fp32 outside transpose mode (two passes).
    public var fp32Cycles = 0.0
    /// fp32 in transpose mode.
    public var fp32TransposeCycles = 0.0
    /// How much longer loading takes above `Access.stridePenaltyBytes`.
    public var strideFactor = 0.0
    /// A stride of more elements than this is a long one.
    public var longStrideElements = 0
    /// 16-bit and 8-bit types with a long stride.
    public var slowLongCycles = 0.0
    /// `strideFactor` of a long stride.
    public var longStrideFactor = 0.0
    /// The share of reading strided weights that the array's taking them in lasts at least.
    public var readShare = 0.0
    /// How long before strided weights are read the next ones begin to load, in ns.
    public var stridedLead = 0.0
    /// From the first column to the end without loading when warm, in ns.
    public var latencyWarm = 0.0
    /// The same when cold, in ns.
    public var latencyCold = 0.0
    /// From a MATMUL's start to the next LDWEIGHTS's start in its shadow, in ns.
    public var afterMatmulStart = 0.0

    init() {}
  }

  /// The array's activity-dependent clock: half rate until a window was busy.
  public struct PEClock: Hashable, Sendable {
    /// A window's length in `neuroncore` cycles.
    public var windowCycles = 0.0
    /// When the first window starts, in ns after the kernel's start.
    public var phase = 0.0
    /// The busy share of a window from which on the clock is warm.
    public var warmUpBusy = 0.0
    /// The busy share of a window down to which the clock goes cold.
    public var coolDownBusy = 0.0
    /// Windows that the clock stays warm without one that would warm it.
    public var holdWindows = 0
    /// How many times longer streaming takes when cold.
    public var coldFactor = 0.0

    init() {}
  }
}
