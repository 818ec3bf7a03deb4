import Diagnostics

/// One DMA ring: takes descriptors in order from each queue, and in turn from several.
///
/// A pure state machine: `add` and `finish` say when the ring's next slice ends. With one queue a
/// slice is all that is left of a run, which a newcomer cuts at the next descriptor. A queue whose
/// next descriptor stalls lets the others go first; with no other the ring waits.
struct Ring {
  /// Equal descriptors of one transfer on this ring.
  struct Entry {
    var transfer: Int32
    var queue: Int32
    var remaining: Int32
    /// Of each descriptor.
    var bytes: Int32
    var price: Picoseconds
    /// How long its first descriptor stalls, from the moment that its queue gets to it.
    var stall: Picoseconds = 0
  }

  private struct Lane {
    var queue: Int32
    var entries: [Entry] = []
    var head = 0
    /// When the head's stall is over.
    var ready: Picoseconds = 0
    var isEmpty: Bool { head == entries.count }
  }

  private var lanes: [Lane] = []
  /// The lane of the slice under way; -1 when idle or waiting.
  private var current = -1
  /// The lane that had the last slice.
  private var last = 0
  private var sliceBegin: Picoseconds = 0
  private var sliceCount: Int32 = 0
  private var active = 0
  /// When the slice or the wait under way ends; `max` when idle.
  private(set) var next: Picoseconds = .max
  /// Time spent on descriptors.
  private(set) var busy: Picoseconds = 0

  /// Descriptors arrive; returns whether the ring got to them at once.
  mutating func add(_ entry: Entry, at now: Picoseconds) -> Bool {
    var lane = lanes.firstIndex { $0.queue == entry.queue } ?? -1
    if lane < 0 {
      lanes.append(Lane(queue: entry.queue))
      lane = lanes.count - 1
    }
    let wasEmpty = lanes[lane].isEmpty
    lanes[lane].entries.append(entry)
    guard wasEmpty else { return false }
    active += 1
    // A busy ring takes what arrives a little later by its place as if it were there.
    lanes[lane].ready = entry.stall > 0 ? now + entry.stall : .min
    if current < 0 {
      turn(from: last, at: now)
    } else {
      cut(at: now)
    }
    return current == lane || entry.stall > 0
  }

  /// Ends the slice or wait under way; returns the slice's transfer (-1 after a wait), whether the
  /// transfer's descriptors on this ring are all done, the transfer whose slice begins, and the one behind in
  /// the same queue that the ring got to and that stalls (-1 if none).
  mutating func finish() -> (transfer: Int32, isDone: Bool, started: Int32, stalled: Int32) {
    let now = next
    next = .max
    guard current >= 0 else {
      turn(from: last, at: now)
      return (-1, false, started, -1)
    }
    busy += now - sliceBegin
    let lane = current
    let head = lanes[lane].head
    let transfer = lanes[lane].entries[head].transfer
    let left = lanes[lane].entries[head].remaining
    Invariant.ringSlice.require(
      now >= sliceBegin && sliceCount > 0 && sliceCount <= left,
      "\(sliceCount) of \(left) descriptors of transfer \(transfer), \(sliceBegin) to \(now) ps")
    lanes[lane].entries[head].remaining = left - sliceCount
    let isDone = lanes[lane].entries[head].remaining == 0
    var reached: Int32 = -1
    if isDone {
      lanes[lane].head += 1
      if lanes[lane].isEmpty {
        lanes[lane].entries.removeAll(keepingCapacity: true)
        lanes[lane].head = 0
        active -= 1
      } else {
        let following = lanes[lane].entries[lanes[lane].head]
        lanes[lane].ready = now + following.stall
        if following.stall > 0 { reached = following.transfer }
      }
    }
    current = -1
    last = lane
    turn(from: lane, at: now)
    // Another queue's may begin while that one stalls.
    return (transfer, isDone, started, reached)
  }

  /// The slice under way; `nil` without one.
  var slice: (transfer: Int32, queue: Int32, begin: Picoseconds)? {
    guard current >= 0 else { return nil }
    let entry = lanes[current].entries[lanes[current].head]
    return (entry.transfer, entry.queue, sliceBegin)
  }

  /// Bytes of the descriptors in the slice under way; 0 without one.
  var sliceBytes: Double {
    guard current >= 0 else { return 0 }
    return Double(sliceCount) * Double(lanes[current].entries[lanes[current].head].bytes)
  }

  /// The transfer whose slice is under way; -1 without one.
  private var started: Int32 {
    current < 0 ? -1 : lanes[current].entries[lanes[current].head].transfer
  }

  /// Goes on with the next queue after `lane` that has descriptors ready, or waits for one.
  private mutating func turn(from lane: Int, at now: Picoseconds) {
    guard active > 0 else { return }
    var following = lane
    var earliest = Picoseconds.max
    for _ in lanes.indices {
      following = following + 1 >= lanes.count ? 0 : following + 1
      guard !lanes[following].isEmpty else { continue }
      if lanes[following].ready <= now {
        start(following, at: now)
        return
      }
      earliest = min(earliest, lanes[following].ready)
    }
    next = earliest
  }

  private mutating func start(_ lane: Int, at now: Picoseconds) {
    let entry = lanes[lane].entries[lanes[lane].head]
    current = lane
    sliceBegin = now
    sliceCount = active > 1 ? 1 : entry.remaining
    next = now + picoseconds(sliceCount, times: entry.price)
  }

  /// Another queue has work now: the slice ends with the descriptor under way.
  private mutating func cut(at now: Picoseconds) {
    guard sliceCount > 1 else { return }
    let price = lanes[current].entries[lanes[current].head].price
    let begun = Int32(clamping: max(0, now - sliceBegin) / max(1, price)) + 1
    guard begun < sliceCount else { return }
    sliceCount = begun
    next = sliceBegin + picoseconds(begun, times: price)
  }
}
