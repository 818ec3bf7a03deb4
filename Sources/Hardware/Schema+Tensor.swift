extension Schema {
  /// The settings of the tensor engine.
  static let tensor: [Entry] =
    [
      .integer(
        "tensor.rows", \.tensor.rows, .count, .integer(1...1024), "rows of the array"),
      .integer(
        "tensor.columns", \.tensor.columns, .count, .integer(1...1024), "columns of the array"),
      .integer(
        "tensor.moving_max", \.tensor.movingMax, .columns, .integer(1...(1 << 20)),
        "moving columns of one MATMUL at most"),
      .integer(
        "tensor.moving_max_bf16", \.tensor.movingMaxBF16, .columns, .integer(1...(1 << 20)),
        "moving columns of one MATMUL whose sums are kept in bfloat16 at most"),
      .integer(
        "tensor.stationary_max", \.tensor.stationaryMax, .columns, .integer(1...1024),
        "stationary columns of one LDWEIGHTS at most"),
      .integer(
        "tensor.minimum_tile", \.tensor.minimumTile, .count, .integer(1...1024),
        "smallest side of a tile of the split array"),
      rate("bf16", \.tensor.cyclesPerColumn.bf16, "bfloat16"),
      rate("fp16", \.tensor.cyclesPerColumn.fp16, "float16"),
      rate("fp8", \.tensor.cyclesPerColumn.fp8, "8-bit floats"),
      rate("tf32", \.tensor.cyclesPerColumn.tf32, "tfloat32"),
      rate("fp32_pass", \.tensor.cyclesPerColumn.fp32Pass, "one pass of an fp32 product"),
      rate("fp32_transpose", \.tensor.cyclesPerColumn.fp32Transpose, "fp32 in transpose mode"),
      .integer(
        "tensor.fp32_passes", \.tensor.fp32Passes, .count, .integer(1...16),
        "MATMULs of an fp32 product"),
      .integer(
        "tensor.fp32_onezero_passes", \.tensor.fp32OneZeroPasses, .count, .integer(1...16),
        "MATMULs of an fp32 product if one operand holds only zeros and ones"),
      .integer(
        "tensor.double_row_factor", \.tensor.doubleRowFactor, .ratio, .integer(1...8),
        "contraction rows per array row in the fp8 double_row mode; 1 = no such mode"),
      .integer(
        "tensor.mx_factor", \.tensor.mxFactor, .ratio, .integer(1...8),
        "contraction rows per array row of a product of packed MX data; 1 = no such product"),
      .number(
        "tensor.issue_overhead_cycles.warm", \.tensor.issueOverheadCyclesWarm, .cycles,
        .nonNegative,
        "cycles between two MATMULs on top of streaming, warm"),
      .number(
        "tensor.issue_overhead_cycles.cold", \.tensor.issueOverheadCyclesCold, .cycles,
        .nonNegative,
        "cycles between two MATMULs on top of streaming, cold"),
      .number(
        "tensor.minimum_issue_cycles", \.tensor.minimumIssueCycles, .cycles, .nonNegative,
        "fewest warm cycles from one MATMUL's start to the next one's"),
      .number(
        "tensor.latency.warm", \.tensor.latencyWarm, .nanoseconds, .nonNegative,
        "MATMUL: first column to end minus streaming, warm"),
      .number(
        "tensor.latency.cold", \.tensor.latencyCold, .nanoseconds, .nonNegative,
        "MATMUL: first column to end minus streaming, cold"),
      .number(
        "tensor.lead.warm", \.tensor.leadWarm, .nanoseconds, .nonNegative,
        "how long before the array takes its first column an instruction begins at most, warm"),
      .number(
        "tensor.lead.cold", \.tensor.leadCold, .nanoseconds, .nonNegative,
        "how long before the array takes its first column an instruction begins at most, cold"),
      .number(
        "tensor.weights_to_stream", \.tensor.weightsToStream, .nanoseconds, .nonNegative,
        "from loaded weights to a MATMUL's first column, warm"),
      .number(
        "tensor.misaligned_row_cycles", \.tensor.misalignedRowCycles, .cycles, .nonNegative,
        "each row of moving 16-bit data that begins at an odd multiple of 2 bytes"),
    ] + ldweights

  private static let ldweights: [Entry] = [
    .number(
      "tensor.ldweights.cycles.fast", \.tensor.ldweights.fastCycles, .cycles, .positive,
      "loading a full set of columns: 16-bit, 8-bit or packed types with unit stride"),
    .number(
      "tensor.ldweights.cycles.slow", \.tensor.ldweights.slowCycles, .cycles, .positive,
      "loading a full set of columns: 16-bit, 8-bit or packed types with another stride"),
    .number(
      "tensor.ldweights.cycles.fp32", \.tensor.ldweights.fp32Cycles, .cycles, .positive,
      "loading a full set of columns: fp32"),
    .number(
      "tensor.ldweights.cycles.fp32_transpose", \.tensor.ldweights.fp32TransposeCycles, .cycles,
      .positive, "loading a full set of columns: fp32 in transpose mode"),
    .number(
      "tensor.ldweights.stride_factor", \.tensor.ldweights.strideFactor, .ratio, .slowdown,
      "how much longer loading takes above the penalty stride"),
    .integer(
      "tensor.ldweights.long_stride_elements", \.tensor.ldweights.longStrideElements, .elements,
      .integer(1...(1 << 20)), "a stride of more elements than this is a long one"),
    .number(
      "tensor.ldweights.cycles.slow_long", \.tensor.ldweights.slowLongCycles, .cycles, .positive,
      "loading a full set of columns: 16-bit, 8-bit or packed types with a long stride"),
    .number(
      "tensor.ldweights.long_stride_factor", \.tensor.ldweights.longStrideFactor, .ratio,
      .slowdown, "how much longer loading fp32 takes with a long stride"),
    .number(
      "tensor.ldweights.strided_lead", \.tensor.ldweights.stridedLead, .nanoseconds, .nonNegative,
      "how long before strided weights are read the next ones begin to load"),
    .number(
      "tensor.ldweights.read_share", \.tensor.ldweights.readShare, .ratio, .share,
      "the share of reading strided weights that the array's taking them in lasts at least"),
    .number(
      "tensor.ldweights.latency.warm", \.tensor.ldweights.latencyWarm, .nanoseconds, .nonNegative,
      "LDWEIGHTS: first column to end minus loading, warm"),
    .number(
      "tensor.ldweights.latency.cold", \.tensor.ldweights.latencyCold, .nanoseconds, .nonNegative,
      "LDWEIGHTS: first column to end minus loading, cold"),
    .number(
      "tensor.ldweights.after_matmul_start", \.tensor.ldweights.afterMatmulStart, .nanoseconds,
      .nonNegative, "from a MATMUL's start to the next LDWEIGHTS's start"),
  ]

  /// The settings of the tensor engine's clock.
  static let peClock: [Entry] = [
    .number(
      "pe_clock.window_cycles", \.peClock.windowCycles, .cycles, .window,
      "length of an activity window, in cycles of clocks.neuroncore"),
    .number(
      "pe_clock.phase", \.peClock.phase, .nanoseconds, .nonNegative,
      "when the first window starts, after the kernel's start"),
    .number(
      "pe_clock.warm_up_busy", \.peClock.warmUpBusy, .ratio, .share,
      "busy share of a window from which on the clock is warm"),
    .number(
      "pe_clock.cool_down_busy", \.peClock.coolDownBusy, .ratio, .share,
      "busy share of a window down to which the clock goes cold"),
    .integer(
      "pe_clock.hold_windows", \.peClock.holdWindows, .count, .integer(1...1_000_000),
      "windows that the clock stays warm without one that would warm it"),
    .number(
      "pe_clock.cold_factor", \.peClock.coldFactor, .ratio, .slowdown,
      "how many times longer streaming takes when cold"),
  ]

  private static func rate(_ name: String, _ slot: Entry.Slot<Double>, _ what: String) -> Entry {
    .number(
      "tensor.cycles_per_column.\(name)", slot, .cyclesPerColumn, .positive,
      "warm cycles per moving column: \(what)")
  }
}
