import Formats
public import Hardware

extension Geometry {
  /// The sizes and limits that a hardware configuration gives; of SBUF what programs can use.
  public init(_ hardware: Hardware) {
    self.init()
    partitions = hardware.sbuf.partitions
    sbufBytes = hardware.sbuf.usableBytesPerPartition
    sbufAlignment = hardware.sbuf.alignmentBytes
    psumBytes = hardware.psum.bytesPerPartition
    psumBankBytes = hardware.psum.bankBytes
    hbmBytes = hardware.hbm.bytesPerStack
    let access = hardware.access
    startPartitions = StartPartitions(
      upTo32: access.startPartitionsUpTo32, upTo64: access.startPartitionsUpTo64,
      above64: access.startPartitionsAbove64)
    freeDimensions = access.maxFreeDims
    sbufFreeElements = access.maxFreeElementsSBUF
    psumFreeElements = access.maxFreeElementsPSUM
    peRows = hardware.tensor.rows
    peColumns = hardware.tensor.columns
    peTile = hardware.tensor.minimumTile
    stationaryMax = hardware.tensor.stationaryMax
    movingMax = hardware.tensor.movingMax
    movingMaxBF16 = hardware.tensor.movingMaxBF16
    matmulTypes = DTypeSet(hardware.dtypes.matmul.compactMap { DType(name: $0) })
    float32Passes = hardware.tensor.fp32Passes
    generation = hardware.core.generation
    limits.bnStatsElements = hardware.limits.bnStatsElements
    limits.max8Elements = hardware.limits.max8MinElements...hardware.limits.max8MaxElements
    limits.dmaComputeSources = hardware.limits.dmaComputeSources
    limits.gatherElements = hardware.limits.gatherElements
    limits.localGatherIndices = hardware.limits.localGatherIndices
    limits.topKElements = hardware.limits.topKElements
    limits.topKResults = hardware.limits.topKResults
    limits.sendReceiveElements = hardware.limits.sendReceiveElements
  }
}
