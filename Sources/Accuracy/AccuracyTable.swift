import Captures
public import Device
public import Diagnostics
public import Hardware
public import Reports
import Storage
public import Timing

/// The errors of all captures of a directory, in one table.
public struct AccuracyTable: Sendable {
  /// One capture's line.
  public struct Row: Sendable {
    /// The capture's name.
    public var name: String
    /// The user span that was measured.
    public var userSpan: Picoseconds
    /// Error of the user span in percent, with measured and with predicted DMA times.
    public var spanError: (measured: Double, predicted: Double)
    /// The same over `AccuracyTable.phases` phases of the PE clock's windows: mean and largest size.
    public var phaseError: (mean: Double, worst: Double)
    /// By engine: error of the busy time in percent; engines that had none are left out.
    public var busyErrors: [(engine: Engine, percent: Double)]
    /// Error of the rings' busy time in percent.
    public var ringError: Double
    /// Sizes of the instruction durations' errors in percent, with measured DMA times.
    public var durationError: (median: Double, p95: Double)
  }

  /// How many phases of the PE clock's windows are tried.
  public static let phases = 8

  /// One per capture, by name.
  public var rows: [Row]
  /// Captures of the same kernel: the spread of their user spans in percent of the mean.
  public var noise: [(kernel: String, percent: Double)]

  /// Replays captures on a hardware.
  ///
  /// - Throws: Diagnostics of unreadable captures, or a `TimingError`.
  public init(_ paths: [String], on hardware: Hardware) throws {
    rows = []
    for path in paths.sorted() {
      rows.append(try AccuracyTable.row(Capture(contentsOf: path), hardware))
    }
    var spans: [String: [Double]] = [:]
    for row in rows {
      spans[AccuracyTable.kernel(row.name), default: []].append(Double(row.userSpan))
    }
    noise = spans.filter { $0.value.count > 1 }.map { kernel, spans in
      (kernel, 100 * ((spans.max() ?? 0) - (spans.min() ?? 0)) / mean(spans))
    }.sorted { $0.kernel < $1.kernel }
  }

  /// The trn2 captures of a directory; trn1's lack DMA stamps.
  public static func captures(in directory: String) throws(DiagnosticError) -> [String] {
    let names = try fileNames(in: directory).filter {
      $0.hasSuffix(".instr.csv.zst") && !$0.hasPrefix("trn1_")
    }
    guard !names.isEmpty else {
      throw DiagnosticError(
        "holds no captures", at: SourceLocation(file: directory, line: 0),
        remedy: "name a directory with NAME.instr.csv.zst, NAME.dma.csv.zst and NAME.sem.csv.zst")
    }
    return names.map { "\(directory)/\($0)" }
  }

  /// The name without what tells repeated captures of a kernel apart.
  private static func kernel(_ name: String) -> String {
    for suffix in ["_repeat", "_a", "_b", "_c", "_d"] where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return name
  }

  private static func row(_ capture: Capture, _ hardware: Hardware) throws(TimingError) -> Row {
    let measured = try Replay(capture, on: hardware, dma: .measured)
    let predicted = try Replay(capture, on: hardware, dma: .predicted)
    var phased: [Double] = []
    let window = hardware.peClock.windowCycles / hardware.clocks.neuroncore
    for phase in 0..<phases {
      var shifted = hardware
      shifted.peClock.phase = window * Double(phase) / Double(phases)
      phased.append(abs(try Replay(capture, on: shifted, dma: .measured).userSpanError))
    }
    var busyErrors: [(Engine, Double)] = []
    for engine in [Engine.tensor, .vector, .scalar, .gpsimd] {
      let time = measured.busy(engine)
      guard time.measured > 0 else { continue }
      busyErrors.append(
        (engine, 100 * Double(time.predicted - time.measured) / Double(time.measured)))
    }
    let rings = predicted.ringBusy
    let durations = Replay.Spread(measured.durationErrors)
    return Row(
      name: capture.name, userSpan: capture.userSpan,
      spanError: (measured.userSpanError, predicted.userSpanError),
      phaseError: (mean(phased), phased.max() ?? 0), busyErrors: busyErrors,
      ringError: 100 * Double(rings.predicted - rings.measured) / Double(max(1, rings.measured)),
      durationError: (durations.median, durations.p95))
  }

