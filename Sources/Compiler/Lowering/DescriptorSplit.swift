import Device
import Hardware
import ISA

/// Cuts transfers into descriptors on rings.
///
/// Descriptors longer than the hardware's largest are cut. Each ring moves the rows of its own
/// partitions (`portions`); a transfer between places in HBM is cut evenly.
struct DescriptorSplit {
  private let dma: Hardware.DMA
  private let partitions: Int

  init(_ hardware: Hardware) {
    dma = hardware.dma
    partitions = hardware.sbuf.partitions
  }

  /// The mode the author chose, or what the core has for this engine.
  func mode(_ mode: DGEMode?, on engine: Engine) -> DGEMode {
    if let mode { return mode }
    switch engine {
    case .gpsimd: return .swdge
    case .sync, .scalar: return dma.hwdge == nil ? .none : .hwdge
    case .tensor, .vector: return .none
    }
  }

  /// Appends the transfer's descriptor runs, neighbouring descriptors together on a ring.
  ///
  /// - Returns: the transfer, in queue 0.
  func split(
    _ shape: TransferShape, _ mode: DGEMode, into runs: inout [DescriptorRun]
  ) -> Transfer {
    var bytes = shape.bytes
    var elements = shape.elements
    var count = shape.descriptors
    if bytes > dma.maxDescriptorBytes {
      let pieces = (bytes + dma.maxDescriptorBytes - 1) / dma.maxDescriptorBytes
      count *= pieces
      bytes = (bytes + pieces - 1) / pieces
      elements = (elements + pieces - 1) / pieces
    }
    let portions = portions(of: count, shape.partitions)
    let pieces = mode == .none && shape.kind == .contiguous ? packed(bytes, portions) : 1
    bytes *= pieces
    elements *= pieces
    count /= pieces
    let first = runs.count
    for portion in portions {
      runs.append(
        DescriptorRun(
          ring: portion.ring, count: portion.count / pieces, bytes: bytes, elements: elements,
          kind: shape.kind, writesHBM: shape.hbmWriteBytes > 0, pieces: pieces,
          writtenPieces: shape.writtenPieces > 1 ? shape.writtenPieces * pieces : 1))
    }
    return Transfer(
      firstRun: first, runCount: runs.count - first,
      bytes: max(shape.hbmReadBytes, shape.hbmWriteBytes, shape.bytes * shape.descriptors),
      hbmReadBytes: shape.hbmReadBytes, hbmWriteBytes: shape.hbmWriteBytes, descriptors: count,
      queue: 0, mode: mode)
  }

  /// How many of `count` descriptors each ring has, of the rings that have any.
  ///
  /// A ring moves the partitions of its lanes, of which it has eight (NKI documentation, introduction to
  /// DMA: a load of four rows keeps one engine busy, one of 128 rows sixteen with eight rows each; the
  /// captures of static and of generated descriptors have 128 rows and show the same).
  private func portions(of count: Int, _ used: Range<Int>?) -> [(ring: Int, count: Int)] {
    let rings = dma.rings
    guard let used, !used.isEmpty else {
      let busy = min(rings, max(count, 1))
      return (0..<busy).map { ($0, count * ($0 + 1) / busy - count * $0 / busy) }
    }
    let lanes = max(1, partitions / rings)
    let rows = used.count
    return (used.lowerBound / lanes...(used.upperBound - 1) / lanes).compactMap { ring in
      let own = used.clamped(to: ring * lanes..<(ring + 1) * lanes)
      let begin = own.lowerBound - used.lowerBound
      let share = count * (begin + own.count) / rows - count * begin / rows
      return share > 0 ? (ring % rings, share) : nil
    }
  }

  /// How many rows of `bytes` a prepared descriptor takes.
  ///
  /// What a ring has of a transfer makes one descriptor if it is small enough.
  private func packed(_ bytes: Int, _ portions: [(ring: Int, count: Int)]) -> Int {
    let share = portions[0].count
    guard portions.allSatisfy({ $0.count == share }) else { return 1 }
    return share > 1 && share * bytes <= dma.packedDescriptorBytes ? share : 1
  }
}
