import Diagnostics
import Machine
package import Reports
package import Sweeps
import Workloads

/// A user's device times beside what is predicted: how far off, by mechanism, and what would explain it.
///
/// It changes nothing.
package struct Calibration: Sendable {
  /// One workload.
  package struct Row: Sendable {
    /// As it is written.
    package var workload: String
    /// What the device took, in µs.
    package var measured: Double
    /// What is predicted, in µs.
    package var predicted: Double
    /// How far that may be off.
    package var doubt: Doubt

    package init(workload: String, measured: Double, predicted: Double, doubt: Doubt) {
      self.workload = workload
      self.measured = measured
      self.predicted = predicted
      self.doubt = doubt
    }

    /// Signed share of the measured time: below 0 where the prediction is too fast.
    package var error: Double { predicted / measured - 1 }

    /// Whether the device's time is within the interval; `nil` where there is none.
    package var isWithin: Bool? {
      doubt.interval.map { ($0.low...max($0.low, $0.high)).contains(measured) }
    }

    /// Shares that are parts of another mechanism's work, or of how sure its price is.
    private static let parts: Set<Mechanism> = [
      .every, .turns, .software, .spills, .narrow, .extrapolated, .assumed,
    ]

    /// The mechanism with the largest share, of those that are work or waiting.
    package var largest: Mechanism {
      let ranked = doubt.shares.filter { !Self.parts.contains($0.key) }
        .sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
      return ranked.first?.key ?? .every
    }
  }

  /// What a straight line through errors over one mechanism's share says.
  package struct Explanation: Hashable, Sendable {
    /// Whose share.
    package var mechanism: Mechanism
    /// The part of the errors' variance that goes with the share, 0…1.
    package var explained: Double
    /// ln(measured / predicted) where the mechanism has none of the time.
    package var base: Double
    /// What is added where it has all of it.
    package var slope: Double
  }

  /// The workloads, in the order of the file.
  package var rows: [Row]

  /// Fewest rows that a line is drawn through.
  package static let explanationRows = 5

  /// Takes what is already known.
  package init(_ rows: [Row]) { self.rows = rows }

  /// Simulates the workloads on several threads, times only.
  ///
  /// - Throws: `DiagnosticError` with every workload that does not run.
  package init(
    _ times: DeviceTimes, suite: SuiteFile? = nil, runner: ParallelRunner = ParallelRunner(),
    progress: (Int) -> Void = { _ in }
  ) throws {
    let recorder = Recorder()
    let names = Set(suite?.entries.map(\.name) ?? [])
    let variants = times.rows.map(\.entry)
    try recorder.open(
      for: variants.filter { !names.contains($0.name) }.map(\.variant), beside: times.path)
    try recorder.open(
      for: variants.filter { names.contains($0.name) }.map(\.variant), beside: suite?.path ?? "")
    let own = Evaluator(kernels: times.kernels, beside: times.path, recorder: recorder)
    let theirs = Evaluator(kernels: times.kernels, beside: suite?.path ?? "", recorder: recorder)
    var found: [Int: Result<Row, DiagnosticError>] = [:]
    var next = 0
    try runner.run(
      next: {
        guard next < times.rows.count else { return nil as Int? }
        defer { next += 1 }
        return next
      },
      work: { index in
        let row = times.rows[index]
        return Calibration.row(row, names.contains(row.workload) ? theirs : own)
      },
      deliver: { index, row in
        found[index] = row
        progress(found.count)
      })
    var findings: [Diagnostic] = []
    rows = []
    for index in times.rows.indices {
      switch found[index] {
      case .success(let row): rows.append(row)
      case .failure(let error):
        findings += error.diagnostics.map {
          Diagnostic(
            .error, "'\(times.rows[index].workload)' does not run: \($0.message)",
            at: SourceLocation(file: times.path, line: 0), remedy: $0.remedy)
        }
      case nil: break
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
  }

  private static func row(
    _ row: DeviceTimes.Row, _ evaluator: Evaluator
  ) -> Result<Row, DiagnosticError> {
    do {
      let report = Report(try evaluator.run(row.entry.variant))
      guard let timed = report.timed, let doubt = report.doubt else {
        return .failure(DiagnosticError("nothing was timed"))
      }
      return .success(
        Row(
          workload: row.workload, measured: row.measured,
          predicted: Double(timed.summary.total) / 1e6, doubt: doubt))
    } catch let error as DiagnosticError {
      return .failure(error)
    } catch let trap as Trap {
      return .failure(DiagnosticError("\(trap.kind.rawValue): \(trap.message)"))
    } catch {
      return .failure(DiagnosticError("\(error)"))
    }
  }

  /// The mechanisms whose shares go with the errors, the best first; empty with too few rows.
  ///
  /// A least-squares line for each mechanism by itself: what goes together need not be a cause.
  package var explanations: [Explanation] {
    guard rows.count >= Calibration.explanationRows else { return [] }
    let errors = rows.map { -logarithm(1 + $0.error) }
    let middle = mean(errors)
    let spread = errors.reduce(0) { $0 + ($1 - middle) * ($1 - middle) }
    guard spread > 0 else { return [] }
    var found: [Explanation] = []
    for mechanism in Mechanism.allCases where mechanism != .every {
      let shares = rows.map { $0.doubt.shares[mechanism] ?? 0 }
      let center = mean(shares)
      let width = shares.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      // Shares that hardly differ explain nothing.
      guard width > 1e-4 * Double(rows.count) else { continue }
      let common = zip(shares, errors).reduce(0) { $0 + ($1.0 - center) * ($1.1 - middle) }
      let slope = common / width
      found.append(
        Explanation(
          mechanism: mechanism, explained: min(1, common * slope / spread),
          base: middle - slope * center, slope: slope))
    }
    return found.sorted {
      ($1.explained, $0.mechanism.rawValue) < ($0.explained, $1.mechanism.rawValue)
    }
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The middle of some sizes; of two the smaller.
private func median(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2]
}

extension Calibration {
  /// Rows by the mechanism with the largest share, in the mechanisms' order.
  var byMechanism: [(mechanism: Mechanism, rows: [Row])] {
    Mechanism.allCases.compactMap { mechanism in
      let found = rows.filter { $0.largest == mechanism }
      return found.isEmpty ? nil : (mechanism, found)
    }
  }

  /// Rows with an interval, and those whose time is within it.
  private var within: (count: Int, all: Int) {
    let known = rows.compactMap(\.isWithin)
    return (known.count { $0 }, known.count)
  }

  private static func signed(_ share: Double) -> Figure {
    Figure("\(share < 0 ? "" : "+")\(fixed(100 * share, 1)) %", .real(share))
  }

  /// The tables for people.
  package var blocks: [Block] {
    let sizes = rows.map { abs($0.error) }
    let worst = rows.max { abs($0.error) < abs($1.error) }?.error ?? 0
    var verdict: Phrase = "median error \(.percentage(median(sizes))), worst "
    verdict += Phrase(Calibration.signed(worst))
    if within.all > 0 {
      verdict +=
        "; \(.count(within.count)) of \(.count(within.all)) measured times are within the interval"
    }
    let table = Table(
      [
        Table.Column("workload", .text, isKey: true), Table.Column("measured µs"),
        Table.Column("predicted µs"), Table.Column("90 % low"), Table.Column("high"),
        Table.Column("error"), Table.Column("", .text),
      ],
      rows.map { row in
        let interval = row.doubt.interval
        return [
          .text(row.workload), .text(digits(row.measured)), .text(digits(row.predicted)),
          .text(interval.map { digits($0.low) } ?? "not"),
          .text(interval.map { digits($0.high) } ?? "calibrated"),
          .figure(Calibration.signed(row.error)),
          .text(row.isWithin.map { $0 ? "within" : "outside" } ?? ""),
        ]
      })
    let groups = Table(
      [
        Table.Column("mostly", .text, isKey: true), Table.Column("workloads"),
        Table.Column("median error"), Table.Column("worst"),
      ],
      byMechanism.map { mechanism, rows in
        [
          .text(mechanism.displayName), .figure(.count(rows.count)),
          .figure(.percentage(median(rows.map { abs($0.error) }))),
          .figure(
            Calibration.signed(rows.max { abs($0.error) < abs($1.error) }?.error ?? 0)),
        ]
      })
    return [.heading(verdict), .table(table), .table(groups)] + explanationBlocks
  }

  /// The same on a page.
  package func text(on page: Page = Page()) -> String { blocks.text(on: page) }

  private var explanationBlocks: [Block] {
    guard rows.count >= Calibration.explanationRows else {
      let needed = Figure.count(Calibration.explanationRows)
      return [
        .sentence("what would explain the errors takes \(needed) workloads or more")
      ]
    }
    guard let best = explanations.first else {
      return [.sentence("no mechanism's share goes with the errors")]
    }
    let items = explanations.prefix(3).map { one -> Phrase in
      let none = Figure.number(exponential(one.base), 2)
      let all = Figure.number(exponential(one.base + one.slope), 2)
      return
        "\(one.mechanism.displayName): \(.share(one.explained)): \(none) times the prediction without, \(all) times where it has all of the time"
    }
    let doubt = best.explained < 0.5 ? ", and this explains less than half of it" : ""
    return [
      .heading("what goes with the errors (a line through them for each mechanism by itself)"),
      .list(items),
      .sentence(
        "\(.count(rows.count)) workloads: what goes together need not be a cause\(doubt); no value was changed"
      ),
    ]
  }

  /// For machines.
  package var json: JSON {
    .object([
      "schema": .integer(1),
      "workloads": .array(
        rows.map { row in
          var entry: [String: JSON] = [
            "workload": .string(row.workload), "measured_us": .real(row.measured),
            "predicted_us": .real(row.predicted), "error_percent": .real(100 * row.error),
            "within": row.isWithin.map { .bool($0) } ?? .null, "doubt": row.doubt.json,
            "mostly": .string(row.largest.rawValue),
          ]
          if let interval = row.doubt.interval {
            entry["time_low_us"] = .real(interval.low)
            entry["time_high_us"] = .real(interval.high)
          }
          return .object(entry)
        }),
      "mechanisms": .object(
        Dictionary(
          uniqueKeysWithValues: byMechanism.map { mechanism, rows in
            (
              mechanism.rawValue,
              JSON.object([
                "workloads": .integer(rows.count),
                "median_error_percent": .real(100 * median(rows.map { abs($0.error) })),
              ])
            )
          })),
      "explanations": .array(
        explanations.map {
          .object([
            "mechanism": .string($0.mechanism.rawValue), "explained": .real($0.explained),
            "ratio_without": .real(exponential($0.base)),
            "ratio_with_all": .real(exponential($0.base + $0.slope)),
          ])
        }),
    ])
  }
}
