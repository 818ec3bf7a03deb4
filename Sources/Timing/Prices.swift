import Device
import Hardware

/// Latest time at which something may happen, about 13 days: a simulation that gets beyond it ends
/// with an error, long before sums of times leave 64 bits.
let latestEvent = Picoseconds(1) << 60

/// Picoseconds from a real number that is not negative, at most `limit`: about 19 minutes, which only
/// one step of an absurd configuration exceeds.
@inline(__always) func wholePicoseconds(
  _ exact: Double, _ rounding: FloatingPointRoundingRule = .toNearestOrAwayFromZero,
  limit: Picoseconds = 1 << 50
) -> Picoseconds {
  exact < Double(limit) ? Picoseconds(exact.rounded(rounding)) : limit
}

/// Nanoseconds as picoseconds.
@inline(__always) func picoseconds(_ nanoseconds: Double) -> Picoseconds {
  wholePicoseconds(nanoseconds * 1000)
}

/// What `count` equal steps take, at most `latestEvent`.
@inline(__always) func picoseconds(_ count: Int32, times step: Picoseconds) -> Picoseconds {
  let (product, overflow) = Picoseconds(count).multipliedReportingOverflow(by: step)
  return overflow ? latestEvent : min(product, latestEvent)
}

/// What a piece of streamed work takes.
struct StreamPrice {
  /// From its begin to the earliest begin of the next.
  var interval: Picoseconds
  /// From its begin to its end.
  var duration: Picoseconds
  /// Smallest distance between its end and the end before it; 0 for none.
  var retire: Picoseconds
  /// Beats of scattered elements that it writes; 0 for none.
  var beats: Double
  /// What writing one of them takes.
  var beat: Double
}

/// Scattered elements on their way to memory, which bound how far an engine runs ahead of its own end.
struct WriteQueue {
  /// The last two instructions that scattered, the later one first.
  private var last = (end: Picoseconds.min / 2, beats: 0.0, beat: 0.0)
  private var before = (end: Picoseconds.min / 2, beats: 0.0, beat: 0.0)

  /// Adds an instruction that scatters; returns when `room` beats or fewer are left to be written.
  mutating func add(_ price: StreamPrice, end: Picoseconds, room: Double) -> Picoseconds {
    before = last
    last = (end, price.beats, price.beat)
    if last.beats >= room { return end - wholePicoseconds(room * last.beat) }
    return before.end - wholePicoseconds(min(before.beats, room - last.beats) * before.beat)
  }
}

/// The prices of one engine's stream classes, ready for the inner loop.
struct StreamPrices {
  private struct Row {
    var cycles: StreamingClass.CyclesPerElement
    var issue: StreamingClass.ByMemory
    var latency: StreamingClass.ByMemory
    var retire: Double
    var minimum: Picoseconds
  }

  private var rows: [Row?]
  /// Picoseconds per cycle.
  private let period: Double
  private let access: Hardware.Access
  /// Whether the engine can take and write two elements at a time.
  private let takesPairs: Bool
  /// Beats of scattered elements that may wait when the next instruction begins.
  let writeQueue: Double

  init(
    _ classes: [String: StreamingClass], clock: Double, access: Hardware.Access,
    writeQueue: Double = .infinity, takesPairs: Bool = false
  ) {
    let period = 1000 / clock
    self.period = period
    self.access = access
    self.writeQueue = writeQueue
    self.takesPairs = takesPairs
    rows = StreamClass.allCases.map { streamClass in
      guard let found = classes[streamClass.configurationKey] else { return nil }
      return Row(
        cycles: found.cyclesPerElement, issue: found.issueOverhead, latency: found.latency,
        retire: found.retireOverhead,
        minimum: wholePicoseconds(found.minimumCycles * period))
    }
  }

  /// Whether the engine can run the class.
  func supports(_ streamClass: StreamClass) -> Bool { rows[Int(streamClass.rawValue)] != nil }

