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
  /// Pure streaming time, from which the bounds are made.
  var streaming: Picoseconds
  /// From its begin to the earliest begin of the next.
  var interval: Picoseconds
  /// From its begin to its end.
  var duration: Picoseconds
  /// Smallest distance between its end and the end before it; 0 for none.
  var retire: Picoseconds
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
  /// Writing scattered elements of less than 4 bytes, in cycles per element.
  private let scattered: (write: Double, retire: Double)

  init(
    _ classes: [String: StreamingClass], clock: Double, access: Hardware.Access,
    scattered: (write: Double, retire: Double)
  ) {
    let period = 1000 / clock
    self.period = period
    self.access = access
    self.scattered = scattered
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
    let limit = Int32(clamping: access.stridePenaltyBytes)
    if stream.outputStrideBytes > limit && stream.outputElementBytes < 4 {
      return scatteredPrice(stream, row, cycles, inPSUM: inPSUM)
    } else if max(stream.inputStrideBytes, stream.outputStrideBytes) > limit {
      cycles *= access.stridePenaltyFactor
    }
    let streaming = wholePicoseconds(Double(stream.elements) * cycles * period)
    let issue = picoseconds(inPSUM ? row.issue.psum : row.issue.sbuf)
    let latency = picoseconds(inPSUM ? row.latency.psum : row.latency.sbuf)
    return StreamPrice(
      streaming: streaming, interval: max(streaming + issue, row.minimum),
      duration: streaming + latency,
      retire: row.retire > 0 ? streaming + picoseconds(row.retire) : 0)
  }
}

extension StreamPrices {
  /// The price of a stream that scatters elements of less than 4 bytes: it writes much more slowly than
  /// it reads, so the next instruction is taken in long before, and ends keep the distance of writing.
  private func scatteredPrice(
    _ stream: Stream, _ row: Row, _ cycles: Double, inPSUM: Bool
  ) -> StreamPrice {
    let elements = Double(stream.elements)
    let reading = wholePicoseconds(elements * max(cycles, access.scatteredReadCycles) * period)
    let writing = wholePicoseconds(elements * max(cycles, scattered.write) * period)
    return StreamPrice(
      streaming: reading,
      interval: max(reading + picoseconds(inPSUM ? row.issue.psum : row.issue.sbuf), row.minimum),
      duration: writing + picoseconds(inPSUM ? row.latency.psum : row.latency.sbuf),
      retire: wholePicoseconds(elements * max(cycles, scattered.retire) * period))
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

  /// Time of one descriptor of the run.
  func price(_ run: DescriptorRun, touchesHBM: Bool) -> Picoseconds {
    let bytes = Int(run.bytes)
    var cycles =
      Double((bytes + dma.bytesPerCycle - 1) / dma.bytesPerCycle) + dma.descriptorCycles
    if run.writesHBM || run.pieces > 1 {
      // Writes go in blocks; each contiguous piece begins a new one. A semaphore's 4 bytes that end a
      // descriptor do not count.
      let piece = max(1, bytes / Int(run.pieces))
      let blocks = (piece + dma.hbmWriteBlockBytes - 1) / dma.hbmWriteBlockBytes
      cycles = max(
        cycles,
        Double(run.pieces)
          * (Double(blocks) * dma.hbmWriteBlockCycles + dma.hbmWriteDescriptorCycles))
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
    case .compute: cycles /= dma.computeThroughput
    }
    let share =
      touchesHBM ? Double(bytes) * (run.writesHBM ? hbmShare : readShare) : 0
    return wholePicoseconds(max(cycles * period, share), .up)
  }
}
