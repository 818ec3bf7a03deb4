import Device
public import Diagnostics
import Hardware
import Programs
public import Simulation
import Storage
import Timing

/// Timelines for ui.perfetto.dev and its trace processor.
public enum PerfettoTrace {
  /// Writes a run's timelines as a zstd-compressed Perfetto trace.
  ///
  /// All is in one group, which the viewer opens unfolded: rows under the profiler's names, engines first. Of several
  /// cores these are the rows of the one that completed last, and the others have groups of their own behind them. The
  /// file opens directly in Perfetto 58 and later; older versions need `zstd -d` first. It is seekable
  /// (`SeekTable`), and appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if the run was not timed or the file cannot be written.
  @discardableResult
  public static func write(
    _ run: Run, to path: String, options: TraceOptions = TraceOptions()
  ) throws -> TraceCounts {
    let file = try ZstdWriter(path: path, level: options.level, isSeekable: true)
    let counts = try encode(run, options) { bytes, endsPart throws(DiagnosticError) in
      try file.append(bytes)
      if endsPart { try file.endFrame() }
    }
    try file.finish()
    return counts
  }

  /// Hands a run's timelines to `sink` as an uncompressed Perfetto trace, in pieces of whole packets, one core
  /// after the other.
  ///
  /// - Throws: A `DiagnosticError` if the run was not timed, or what `sink` throws.
  @discardableResult
  public static func encode(
    _ run: Run, options: TraceOptions = TraceOptions(),
    to sink: @escaping (UnsafeRawBufferPointer) throws(DiagnosticError) -> Void
  ) throws -> TraceCounts {
    try encode(run, options) { bytes, _ throws(DiagnosticError) in try sink(bytes) }
  }

  private static func encode(
    _ run: Run, _ options: TraceOptions, _ sink: @escaping TraceEncoder.Sink
  ) throws -> TraceCounts {
    var all = TraceCounts()
    let path = options.flows.needCauses ? try run.causes()?.criticalPath() ?? [] : []
    for place in run.layout.places {
      let core = run.cores[place.id]
      guard let device = core.device, let timeline = core.timeline else {
        throw DiagnosticError(
          "'\(run.name)' has no timeline to trace",
          remedy: "run it with timing, not for its values alone")
      }
      let isFirst = place.id == run.slowest
      let subject = TraceWriter.Subject(
        core: place.id, root: place.id == 0 ? (rootName(run), description(run, options)) : nil,
        group: isFirst ? nil : "NeuronCore \(place.id), \(place.description)")
      var writer = TraceWriter(
        core, device, timeline, options, subject, path: path, sink: sink)
      let counts = try writer.run()
      all.slices += counts.slices
      all.flows += counts.flows
      all.samples += counts.samples
      all.tracks += counts.tracks
      all.bytes += counts.bytes
    }
    return all
  }

  private static func rootName(_ run: Run) -> String {
    let machine = "(\(run.hardware.name), simulated)"
    guard run.layout.count > 1 else { return "\(run.name) on NeuronCore 0 \(machine)" }
    let last = run.layout.places[run.slowest]
    return "\(run.name) on \(run.layout.count) NeuronCores \(machine): NeuronCore \(last.id), "
      + "\(last.description), which completed last"
  }

  /// What the trace is of, in sentences.
  private static func description(_ run: Run, _ options: TraceOptions) -> String {
    var parts: [String] = []
    let metadata = run.cores[0].program.metadata
    if !metadata.isEmpty {
      parts.append(
        metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: " "))
    }
    let devices = run.cores.compactMap(\.device)
    let instructions = devices.reduce(0) { $0 + $1.instructions.count }
    let transfers = devices.reduce(0) { $0 + $1.transfers.count }
    parts.append(
      "\(microseconds(run.total ?? 0)) µs, \(grouped(instructions)) instructions, "
        + "\(grouped(transfers)) DMAs")
    let details = Set(devices.map { options.detail(of: $0).rawValue }).sorted()
    var shown = "detail \(details.joined(separator: " and ")), flows \(options.flows.rawValue)"
    if let window = options.window {
      shown += ", \(microseconds(window.lowerBound)) to \(microseconds(window.upperBound)) µs"
    }
    parts.append(shown)
    return parts.joined(separator: "; ")
  }
}
