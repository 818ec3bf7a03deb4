/// One DMA ring: takes descriptors in order from each queue, and in turn from several.
///
/// A pure state machine: `add` and `finish` say when the ring's next slice ends. With one queue a
/// slice is all that is left of a run, which a newcomer cuts at the next descriptor.
struct Ring {
  /// Equal descriptors of one transfer on this ring.
  struct Entry {
    var transfer: Int32
    var queue: Int32
    var remaining: Int32
    var price: Picoseconds
  }

  private struct Lane {
    var queue: Int32
    var entries: [Entry] = []
    var head = 0
    var isEmpty: Bool { head == entries.count }
  }

  private var lanes: [Lane] = []
  private var current = -1
  private var sliceBegin: Picoseconds = 0
  private var sliceCount: Int32 = 0
  private var active = 0
  /// When the slice under way ends; `max` when idle.
  private(set) var next: Picoseconds = .max
  /// Time spent on descriptors.
  private(set) var busy: Picoseconds = 0

  /// Descriptors arrive; returns whether the ring started on them at once.
  mutating func add(_ entry: Entry, at now: Picoseconds) -> Bool {
    var lane = lanes.firstIndex { $0.queue == entry.queue } ?? -1
    if lane < 0 {
      lanes.append(Lane(queue: entry.queue))
      lane = lanes.count - 1
    }
    let wasEmpty = lanes[lane].isEmpty
    lanes[lane].entries.append(entry)
    if wasEmpty { active += 1 }
    if current < 0 {
      start(lane, at: now)
      return true
    }
    if wasEmpty && lane != current { cut(at: now) }
    return false
  }

  /// Ends the slice under way; returns its transfer, whether the transfer's descriptors on this ring
  /// are all done, and the transfer that the ring turned to for the first time.
  mutating func finish() -> (transfer: Int32, isDone: Bool, started: Int32) {
    let now = next
    busy += now - sliceBegin
    let lane = current
    let head = lanes[lane].head
    let transfer = lanes[lane].entries[head].transfer
    lanes[lane].entries[head].remaining -= sliceCount
    let isDone = lanes[lane].entries[head].remaining == 0
    if isDone {
      lanes[lane].head += 1
      if lanes[lane].isEmpty {
        lanes[lane].entries.removeAll(keepingCapacity: true)
        lanes[lane].head = 0
        active -= 1
      }
    }
    current = -1
    next = .max
    guard active > 0 else { return (transfer, isDone, -1) }
    var following = lane
    repeat {
      following = following + 1 == lanes.count ? 0 : following + 1
    } while lanes[following].isEmpty
    start(following, at: now)
    return (transfer, isDone, lanes[following].entries[lanes[following].head].transfer)
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
