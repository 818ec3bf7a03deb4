public import Device
import Formats
public import Machine

/// Dst = the src of the other core of the rank.
public struct SendRecv: ExchangeOperation {
  /// `sendrecv`.
  public static let name = "sendrecv"
  /// What it does.
  public static let summary = "dst = the src of the other core of the rank"
  /// Rules and cost.
  public static let details = """
    Both cores of a rank (LNC=2) call it; src and dst are equal tiles in sbuf. dma_engine=gpsimd_dma \
    moves at most 1024, 512 or 256 bytes per partition of 4-, 2- or 1-byte elements (NKI reference). \
    Its time is that of `exchange.*` of the hardware configuration. Parts are met by their order: the \
    k-th exchange between the same cores must be of the same kind and shape everywhere.
    """
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "src", "dst", "send_to_rank", "recv_from_rank", "pipe_id",
    optional: [
      "dma_engine"
    ])
  /// The fields.
  public static let fields: [Field<SendRecv>] = [
    Field(.write, "dst", \.dst, "tile in sbuf"),
    Field(.read, "src", \.src, "tile in sbuf"),
    Field(.immediate, "send_to_rank", \.sendTo, "core that gets src: 0 or 1"),
    Field(.immediate, "recv_from_rank", \.receiveFrom, "core whose src arrives: 0 or 1"),
    Field(.immediate, "pipe_id", \.pipe, "exchanges of different pipes pass each other"),
    Field(.immediate, "dma_engine", \.dmaEngine, "who moves the data"),
  ]

  /// Tile in sbuf.
  public var dst = AccessPattern.unset
  /// Tile in sbuf.
  public var src = AccessPattern.unset
  /// Core that gets src: 0 or 1.
  public var sendTo = 0
  /// Core whose src arrives: 0 or 1.
  public var receiveFrom = 0
  /// Exchanges of different pipes pass each other.
  public var pipe = 0
  /// Who moves the data.
  public var dmaEngine = SendRecvEngine.dma

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src: AccessPattern, sendTo: Int, recvFrom: Int, pipe: Int = 0,
    dmaEngine: SendRecvEngine = .dma
  ) {
    self.dst = dst
    self.src = src
    self.sendTo = sendTo
    receiveFrom = recvFrom
    self.pipe = pipe
    self.dmaEngine = dmaEngine
  }

  /// Equal tiles in sbuf, cores that exist, and what GpSimd can move.
  public func check(_ check: inout Checker) {
    checkPair(&check, [.sbuf])
    for (name, core) in [("send_to_rank", sendTo), ("recv_from_rank", receiveFrom)] {
      check.require(
        core == 0 || core == 1, name, "'\(name)' is \(core)", remedy: "a rank has cores 0 and 1")
    }
    check.require(sendTo == receiveFrom, "recv_from_rank", "the two cores must exchange tiles")
    guard src.isSet, dst.isSet else { return }
    check.require(
      src.rows == dst.rows && src.elementsPerRow == dst.elementsPerRow, "dst",
      "'src' is \(src.rows) × \(src.elementsPerRow) and 'dst' \(dst.rows) × \(dst.elementsPerRow)")
    let size = check.tensor(src).dtype.size
    let limit = check.geometry.limits.sendReceiveElements
    check.require(
      dmaEngine == .dma || src.elementsPerRow <= limit, "dma_engine",
      "gpsimd_dma moves \(limit * size) bytes per partition, 'src' has \(src.elementsPerRow * size)",
      remedy: "use dma_engine=dma")
  }

  /// Kind, participants and size.
  public func exchange(_ tensors: [Tensor]) -> Exchange {
    Exchange(
      .sendReceive, pipe: pipe, bytes: bytes(tensors), byGpSimd: dmaEngine == .gpsimdDMA)
  }

  /// What this core gives.
  public var source: AccessPattern { src }
  /// Where this core gets its result.
  public var destination: AccessPattern { dst }

  /// The other core's tile; one's own when the rank has one core.
  public func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart? {
    parts.count == 1 ? parts[0] : parts[receiveFrom]
  }
}
