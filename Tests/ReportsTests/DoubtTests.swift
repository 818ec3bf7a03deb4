import Device
import Foundation
import Hardware
import Programs
import Simulation
import Testing
import Timing

@testable import Reports

/// Intervals of times and their reasons.
@Suite struct DoubtTests {
  private static let table = DoubtTable(
    machine: "trn2", stream: .compiled, kernels: 40, families: 8, coverage: 0.9,
    tie: DoubtTable.Tie(distance: 0.1, pairs: 99), shortest: 5, longest: 100,
    rows: [
      DoubtTable.Row(
        .every, below: 0.3, above: 0.3, reason: 0.1, most: 1, kernels: 40, families: 8),
      DoubtTable.Row(
        .order, below: 1, above: 0, reason: 0.5, most: 0.8, kernels: 40, families: 8),
      DoubtTable.Row(
        .pieces, below: 0, above: 2, reason: 0.5, most: 0.3, kernels: 9, families: 4),
    ])

  /// below² = 0.3² + (1 · 0.4)² = 0.5², above² = 0.3² + (2 · 0.2)² = 0.5²; reasons 0.1², 0.2² and 0.1².
  @Test func variancesOfMechanismsAddUp() throws {
    let doubt = Doubt(time: 10, shares: [.every: 1, .order: 0.4, .pieces: 0.2], table: Self.table)
    let interval = try #require(doubt.interval)
    #expect(abs(interval.low - 10 * exp(-0.5)) < 1e-12)
    #expect(abs(interval.high - 10 * exp(0.5)) < 1e-12)
    let half = (interval.high - interval.low) / 2
    #expect(abs(interval.parts.reduce(0) { $0 + $1.microseconds } - half) < 1e-12)
    #expect(interval.parts.map(\.mechanism) == [.order, .every, .pieces])
    #expect(abs(interval.parts[0].microseconds - half * 4 / 6) < 1e-12)
    #expect(interval.outside.isEmpty)
    #expect(doubt.sentence == "90 %: 6.07 to 16.5 µs; widest part: order and waits, 3.47 µs")
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
    #expect(
      doubt.sentence.hasSuffix("; outside of what was measured: \(outside[0]); \(outside[1])"))
    let long = Doubt(time: 101, shares: [.every: 1], table: Self.table)
    #expect(try #require(long.interval).outside == ["no measured kernel takes more than 100 µs"])
    let words = "Vector's copy of 1,024 elements (measured: 1 to 128)"
    let larger = Doubt(
      time: 10, shares: [.every: 1, .extrapolated: 0.3], extrapolation: words, table: Self.table)
    #expect(
      try #require(larger.interval).outside == [
        "prices beyond their measured sizes, 30 % of the time: \(words)"
      ])
    let little = Doubt(
      time: 10, shares: [.every: 1, .extrapolated: 0.04], extrapolation: words, table: Self.table)
    #expect(try #require(little.interval).outside.isEmpty)
  }

  /// Work with more elements than any captured instruction of its kind has, named with the largest.
  @Test func workBeyondMeasuredSizesIsNamed() throws {
    var run = try Fixture.run()
    let device = try #require(run.cores[0].device)
    let index = try #require(
      device.instructions.firstIndex {
        if case .stream = $0.work { $0.engine == .vector } else { false }
      })
    func evidence(_ streamClass: StreamClass, _ elements: Int) throws -> Evidence {
      run.cores[0].device?.instructions[index].work = .stream(
        Device.Stream(streamClass, elements: elements))
      return try #require(Report(run).slowest.evidence)
    }
    #expect(try evidence(.copy, 128).extrapolation == nil)
    #expect(try evidence(.copy, 128).shares[.extrapolated] == 0)
    let beyond = try evidence(.copy, 2048)
    #expect(beyond.extrapolation == "Vector's copy of 2,048 elements (measured: 1 to 128)")
    let duration = try #require(run.cores[0].timeline).instructions[index].duration
    #expect(beyond.shares[.extrapolated] == Double(duration) / 10_000_000)
    #expect(
      try evidence(.tensorScalarPointer, 64).extrapolation
        == "Vector's tensor_scalar_pointer of 64 elements (measured: 512)")
    // What was never captured is no price beyond its sizes.
    #expect(try evidence(.max8, 4096).extrapolation == nil)
  }

  /// What nobody predicted the order of has the errors of replays, and says on what that depends.
  @Test func givenStreamsHaveTheErrorsOfReplays() throws {
    let given = try #require(Report(try Fixture.run()).doubt?.interval)
    #expect(given.stream == .given)
    #expect(
      try #require(Report(try Fixture.run()).doubt).sentence
        .hasPrefix("90 %, if the device runs this order: "))
    var run = try Fixture.run()
    run.cores[0].program.metadata[CoreRun.orderKey] = "compiler"
    let compiled = try #require(Report(run).doubt?.interval)
    #expect(compiled.stream == .compiled)
    #expect(compiled.high - compiled.low > given.high - given.low)
    #expect(!Report(run).text().contains(CoreRun.orderKey))
    let replay = Doubt(givenStream: 10_000_000, on: try .load(named: "trn2"))
    let interval = try #require(replay.interval)
    #expect(interval.low < 10 && 10 < interval.high)
    #expect(Doubt(givenStream: 10_000_000, on: try .load(named: "trn1")).interval == nil)
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

    run.cores[0].hardware = try .load(named: "trn3")
    let other = Report(run)
    #expect(other.doubt?.interval == nil)
    #expect(other.text().contains("not calibrated: too few kernels of trn3 were measured"))
    guard case .object(let unknown) = other.json else { return #expect(Bool(false)) }
    #expect(unknown["time_low_us"] == nil)

    run.cores[0].hardware = try .load(named: "trn2", overrides: ["clocks.tensor=2.8"])
    #expect(Report(run).text().contains("not calibrated: values of trn2 were changed"))
  }

  /// Of the fixture's 10 µs: rings 6, Scalar 1, two starts of 1 µs, 4 that no resource explains.
  @Test func sharesAreThoseOfTheWork() throws {
    let shares = try #require(Report(try Fixture.run()).mechanismShares)
    #expect(shares[.every] == 1 && shares[.rings] == 0.6 && shares[.scalar] == 0.1)
    #expect(shares[.starts] == 0.2 && shares[.order] == 0.4 && shares[.pieces] == 0)
    #expect(shares[.generation] == 0.12)
    // GpSimd, the least of the four, has no part in it.
    let engines = [Mechanism.tensor, .vector, .scalar].compactMap { shares[$0] }
    #expect(shares[.gpsimd] == 0 && shares[.turns] == engines.sorted().reduce(1, *))
    #expect(shares[.software] == 0 && shares[.spills] == 0)
    #expect(shares.count == Mechanism.allCases.count)
  }

  @Test func digitsThatMeanSomething() {
    #expect([0.9021, 1.234, 12.94, 1204.4].map(digits) == ["0.902", "1.23", "12.9", "1,204"])
  }
}
