package import Device
package import Diagnostics
package import Reports
package import Simulation
package import Timing

/// A whole number that a simulation gives and that a comparison may rest on; less is better.
package enum Quantity: String, CaseIterable, Hashable, Sendable {
  // Raw values are the keys of files: the profiler's where it has them.
  case time = "total_time_ps"
  case cycles = "neuroncore_cycle_count"
  case hbmRead = "hbm_read_bytes"
  case hbmWrite = "hbm_write_bytes"
  case transfers = "dma_transfer_count"
  case descriptors = "dma_packet_count"
  case tensorInstructions = "tensor_engine_instruction_count"
  case vectorInstructions = "vector_engine_instruction_count"
  case scalarInstructions = "scalar_engine_instruction_count"
  case gpsimdInstructions = "gpsimd_engine_instruction_count"
  case syncInstructions = "sync_engine_instruction_count"
  case flops = "hardware_flops"
  case sbufPeak = "sbuf_peak_bytes_per_partition"
  case psumPeak = "psum_peak_bytes_per_partition"
  /// Bytes of tiles that memory on chip had no room for, to HBM.
  case spillSave = "spill_save_bytes"
  /// The same, back from HBM.
  case spillReload = "spill_reload_bytes"

  /// Whether files have it where it is 0; what came later than they did is left out.
  package var isWrittenWhenZero: Bool { self != .spillSave && self != .spillReload }

  /// The instructions of an engine.
  package static func instructions(of engine: Engine) -> Quantity {
    switch engine {
    case .tensor: .tensorInstructions
    case .vector: .vectorInstructions
    case .scalar: .scalarInstructions
    case .gpsimd: .gpsimdInstructions
    case .sync: .syncInstructions
    }
  }
}

