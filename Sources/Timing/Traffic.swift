package import Device
package import Hardware

/// How many bytes moved in each of equal stretches of time.
package struct Traffic: Sendable {
  /// Length of a stretch.
  package let width: Picoseconds
  /// When the first one begins.
  package let begin: Picoseconds
  /// By stretch: bytes that DMAs moved.
  package private(set) var moved: [Double]
  /// By stretch: bytes read from HBM and written to it.
  package private(set) var hbm: [Double]

  /// Follows a timeline's transfers through the rings once more, slice by slice.
  ///
  /// A slice of equal descriptors moves its bytes evenly, and takes no less than its share of HBM's bandwidth: no
  /// stretch has more than the stack gives. A transfer without descriptors moves evenly from its first to its last read.
  ///
  /// - Parameters:
  ///   - range: What is looked at, in ps; not empty.
  ///   - count: How many stretches it is cut into.
  package init(
    of program: DeviceProgram, _ timeline: Timeline, on hardware: Hardware,
    over range: Range<Picoseconds>, in count: Int
  ) {
    begin = range.lowerBound
    width = max(1, (range.upperBound - range.lowerBound - 1) / Picoseconds(max(1, count)) + 1)
    moved = Array(repeating: 0, count: max(1, count))
    hbm = moved
    let prices = EnginePrices(hardware)
    var rings = Array(repeating: Ring(), count: max(1, hardware.dma.rings))
    // By transfer: HBM bytes for each byte of its descriptors.
    var loads = Array(repeating: 0.0, count: program.transfers.count)
    var order: [Int] = []
    for (index, transfer) in program.transfers.enumerated() {
      let timing = timeline.transfers[index]
      let bytes = Double(transfer.hbmReadBytes) + Double(transfer.hbmWriteBytes)
      let payload = Traffic.runs(transfer, program)
        .reduce(0.0) { $0 + Double($1.bytes) * Double($1.count) }
      if payload > 0 {
        loads[index] = bytes / payload
        order.append(index)
      } else {
        add(Double(transfer.bytes), bytes, timing.firstRead, timing.lastRead)
      }
    }
    let times = timeline.transfers
    order.sort {
      (times[$0].queued, times[$0].trigger, $0) < (times[$1].queued, times[$1].trigger, $1)
    }
    var arrived = 0
    while true {
      let next = rings.reduce(Picoseconds.max) { min($0, $1.next) }
      let arrival = arrived < order.count ? times[order[arrived]].queued : .max
      guard min(next, arrival) < .max else { break }
      if next <= arrival {
        for ring in rings.indices where rings[ring].next == next {
          if let slice = rings[ring].slice {
            let bytes = rings[ring].sliceBytes
            add(bytes, bytes * loads[Int(slice.transfer)], slice.begin, next)
          }
          _ = rings[ring].finish()
        }
      } else {
        Traffic.hand(order[arrived], program, prices, at: arrival, to: &rings)
        arrived += 1
      }
    }
  }

  private static func runs(
    _ transfer: Transfer, _ program: DeviceProgram
  ) -> ArraySlice<DescriptorRun> {
    program.runs[Int(transfer.firstRun)..<Int(transfer.firstRun + transfer.runCount)]
  }

  /// A transfer's descriptors reach the rings, as in the simulation.
  private static func hand(
    _ index: Int, _ program: DeviceProgram, _ prices: EnginePrices, at time: Picoseconds,
    to rings: inout [Ring]
  ) {
    let transfer = program.transfers[index]
    let runs = runs(transfer, program)
    let hbmLoad = prices.descriptors.hbmLoad(transfer, runs)
    let stall = transfer.readsAnew ? prices.readStall : 0
    var last = -1
    for run in runs {
      let ring = Int(run.ring) % rings.count
      _ = rings[ring].add(
        Ring.Entry(
          transfer: Int32(truncatingIfNeeded: index), queue: transfer.queue, remaining: run.count,
          bytes: run.bytes, price: prices.descriptors.price(run, hbmLoad: hbmLoad),
          stall: ring == last ? 0 : stall), at: time + Picoseconds(ring) * prices.ringOffset)
      last = ring
    }
  }

  /// Spreads bytes evenly over the stretches that a time overlaps.
  private mutating func add(
    _ bytes: Double, _ hbmBytes: Double, _ from: Picoseconds, _ until: Picoseconds
  ) {
    let until = max(until, from + 1)
    let (low, high) = (max(0, from - begin), min(width * Picoseconds(moved.count), until - begin))
    guard low < high else { return }
    let perTime = 1 / Double(until - from)
    for stretch in Int(low / width)...Int((high - 1) / width) {
      let first = Picoseconds(stretch) * width
      let share = Double(min(high, first + width) - max(low, first)) * perTime
      moved[stretch] += bytes * share
      hbm[stretch] += hbmBytes * share
    }
  }
}
