import Device
public import Diagnostics
import Programs
public import Simulation
import Storage

/// Timelines for ui.perfetto.dev and its trace processor.
public enum PerfettoTrace {
  /// Writes a run's timelines as a zstd-compressed Perfetto trace; several cores have a process each.
  ///
  /// Rows and their order are the profiler's. The file opens directly in Perfetto 58 and later; older
  /// versions need `zstd -d` first. It appears whole or not at all.
  ///
  /// - Throws: A `DiagnosticError` if the run was not timed or the file cannot be written.
  @discardableResult
  public static func write(
    _ run: Run, to path: String, options: TraceOptions = TraceOptions()
  ) throws(DiagnosticError) -> TraceCounts {
    try write(to: path, options) { sink throws(DiagnosticError) in
      try encode(run, options: options, to: sink)
    }
  }

  /// Hands a run's timelines to `sink` as an uncompressed Perfetto trace, in pieces of whole packets, one core
  /// after the other.
  ///
  /// - Throws: A `DiagnosticError` if the run was not timed, or what `sink` throws.
  @discardableResult
  public static func encode(
    _ run: Run, options: TraceOptions = TraceOptions(),
    to sink: @escaping (UnsafeRawBufferPointer) throws(DiagnosticError) -> Void
  ) throws(DiagnosticError) -> TraceCounts {
    var all = TraceCounts()
    for place in run.layout.places {
      let core = run.cores[place.id]
      guard let device = core.device, let timeline = core.timeline else {
        throw DiagnosticError(
          "'\(run.name)' has no timeline to trace",
          remedy: "run it with timing, not for its values alone")
      }
      var writer = TraceWriter(
        core.program, device, timeline, core.hardware, options,
        core: run.layout.count > 1 ? (place.id, place.description) : nil, sink: sink)
      let counts = try writer.run()
      all.slices += counts.slices
      all.flows += counts.flows
      all.samples += counts.samples
      all.tracks += counts.tracks
      all.bytes += counts.bytes
    }
    return all
  }

  /// What hands over pieces of packets.
  private typealias Sink = (UnsafeRawBufferPointer) throws(DiagnosticError) -> Void

  /// A compressed file of what `encode` hands over, each piece a record; whole or not at all.
  private static func write(
    to path: String, _ options: TraceOptions,
    _ encode: (@escaping Sink) throws(DiagnosticError) -> TraceCounts
  ) throws(DiagnosticError) -> TraceCounts {
    let file = try ZstdWriter(path: path, level: options.level)
    let counts = try encode { bytes throws(DiagnosticError) in
      try file.append(bytes)
      try file.endOfRecord()
    }
    try file.finish()
    return counts
  }
}
