extension Hardware {
  /// Dense bf16 peak of one core in TFLOPS: operations × rows × columns × clock.
  public var peakTFLOPS: Double {
    Double(flops.operationsPerMAC * tensor.rows * tensor.columns) * clocks.tensor
      / tensor.cyclesPerColumn.bf16 / 1000
  }

  /// What one DMA ring moves at most, in GB/s.
  public var ringBandwidth: Double { Double(dma.bytesPerCycle) * clocks.dma }

  /// What all DMA rings of a core move at most, in GB/s.
  public var ringsBandwidth: Double { Double(dma.rings) * ringBandwidth }

  /// What HBM gives this core while all active cores use it, in GB/s.
  public var hbmBandwidth: Double { hbm.bandwidthPerStack / Double(hbm.activeCores) }

  /// FLOPs per HBM byte at which compute and memory balance, as profilers print it.
  public var peakFLOPsBandwidthRatio: Double { peakTFLOPS * 1000 / hbm.bandwidthPerStack }

  /// Bytes of SBUF.
  public var sbufBytes: Int { sbuf.partitions * sbuf.bytesPerPartition }

  /// Bytes of PSUM.
  public var psumBytes: Int { psum.partitions * psum.bytesPerPartition }
}