/// What one simulation gave: the numbers of a comparison, and what explains them.
package struct Measurement: Hashable, Sendable {
  /// An engine's wait for a place in the program.
  package struct Wait: Hashable, Sendable {
    /// Who waited.
    package var engine: Engine
    /// Engine or queue that was waited for, as the profiler shows it.
    package var producer: String
    /// Whether that is a DMA queue.
    package var isQueue: Bool
    /// The operation with the tensor that it writes.
    package var text: String
    /// Where the operation came from.
    package var location: SourceLocation?
    /// Time waited in all.
    package var time: Picoseconds
    /// Number of waits.
    package var count: Int

    package init(
      engine: Engine, producer: String, isQueue: Bool, text: String, location: SourceLocation?,
      time: Picoseconds, count: Int
    ) {
      self.engine = engine
      self.producer = producer
      self.isQueue = isQueue
      self.text = text
      self.location = location
      self.time = time
      self.count = count
    }
  }

  /// By quantity, in the order of `Quantity.allCases`.
  private var values = Array(repeating: 0, count: Quantity.allCases.count)
  /// Time in use, by engine, in the order of `Engine.allCases`.
  package var busy = Array(repeating: Picoseconds(0), count: Engine.allCases.count)
  /// Time during which a DMA moved data.
  package var dmaBusy: Picoseconds = 0
  /// Time each resource alone would need, in the order of `Resource.allCases`.
  package var bounds = Array(repeating: Picoseconds(0), count: Resource.allCases.count)
  /// The longest chain of dependent work.
  package var chain: Picoseconds = 0
  /// What limits the run, as in reports: a resource's key, `latency` or `none`.
  package var limit = ""
  /// The limit's share of the time.
  package var limitShare = 0.0
  /// The engine whose waits matter.
  package var engine: Engine?
  /// The verdict in one sentence.
  package var sentence = ""
  /// Model FLOPs utilisation, 0…1.
  package var mfu = 0.0
  /// Share of the HBM bandwidth, 0…1.
  package var mbu = 0.0
  /// Each engine's longest waits, the longest first.
  package var waits: [Wait] = []
  /// Whether all outputs agree with the reference; `nil` if values were not computed.
  package var passed: Bool?

  /// Waits that are kept per engine.
  static let waitsPerEngine = 4

  /// Makes zeros.
  package init() {}

  /// The quantity's value.
  package subscript(quantity: Quantity) -> Int {
    get { values[Measurement.position[quantity] ?? 0] }
    set { values[Measurement.position[quantity] ?? 0] = newValue }
  }

  private static let position = Dictionary(
    uniqueKeysWithValues: Quantity.allCases.enumerated().map { ($1, $0) })

  /// Simulated time.
  package var time: Picoseconds { Picoseconds(self[.time]) }

  /// Takes the numbers from a report; `nil` if nothing was timed.
  package init?(_ report: Report) {
    guard let timed = report.timed else { return nil }
    let summary = timed.summary
    self[.time] = Int(summary.total)
    self[.cycles] = summary.neuroncoreCycles
    self[.hbmRead] = summary.hbmReadBytes
    self[.hbmWrite] = summary.hbmWriteBytes
    self[.transfers] = summary.transfers.count
    self[.descriptors] = summary.transfers.packets
    self[.flops] = summary.hardwareFLOPs
    self[.sbufPeak] = summary.sbufPeakBytes
    self[.psumPeak] = summary.psumPeakBytes
    self[.spillSave] = summary.spills?.savedBytes ?? 0
    self[.spillReload] = summary.spills?.reloadedBytes ?? 0
    for (index, engine) in Engine.allCases.enumerated() {
      self[.instructions(of: engine)] = summary[engine].instructionCount
      busy[index] = summary[engine].activeTime
      for wait in timed.stalls[engine].producers.prefix(Measurement.waitsPerEngine) {
        var isQueue = false
        if case .queue = wait.producer { isQueue = true }
        waits.append(
          Wait(
            engine: engine, producer: wait.producerName, isQueue: isQueue, text: wait.text,
            location: wait.location, time: wait.time, count: wait.count))
      }
    }
    waits.sort { ($1.time, $0.engine.rawValue) < ($0.time, $1.engine.rawValue) }
    dmaBusy = summary.transfers.activeTime
    bounds = Resource.allCases.map { timed.bounds[$0] }
    chain = timed.bounds.dependencyChain
    limit = timed.bottleneck.key
    limitShare = timed.bottleneck.share
    engine = timed.bottleneck.engine
    sentence = timed.bottleneck.sentence
    mfu = summary.mfu
    mbu = summary.mbu
    if !report.run.checks.isEmpty { passed = report.run.checks.allSatisfy(\.passed) }
  }

  /// Takes the numbers of a run, and the sentence that its own report has; `nil` if nothing was timed.
  package init?(told run: Run) throws {
    self.init(Report(run))
    if let timed = try Report(judging: run).timed { sentence = timed.bottleneck.sentence }
  }

  /// What limits the run, as texts call it.
  package var limitName: String {
    switch limit {
    case "latency": "latency"
    case "none": "nothing alone"
    default: Resource.allCases.first { $0.key == limit }?.displayName ?? limit
    }
  }
}

/// What became of a variant.
package enum VariantOutcome: Hashable, Sendable {
  /// It ran.
  case measured(Measurement)
  /// It cannot run on this machine: the reasons.
  case refused([String])
  /// The simulated machine faulted: how.
  case faulted(String)
  /// The process that simulated it ended: how, and what it did.
  case died(String)

  /// The numbers, if it ran.
  package var measurement: Measurement? {
    if case .measured(let measurement) = self { measurement } else { nil }
  }

  /// One word for files.
  package var status: String {
    switch self {
    case .measured: "measured"
    case .refused: "refused"
    case .faulted: "faulted"
    case .died: "died"
    }
  }

  /// Why it did not run; empty if it did.
  package var reasons: [String] {
    switch self {
    case .measured: []
    case .refused(let reasons): reasons
    case .faulted(let reason), .died(let reason): [reason]
    }
  }

  /// All reasons in one text.
  package var reason: String { reasons.joined(separator: "; ") }
}