  /// The sizes of one kind of error: median, mean, largest.
  private func summary(_ values: [Double]) -> (median: Double, mean: Double, worst: Double) {
    let sizes = values.map(abs)
    return (median(sizes), mean(sizes), sizes.max() ?? 0)
  }

  /// The table for people.
  public func text() -> String {
    let columns = ["DMA meas.", "DMA pred.", "8 phases", "busy", "rings", "dur. med", "dur. p95"]
    var text = left("capture", 36) + right("span us", 12)
    text += columns.map { right($0, 11) }.joined() + "\n"
    func line(_ values: [Double]) -> String { values.map { right(fixed($0, 2), 11) }.joined() }
    for row in rows {
      text += left(row.name, 36) + right(fixed(Double(row.userSpan) / 1_000_000, 2), 12)
      text += line([
        row.spanError.measured, row.spanError.predicted, row.phaseError.worst,
        row.busyErrors.map(\.percent).max { abs($0) < abs($1) } ?? 0, row.ringError,
        row.durationError.median, row.durationError.p95,
      ])
      text += "\n"
    }
    let kinds: [[Double]] = [
      rows.map(\.spanError.measured), rows.map(\.spanError.predicted),
      rows.map(\.phaseError.worst), rows.flatMap { $0.busyErrors.map(\.percent) },
      rows.map(\.ringError), rows.map(\.durationError.median), rows.map(\.durationError.p95),
    ]
    let summaries = kinds.map(summary)
    text += left("median of sizes", 48) + line(summaries.map(\.median)) + "\n"
    text += left("mean of sizes", 48) + line(summaries.map(\.mean)) + "\n"
    text += left("worst", 48) + line(summaries.map(\.worst)) + "\n"
    text += """
      errors in percent of the measured value: user span with measured and with predicted DMA times,
      its largest size over 8 phases of the PE clock's windows, the worst engine's busy time, the DMA
      rings' busy time, instruction durations

      """
    for (kernel, percent) in noise {
      text += "the hardware's own spread: \(kernel) \(fixed(percent, 2)) %\n"
    }
    return text
  }

  /// The table for machines.
  public func json() -> JSON {
    let entries: [JSON] = rows.map { row in
      let busy = row.busyErrors.map { ($0.engine.displayName, JSON.real($0.percent)) }
      return .object([
        "name": .string(row.name),
        "user_span_measured_ns": .real(Double(row.userSpan) / 1000),
        "user_span_error_percent": .object([
          "dma_measured": .real(row.spanError.measured),
          "dma_predicted": .real(row.spanError.predicted),
          "phases_mean": .real(row.phaseError.mean), "phases_worst": .real(row.phaseError.worst),
        ]),
        "engine_busy_error_percent": .object(
          Dictionary(busy, uniquingKeysWith: { first, _ in first })),
        "ring_busy_error_percent": .real(row.ringError),
        "instruction_duration_error_percent": .object([
          "median": .real(row.durationError.median), "p95": .real(row.durationError.p95),
        ]),
      ])
    }
    let spread = noise.map { ($0.kernel, JSON.real($0.percent)) }
    func sizes(_ values: [Double]) -> JSON {
      let all = summary(values)
      return .object([
        "median": .real(all.median), "mean": .real(all.mean), "worst": .real(all.worst),
      ])
    }
    return .object([
      "captures": .array(entries),
      "noise_percent": .object(Dictionary(spread, uniquingKeysWith: { first, _ in first })),
      "user_span_error_percent": .object([
        "dma_measured": sizes(rows.map(\.spanError.measured)),
        "dma_predicted": sizes(rows.map(\.spanError.predicted)),
      ]),
    ])
  }
}
