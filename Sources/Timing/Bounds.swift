import Device
import Hardware

/// Analytic lower bounds of a program's time, each as if nothing else limited it.
///
/// They are sums over the work, made apart from the events; simulated time is never below any.
public struct Bounds: Hashable, Sendable {
  /// By engine: all intervals between its instructions, at a warm clock, plus the last duration.
  public var engines: [Picoseconds] = Array(repeating: 0, count: Engine.allCases.count)
  /// The busiest DMA ring's descriptors, plus one descriptor generation and acknowledgement.
  public var rings: Picoseconds = 0
  /// By engine: starting its DMAs and making their descriptors, one after the other.
  package var starts: [Picoseconds] = Array(repeating: 0, count: Engine.allCases.count)
  /// What of the busiest ring's descriptors takes as long as its share of HBM's bandwidth does.
  package var ringAtHBM: Picoseconds = 0
  /// HBM bytes at the core's share of the bandwidth.
  public var hbm: Picoseconds = 0
  /// The longest chain of data dependencies, as if every engine and ring were free at once.
  public var dependencyChain: Picoseconds = 0

  /// Makes zeros.
  public init() {}

  /// The largest of all.
  public var largest: Picoseconds {
    max(engines.max() ?? 0, starts.max() ?? 0, rings, hbm, dependencyChain)
  }
}

/// Sums up the bounds while the simulation meets each instruction once.
struct BoundsMeter {
  private var engineSums = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
  /// Last duration minus last interval, by engine.
  private var tails = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
  private var ringSums: [Picoseconds]
  /// The part of them that HBM's bandwidth takes.
  private var hbmSums: [Picoseconds]
  /// By engine: what its sequencer takes to start DMAs.
  private var startSums = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
  /// What GpSimd's software takes to make descriptors.
  private var softwareSum: Picoseconds = 0
  private var firstDescriptor = Picoseconds.max
  /// By device instruction: earliest end of the chain that leads to it.
  private var chains: [Picoseconds]
  private var transferChains: [Picoseconds]
  private var weightsChain: Picoseconds = 0

  init(instructions: Int, transfers: Int, rings: Int) {
    chains = Array(repeating: 0, count: instructions)
    transferChains = Array(repeating: 0, count: transfers)
    ringSums = Array(repeating: 0, count: rings)
    hbmSums = ringSums
  }

  /// End of the chain up to a producer (instruction, or transfer as `-1 - index`).
  @inline(__always) func chain(of producer: Int32) -> Picoseconds {
    producer >= 0 ? chains[Int(producer)] : transferChains[Int(-1 - producer)]
  }

  /// Meets an instruction whose chain starts at `start`.
  @inline(__always) mutating func meet(
    _ engine: Int, _ index: Int, start: Picoseconds, interval: Picoseconds, duration: Picoseconds
  ) {
    engineSums[engine] += interval
    tails[engine] = duration - interval
    chains[index] = start + duration
  }

  /// Meets an instruction of a sequencer, which leaves its engine free.
  mutating func meetControl(_ index: Int, start: Picoseconds, duration: Picoseconds) {
    chains[index] = start + duration
  }

  /// Meets a weight load, which delays the next matmul's chain.
  mutating func meetLoad(_ index: Int, start: Picoseconds, duration: Picoseconds) {
    weightsChain = start + duration
    chains[index] = start + duration
  }

  /// Meets a matmul; its weights are part of its chain.
  mutating func meetMatmul(
    _ engine: Int, _ index: Int, start: Picoseconds, interval: Picoseconds, duration: Picoseconds
  ) {
    meet(
      engine, index, start: max(start, weightsChain), interval: interval, duration: duration)
  }

  /// Meets a step of starting a DMA on an engine's sequencer.
  @inline(__always) mutating func meetStart(_ engine: Int, _ duration: Picoseconds) {
    startSums[engine] += duration
  }

  /// Meets a DMA whose descriptors software makes.
  mutating func meetSoftware(_ interval: Picoseconds) { softwareSum += interval }

  /// Meets a transfer whose trigger's chain starts at `start`.
  mutating func meetTransfer(
    _ transfer: Int32, start: Picoseconds, firstDescriptor: Picoseconds, visible: Picoseconds,
    runs: ArraySlice<DescriptorRun>, price: (DescriptorRun) -> (time: Picoseconds, isAtHBM: Bool)
  ) {
    self.firstDescriptor = min(self.firstDescriptor, firstDescriptor + visible)
    var longest = Picoseconds(0)
    for run in runs {
      let price = price(run)
      let time = picoseconds(run.count, times: price.time)
      let ring = Int(run.ring) % ringSums.count
      ringSums[ring] = min(ringSums[ring] + time, 2 * latestEvent)
      if price.isAtHBM { hbmSums[ring] = min(hbmSums[ring] + time, 2 * latestEvent) }
      longest = max(longest, time)
    }
    transferChains[Int(transfer)] = start + firstDescriptor + longest + visible
  }

  /// The bounds of all that was met.
  func bounds(_ program: DeviceProgram, _ hardware: Hardware) -> Bounds {
    var bounds = Bounds()
    for engine in engineSums.indices where engineSums[engine] > 0 {
      bounds.engines[engine] = engineSums[engine] + tails[engine]
    }
    bounds.starts = startSums
    let gpsimd = Int(Engine.gpsimd.rawValue)
    bounds.starts[gpsimd] = max(bounds.starts[gpsimd], softwareSum)
    let busiest = ringSums.max() ?? 0
    bounds.ringAtHBM = ringSums.firstIndex(of: busiest).map { hbmSums[$0] } ?? 0
    bounds.rings = busiest > 0 ? busiest + firstDescriptor : 0
    let bytes = program.transfers.reduce(0) { $0 + $1.hbmReadBytes + $1.hbmWriteBytes }
    let share = hardware.hbm.bandwidthPerStack / Double(max(1, hardware.hbm.activeCores))
    bounds.hbm = wholePicoseconds(Double(bytes) * 1000 / share, .down, limit: latestEvent)
    bounds.dependencyChain = max(chains.max() ?? 0, transferChains.max() ?? 0)
    return bounds
  }
}
