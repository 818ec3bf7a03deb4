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
  /// Work of three engines that need each other's results: whether they work at once or in turn, order decides.
  case turns = "engine_turns"
  /// DMAs that GpSimd's software starts.
  case software = "software_starts"
  /// Tiles that go to HBM and back.
  case spills
  /// Products of fewer than 128 rows, which keep part of the PE array busy.
  case narrow = "narrow_products"
  /// Work at prices beyond the sizes at which they were measured.
  case extrapolated = "extrapolated_prices"
  /// Work whose prices nobody measured.
  case assumed = "assumed_prices"

  /// What texts call it.
  public var displayName: String {
    switch self {
    case .every: "errors that go with no mechanism"
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
    case .turns: "three engines at work at once"
    case .software: "DMAs that software starts"
    case .spills: "spilled tiles"
    case .narrow: "products of fewer than 128 rows"
    case .extrapolated: "prices beyond their measured sizes"
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

extension CoreReport {
  /// The share of the time that each mechanism has work for, 0…1; `nil` if nothing was timed.
  ///
  /// Shares overlap as the work does, so that their sum means nothing.
  public var mechanismShares: [Mechanism: Double]? { evidence?.shares }

  /// What the time stands on; `nil` if nothing was timed.
  var evidence: Evidence? {
    guard let timed, let device = run.device, let timeline = run.timeline,
      timed.summary.total > 0
    else { return nil }
    let summary = timed.summary
    func share(_ time: Picoseconds) -> Double { min(1, max(0, summary.share(time))) }
    func starts(_ count: Int) -> Double {
      min(1, Double(count) * Double(Mechanism.startTime) / Double(summary.total))
    }
    let bounds = timed.bounds
    // Starts have a mechanism of their own, by their number.
    let work = Resource.allCases.filter { !$0.isStart }.map { bounds[$0] }.max() ?? 0
    let (tensor, rings) = (share(bounds[.tensor]), share(bounds[.rings]))
    let engines = [tensor, share(bounds[.vector]), share(bounds[.scalar]), share(bounds[.gpsimd])]
    var meter = PriceMeter(run.hardware)
    for (index, instruction) in device.instructions.enumerated() {
      meter.meet(instruction, timeline.instructions[index].duration)
    }
    let spilled = summary.spills.map { $0.savedBytes + $0.reloadedBytes } ?? 0
    let moved = summary.transfers.bytes
    return Evidence(
      shares: [
        .every: 1,
        .tensor: tensor,
        .vector: share(bounds[.vector]),
        .scalar: share(bounds[.scalar]),
        .gpsimd: share(bounds[.gpsimd]),
        .rings: rings,
        .hbm: share(bounds[.hbm]),
        .pieces: rings * smallPieces(device),
        .starts: starts(summary.transfers.count),
        .generation: share(summary.dynamicActiveTime),
        .order: 1 - share(work),
        .turns: engines.sorted().suffix(3).reduce(1, *),
        .software: starts(summary.transfersByMode[Int(DGEMode.swdge.rawValue)].count),
        .spills: moved > 0 ? rings * min(1, Double(spilled) / Double(moved)) : 0,
        .narrow: tensor * meter.narrowShare,
        .extrapolated: share(meter.extrapolated.max() ?? 0),
        .assumed: share(meter.assumed.max() ?? 0),
      ], extrapolation: meter.extrapolation)
  }

  /// The share of descriptors in transfers whose pieces are small.
  private func smallPieces(_ device: DeviceProgram) -> Double {
    var small = 0
    var all = 0
    for transfer in device.transfers where transfer.descriptors > 0 {
      all += Int(transfer.descriptors)
      if transfer.bytes / Int(transfer.descriptors) < Mechanism.smallPieceBytes {
        small += Int(transfer.descriptors)
      }
    }
    return all > 0 ? Double(small) / Double(all) : 0
  }
}

/// What a time stands on.
struct Evidence {
  /// The share of the time that each mechanism has work for.
  var shares: [Mechanism: Double]
  /// The work beyond measured sizes that takes most time, in words; `nil` if there is none.
  var extrapolation: String?
}

/// Sums up what is known of the prices of a program's instructions.
private struct PriceMeter {
  private let hardware: Hardware
  /// By engine, class and memory, as far as it was asked for.
  private var known: [Bool?]
  private var streamed = Int64(0)
  private var narrow = Int64(0)
  /// By engine, class and memory: time beyond the measured sizes, and the largest such size.
  private var beyond: [Int: (time: Picoseconds, elements: Int32, sizes: MeasuredSizes)] = [:]
  /// Time at prices that are assumed, by engine, in picoseconds.
  private(set) var assumed = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
  /// Time beyond measured sizes, by engine, in picoseconds.
  private(set) var extrapolated = Array(repeating: Picoseconds(0), count: Engine.allCases.count)

  init(_ hardware: Hardware) {
    self.hardware = hardware
    known = Array(repeating: nil, count: Engine.allCases.count * StreamClass.allCases.count * 2)
  }

  /// The share of the PE array's columns that products of fewer than 128 rows take.
  var narrowShare: Double { streamed > 0 ? Double(narrow) / Double(streamed) : 0 }

  /// The work beyond measured sizes that takes most time, such as `Vector's copy of 1,024 elements (measured: 1 to 128)`.
  var extrapolation: String? {
    let most = beyond.max { ($0.value.time, $1.key) < ($1.value.time, $0.key) }
    return most.map { _, found in
      let sizes = found.sizes
      let (least, largest) = (sizes.elements.lowerBound, sizes.elements.upperBound)
      let measured = least == largest ? "" : "\(grouped(least)) to "
      return "\(sizes.engine.displayName)'s \(sizes.streamClass.configurationKey) of "
        + "\(grouped(Int(found.elements))) elements (measured: \(measured)\(grouped(largest)))"
    }
  }

  mutating func meet(_ instruction: DeviceInstruction, _ duration: Picoseconds) {
    switch instruction.work {
    case .stream(let stream): meet(stream, on: instruction.engine, duration)
    case .matmul(let matmul):
      streamed += Int64(matmul.moving)
      if matmul.rows < MeasuredSizes.rows { narrow += Int64(matmul.moving) }
    default: break
    }
  }

  private mutating func meet(
    _ stream: Device.Stream, on engine: Engine, _ duration: Picoseconds
  ) {
    let inPSUM = stream.readsPSUM || stream.writesPSUM
    let row = Int(engine.rawValue) * StreamClass.allCases.count + Int(stream.streamClass.rawValue)
    let index = 2 * row + (inPSUM ? 1 : 0)
    if areAssumed(stream.streamClass, on: engine, inPSUM: inPSUM, index) {
      assumed[Int(engine.rawValue)] += duration
    }
    guard let sizes = MeasuredSizes.known[index], !sizes.elements.contains(Int(stream.elements))
    else { return }
    extrapolated[Int(engine.rawValue)] += duration
    let before = beyond[index]
    beyond[index] = (
      (before?.time ?? 0) + duration, max(before?.elements ?? 0, stream.elements), sizes
    )
  }

  /// Whether what an element takes, or what the instruction takes besides, is assumed.
  private mutating func areAssumed(
    _ streamClass: StreamClass, on engine: Engine, inPSUM: Bool, _ index: Int
  ) -> Bool {
    if let found = known[index] { return found }
    let path = "\(engine.name).classes.\(streamClass.configurationKey)"
    let memory = inPSUM ? "psum" : "sbuf"
    let found = ["cycles_per_element", "latency"].contains {
      hardware.isAssumed("\(path).\($0).\(memory)")
    }
    known[index] = found
    return found
  }
}
