import Device
import Diagnostics
import Hardware
import Machine
import Programs
import Simulation
import Timing

// {
//   "bottleneck": {"engine": "tensor", "limit": "dma_rings", "sentence": "DMA-bound: …", "share": 0.93,
//                  "what_if": {"changes": {"dma.bandwidth": -0.372, …}, "part": "dma.bandwidth", …}},
//   "bounds": {"dma_rings": 1.148e-05, "tensor": 5.09e-06},
//   "doubt": {"calibrated": true, "coverage": 0.9, "parts": [{"mechanism": "order", "microseconds": 0.9, …}], …},
//   "checks": [{"max_abs_difference": 0.0012, "output": "c", "passed": true, …}],
//   "hardware": {"fingerprint": "0123456789abcdef", "name": "trn2", "overrides": []},
//   "hbm_read_bytes": 1048576,
//   "total_time": 1.2345e-05, …
//   "unwritten_outputs": [{"note": "nothing was stored to y[2:4, :] (16 of 32 elements)", …}]
// }

extension Report {
  /// Version of the report's layout; it grows when a key changes its meaning or goes.
  public static let schemaVersion = 1

  /// The report for machines: the profiler's keys at the top, and what it does not have beside them.
  ///
  /// Times are in seconds, shares are fractions 0…1. Keys are sorted; only `host` differs between
  /// two runs of the same program. Of several cores the keys at the top are of the one that completed last,
  /// all are under `cores`, by core id, and what is of a rank has its number.
  public var json: JSON {
    var object = slowest.json
    object["schema"] = .integer(Report.schemaVersion)
    object["host"] = .object(host)
    object["checks"] = .array(run.checks.map { owned(JSON($0), rank: $0.rank) })
    let unwritten = run.unwritten.enumerated().flatMap { rank, regions in
      regions.map { owned(JSON($0), rank: rank) }
    }
    if !unwritten.isEmpty { object["unwritten_outputs"] = .array(unwritten) }
    let undefined = zip(run.cores, run.layout.places).flatMap { core, place in
      core.undefinedReads.map { trap in
        let read = owned(JSON(noted: trap), rank: place.rank)
        return hasSeveralCores ? read.adding("core", .integer(place.core)) : read
      }
    }
    if !undefined.isEmpty { object["undefined_reads"] = .array(undefined) }
    let races = run.races.enumerated().compactMap { rank, race in
      race.map { owned(JSON(noted: $0), rank: rank) }
    }
    if !races.isEmpty { object["core_races"] = .array(races) }
    if let timed {
      object["bottleneck"] = JSON(timed.bottleneck).adding("what_if", gains?.json ?? .null)
    }
    if let path { object["critical_path"] = path.json }
    guard hasSeveralCores else { return .object(object) }
    object["ranks"] = .integer(run.layout.ranks)
    object["cores_per_rank"] = .integer(run.layout.coresPerRank)
    object["slowest_core"] = .integer(run.slowest)
    object["cores"] = coresJSON
    return .object(object)
  }

  /// What belongs to a rank, with its number where there are several cores.
  private func owned(_ value: JSON, rank: Int) -> JSON {
    hasSeveralCores ? value.adding("rank", .integer(rank)) : value
  }

  /// What tools that read the profiler's `summary-json` expect: one line, the metrics alone.
  ///
  /// `nil` when nothing was timed.
  public var summaryJSON: String? {
    guard let timed else { return nil }
    let metrics = timed.summary.metrics.mapValues(JSON.init)
    return JSON.object(["n_\(slowest.fingerprint)": .object(metrics)]).text(indented: false)
  }

  private var host: [String: JSON] {
    var host: [String: JSON] = [
      "wall_seconds": .real(run.host.total),
      "seconds": .object([
        "checking": .real(run.host.checking),
        "values": .real(run.host.values),
        "lowering": .real(run.host.lowering),
        "timing": .real(run.host.timing),
      ]),
    ]
    if let deviceInstructions { host["device_instructions"] = .integer(deviceInstructions) }
    if let speed = deviceInstructionsPerSecond {
      host["device_instructions_per_second"] = .real(speed)
    }
    if let peakMemoryBytes { host["peak_memory_bytes"] = .integer(peakMemoryBytes) }
    return host
  }
}

