import Timing

/// What happens next in a trace; at the same time, smaller kinds go first.
enum TraceEventKind: UInt8 {
  /// A scope or source line ended: before anything begins on its track.
  case spanEnd = 0
  /// An instruction ended.
  case sliceEnd = 1
  /// A transfer completed.
  case transferEnd = 2
  /// A stretch of the rates begins.
  case stretch = 3
  /// A transfer was triggered.
  case trigger = 4
  /// A counter changed.
  case sample = 5
  /// The next slice of a row begins.
  case begin = 6
}

/// A moment of a trace.
struct TraceEvent {
  var time: Picoseconds
  /// Kind and then index: the order of what happens at the same time.
  var key: UInt64
  /// Track of a slice that ends.
  var track: UInt32

  init(_ time: Picoseconds, _ kind: TraceEventKind, index: Int, track: UInt64 = 0) {
    self.time = time
    key = UInt64(kind.rawValue) << 32 | UInt64(UInt32(truncatingIfNeeded: index))
    self.track = UInt32(truncatingIfNeeded: track)
  }

  var kind: TraceEventKind? {
    TraceEventKind(rawValue: UInt8(truncatingIfNeeded: key >> 32))
  }
  var index: Int { Int(UInt32(truncatingIfNeeded: key)) }

  @inline(__always)
  static func < (a: TraceEvent, b: TraceEvent) -> Bool {
    a.time != b.time ? a.time < b.time : a.key < b.key
  }
}

/// The moments that are known to come, the next one first: open slices and one per row.
struct EventHeap: ~Copyable {
  private var base: UnsafeMutablePointer<TraceEvent>
  private var capacity = 256
  private(set) var count = 0

  init() { base = .allocate(capacity: capacity) }

  deinit { base.deallocate() }

  mutating func push(_ event: TraceEvent) {
    if count == capacity { grow() }
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole - 1) >> 1
      guard event < base[parent] else { break }
      base[hole] = base[parent]
      hole = parent
    }
    base[hole] = event
  }

  /// The next moment; the heap must not be empty.
  var top: TraceEvent { base[0] }

  /// Takes the next moment away.
  mutating func removeTop() {
    count -= 1
    if count > 0 { sink(base[count]) }
  }

  /// Puts `event` in the place of the next moment.
  mutating func replaceTop(_ event: TraceEvent) { sink(event) }

  private mutating func sink(_ event: TraceEvent) {
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < count else { break }
      if child + 1 < count && base[child + 1] < base[child] { child += 1 }
      guard base[child] < event else { break }
      base[hole] = base[child]
      hole = child
    }
    base[hole] = event
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<TraceEvent>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: base, count: count)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}
