/// The sizes and access limits of one core's memories that values and checks depend on.
///
/// Filled from the hardware configuration, so that nothing here repeats a number of it.
public struct Geometry: Hashable, Sendable {
  /// SBUF and PSUM partitions.
  public var partitions: Int
  /// Bytes of one SBUF partition that programs can use.
  public var sbufBytes: Int
  /// Bytes of one PSUM partition.
  public var psumBytes: Int
  /// Bytes of one PSUM bank within a partition.
  public var psumBankBytes: Int
  /// Bytes of device memory.
  public var hbmBytes: Int
  /// Largest number of free elements of an SBUF operand.
  public var sbufFreeElements: Int
  /// Largest number of free elements of a PSUM operand.
  public var psumFreeElements: Int
  /// Columns of the stationary operand of a matmul.
  public var stationaryMax: Int
  /// Columns of the moving operand of a matmul.
  public var movingMax: Int
  /// NeuronCore generation: 2 for trn1, 3 for trn2, 4 for trn3.
  public var generation: Int

  /// Makes a geometry.
  public init(
    partitions: Int, sbufBytes: Int, psumBytes: Int, psumBankBytes: Int, hbmBytes: Int,
    sbufFreeElements: Int, psumFreeElements: Int, stationaryMax: Int, movingMax: Int,
    generation: Int
  ) {
    self.partitions = partitions
    self.sbufBytes = sbufBytes
    self.psumBytes = psumBytes
    self.psumBankBytes = psumBankBytes
    self.hbmBytes = hbmBytes
    self.sbufFreeElements = sbufFreeElements
    self.psumFreeElements = psumFreeElements
    self.stationaryMax = stationaryMax
    self.movingMax = movingMax
    self.generation = generation
  }
}
