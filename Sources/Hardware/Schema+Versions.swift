extension Schema {
  /// Settings that files of earlier versions lack: a file without a base takes them from the built-in
  /// configuration of its generation.
  static let added: Set<String> = [
    "sbuf.alignment_bytes", "tensor.moving_max_bf16", "dma.packed_descriptor_bytes",
    "dma.transfers_per_queue", "limits.gather_elements", "limits.local_gather_indices",
    "limits.topk_elements", "limits.topk_results", "limits.send_receive_elements",
    "dma.swdge.register_to_start", "dma.swdge.lead", "dma.swdge.register_load",
    "dma.swdge.register_move", "dma.swdge.register_address",
    "access.write_beat", "access.write_beat_narrow", "access.vector_write_queue",
    "access.scalar_write_queue", "access.vector_unpaired_lead", "dma.small_piece_cycles",
    "tensor.misaligned_row_cycles", "tensor.ldweights.long_stride_elements",
    "tensor.ldweights.cycles.slow_long", "tensor.ldweights.long_stride_factor",
    "tensor.ldweights.strided_lead", "tensor.ldweights.read_share", "dma.written_piece_cycles",
    "dma.transpose_element_cycles",
  ]

  /// Settings of earlier versions on which nothing depends; files may still have them.
  static let retired: Set<String> = [
    "dma.queues", "dma.packet_bytes", "dma.write_acknowledge", "hbm.stacks", "limits.registers",
    "flops.multiplier.uint8", "semaphores.wait_to_start.sync", "sequencer.dispatch.sync",
    "sequencer.queue_depth.sync", "sequencer.to_engine.sync", "access.stride_penalty_factor",
    "access.vector_scattered_write_cycles", "access.scalar_scattered_write_cycles",
    "access.vector_scattered_retire_cycles", "access.scalar_scattered_retire_cycles",
  ]
}
