import Device
import Hardware

/// The PE array's clock: cold until a window of dense work, warm until an idle one (HAM).
///
/// Windows of a fixed length run free from `phase` on. At the end of each the busy share decides:
/// at or above `warmUpBusy` the next windows are warm, at or below `coolDownBusy` cold; so they are after
/// `holdWindows` in a row of which none would have warmed the clock. What counts is the time in which columns
/// stream, by the share of the array's rows that they go through.
struct PEClock {
  private let window: Picoseconds
  private let warmUp: Double
  private let coolDown: Double
  private let hold: Int
  private var windowEnd: Picoseconds
  private var busy = 0.0
  /// Windows since the last that would have warmed the clock.
  private var held = 0
  private var current: (begin: Picoseconds, end: Picoseconds, share: Double) = (0, 0, 0)
  private(set) var isWarm = false
  private(set) var changes: [(time: Picoseconds, warm: Bool)] = []

  init(_ hardware: Hardware) {
    let clock = hardware.peClock
    window = max(1, picoseconds(clock.windowCycles / hardware.clocks.neuroncore))
    warmUp = clock.warmUpBusy
    coolDown = clock.coolDownBusy
    hold = clock.holdWindows
    let phase = picoseconds(clock.phase) % window
    windowEnd = phase > 0 ? phase : window
  }

  /// Ends all windows before `time`.
  mutating func advance(to time: Picoseconds) {
    while windowEnd <= time {
      count()
      current.begin = max(current.begin, windowEnd)
      let share = busy / Double(window)
      held = share >= warmUp ? 0 : held + 1
      if !isWarm && share >= warmUp || isWarm && (share <= coolDown || held >= hold) {
        isWarm.toggle()
        changes.append((windowEnd, isWarm))
      }
      busy = 0
      windowEnd += window
      if !isWarm && current.end <= windowEnd - window && windowEnd <= time {
        // Idle and cold: nothing changes until `time`.
        windowEnd += (time - windowEnd) / window * window
      }
    }
  }

  /// The array streams from `begin` on what takes `warm` at the warm clock; returns when it ends.
  ///
  /// Calls come in order and do not overlap. A change of the clock changes the rate of what is left.
  /// `share` is that of the array's rows in use.
  mutating func stream(
    _ begin: Picoseconds, warm: Double, coldFactor: Double, share: Double
  ) -> Picoseconds {
    advance(to: begin)
    var now = begin
    var left = warm
    while true {
      let factor = isWarm ? 1 : coldFactor
      let end = now + wholePicoseconds(left * factor)
      if end <= windowEnd {
        note(now, end, share)
        return end
      }
      note(now, windowEnd, share)
      left -= Double(windowEnd - now) / factor
      now = windowEnd
      advance(to: now)
    }
  }

  /// Whether the clock is or was warm; not for times before the last change but one.
  func isWarm(at time: Picoseconds) -> Bool {
    guard let change = changes.last, time < change.time else { return isWarm }
    return !change.warm
  }

  private mutating func note(_ begin: Picoseconds, _ end: Picoseconds, _ share: Double) {
    count()
    current = (begin, end, share)
  }

  /// Adds what of the last columns lies in the window.
  private mutating func count() {
    let time = min(current.end, windowEnd) - max(current.begin, windowEnd - window)
    if time > 0 { busy += Double(time) * current.share }
  }
}

/// Weight loads, streaming and the clock of the PE array.
///
/// Weights load in the background of the matmul before; a matmul's first column enters the array when
/// the array has finished streaming and its weights are there. An instruction begins a little before
/// its first column: 2.5 ns warm, and up to 46.7 ns cold, when a short queue in front of the array
/// fills up.
struct PEArray {
  private let tensor: Hardware.Tensor
  private let period: Double
  private let coldFactor: Double
  private let strideLimit: Int
  private let leadWarm: Picoseconds
  private let leadCold: Picoseconds
  let weightsToStream: Picoseconds
  let stridedLead: Picoseconds
  private let latencyWarm: Picoseconds
  private let latencyCold: Picoseconds
  private let loadLatencyWarm: Picoseconds
  private let loadLatencyCold: Picoseconds
  let afterMatmulStart: Picoseconds
  private(set) var clock: PEClock
  private(set) var arrayFree: Picoseconds = 0
  private(set) var weightsReady: Picoseconds = 0
  /// Strided weights have been read from SBUF.
  private(set) var weightsRead: Picoseconds = .min / 2
  /// Begin of the last matmul, and its first column.
  private var lastMatmul: Picoseconds = Picoseconds.min / 2
  private(set) var firstColumn: Picoseconds = Picoseconds.min / 2
  private var lastBegin: Picoseconds = 0
  /// Whether the last weight load began when the one before it had ended.
  private(set) var waitedForWeights = false

