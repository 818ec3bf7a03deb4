extension Schema {
  /// The settings of semaphores and sequencers.
  static let synchronisation: [Entry] =
    Entry.perEngine(
      "semaphores.update", \.semaphores.update, "from an instruction's end to the new count")
    + Entry.perEngine(
      "semaphores.wait_to_start", \.semaphores.waitToStart,
      "from the awaited count to the instruction's start", hasSync: false)
    + Entry.perEngine(
      "semaphores.event_wait_to_start", \.semaphores.eventWaitToStart,
      "from the awaited count to the start of an EVENT_SEMAPHORE")
    + Entry.perEngine(
      "sequencer.dispatch", \.sequencer.dispatch,
      "from the dispatch of an instruction to that of the next", hasSync: false)
    + Entry.perEngine(
      "sequencer.queue_depth", \.sequencer.queueDepth,
      "how many dispatched instructions may wait", unit: .instructions, hasSync: false)
    + Entry.perEngine(
      "sequencer.event_semaphore", \.sequencer.eventSemaphore,
      "duration of an EVENT_SEMAPHORE with nothing to wait for")
    + Entry.perEngine("sequencer.nop", \.sequencer.nop, "duration of a NOP")
    + Entry.perEngine(
      "sequencer.gap", \.sequencer.gap,
      "from the end of the sequencer's own instruction to its next")
    + Entry.perEngine(
      "sequencer.wait_gap", \.sequencer.waitGap,
      "how much longer that is when the next one has a wait")
    + Entry.perEngine(
      "sequencer.to_engine", \.sequencer.toEngine,
      "from the end of the sequencer's own instruction to the dispatch of an engine's",
      hasSync: false)
    + Entry.perEngine(
      "sequencer.unaccustomed", \.sequencer.unaccustomed,
      "how much longer a WRITE or NOP takes that was not executed lately")
    + Entry.perEngine(
      "sequencer.unaccustomed_event", \.sequencer.unaccustomedEvent,
      "how much longer an EVENT_SEMAPHORE takes that was not executed lately")
    + Entry.perEngine(
      "sequencer.fetch", \.sequencer.fetch,
      "how much longer the last instruction of a fetched group takes")
    + [
      .number(
        "sequencer.second_after_control", \.sequencer.secondAfterControl, .nanoseconds,
        .nonNegative,
        "from that dispatch to the next one, on the tensor engine"),
      .integer(
        "sequencer.accustomed_after", \.sequencer.accustomedAfter, .instructions,
        .integer(0...1024), "how many of a kind take longer"),
      .integer(
        "sequencer.forgotten_after", \.sequencer.forgottenAfter, .instructions,
        .integer(1...(1 << 20)), "after how many other WRITEs WRITEs and NOPs take longer again"),
      .integer(
        "sequencer.event_forgotten_after", \.sequencer.eventForgottenAfter, .instructions,
        .integer(1...(1 << 20)), "after how many WRITEs EVENT_SEMAPHOREs take longer again"),
      .integer(
        "sequencer.fetch_instructions", \.sequencer.fetchInstructions, .instructions,
        .integer(1...1024), "instructions of a fetched group"),
    ]

  /// The settings of DMA.
  static let dma: [Entry] = rings + prepared + generated

  private static let rings: [Entry] = [
    .integer("dma.rings", \.dma.rings, .count, .integer(1...1024), "DMA rings of one core"),
    .integer(
      "dma.bytes_per_cycle", \.dma.bytesPerCycle, .bytesPerCycle, .integer(1...4096),
      "bytes that a ring moves per cycle of clocks.dma"),
    .number(
      "dma.descriptor_cycles", \.dma.descriptorCycles, .cycles, .nonNegative,
      "cycles of each descriptor on top of its bytes"),
    .number(
      "dma.small_piece_cycles", \.dma.smallPieceCycles, .cycles, .nonNegative,
      "each piece below hbm_write_block_bytes of a descriptor of several, at least"),
    .number(
      "dma.written_piece_cycles", \.dma.writtenPieceCycles, .cycles, .nonNegative,
      "each piece of a descriptor that is written to a partition in several, at least"),
    .number(
      "dma.element_read_cycles", \.dma.elementReadCycles, .cyclesPerElement, .positive,
      "reading single elements, at least"),
    .number(
      "dma.transpose_element_cycles", \.dma.transposeElementCycles, .cyclesPerElement, .nonNegative,
      "transposing elements of 4 bytes, at least"),
    .number(
      "dma.element_write", \.dma.elementWrite, .nanosecondsPerElement, .nonNegative,
      "writing single elements, per ring"),
    .number(
      "dma.element_write_16bit", \.dma.elementWrite16Bit, .nanosecondsPerElement, .nonNegative,
      "writing single elements of less than 4 bytes, per ring"),
    .integer(
      "dma.hbm_write_block_bytes", \.dma.hbmWriteBlockBytes, .bytes, .integer(1...(1 << 20)),
      "HBM is written in blocks of this size"),
    .number(
      "dma.hbm_write_block_cycles", \.dma.hbmWriteBlockCycles, .cycles, .positive,
      "cycles of each such block, full or not"),
    .number(
      "dma.hbm_write_descriptor_cycles", \.dma.hbmWriteDescriptorCycles, .cycles, .nonNegative,
      "cycles of each descriptor that writes HBM on top of its blocks"),
    .number(
      "dma.semaphore_visible", \.dma.semaphoreVisible, .nanoseconds, .nonNegative,
      "from the end of the last descriptor's read to the visible semaphore update"),
    .number(
      "dma.new_read_stall", \.dma.newReadStall, .nanoseconds, .nonNegative,
      "how long each ring stalls when a transfer begins to read HBM where nothing has read"),
    .number(
      "dma.ring_offset", \.dma.ringOffset, .nanoseconds, .nonNegative,
      "from a transfer's arrival at one ring to its arrival at the next"),
    .integer(
      "dma.max_descriptor_bytes", \.dma.maxDescriptorBytes, .bytes, .integer(1...(1 << 30)),
      "bytes of one descriptor at most"),
    .integer(
      "dma.packed_descriptor_bytes", \.dma.packedDescriptorBytes, .bytes, .integer(0...(1 << 30)),
      "up to this a prepared descriptor takes all rows that its ring has of a transfer"),
    .integer(
      "dma.transfers_per_queue", \.dma.transfersPerQueue, .count, .integer(1...1024),
      "transfers of one queue that can be under way"),
    .number(
      "dma.throughput.hbm_transpose", \.dma.hbmTransposeThroughput, .ratio, .share,
      "rate of a transpose from HBM, as a share of a copy's"),
    .number(
      "dma.throughput.sbuf_transpose", \.dma.sbufTransposeThroughput, .ratio, .share,
      "rate of a transpose from SBUF, as a share of a copy's"),
    .number(
      "dma.throughput.compute", \.dma.computeThroughput, .ratio, .share,
      "rate of a DMA that computes, as a share of a copy's"),
  ]

  private static let prepared: [Entry] =
    Entry.perEngine(
      "dma.static.trigger", \.dma.prepared.trigger,
      "duration of the instruction that starts prepared descriptors")
    + Entry.perEngine(
      "dma.static.trigger_scratch", \.dma.prepared.triggerScratch,
      "the same for HBM tensors of the kernel's own")
    + Entry.perEngine(
      "dma.static.trigger_initial", \.dma.prepared.triggerInitial,
      "how much longer the first trigger takes")
    + Entry.perEngine(
      "dma.static.trigger_second", \.dma.prepared.triggerSecond,
      "how much longer the second trigger takes")
    + [
      .number(
        "dma.static.first_descriptor", \.dma.prepared.firstDescriptor, .nanoseconds, .nonNegative,
        "trigger start to first descriptor's read"),
      .number(
        "dma.static.first_descriptor_initial", \.dma.prepared.firstDescriptorInitial, .nanoseconds,
        .nonNegative, "trigger start to first descriptor's read, the first time on a ring"),
    ]

  private static let generated: [Entry] = [
    .number(
      "dma.hwdge.trigger.scalar", \.dma.hwdgeSlot.triggerScalar, .nanoseconds, .nonNegative,
      "duration of the instruction on the scalar engine"),
    .number(
      "dma.hwdge.trigger.sync", \.dma.hwdgeSlot.triggerSync, .nanoseconds, .nonNegative,
      "duration of the instruction on the sync engine"),
    .number(
      "dma.hwdge.interval", \.dma.hwdgeSlot.interval, .nanoseconds, .nonNegative,
      "trigger start to next trigger start at least"),
    .number(
      "dma.hwdge.first_descriptor.scalar", \.dma.hwdgeSlot.firstDescriptorScalar, .nanoseconds,
      .nonNegative, "trigger start to first descriptor's read, from the scalar engine"),
    .number(
      "dma.hwdge.first_descriptor.sync", \.dma.hwdgeSlot.firstDescriptorSync, .nanoseconds,
      .nonNegative, "trigger start to first descriptor's read, from the sync engine"),
    .number(
      "dma.swdge.trigger", \.dma.swdge.trigger, .nanoseconds, .nonNegative,
      "duration of the instruction on the GpSimd engine"),
    .number(
      "dma.swdge.trigger_queued", \.dma.swdge.triggerQueued, .nanoseconds, .nonNegative,
      "how much longer it takes per DMA right before it, for two at most"),
    .number(
      "dma.swdge.interval", \.dma.swdge.interval, .nanoseconds, .nonNegative,
      "trigger start to next trigger start at least"),
    .number(
      "dma.swdge.first_descriptor", \.dma.swdge.firstDescriptor, .nanoseconds, .nonNegative,
      "trigger start to first descriptor's read"),
    .number(
      "dma.swdge.wait_to_start", \.dma.swdge.waitToStart, .nanoseconds, .nonNegative,
      "from the awaited count to the trigger's start"),
    .number(
      "dma.swdge.register_to_start", \.dma.swdge.registerToStart, .nanoseconds, .nonNegative,
      "from the end of the register instruction that makes the address to the trigger's start"),
    .number(
      "dma.swdge.lead", \.dma.swdge.lead, .nanoseconds, .nonNegative,
      "from the begin of the engine's next instruction to the trigger's start"),
    .number(
      "dma.swdge.register_load", \.dma.swdge.registerLoad, .nanoseconds, .nonNegative,
      "loading an index from sbuf into a register of the GpSimd engine"),
    .number(
      "dma.swdge.register_move", \.dma.swdge.registerMove, .nanoseconds, .nonNegative,
      "multiplying or adding a constant there"),
    .number(
      "dma.swdge.register_address", \.dma.swdge.registerAddress, .nanoseconds, .nonNegative,
      "the last step to an address there"),
  ]

  /// Device memory, counting, types, limits, launch.
  static let device: [Entry] =
    [
      .number(
        "hbm.bandwidth_per_stack", \.hbm.bandwidthPerStack, .gigabytesPerSecond, .positive,
        "bandwidth of one HBM stack"),
      .number(
        "hbm.read_bandwidth_per_core", \.hbm.readBandwidthPerCore, .gigabytesPerSecond, .positive,
        "what one core's DMAs can read"),
      .integer(
        "hbm.bytes_per_stack", \.hbm.bytesPerStack, .bytes, .integer(1...(1 << 50)),
        "bytes of one HBM stack"),
      .integer(
        "hbm.cores_per_stack", \.hbm.coresPerStack, .count, .integer(1...1024),
        "cores that share a stack"),
      .integer(
        "hbm.active_cores", \.hbm.activeCores, .count, .integer(1...1024),
        "cores of one stack that are busy and share it evenly, this one included"),
      .number(
        "exchange.barrier", \.exchange.barrier, .nanoseconds, .nonNegative,
        "core_barrier, from the last core's arrival to the end"),
      .number(
        "exchange.pair_latency", \.exchange.pairLatency, .nanoseconds, .nonNegative,
        "sendrecv of no bytes, from the last core's arrival to the end"),
      .number(
        "exchange.pair_bandwidth", \.exchange.pairBandwidth, .gigabytesPerSecond, .positive,
        "sendrecv by the DMA rings"),
      .number(
        "exchange.gpsimd_bandwidth", \.exchange.gpsimdBandwidth, .gigabytesPerSecond, .positive,
        "sendrecv by GpSimd"),
      .number(
        "exchange.collective_latency", \.exchange.collectiveLatency, .nanoseconds, .nonNegative,
        "a collective of no bytes, from the last rank's arrival to the end"),
      .number(
        "exchange.collective_step", \.exchange.collectiveStep, .nanoseconds, .nonNegative,
        "each step of a collective: all_reduce has two, the others one"),
      .number(
        "exchange.collective_bandwidth", \.exchange.collectiveBandwidth, .gigabytesPerSecond,
        .positive, "what a rank sends in a collective"),
      .integer(
        "flops.operations_per_mac", \.flops.operationsPerMAC, .count, .integer(1...16),
        "operations that one multiply-accumulate counts"),
      counted("bf16", \.flops.multiplier.bf16, "bf16, fp16 and tf32"),
      counted("fp32", \.flops.multiplier.fp32, "fp32"),
      counted("fp8", \.flops.multiplier.fp8, "fp8"),
      counted("mx", \.flops.multiplier.mx, "micro-scaled"),
      .words(
        "dtypes.storage", \.dtypes.storage, .types, .names(of: storageTypes),
        "types that memories and the streaming engines take"),
      .words(
        "dtypes.matmul", \.dtypes.matmul, .types, .names(of: storageTypes),
        "types that the tensor engine multiplies"),
      .integer(
        "limits.bn_stats_elements", \.limits.bnStatsElements, .elements, .integer(1...(1 << 20)),
        "elements per partition of bn_stats at most"),
      .integer(
        "limits.max8_min_elements", \.limits.max8MinElements, .elements, .integer(1...(1 << 20)),
        "elements per partition of max8 and its kin at least"),
      .integer(
        "limits.max8_max_elements", \.limits.max8MaxElements, .elements, .integer(1...(1 << 20)),
        "elements per partition of max8 and its kin at most"),
      .integer(
        "limits.dma_compute_sources", \.limits.dmaComputeSources, .count, .integer(1...1024),
        "sources of a DMA that computes at most"),
      .integer(
        "limits.gather_elements", \.limits.gatherElements, .elements, .integer(1...(1 << 20)),
        "elements per partition that one instruction of nc_n_gather takes"),
      .integer(
        "limits.local_gather_indices", \.limits.localGatherIndices, .elements,
        .integer(1...(1 << 20)), "indices of one GpSimd core in local_gather at most"),
      .integer(
        "limits.topk_elements", \.limits.topKElements, .elements, .integer(8...(1 << 20)),
        "elements of a group in topk at most"),
      .integer(
        "limits.topk_results", \.limits.topKResults, .elements, .integer(1...(1 << 20)),
        "results of topk at most"),
      .integer(
        "limits.send_receive_elements", \.limits.sendReceiveElements, .elements,
        .integer(1...(1 << 20)), "elements per partition that GpSimd moves in one sendrecv at most"),
      .number(
        "launch.profiler_overhead", \.launch.profilerOverhead, .nanoseconds, .nonNegative,
        "the profiler's total_time minus the kernel's own span"),
      .number(
        "launch.benchmark_overhead", \.launch.benchmarkOverhead, .nanoseconds, .nonNegative,
        "a benchmark's latency minus the kernel's own span"),
    ]
    + Entry.perEngine(
      "launch.release", \.launch.release,
      "when a launch lets the queue go, from the first engine on (replays of captures only)")

  private static func counted(_ name: String, _ slot: Entry.Slot<Double>, _ what: String) -> Entry {
    .number(
      "flops.multiplier.\(name)", slot, .ratio, .positive,
      "adjusted FLOPs that one \(what) operation counts")
  }
}
