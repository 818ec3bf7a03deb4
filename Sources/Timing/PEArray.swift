import Device
import Hardware

/// The PE array's clock: cold until a window of dense work, warm until an idle one (HAM).
///
/// Windows of a fixed length run free from `phase` on. At the end of each the busy share decides:
/// at or above `warmUpBusy` the next windows are warm, at or below `coolDownBusy` cold.
struct PEClock {
  private let window: Picoseconds
  private let warmUp: Double
  private let coolDown: Double
  private var windowEnd: Picoseconds
  private var busy: Picoseconds = 0
  private var current: (begin: Picoseconds, end: Picoseconds) = (0, 0)
  private(set) var isWarm = false
  private(set) var changes: [(time: Picoseconds, warm: Bool)] = []

  init(_ hardware: Hardware) {
    let clock = hardware.peClock
    window = max(1, picoseconds(clock.windowCycles / hardware.clocks.neuroncore))
    warmUp = clock.warmUpBusy
    coolDown = clock.coolDownBusy
    let phase = picoseconds(clock.phase) % window
    windowEnd = phase > 0 ? phase : window
  }

  /// Ends all windows before `time`.
  mutating func advance(to time: Picoseconds) {
    while windowEnd <= time {
      let begin = windowEnd - window
      busy += max(0, min(current.end, windowEnd) - max(current.begin, begin))
      current.begin = max(current.begin, windowEnd)
      let share = Double(busy) / Double(window)
      if !isWarm && share >= warmUp || isWarm && share <= coolDown {
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

  /// The array streams from `begin` to `end`; intervals come in order and do not overlap.
  mutating func stream(_ begin: Picoseconds, _ end: Picoseconds) {
    if current.end > current.begin {
      busy += max(0, min(current.end, windowEnd) - max(current.begin, windowEnd - window))
    }
    current = (begin, end)
  }
}

/// Weight loads, streaming and the clock of the PE array.
///
/// Weights load in the background of the matmul before; a matmul starts when the array has finished
/// streaming and its weights are there.
struct PEArray {
  private let tensor: Hardware.Tensor
  private let period: Double
  private let coldFactor: Double
  private(set) var clock: PEClock
  /// The array has finished streaming.
  private(set) var arrayFree: Picoseconds = 0
  /// The weights are there.
  private(set) var weightsReady: Picoseconds = 0
  private var weightsWaiting = false
  private var lastMatmul: Picoseconds = Picoseconds.min / 2

  init(_ hardware: Hardware) {
    tensor = hardware.tensor
    period = 1000 / hardware.clocks.tensor
    coldFactor = hardware.peClock.coldFactor
    clock = PEClock(hardware)
  }

  /// Earliest begin of a weight load after the last matmul: the background buffer is free again.
  var earliestLoad: Picoseconds {
    weightsWaiting ? .min : lastMatmul + picoseconds(tensor.ldweights.afterMatmulStart)
  }

  /// Earliest begin of a weight load after another one that no matmul has used.
  var weightsFree: Picoseconds { weightsWaiting ? weightsReady : .min }

  /// Loads weights from `begin` on; returns the instruction's end.
  mutating func load(_ work: LoadWeights, at begin: Picoseconds) -> (
    end: Picoseconds, isCold: Bool
  ) {
    clock.advance(to: begin)
    let warm = clock.isWarm
    let cycles = loadCycles(work) * (warm ? 1 : coldFactor)
    let loading = wholePicoseconds(cycles * period)
    weightsReady = begin + loading
    weightsWaiting = true
    let latency =
      warm
      ? tensor.ldweights.latencyWarm
      : begin < arrayFree
        ? tensor.ldweights.latencyColdStreaming : tensor.ldweights.latencyColdIdle
    return (begin + loading + picoseconds(latency), !warm)
  }

  /// Streams a matmul from `begin` on; returns the instruction's end.
  mutating func multiply(_ work: Matmul, at begin: Picoseconds) -> (
    end: Picoseconds, isCold: Bool
  ) {
    clock.advance(to: begin)
    let warm = clock.isWarm
    let factor = warm ? 1 : coldFactor
    let cycles = streamCycles(work) * factor
    let overhead = warm ? tensor.issueOverheadCyclesWarm : tensor.issueOverheadCyclesCold
    let interval = max(cycles + overhead, tensor.minimumIssueCycles * factor)
    lastMatmul = begin
    weightsWaiting = false
    arrayFree = begin + wholePicoseconds(interval * period)
    clock.stream(begin, arrayFree)
    let latency = warm ? tensor.latencyWarm : tensor.latencyCold
    return (begin + wholePicoseconds(cycles * period) + picoseconds(latency), !warm)
  }

  /// Shortest possible duration of a matmul.
  func shortest(_ work: Matmul) -> Picoseconds {
    wholePicoseconds(streamCycles(work) * period) + picoseconds(tensor.latencyWarm)
  }

  /// Shortest possible distance from a matmul's begin to the next one's.
  func shortestInterval(_ work: Matmul) -> Picoseconds {
    let cycles = streamCycles(work)
    return wholePicoseconds(
      max(min(cycles + tensor.issueOverheadCyclesWarm, cycles * coldFactor), cycles) * period)
  }

  /// Shortest possible time until loaded weights can be used.
  func shortest(_ work: LoadWeights) -> Picoseconds {
    wholePicoseconds(loadCycles(work) * period)
  }

  private func streamCycles(_ work: Matmul) -> Double {
    let perColumn =
      switch work.rate {
      case .single, .doubleRow: tensor.cyclesPerColumn.bf16
      case .float32Pass:
        work.transpose ? tensor.cyclesPerColumn.fp32Transpose : tensor.cyclesPerColumn.fp32Pass
      }
    return Double(work.moving) * perColumn
  }

  private func loadCycles(_ work: LoadWeights) -> Double {
    let weights = tensor.ldweights
    let isWide = Int(work.strideBytes) > (work.fourByte ? 4 : 2)
    var cycles =
      work.fourByte
      ? (work.transpose ? weights.fp32TransposeCycles : weights.fp32Cycles)
      : (isWide ? weights.slowCycles : weights.fastCycles)
    // Above 16 bytes fp32 takes twice as long; 16-bit weights are slow already.
    if work.fourByte && Int(work.strideBytes) > 16 { cycles *= weights.strideFactor }
    return cycles * Double(work.columns) / Double(max(1, tensor.stationaryMax))
  }
}
