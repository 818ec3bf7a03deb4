public import Hardware
public import Machine

extension Geometry {
  /// The sizes that a hardware configuration gives; of SBUF what programs can use.
  public init(_ hardware: Hardware) {
    self.init(
      partitions: hardware.sbuf.partitions, sbufBytes: hardware.sbuf.usableBytesPerPartition,
      psumBytes: hardware.psum.bytesPerPartition, psumBankBytes: hardware.psum.bankBytes,
      hbmBytes: hardware.hbm.bytesPerStack,
      sbufFreeElements: hardware.access.maxFreeElementsSBUF,
      psumFreeElements: hardware.access.maxFreeElementsPSUM,
      stationaryMax: hardware.tensor.stationaryMax, movingMax: hardware.tensor.movingMax,
      generation: hardware.core.generation)
  }
}
