import Diagnostics

/// All semaphores with the times of their updates.
///
/// Updates are known as soon as their producer has begun, usually before they happen. A semaphore's
/// updates are kept in the order of their times, so that "when did it reach v" has one answer.
struct SemaphoreBoard {
  /// One update.
  struct Event {
    var time: Picoseconds
    /// The semaphore's value from then on.
    var value: Int32
    /// The semaphore's value until then.
    var before: Int32
    /// Device instruction (≥ 0) or transfer (`-1 - index`) that made it.
    var producer: Int32
    var next: Int32
  }

  private(set) var events: [Event] = []
  private var heads: [Int32]
  private var tails: [Int32]
  private var cursors: [Int32]

  init(count: Int, expectedUpdates: Int) {
    heads = Array(repeating: -1, count: count)
    tails = heads
    cursors = heads
    events.reserveCapacity(expectedUpdates)
  }

  /// Adds an update; returns whether it came before one that was already known.
  mutating func add(
    _ semaphore: Int32, time: Picoseconds, amount: Int32, producer: Int32
  ) -> Bool {
    Invariant.semaphoreGrowth.require(
      amount >= 0, "semaphore \(semaphore) by \(amount) at \(time) ps")
    let index = Int32(events.count)
    let s = Int(semaphore)
    let tail = tails[s]
    if tail < 0 {
      events.append(Event(time: time, value: amount, before: 0, producer: producer, next: -1))
      heads[s] = index
      tails[s] = index
      cursors[s] = index
      return false
    }
    if events[Int(tail)].time <= time {
      let before = events[Int(tail)].value
      events.append(
        Event(
          time: time, value: before + amount, before: before, producer: producer, next: -1))
      events[Int(tail)].next = index
      tails[s] = index
      return false
    }
    insert(
      s, Event(time: time, value: amount, before: 0, producer: producer, next: -1), amount, index)
    return true
  }

  /// Puts an update before later ones and raises their values.
  private mutating func insert(_ s: Int, _ event: Event, _ amount: Int32, _ index: Int32) {
    var before: Int32 = -1
    var after = heads[s]
    while after >= 0, events[Int(after)].time <= event.time {
      before = after
      after = events[Int(after)].next
    }
    var placed = event
    placed.before = before >= 0 ? events[Int(before)].value : 0
    placed.value = placed.before + amount
    placed.next = after
    events.append(placed)
    if before >= 0 { events[Int(before)].next = index } else { heads[s] = index }
    while after >= 0 {
      events[Int(after)].value += amount
      events[Int(after)].before += amount
      after = events[Int(after)].next
    }
    cursors[s] = heads[s]
  }

  /// The first update after which the semaphore is at least `value`; -1 if none is known.
  @inline(__always) mutating func reaching(_ semaphore: Int32, _ value: Int32) -> Int32 {
    let s = Int(semaphore)
    let tail = tails[s]
    if tail < 0 || events[Int(tail)].value < value { return -1 }
    var index = cursors[s]
    if events[Int(index)].before >= value {
      // Somebody asked for more before: start over.
      index = heads[s]
    }
    while events[Int(index)].value < value { index = events[Int(index)].next }
    cursors[s] = index
    return index
  }

  /// The first known update; -1 if there is none.
  func first(of semaphore: Int32) -> Int32 { heads[Int(semaphore)] }

  /// The value that all known updates amount to.
  func total(_ semaphore: Int32) -> Int32 {
    let tail = tails[Int(semaphore)]
    return tail < 0 ? 0 : events[Int(tail)].value
  }
}