  /// The price of a stream; `nil` when the engine has no price for its class.
  @inline(__always) func price(_ stream: Stream) -> StreamPrice? {
    guard let row = rows[Int(stream.streamClass.rawValue)] else { return nil }
    let inPSUM = stream.readsPSUM || stream.writesPSUM
    let sixteenBit = stream.sixteenBitInputs && stream.sixteenBitOutput
    var cycles: Double
    if inPSUM {
      cycles =
        sixteenBit && stream.contiguous && !(stream.readsPSUM && stream.writesPSUM)
        ? row.cycles.psum16BitContiguous : row.cycles.psum
    } else if sixteenBit {
      cycles = stream.contiguous ? row.cycles.sbuf16BitContiguous : row.cycles.sbuf16Bit
    } else {
      cycles = row.cycles.sbuf
    }
    if stream.repeatsInput { cycles = max(cycles, row.cycles.sbuf, 1) }
    let limit = Int32(clamping: access.stridePenaltyBytes)
    if max(stream.inputStrideBytes, stream.outputStrideBytes) > limit {
      return scatteredPrice(stream, row, cycles, inPSUM: inPSUM)
    }
    let streaming = wholePicoseconds(Double(stream.elements) * cycles * period)
    let issue = picoseconds(inPSUM ? row.issue.psum : row.issue.sbuf)
    let latency = picoseconds(inPSUM ? row.latency.psum : row.latency.sbuf)
    // The end of a MEMSET on an engine that works in pairs does not wait for its elements.
    let seen = takesPairs && stream.streamClass == .memset ? 0 : streaming
    return StreamPrice(
      interval: max(streaming + issue, row.minimum), duration: seen + latency,
      retire: row.retire > 0 ? streaming + picoseconds(row.retire) : 0, beats: 0, beat: 0)
  }
}

extension StreamPrices {
  /// The price of a stream that gathers or scatters its elements.
  ///
  /// Scattered elements are written beat by beat, whatever the engine: VectorE writes two in one while it
  /// takes them in pairs. An engine that takes in elements in pairs takes gathered ones one by one; one
  /// that does not reads SBUF beat by beat.
  private func scatteredPrice(
    _ stream: Stream, _ row: Row, _ cycles: Double, inPSUM: Bool
  ) -> StreamPrice {
    let limit = Int32(clamping: access.stridePenaltyBytes)
    let elements = Double(stream.elements)
    var each = cycles * period
    var latency = picoseconds(inPSUM ? row.latency.psum : row.latency.sbuf)
    var inPairs = takesPairs && cycles <= 0.5
    if stream.inputStrideBytes > limit && !inPSUM {
      if !takesPairs {
        each = max(each, access.writeBeat * 1000)
      } else if cycles < 1 {
        each = period
        inPairs = false
        latency -= picoseconds(access.vectorUnpairedLead)
      }
    }
    let taking = elements * each
    let issue = picoseconds(inPSUM ? row.issue.psum : row.issue.sbuf)
    guard stream.outputStrideBytes > limit else {
      let streaming = wholePicoseconds(taking)
      return StreamPrice(
        interval: max(streaming + issue, row.minimum), duration: max(0, streaming + latency),
        retire: row.retire > 0 ? streaming + picoseconds(row.retire) : 0, beats: 0, beat: 0)
    }
    let beat = 1000 * (stream.outputElementBytes < 4 ? access.writeBeatNarrow : access.writeBeat)
    let beats = inPairs ? (elements / 2).rounded(.up) : elements
    let writing = wholePicoseconds(max(taking, beats * beat))
    let reading = wholePicoseconds(max(taking, elements * access.scatteredReadCycles * period))
    return StreamPrice(
      interval: max(reading + issue, row.minimum), duration: max(0, writing + latency),
      retire: writing, beats: beats, beat: beat)
  }
}

/// What descriptors take on a ring.
struct DescriptorPrices {
  private let dma: Hardware.DMA
  private let period: Double
  /// Picoseconds per byte of one ring's share of the HBM bandwidth.
  private let hbmShare: Double
  /// Picoseconds per byte of one ring's share of what a core can read from HBM.
  private let readShare: Double

