public import Formats

/// The memories of one core as real bytes, and typed access to them.
///
/// Knows no time.
///
/// SBUF and PSUM are addressed by partition and byte, HBM by tensor. Programs must have passed their
/// static checks (shapes, bounds, capacity) before they run here; what can only be known while
/// running (uninitialised reads, dynamic offsets) is a `Trap`.
public struct Machine: ~Copyable {
  /// Sizes of the memories.
  public let geometry: Geometry
  /// The program's tensors.
  public let tensors: [Tensor]
  /// How results are rounded when they are stored.
  public var rounding: Rounding
  /// Whether the engine that runs computes with 32-bit integers natively, as GpSimd does.
  ///
  /// All others compute in fp32, which is exact up to 2^24.
  public var hasNativeIntegers = false

  let pool = BufferPool()
  let onChip: [MemoryBank]
  let device: [MemoryBank]

  /// Empty memories for the given tensors; HBM inputs count as written only once they are filled.
  public init(geometry: Geometry, tensors: [Tensor], rounding: Rounding = .nearestEven) {
    self.geometry = geometry
    self.tensors = tensors
    self.rounding = rounding
    onChip = [
      MemoryBank(
        rows: geometry.partitions, rowBytes: geometry.sbufBytes + MemoryBank.rowPadding),
      MemoryBank(
        rows: geometry.partitions, rowBytes: geometry.psumBytes + MemoryBank.rowPadding,
        tracksMatmul: true),
    ]
    // On-chip tensors get an empty bank, so that a tensor's index is its bank's index.
    device = tensors.map { MemoryBank(rows: 1, rowBytes: $0.space == .hbm ? $0.bytes : 0) }
  }

  /// A tile of the given extents with undefined contents.
  public func makeTile<Element: BitwiseCopyable>(
    rows: Int, columns: Int, of type: Element.Type = Float.self
  ) -> Tile<Element> {
    Tile(rows: rows, columns: columns, pool: pool)
  }

  /// Fills an HBM tensor with raw bytes and marks it as written.
  public mutating func fill(_ tensor: TensorID, bytes: [UInt8]) {
    let bank = device[Int(tensor.index)]
    precondition(bytes.count == bank.rowBytes, "\(bytes.count) bytes for \(bank.rowBytes)")
    bytes.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      bank.memory.copyMemory(from: base, byteCount: bytes.count)
    }
    bank.markAllWritten()
  }

  /// The raw bytes of an HBM tensor, and the first byte that was never written.
  public func contents(of tensor: TensorID) -> (bytes: [UInt8], firstUnwritten: Int?) {
    let bank = device[Int(tensor.index)]
    let bytes = [UInt8](UnsafeRawBufferPointer(start: bank.memory, count: bank.rowBytes))
    return (bytes, bank.firstUnwritten(0, bank.rowBytes))
  }
}
