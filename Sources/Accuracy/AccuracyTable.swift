package import Captures
package import Device
package import Diagnostics
package import Hardware
package import Timing

/// The errors of all captures of a directory, in one table.
///
/// Errors are signed percent of the measured value: negative where trnsim is faster than the device.
package struct AccuracyTable: Sendable {
  /// One capture's line.
  package struct Row: Sendable {
    /// The capture's name.
    package var name: String
    /// The user span that was measured.
    package var userSpan: Picoseconds
    /// Number of instructions.
    package var instructions: Int
    /// Error of the user span with measured and with predicted DMA times, in the table's phase.
    package var spanError: (measured: Double, predicted: Double)
    /// The same over the phases of the PE clock's windows.
    package var phases: (measured: PhaseErrors, predicted: PhaseErrors)
    /// By engine: error of the busy time, with measured DMA times; engines that had none are left out.
    package var busyErrors: [(engine: Engine, percent: Double)]
    /// Error of the rings' busy time.
    package var ringError: Double
    /// Error of the time from trigger to completion, summed over the transfers.
    package var transferError: Double
    /// Sizes of the instruction durations' errors, with measured DMA times.
    package var durationError: (median: Double, p95: Double)
    /// Spread of the user spans of this kernel's captures, in percent of their mean; `nil` for one.
    package var noise: Double?

    /// The busy error with the largest size.
    package var worstBusyError: Double {
      busyErrors.map(\.percent).max { abs($0) < abs($1) } ?? 0
    }
  }

  /// One per capture, by name.
  package var rows: [Row]
  /// Captures of the same kernel: the spread of their user spans in percent of the mean.
  package var noise: [(kernel: String, percent: Double)]
  /// How many captures were decoded twice, by `traces/` and by the profiler, and how far the times of
  /// their instructions are apart at most, in ns.
  package var decodings: (captures: Int, apart: Double)

  /// Replays captures on a hardware, on all cores of the host.
  ///
  /// A profiler's export of a run that is there as a trace too is compared with it and not replayed.
  ///
  /// - Parameter progress: Gets the number of captures that are done.
  /// - Throws: Diagnostics of captures that cannot be read or replayed.
  package init(
    _ paths: [String], on hardware: Hardware, phase: PhaseChoice = .mean,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws {
    let captures = try parallelMap(paths.sorted()) { try Capture(contentsOf: $0) }
    var known: [String: Capture] = [:]
    var distinct: [Capture] = []
    decodings = (0, 0)
    for (path, capture) in zip(paths.sorted(), captures).sorted(by: { one, other in
      (one.0.hasSuffix(".instr.csv.zst") ? 0 : 1, one.1.name)
        < (other.0.hasSuffix(".instr.csv.zst") ? 0 : 1, other.1.name)
    }) {
      if let twin = known[capture.name] {
        let apart = try twin.distance(to: capture, path)
        decodings = (decodings.captures + 1, max(decodings.apart, Double(apart) / 1000))
      } else {
        known[capture.name] = capture
        distinct.append(capture)
      }
    }
    // The longest first, so that no core is left with it at the end.
    let order = distinct.sorted { $0.program.runs.count > $1.program.runs.count }
    rows = try parallelMap(order, progress: progress) {
      try AccuracyTable.row($0, hardware, phase)
    }.sorted { $0.name < $1.name }
    var spans: [String: [Double]] = [:]
    for row in rows {
      spans[AccuracyTable.kernel(row.name), default: []].append(Double(row.userSpan))
    }
    noise = spans.filter { $0.value.count > 1 }.map { kernel, spans in
      (kernel, 100 * ((spans.max() ?? 0) - (spans.min() ?? 0)) / mean(spans))
    }.sorted { $0.kernel < $1.kernel }
    for index in rows.indices {
      rows[index].noise =
        noise.first { $0.kernel == AccuracyTable.kernel(rows[index].name) }?.percent
    }
  }

  /// The captures of trn2 in a directory or below it, and those of trn1, which have no DMA tables.
  ///
  /// - Throws: A diagnostic when there is none.
  package static func captures(
    in directory: String
  ) throws(DiagnosticError) -> (trn2: [String], trn1: [String]) {
    let all = try CapturePaths.all(in: directory)
    func isTrn1(_ path: String) -> Bool {
      path.split(separator: "/").last?.hasPrefix("trn1_") ?? false
    }
    return (all.filter { !isTrn1($0) }, all.filter(isTrn1))
  }

  /// The name without what tells repeated captures of a kernel apart.
  static func kernel(_ name: String) -> String {
    for suffix in ["_repeat", "_a", "_b", "_c", "_d"] where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return name
  }

  private static func row(
    _ capture: Capture, _ hardware: Hardware, _ phase: PhaseChoice
  ) throws(DiagnosticError) -> Row {
    let (measured, measuredPhases) = try Replay.judged(
      capture, on: hardware, dma: .measured, phase: phase)
    let (predicted, predictedPhases) = try Replay.judged(
      capture, on: hardware, dma: .predicted, phase: phase)
    let busy = [Engine.tensor, .vector, .scalar, .gpsimd].compactMap { engine in
      let time = measured.busy(engine)
      return time.measured > 0 ? (engine, percent(time)) : nil
    }
    let durations = Replay.Spread(measured.durationErrors)
    return Row(
      name: capture.name, userSpan: capture.userSpan, instructions: capture.instructions.count,
      spanError: (measured.userSpanError, predicted.userSpanError),
      phases: (measuredPhases, predictedPhases), busyErrors: busy,
      ringError: percent(predicted.ringBusy), transferError: percent(predicted.transferTime),
      durationError: (durations.median, durations.p95), noise: nil)
  }

  /// Error of a predicted time in percent of the measured one.
  static func percent(_ time: (measured: Picoseconds, predicted: Picoseconds)) -> Double {
    100 * Double(time.predicted - time.measured) / Double(max(1, time.measured))
  }
}

extension Capture {
  /// How far the times of the same run's instructions are apart in two decodings, in picoseconds.
  ///
  /// - Throws: A diagnostic when they are not of the same instructions.
  package func distance(to other: Capture, _ path: String) throws(DiagnosticError) -> Int64 {
    guard program.instructions.map(\.opcode) == other.program.instructions.map(\.opcode) else {
      throw DiagnosticError(
        "'\(name)' has other instructions here than in its trace",
        at: SourceLocation(file: path, line: 0),
        remedy: "both tables must be of the same run, or have different names")
    }
    // The stamps count from different moments; what is compared is the distance between instructions.
    let differences = zip(instructions, other.instructions).map { $0.begin - $1.begin }
    let middle = ((differences.min() ?? 0) + (differences.max() ?? 0)) / 2
    return differences.map { abs($0 - middle) }.max() ?? 0
  }
}