  init(_ hardware: Hardware) {
    dma = hardware.dma
    period = 1000 / hardware.clocks.dma
    // Cores that are active on a stack share its bandwidth evenly, and a core's rings share the
    // core's part (assumed: no arbitration is published).
    let share = hardware.hbm.bandwidthPerStack / Double(max(1, hardware.hbm.activeCores))
    let rings = Double(max(1, hardware.dma.rings))
    hbmShare = 1000 / (share / rings)
    readShare = 1000 / (min(share, hardware.hbm.readBandwidthPerCore) / rings)
  }

  /// HBM bytes for each byte of a transfer's descriptors: 0 for none, 1 for a load or a store, 2 for a copy
  /// within HBM.
  @inline(__always)
  func hbmLoad(_ transfer: Transfer, _ runs: some Collection<DescriptorRun>) -> Double {
    guard transfer.hbmReadBytes > 0 && transfer.hbmWriteBytes > 0 else {
      return transfer.hbmReadBytes > 0 || transfer.hbmWriteBytes > 0 ? 1 : 0
    }
    return hbmLoadOfBothSides(transfer, runs)
  }

  @inline(never)
  private func hbmLoadOfBothSides(
    _ transfer: Transfer, _ runs: some Collection<DescriptorRun>
  ) -> Double {
    let bytes = runs.reduce(0.0) { $0 + Double($1.bytes) * Double($1.count) }
    let hbm = Double(transfer.hbmReadBytes) + Double(transfer.hbmWriteBytes)
    return bytes > 0 ? max(1, hbm / bytes) : 1
  }

  /// Time of one descriptor of the run.
  ///
  /// - Parameter hbmLoad: Of its transfer.
  func price(_ run: DescriptorRun, hbmLoad: Double) -> Picoseconds {
    priced(run, hbmLoad: hbmLoad).time
  }

  /// Time of one descriptor of the run, and whether its share of HBM's bandwidth is what it takes.
  func priced(_ run: DescriptorRun, hbmLoad: Double) -> (time: Picoseconds, isAtHBM: Bool) {
    let touchesHBM = hbmLoad > 0
    let bytes = Int(run.bytes)
    var cycles =
      Double((bytes + dma.bytesPerCycle - 1) / dma.bytesPerCycle) + dma.descriptorCycles
    if run.writesHBM || run.pieces > 1 {
      // Writes go in blocks; each contiguous piece begins a new one. A semaphore's 4 bytes that end a
      // descriptor do not count.
      let piece = max(1, bytes / Int(run.pieces))
      let blocks = (piece + dma.hbmWriteBlockBytes - 1) / dma.hbmWriteBlockBytes
      var each = Double(blocks) * dma.hbmWriteBlockCycles + dma.hbmWriteDescriptorCycles
      // The rings of a core move so many pieces, however small.
      if run.pieces > 1 && piece < dma.hbmWriteBlockBytes { each = max(each, dma.smallPieceCycles) }
      cycles = max(cycles, Double(run.pieces) * each)
    }
    switch run.kind {
    case .contiguous: break
    case .elementRead:
      cycles = max(cycles, Double(run.elements) * dma.elementReadCycles + dma.descriptorCycles)
    case .elementWrite:
      let isWide = run.bytes >= 4 * run.elements
      let each = isWide ? dma.elementWrite : dma.elementWrite16Bit
      cycles = max(cycles, Double(run.elements) * each * 1000 / period)
    case .transpose:
      cycles /= touchesHBM ? dma.hbmTransposeThroughput : dma.sbufTransposeThroughput
      // Wide elements are gathered one by one.
      if run.bytes >= 4 * run.elements {
        cycles = max(
          cycles, Double(run.elements) * dma.transposeElementCycles + dma.descriptorCycles)
      }
    case .compute: cycles /= dma.computeThroughput
    }
    if run.writtenPieces > 1 {
      cycles = max(cycles, Double(run.writtenPieces) * dma.writtenPieceCycles)
    }
    var share = touchesHBM ? Double(bytes) * (run.writesHBM ? hbmShare : readShare) : 0
    // What is read and written in one stack goes through it twice.
    if hbmLoad > 1 { share = Double(bytes) * max(hbmLoad * hbmShare, readShare) }
    return (wholePicoseconds(max(cycles * period, share), .up), share > cycles * period)
  }
}
