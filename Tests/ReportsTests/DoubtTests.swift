import Foundation
import Hardware
import Simulation
import Testing

@testable import Reports

/// Intervals of times and their reasons.
@Suite struct DoubtTests {
  private static let table = DoubtTable(
    machine: "trn2", kernels: 40, families: 8, coverage: 0.9, tie: 0.1, pairs: 99, shortest: 5,
    longest: 100,
    rows: [
      DoubtTable.Row(.every, below: 0.1, above: 0.2, most: 1, kernels: 40, families: 8),
      DoubtTable.Row(.order, below: 0.5, above: 0, most: 0.8, kernels: 40, families: 8),
      DoubtTable.Row(.pieces, below: 0, above: 1, most: 0.3, kernels: 9, families: 4),
    ])

  /// below = 0.1 + 0.5 · 0.4 = 0.3, above = 0.2 + 1 · 0.2 = 0.4.
  @Test func endsAreSumsOverMechanisms() throws {
    let doubt = Doubt(time: 10, shares: [.every: 1, .order: 0.4, .pieces: 0.2], table: Self.table)
    let interval = try #require(doubt.interval)
    #expect(abs(interval.low - 10 * exp(-0.3)) < 1e-12)
    #expect(abs(interval.high - 10 * exp(0.4)) < 1e-12)
    let half = (interval.high - interval.low) / 2
    #expect(abs(interval.parts.reduce(0) { $0 + $1.microseconds } - half) < 1e-12)
    // down: 2.592 by 1 : 2, up: 4.918 by 1 : 1.
    #expect(interval.parts.map(\.mechanism) == [.every, .pieces, .order])
    #expect(interval.outside.isEmpty)
    #expect(
      doubt.sentence == "90 %: 7.41 to 14.9 µs; widest part: what every kernel has, 1.66 µs")
  }

  /// More of a mechanism that was wrong never narrows an interval.
  @Test func moreOfAMechanismIsWider() throws {
    var width = 0.0
    for share in stride(from: 0.0, through: 1, by: 0.1) {
      let doubt = Doubt(time: 10, shares: [.every: 1, .pieces: share], table: Self.table)
      let interval = try #require(doubt.interval)
      #expect(interval.high - interval.low > width)
      #expect(interval.low < 10 && 10 < interval.high)
      width = interval.high - interval.low
    }
  }

  @Test func beyondWhatWasMeasuredIsSaid() throws {
    let doubt = Doubt(time: 4, shares: [.every: 1, .pieces: 0.9], table: Self.table)
    let outside = try #require(doubt.interval).outside
    #expect(
      outside == [
        "no measured kernel takes less than 5.00 µs",
        "DMA in pieces below 512 B: 90 % of the time, in measured kernels at most 30 %",
      ])
    #expect(doubt.sentence.hasSuffix("; outside of what was measured: \(outside[1])"))
    let long = Doubt(time: 101, shares: [.every: 1], table: Self.table)
    #expect(try #require(long.interval).outside == ["no measured kernel takes more than 100 µs"])
  }

  /// A report has an interval of the machine as it was measured, and of no other.
  @Test func whatNobodyMeasuredHasNoInterval() throws {
    var run = try Fixture.run()
    let measured = try #require(Report(run).doubt)
    let interval = try #require(measured.interval)
    #expect(interval.low < 10 && 10 < interval.high)
    guard case .object(let object) = Report(run).json else { return #expect(Bool(false)) }
    #expect(object["time_low_us"] == .real(interval.low))
    #expect(object["time_high_us"] == .real(interval.high))

    run.hardware = try .load(named: "trn3")
    let other = Report(run)
    #expect(other.doubt?.interval == nil)
    #expect(other.text().contains("not calibrated: too few kernels of trn3 were measured"))
    guard case .object(let unknown) = other.json else { return #expect(Bool(false)) }
    #expect(unknown["time_low_us"] == nil)

    run.hardware = try .load(named: "trn2", overrides: ["clocks.tensor=2.8"])
    #expect(Report(run).text().contains("not calibrated: values of trn2 were changed"))
  }

  /// Of the fixture's 10 µs: rings 6, Scalar 1, two starts of 1 µs, 4 that no resource explains.
  @Test func sharesAreThoseOfTheWork() throws {
    let shares = try #require(Report(try Fixture.run()).mechanismShares)
    #expect(shares[.every] == 1 && shares[.rings] == 0.6 && shares[.scalar] == 0.1)
    #expect(shares[.starts] == 0.2 && shares[.order] == 0.4 && shares[.pieces] == 0)
    #expect(shares[.generation] == 0.12)
    #expect(shares.count == Mechanism.allCases.count)
  }

  @Test func digitsThatMeanSomething() {
    #expect([0.9021, 1.234, 12.94, 1204.4].map(digits) == ["0.902", "1.23", "12.9", "1,204"])
  }
}
