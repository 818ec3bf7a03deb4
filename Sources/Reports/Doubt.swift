import Device
import Glibc
public import Hardware
import Simulation
public import Timing

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
    /// Whose stream the measured kernels had.
    public var stream: DoubtTable.Stream
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
  ///   - extrapolation: Work beyond the sizes at which its price was measured, in words.
  ///   - table: The errors.
  public init(
    time: Double, shares: [Mechanism: Double], extrapolation: String? = nil, table: DoubtTable
  ) {
    self.shares = shares
    // Mechanisms err apart from each other: their variances add up.
    var below = 0.0
    var above = 0.0
    var reasons: [(mechanism: Mechanism, share: Double, variance: Double)] = []
    for row in table.rows {
      let share = shares[row.mechanism] ?? 0
      func square(_ weight: Double) -> Double { (weight * share) * (weight * share) }
      below += square(row.below)
      above += square(row.above)
      reasons.append((row.mechanism, share, square(row.reason)))
    }
    let low = time * exp(-below.squareRoot())
    let high = time * exp(above.squareRoot())
    // Shared out as the errors' variances are, so that the parts' sum is half of the interval.
    let all = reasons.reduce(0) { $0 + $1.variance }
    let parts = reasons.filter { $0.variance > 0 }.map {
      Part(
        mechanism: $0.mechanism, share: $0.share,
        microseconds: (high - low) / 2 * $0.variance / all)
    }
    verdict = .interval(
      Interval(
        coverage: table.coverage, stream: table.stream, low: low, high: high,
        parts: parts.sorted {
          ($1.microseconds, $0.mechanism.rawValue) < ($0.microseconds, $1.mechanism.rawValue)
        },
        outside: Doubt.outside(time, shares, extrapolation, table)))
  }

  /// Judges the time of a stream that is the device's own by the errors of replays.
  ///
  /// - Parameter time: Simulated, in picoseconds.
  public init(givenStream time: Picoseconds, on hardware: Hardware) {
    let (table, reason) = DoubtTable.of(hardware, .given)
    if let table {
      self.init(time: Double(time) / 1e6, shares: [.every: 1], table: table)
    } else {
      self.init(notCalibrated: reason)
    }
  }

  /// A time without an interval.
  package init(notCalibrated reason: String, shares: [Mechanism: Double] = [:]) {
    verdict = .notCalibrated(reason)
    self.shares = shares
  }

  /// Shares may be this much above the largest one that was measured.
  private static let slack = 0.05

  private static func outside(
    _ time: Double, _ shares: [Mechanism: Double], _ extrapolation: String?, _ table: DoubtTable
  ) -> [String] {
    var found: [String] = []
    if time < table.shortest {
      found.append("no measured kernel takes less than \(digits(table.shortest)) µs")
    }
    if time > table.longest {
      found.append("no measured kernel takes more than \(digits(table.longest)) µs")
    }
    let extrapolated = shares[.extrapolated] ?? 0
    if let extrapolation, extrapolated > slack {
      found.append(
        "\(Mechanism.extrapolated.displayName), \(percent(extrapolated)) of the time: \(extrapolation)"
      )
    }
    for row in table.rows where row.mechanism != .every && row.mechanism != .extrapolated {
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
      var text = percent(interval.coverage)
      if interval.stream == .given { text += ", if the device runs this order" }
      text += ": \(digits(interval.low)) to \(digits(interval.high)) µs"
      // Where there is one part alone, its name says nothing.
      if interval.parts.count > 1, let widest = interval.parts.first {
        text += "; widest part: \(widest.mechanism.displayName), \(digits(widest.microseconds)) µs"
      }
      if !interval.outside.isEmpty {
        text += "; outside of what was measured: " + interval.outside.joined(separator: "; ")
      }
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
        "stream": .string(interval.stream.rawValue),
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
  package static func of(
    _ hardware: Hardware, _ stream: Stream
  ) -> (table: DoubtTable?, reason: String) {
    guard let table = all.first(where: { $0.machine == hardware.name && $0.stream == stream })
    else {
      let machines = Set(all.map(\.machine)).sorted().joined(separator: ", ")
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
    of(hardware, .compiled).table?.tie.map { exp($0.distance) }
  }
}

extension CoreReport {
  /// How far the time may be from a device's; `nil` if nothing was timed.
  public var doubt: Doubt? {
    guard let timed, let evidence else { return nil }
    if run.device?.exchanges.isEmpty == false {
      return Doubt(
        notCalibrated: "exchanges between cores were never measured", shares: evidence.shares)
    }
    let (table, reason) = DoubtTable.of(run.hardware, run.keepsStream ? .given : .compiled)
    guard let table else { return Doubt(notCalibrated: reason, shares: evidence.shares) }
    return Doubt(
      time: Double(timed.summary.total) / 1e6, shares: evidence.shares,
      extrapolation: evidence.extrapolation, table: table)
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
