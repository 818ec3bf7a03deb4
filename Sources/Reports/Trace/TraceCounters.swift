import Device
import Timing

/// The counters under the rows, with their present values.
struct TraceCounters {
  private struct Counter {
    var name: String
    var unit: String
    var rank: Int
    /// In whole units of `1 / scale`.
    var value = 0
    var scale = 1.0
    var track: UInt64 = 0
  }

  private var mfu: Counter
  private var clock: Counter
  private var hbm: Counter
  private var dma: Counter
  private var pending: Counter
  private var sbuf: Counter
  private var psum: Counter
  private let coldClock: Int
  private let warmClock: Int

  /// - Parameters:
  ///   - rank: Rows above.
  ///   - coldClock: GHz of the cold PE array.
  ///   - warmClock: GHz of the warm PE array.
  init(after rank: Int, coldClock: Double, warmClock: Double) {
    mfu = Counter(name: "Estimated Instant MFU", unit: "%", rank: rank, scale: 1e4)
    clock = Counter(name: "PE Clock", unit: "GHz", rank: rank + 1, scale: 1e3)
    hbm = Counter(name: "HBM Throughput", unit: "GB/s", rank: rank + 2, scale: 1e4)
    dma = Counter(name: "DMA Throughput", unit: "GB/s", rank: rank + 3, scale: 1e4)
    pending = Counter(name: "Pending DMA Count", unit: "", rank: rank + 4)
    sbuf = Counter(name: "State Buffer Usage", unit: "bytes", rank: rank + 5)
    psum = Counter(name: "PSUM Usage", unit: "bytes", rank: rank + 6)
    self.coldClock = Int((coldClock * 1000).rounded())
    self.warmClock = Int((warmClock * 1000).rounded())
  }

  /// A stretch of the rates begins.
  mutating func begin(
    _ stretch: Int, of rates: TraceRates, _ out: inout TraceEncoder, _ window: Range<Picoseconds>
  ) {
    let time = rates.time(stretch)
    func set(_ counter: inout Counter, _ value: Double) {
      let wanted = Int((value * counter.scale).rounded())
      TraceCounters.change(&counter, time, wanted - counter.value, &out, window)
    }
    set(&hbm, rates.hbm(stretch))
    set(&dma, rates.dma(stretch))
    set(&mfu, rates.mfu(stretch))
  }

  /// A transfer was triggered or has completed.
  mutating func addPending(
    _ time: Picoseconds, _ amount: Int, _ out: inout TraceEncoder, _ window: Range<Picoseconds>
  ) {
    TraceCounters.change(&pending, time, amount, &out, window)
  }

  mutating func apply(
    _ change: TraceSamples.Change, _ out: inout TraceEncoder, _ window: Range<Picoseconds>
  ) {
    switch change.counter {
    case .peClock:
      let value = change.amount == 1 ? warmClock : coldClock
      TraceCounters.change(&clock, change.time, value - clock.value, &out, window)
    case .sbuf: TraceCounters.change(&sbuf, change.time, change.amount, &out, window)
    case .psum: TraceCounters.change(&psum, change.time, change.amount, &out, window)
    }
  }

  private static func change(
    _ counter: inout Counter, _ time: Picoseconds, _ amount: Int, _ out: inout TraceEncoder,
    _ window: Range<Picoseconds>
  ) {
    guard amount != 0 else { return }
    let before = counter.value
    counter.value += amount
    guard window.contains(time) else { return }
    if counter.track == 0 {
      counter.track = out.makeTrack(counter.name, rank: counter.rank, unit: counter.unit)
      // A window that opens in the middle begins with the value that held before.
      if before != 0 { write(counter, before, time, &out) }
    }
    write(counter, counter.value, time, &out)
  }

  private static func write(
    _ counter: Counter, _ value: Int, _ time: Picoseconds, _ out: inout TraceEncoder
  ) {
    if counter.scale == 1 {
      out.sample(time, track: counter.track, value)
    } else {
      out.sample(time, track: counter.track, Double(value) / counter.scale)
    }
  }

  /// A counter holds its value until its next sample: all end with zero.
  mutating func close(_ time: Picoseconds, _ out: inout TraceEncoder) {
    let end = max(time, Picoseconds(out.lastStamp) * 1000)
    for counter in [mfu, clock, hbm, dma, pending, sbuf, psum] where counter.track > 0 {
      if counter.scale == 1 {
        out.sample(end, track: counter.track, 0)
      } else {
        out.sample(end, track: counter.track, 0.0)
      }
    }
  }
}