  init(_ hardware: Hardware) {
    tensor = hardware.tensor
    period = 1000 / hardware.clocks.tensor
    coldFactor = hardware.peClock.coldFactor
    strideLimit = hardware.access.stridePenaltyBytes
    clock = PEClock(hardware)
    leadWarm = picoseconds(tensor.leadWarm)
    leadCold = picoseconds(tensor.leadCold)
    weightsToStream = picoseconds(tensor.weightsToStream)
    stridedLead = picoseconds(tensor.ldweights.stridedLead)
    latencyWarm = picoseconds(tensor.latencyWarm)
    latencyCold = picoseconds(tensor.latencyCold)
    loadLatencyWarm = picoseconds(tensor.ldweights.latencyWarm)
    loadLatencyCold = picoseconds(tensor.ldweights.latencyCold)
    afterMatmulStart = picoseconds(tensor.ldweights.afterMatmulStart)
  }

  /// Loads weights that were dispatched at a time.
  mutating func load(_ work: LoadWeights, at dispatched: Picoseconds) -> (
    begin: Picoseconds, end: Picoseconds, isCold: Bool
  ) {
    // The buffer behind the array is free once the matmul before uses what is in it.
    clock.advance(to: dispatched)
    let lead = clock.isWarm(at: dispatched) ? leadWarm : leadCold
    let others = max(
      dispatched, lastMatmul + afterMatmulStart, firstColumn - lead, lastBegin)
    let begin = max(others, weightsReady - lead, weightsRead - stridedLead)
    waitedForWeights = begin > others
    let first = max(begin, firstColumn, weightsReady)
    clock.advance(to: begin)
    let warm = clock.isWarm(at: begin)
    lastBegin = begin
    var loading = wholePicoseconds(arrayCycles(work) * (warm ? 1 : coldFactor) * period)
    guard isStrided(work) else {
      weightsReady = first + loading
      weightsRead = .min / 2
      return (begin, weightsReady + (warm ? loadLatencyWarm : loadLatencyCold), !warm)
    }
    // Reading strided weights from SBUF does not feel the array's clock.
    let readCycles = readCycles(work) * period
    loading = max(loading, wholePicoseconds(readCycles * tensor.ldweights.readShare))
    weightsRead = begin + wholePicoseconds(readCycles)
    weightsReady = max(first + loading, weightsRead)
    // The end of float32 weights says that they are read.
    if work.fourByte && !work.transpose { return (begin, weightsRead + loadLatencyWarm, !warm) }
    let isReadLimited = weightsRead > first + loading
    return (
      begin, weightsReady + (warm || isReadLimited ? loadLatencyWarm : loadLatencyCold), !warm
    )
  }

  /// Streams a matmul that was dispatched at a time.
  mutating func multiply(_ work: Matmul, at dispatched: Picoseconds) -> (
    begin: Picoseconds, end: Picoseconds, isCold: Bool
  ) {
    let cycles = streamCycles(work)
    let earliest = max(arrayFree, weightsReady)
    clock.advance(to: max(dispatched, earliest))
    let warm = clock.isWarm
    let ready = warm ? weightsReady + weightsToStream : weightsReady
    // Weights need not be there yet when it begins.
    let begin = max(dispatched, arrayFree - (warm ? leadWarm : leadCold), lastBegin)
    firstColumn = max(begin, arrayFree, ready)
    // Reading misaligned rows takes longer than the warm array, and less than the cold one.
    let reading = cycles + Double(work.misalignedRows) * tensor.misalignedRowCycles
    let streamed = clock.stream(
      firstColumn, warm: reading * period,
      coldFactor: max(1, coldFactor * cycles / max(1, reading)),
      share: min(1, Double(work.rows) / Double(max(1, tensor.rows))))
    let overhead =
      clock.isWarm ? tensor.issueOverheadCyclesWarm : tensor.issueOverheadCyclesCold
    let least = tensor.minimumIssueCycles * (warm ? 1 : coldFactor)
    arrayFree = max(
      streamed + wholePicoseconds(overhead * period),
      firstColumn + wholePicoseconds(least * period))
    lastMatmul = begin
    lastBegin = begin
    return (begin, streamed + (warm ? latencyWarm : latencyCold), !warm)
  }

