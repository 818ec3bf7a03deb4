import Glibc
import Simulation

/// What each thread of a worker does: pages that it shares with the process that started it, which reads them when the worker is
/// dead.
///
/// A slot of a thread is one number of 64 bits: the entry's, shifted by 8, and the stage; 0 between entries. Writing it costs a
/// store.
final class ActivityBoard: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<UInt64>
  private let width: Int

  /// An open file of `bytes(width:)`.
  init?(_ file: Int32, width: Int) {
    guard
      let pages = mmap(
        nil, ActivityBoard.bytes(width: width), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
      pages != MAP_FAILED
    else { return nil }
    slots = pages.bindMemory(to: UInt64.self, capacity: width)
    self.width = width
  }

  deinit { munmap(slots, ActivityBoard.bytes(width: width)) }

  static func bytes(width: Int) -> Int { width * MemoryLayout<UInt64>.stride }

  /// Says what a thread does.
  func set(_ thread: Int, entry: Int, _ stage: Stage) {
    slots[thread] = UInt64(entry) << 8 | UInt64(stage.rawValue)
  }

  /// Says that a thread does nothing.
  func clear(_ thread: Int) { slots[thread] = 0 }

  /// What was done last, by entry.
  var activities: [Int: Stage] {
    var found: [Int: Stage] = [:]
    for index in 0..<width {
      if let stage = Stage(rawValue: UInt8(slots[index] & 0xFF)) {
        found[Int(slots[index] >> 8)] = stage
      }
    }
    return found
  }
}
