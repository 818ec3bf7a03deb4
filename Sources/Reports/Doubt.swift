import Device
import Glibc
package import Hardware
import Simulation

// doubt     90 %: 8.21 to 14.1 µs; widest part: descriptor generation, 0.902 µs

/// How far a run's time may be from a device's, and why.
public struct Doubt: Hashable, Sendable {
  /// A mechanism's part of the interval.
  public struct Part: Hashable, Sendable {
    /// Which.
    public var mechanism: Mechanism
    /// The share of the time that it has work for.
    public var share: Double
    /// What it adds to half of the interval, in µs.
    public var microseconds: Double
  }

  /// Where the device's time is with the table's probability.
  public struct Interval: Hashable, Sendable {
    /// The probability.
    public var coverage: Double
    /// Its lower end in µs.
    public var low: Double
    /// Its upper end in µs.
    public var high: Double
    /// The mechanisms that widen it, the widest first.
    public var parts: [Part]
    /// What of the run no measured kernel had, in sentences.
    public var outside: [String]
  }

  /// An interval, or why there is none.
  public enum Verdict: Hashable, Sendable {
    case interval(Interval)
    case notCalibrated(String)
  }

  /// What is known.
  public var verdict: Verdict
  /// The share of the time that each mechanism has work for.
  public var shares: [Mechanism: Double]

  /// The interval; `nil` where nothing was measured.
  public var interval: Interval? {
    if case .interval(let interval) = verdict { interval } else { nil }
  }

  /// Judges a time by the errors of the machine's measured kernels.
  ///
  /// - Parameters:
  ///   - time: Simulated, in µs.
  ///   - shares: What the run's time stands on.
  ///   - table: The errors.
  public init(time: Double, shares: [Mechanism: Double], table: DoubtTable) {
    self.shares = shares
    var below = 0.0
    var above = 0.0
    var widths: [(row: DoubtTable.Row, share: Double)] = []
    for row in table.rows {
      let share = shares[row.mechanism] ?? 0
      below += row.below * share
      above += row.above * share
      widths.append((row, share))
    }
    let low = time * exp(-below)
    let high = time * exp(above)
    // Each side is shared out as its exponents are, so that the parts' sum is half of the interval.
    let parts = widths.compactMap { row, share -> Part? in
      let down = below > 0 ? (time - low) * row.below * share / below : 0
      let up = above > 0 ? (high - time) * row.above * share / above : 0
      guard down + up > 0 else { return nil }
      return Part(mechanism: row.mechanism, share: share, microseconds: (down + up) / 2)
    }
    verdict = .interval(
      Interval(
        coverage: table.coverage, low: low, high: high,
        parts: parts.sorted {
          ($1.microseconds, $0.mechanism.rawValue) < ($0.microseconds, $1.mechanism.rawValue)
        },
        outside: Doubt.outside(time, shares, table)))
  }

  /// A time without an interval.
  init(notCalibrated reason: String, shares: [Mechanism: Double]) {
    verdict = .notCalibrated(reason)
    self.shares = shares
  }

  /// Shares may be this much above the largest one that was measured.
  private static let slack = 0.05

  private static func outside(
    _ time: Double, _ shares: [Mechanism: Double], _ table: DoubtTable
  ) -> [String] {
    var found: [String] = []
    if time < table.shortest {
      found.append("no measured kernel takes less than \(digits(table.shortest)) µs")
    }
    if time > table.longest {
      found.append("no measured kernel takes more than \(digits(table.longest)) µs")
    }
    for row in table.rows where row.mechanism != .every {
      let share = shares[row.mechanism] ?? 0
      if share > row.most + slack {
        found.append(
          "\(row.mechanism.displayName): \(percent(share)) of the time, in measured kernels at most "
            + percent(row.most))
      }
    }
    return found
  }

  /// The interval and its reason in one sentence.
  public var sentence: String {
    switch verdict {
    case .notCalibrated(let reason): return "not calibrated: \(reason)"
    case .interval(let interval):
      var text = "\(percent(interval.coverage)): \(digits(interval.low)) to "
      text += "\(digits(interval.high)) µs"
      if let widest = interval.parts.first {
        text += "; widest part: \(widest.mechanism.displayName), \(digits(widest.microseconds)) µs"
      }
      for sentence in interval.outside { text += "; outside of what was measured: \(sentence)" }
      return text
    }
  }

  /// For machines.
  package var json: JSON {
    let shares = JSON.object(
      Dictionary(uniqueKeysWithValues: shares.map { ($0.key.rawValue, JSON.real($0.value)) }))
    switch verdict {
    case .notCalibrated(let reason):
      return .object(["calibrated": .bool(false), "reason": .string(reason), "shares": shares])
    case .interval(let interval):
      return .object([
        "calibrated": .bool(true), "coverage": .real(interval.coverage), "shares": shares,
        "sentence": .string(sentence),
        "parts": .array(
          interval.parts.map {
            .object([
              "mechanism": .string($0.mechanism.rawValue),
              "name": .string($0.mechanism.displayName),
              "share": .real($0.share), "microseconds": .real($0.microseconds),
            ])
          }),
        "outside": .array(interval.outside.map { .string($0) }),
      ])
    }
  }
}

extension DoubtTable {
  /// The errors that a machine's times have, or why nothing is known of them.
  static func of(_ hardware: Hardware) -> (table: DoubtTable?, reason: String) {
    guard let table = all.first(where: { $0.machine == hardware.name }) else {
      let machines = all.map(\.machine).joined(separator: ", ")
      return (
        nil, "too few kernels of \(hardware.name) were measured (enough: \(machines))"
      )
    }
    guard hardware.changes.isEmpty else {
      return (nil, "values of \(hardware.name) were changed")
    }
    return (table, "")
  }

  /// From which ratio on two times of a machine's variants are told apart; `nil` where nothing was measured.
  package static func tieRatio(on hardware: Hardware) -> Double? {
    of(hardware).table.map { exp($0.tie) }
  }
}

extension Report {
  /// How far the time may be from a device's; `nil` if nothing was timed.
  public var doubt: Doubt? {
    guard let timed, let shares = mechanismShares else { return nil }
    if run.device?.exchanges.isEmpty == false {
      return Doubt(
        notCalibrated: "exchanges between cores were never measured", shares: shares)
    }
    let (table, reason) = DoubtTable.of(run.hardware)
    guard let table else { return Doubt(notCalibrated: reason, shares: shares) }
    return Doubt(time: Double(timed.summary.total) / 1e6, shares: shares, table: table)
  }
}

/// A number with three digits that mean something, as people write it: `0.902`, `12.9`, `1,204`.
package func digits(_ value: Double) -> String {
  switch abs(value) {
  case 100...: value < 1e15 ? grouped(Int(value.rounded())) : significant(value)
  case 10..<100: fixed(value, 1)
  case 1..<10: fixed(value, 2)
  default: fixed(value, 3)
  }
}
