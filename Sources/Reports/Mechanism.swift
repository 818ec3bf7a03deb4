import Device
import Hardware
import Simulation
import Timing

/// What a part of a run's time stands on, and may be wrong by.
public enum Mechanism: String, CaseIterable, Hashable, Sendable {
  // Raw values are the keys of files.
  /// What every kernel has: its start, its end, and what no other mechanism is.
  case every = "every_kernel"
  case tensor
  case vector
  case scalar
  case gpsimd
  case rings = "dma_rings"
  case hbm
  /// DMA in pieces below the size from which HBM moves at its full rate.
  case pieces = "small_pieces"
  /// Starting DMAs.
  case starts = "dma_starts"
  /// Descriptors that are made during execution.
  case generation = "descriptor_generation"
  /// What no resource explains: order, dependencies and latencies.
  case order
  /// Work whose prices nobody measured.
  case assumed = "assumed_prices"

  /// What texts call it.
  public var displayName: String {
    switch self {
    case .every: "what every kernel has"
    case .tensor: "the PE array and its clock"
    case .vector: "Vector's work"
    case .scalar: "Scalar's work"
    case .gpsimd: "GpSimd's work"
    case .rings: "the DMA rings"
    case .hbm: "HBM"
    case .pieces: "DMA in pieces below 512 B"
    case .starts: "starting DMAs"
    case .generation: "descriptor generation"
    case .order: "order and waits"
    case .assumed: "assumed prices"
    }
  }

  /// Pieces below this many bytes are small: HBM moves them at less than its full rate.
  ///
  /// NKI's DMA overview: descriptors of 512 B or more.
  static let smallPieceBytes = 512

  /// What one start of a DMA counts for, in picoseconds.
  ///
  /// Assumed: the order of magnitude of all ways to start one; fitted weights scale it.
  static let startTime: Picoseconds = 1_000_000
}

extension Report {
  /// The share of the time that each mechanism has work for, 0…1; `nil` if nothing was timed.
  ///
  /// Shares overlap as the work does, so that their sum means nothing.
  public var mechanismShares: [Mechanism: Double]? {
    guard let timed, let device = run.device, let timeline = run.timeline,
      timed.summary.total > 0
    else { return nil }
    let summary = timed.summary
    func share(_ time: Picoseconds) -> Double { min(1, max(0, summary.share(time))) }
    let transfers = summary.transfers
    let isSmall =
      transfers.packets > 0 && transfers.bytes / transfers.packets < Mechanism.smallPieceBytes
    return [
      .every: 1,
      .tensor: share(timed.bounds[.tensor]),
      .vector: share(timed.bounds[.vector]),
      .scalar: share(timed.bounds[.scalar]),
      .gpsimd: share(timed.bounds[.gpsimd]),
      .rings: share(timed.bounds[.rings]),
      .hbm: share(timed.bounds[.hbm]),
      .pieces: isSmall ? share(timed.bounds[.rings]) : 0,
      .starts: min(
        1, Double(transfers.count) * Double(Mechanism.startTime) / Double(summary.total)),
      .generation: share(summary.dynamicActiveTime),
      .order: 1 - share(timed.bounds.largestResource?.time ?? 0),
      .assumed: share(assumedTime(device, timeline)),
    ]
  }

  /// Time of the engine that works most at prices that are assumed, in picoseconds.
  private func assumedTime(_ device: DeviceProgram, _ timeline: Timeline) -> Picoseconds {
    var prices = AssumedPrices(run.hardware)
    var times = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
    for (index, instruction) in device.instructions.enumerated() {
      guard case .stream(let stream) = instruction.work,
        prices.areAssumed(stream, on: instruction.engine)
      else { continue }
      times[Int(instruction.engine.rawValue)] += timeline.instructions[index].duration
    }
    return times.max() ?? 0
  }
}

/// Which streams have a price that no document and no measurement gives.
private struct AssumedPrices {
  private let hardware: Hardware
  /// By engine, class and memory, as far as it was asked for.
  private var known: [Bool?]

  init(_ hardware: Hardware) {
    self.hardware = hardware
    known = Array(repeating: nil, count: Engine.allCases.count * StreamClass.allCases.count * 2)
  }

  /// Whether what an element takes, or what the instruction takes besides, is assumed.
  mutating func areAssumed(_ stream: Device.Stream, on engine: Engine) -> Bool {
    let inPSUM = stream.readsPSUM || stream.writesPSUM
    let row = Int(engine.rawValue) * StreamClass.allCases.count + Int(stream.streamClass.rawValue)
    let index = 2 * row + (inPSUM ? 1 : 0)
    if let found = known[index] { return found }
    let path = "\(engine.name).classes.\(stream.streamClass.configurationKey)"
    let memory = inPSUM ? "psum" : "sbuf"
    let found = ["cycles_per_element", "latency"].contains {
      hardware.isAssumed("\(path).\($0).\(memory)")
    }
    known[index] = found
    return found
  }
}
