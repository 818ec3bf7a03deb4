import Diagnostics
import Host
import Synchronization

/// On-chip memories of machines that have ended, for those to come.
///
/// The pages of new memory cost the host more than a small kernel's values do.
enum SpareMemories {
  /// SBUF and PSUM, of which nothing else knows.
  private struct Spare: @unchecked Sendable {
    let geometry: Geometry
    let onChip: [MemoryBank]
  }

  /// Most that wait: about as many as machines run at a time, and little memory.
  private static let most = 4
  private static let spares = Mutex<[Spare]>([])

  /// SBUF and PSUM, empty.
  static func take(_ geometry: Geometry) -> [MemoryBank] {
    let spare = spares.withLock { spares in
      spares.lastIndex { $0.geometry == geometry }.map { spares.remove(at: $0) }
    }
    if let spare {
      Invariant.emptySpareMemory.requireIfThorough(
        { spare.onChip.allSatisfy(\.hasNoMarks) },
        "of \(spare.onChip.map(\.rowBytes)) bytes for a partition")
      return spare.onChip
    }
    return [
      MemoryBank(
        rows: geometry.partitions, rowBytes: geometry.sbufBytes + MemoryBank.rowPadding),
      MemoryBank(
        rows: geometry.partitions, rowBytes: geometry.psumBytes + MemoryBank.rowPadding,
        tracksMatmul: true),
    ]
  }

  /// Keeps a machine's memories for the next; the one that has waited longest goes.
  ///
  /// One with undefined elements in it, which it does not know from unwritten ones, is of no use.
  static func give(_ onChip: [MemoryBank], _ geometry: Geometry) {
    guard !onChip.contains(where: { $0.allowsUndefinedReads || $0.isMissing }) else { return }
    // Their pages stay, which no budget counts: it must be little of what there is.
    let bytes = onChip.reduce(0) { $0 + $1.rows * $1.rowBytes }
    guard bytes * most <= MemoryBudget.limit.bytes / 16 else { return }
    for bank in onChip { bank.empty() }
    let spare = Spare(geometry: geometry, onChip: onChip)
    spares.withLock { spares in
      if spares.count == most { spares.removeFirst() }
      spares.append(spare)
    }
  }
}