  /// How long before its first column an instruction begins.
  func lead(isCold: Bool) -> Picoseconds { isCold ? leadCold : leadWarm }

  /// How long before the array is free weights that are dispatched at a time begin to load.
  mutating func lead(at dispatched: Picoseconds) -> Picoseconds {
    clock.advance(to: dispatched)
    return lead(isCold: !clock.isWarm(at: dispatched))
  }

  /// From a matmul's last column to its end.
  func latency(isCold: Bool) -> Picoseconds { isCold ? latencyCold : latencyWarm }

  /// What a matmul's columns take at the warm clock.
  func streaming(_ work: Matmul) -> Picoseconds {
    wholePicoseconds(
      (streamCycles(work) + Double(work.misalignedRows) * tensor.misalignedRowCycles) * period)
  }

  /// Shortest possible time from a matmul's first column to its end.
  func shortest(_ work: Matmul) -> Picoseconds {
    wholePicoseconds(streamCycles(work) * period, .down) + min(latencyWarm, latencyCold)
  }

  /// Shortest possible distance from a matmul's begin to the next one's.
  func shortestInterval(_ work: Matmul) -> Picoseconds {
    wholePicoseconds(max(streamCycles(work), tensor.minimumIssueCycles) * period, .down)
  }

  /// Shortest possible time until loaded weights can be used.
  func shortest(_ work: LoadWeights) -> Picoseconds {
    wholePicoseconds(readCycles(work) * period, .down)
  }

  /// What a matmul takes of an array at its full clock: from its first column to the next one's.
  func usual(_ work: Matmul) -> Picoseconds {
    let cycles = max(
      streamCycles(work) + tensor.issueOverheadCyclesWarm, tensor.minimumIssueCycles)
    return wholePicoseconds(cycles * period)
  }

  /// What an array at its full clock needs from the begin of a weight load to the first column of its matmul.
  func usual(_ work: LoadWeights) -> Picoseconds {
    wholePicoseconds(max(arrayCycles(work), readCycles(work)) * period) + weightsToStream
  }

  private func streamCycles(_ work: Matmul) -> Double {
    let perColumn =
      switch work.rate {
      // Packed MX data go in as elements of 16 bits do.
      case .single, .mx: tensor.cyclesPerColumn.bf16
      case .float16: tensor.cyclesPerColumn.fp16
      case .float8, .doubleRow: tensor.cyclesPerColumn.fp8
      case .tfloat32: tensor.cyclesPerColumn.tf32
      case .float32Pass:
        work.transpose ? tensor.cyclesPerColumn.fp32Transpose : tensor.cyclesPerColumn.fp32Pass
      }
    return Double(work.moving) * perColumn
  }

  /// Cycles for which the array takes in weights.
  private func arrayCycles(_ work: LoadWeights) -> Double {
    let weights = tensor.ldweights
    let cycles =
      work.fourByte
      ? (work.transpose ? weights.fp32TransposeCycles : weights.fp32Cycles) : weights.fastCycles
    return cycles * share(work)
  }

  /// Warm cycles that reading the weights from SBUF takes at least.
  private func readCycles(_ work: LoadWeights) -> Double {
    guard isStrided(work) else { return arrayCycles(work) }
    let weights = tensor.ldweights
    let isLong = Int(work.strideBytes) > weights.longStrideElements * (work.fourByte ? 4 : 2)
    if work.fourByte {
      return arrayCycles(work) * (isLong ? weights.longStrideFactor : weights.strideFactor)
    }
    return (isLong ? weights.slowLongCycles : weights.slowCycles) * share(work)
  }

  private func isStrided(_ work: LoadWeights) -> Bool {
    Int(work.strideBytes) > (work.fourByte ? strideLimit : 2)
  }

  /// The loaded columns as a share of all.
  private func share(_ work: LoadWeights) -> Double {
    Double(work.columns) / Double(max(1, tensor.stationaryMax))
  }
}