extension CoreReport {
  /// What machines are told of one core.
  var json: [String: JSON] {
    var object: [String: JSON] = [
      "kernel": .string(run.program.name),
      "parameters": .object(run.program.metadata.mapValues { .string($0) }),
      "hardware": .object([
        "name": .string(run.hardware.name),
        "fingerprint": .string(fingerprint),
        "overrides": .array(run.hardware.changes.map { .string($0) }),
      ]),
    ]
    // Not the profiler's: the highest address in use, which is what overflows.
    for space in [MemorySpace.sbuf, .psum] {
      object["\(space.name)_peak_bytes_per_partition"] = .integer(run.program.peakBytes(in: space))
    }
    guard let timed else { return object }
    for (key, metric) in timed.summary.metrics { object[key] = JSON(metric) }
    object["bottleneck"] = JSON(timed.bottleneck)
    object["bounds"] = bounds(timed.bounds)
    object["stalls"] = stalls(timed)
    if let doubt {
      object["doubt"] = doubt.json
      if let interval = doubt.interval {
        object["time_low_us"] = .real(interval.low)
        object["time_high_us"] = .real(interval.high)
      }
    }
    return object
  }

  private func bounds(_ bounds: Bounds) -> JSON {
    var object: [String: JSON] = ["dependency_chain": seconds(bounds.dependencyChain)]
    for resource in Resource.allCases { object[resource.key] = seconds(bounds[resource]) }
    return .object(object)
  }

  private func stalls(_ timed: Timed) -> JSON {
    var engines: [String: JSON] = [:]
    for engine in Engine.allCases where timed.summary[engine].instructionCount > 0 {
      let stalls = timed.stalls[engine]
      var reasons: [String: JSON] = [:]
      for reason in StallReason.allCases { reasons[reason.key] = seconds(stalls[reason]) }
      engines[engine.name] = .object([
        "waited": seconds(stalls.waited),
        "reasons": .object(reasons),
        "producers": .array(stalls.producers.prefix(10).map(JSON.init)),
      ])
    }
    return .object(engines)
  }
}

private func seconds(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e12) }

extension StallReason {
  /// The key in reports for machines.
  var key: String {
    switch self {
    case .engineBusy: "engine_busy"
    case .weightLoad: "weight_load"
    case .semaphore: "semaphore"
    case .dma: "dma"
    case .dispatch: "dispatch"
    }
  }
}

extension JSON {
  /// A fault that the run let pass.
  init(noted trap: Trap) {
    self = .object([
      "message": .string(trap.message),
      "instruction": trap.instruction.map { .integer($0) } ?? .null,
      "operand": trap.operand.map { .string($0) } ?? .null,
      "file": trap.location.map { .string($0.file) } ?? .null,
      "line": trap.location.map { .integer($0.line) } ?? .null,
    ])
  }

  init(_ check: NumericCheck) {
    var object: [String: JSON] = [
      "output": .string(check.output),
      "max_abs_difference": .real(check.maxAbsDifference),
      "tolerance": .real(check.tolerance),
      "rule": .string(check.rule),
      "passed": .bool(check.passed),
    ]
    if let error = check.relativeError { object["relative_error"] = .real(error) }
    self = .object(object)
  }

  /// `ranges` has boxes of [start, end, step] for each dimension.
  init(_ region: UnwrittenRegion) {
    self = .object([
      "output": .string(region.tensor),
      "note": .string(region.sentence),
      "elements": .integer(region.elements),
      "shape": .array(region.shape.map { .integer($0) }),
      "exact": .bool(region.isExact),
      "ranges": .array(
        region.boxes.map { box in
          .array(box.map { .array([.integer($0.start), .integer($0.end), .integer($0.step)]) })
        }),
    ])
  }

  fileprivate init(_ bottleneck: Bottleneck) {
    self = .object([
      "limit": .string(bottleneck.key),
      "share": .real(bottleneck.share),
      "engine": bottleneck.engine.map { .string($0.name) } ?? .null,
      "sentence": .string(bottleneck.sentence),
      "busy": .object(
        Dictionary(
          bottleneck.busy.map { ($0.key.key, .real($0.value)) }, uniquingKeysWith: { $1 })),
    ])
  }

  fileprivate init(_ wait: StallTable.ProducerWait) {
    let kind: String
    switch wait.producer {
    case .engine: kind = "engine"
    case .queue: kind = "dma_queue"
    }
    self = .object([
      "kind": .string(kind),
      "name": .string(wait.producerName),
      "instruction": .string(wait.text),
      "location": wait.location.map { .string($0.description) } ?? .null,
      "time": seconds(wait.time),
      "count": .integer(wait.count),
      "longest": seconds(wait.longest),
    ])
  }
}
