/// Bytes of SBUF and PSUM that instructions read and wrote, as the profiler counts them.
///
/// Of engines those of one partition (COPY of [128, 512] fp32: 2048), of DMAs all; what is read as a scalar of each partition beside
/// streamed operands does not count, and PSUM is the engines' alone (trn2 captures: the sums of their rows are their summaries').
public struct OnChipBytes: Hashable, Sendable {
  /// Read from SBUF.
  public var sbufRead = 0
  /// Written to SBUF.
  public var sbufWritten = 0
  /// Read from PSUM.
  public var psumRead = 0
  /// Written to PSUM.
  public var psumWritten = 0
  /// Written to SBUF by instructions that read PSUM.
  public var drained = 0
  /// Instructions that read PSUM and write SBUF.
  public var drains = 0

  /// Nothing.
  public init() {}

  /// Adds what others did.
  public static func += (total: inout OnChipBytes, other: OnChipBytes) {
    total.sbufRead += other.sbufRead
    total.sbufWritten += other.sbufWritten
    total.psumRead += other.psumRead
    total.psumWritten += other.psumWritten
    total.drained += other.drained
    total.drains += other.drains
  }
}
