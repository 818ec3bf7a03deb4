import Device
import Diagnostics
import Reports
import Timing
import Workloads

/// All variants of a space, simulated and ranked.
package struct Comparison: Sendable {
  /// One variant with what became of it.
  package struct Row: Hashable, Sendable {
    /// Its number in the space.
    package var index: Int
    /// What became of it.
    package var outcome: VariantOutcome
  }

  /// Which kernels there were.
  let kernels: KernelCatalog
  /// What was compared.
  package var space: Space
  /// By variant; `nil` where it was not simulated because the comparison was interrupted.
  package var outcomes: [VariantOutcome?]

  /// Most variants that are compared at a time.
  ///
  /// Each takes a few hundred bytes. `trnsim sweep` has no such limit.
  package static let countLimit = 200_000

  /// Simulates a space on several threads.
  ///
  /// - Parameters:
  ///   - space: What to compare.
  ///   - evaluator: Who simulates.
  ///   - runner: On how many threads.
  ///   - isCancelled: Asked before each variant; what is under way is finished.
  ///   - progress: Told the number of variants done.
  package init(
    _ space: Space, evaluator: Evaluator, runner: ParallelRunner,
    isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws {
    guard space.count <= Comparison.countLimit else {
      throw DiagnosticError(
        "\(space.count) variants, at most \(Comparison.countLimit) are compared at a time",
        remedy: "vary less, or use 'trnsim sweep', which stores its results in a file")
    }
    kernels = evaluator.kernels
    self.space = space
    var found = [VariantOutcome?](repeating: nil, count: space.count)
    var index = 0
    var done = 0
    try runner.run(
      next: {
        guard index < space.count, !isCancelled() else { return nil as (Int, Variant)? }
        defer { index += 1 }
        return (index, space[index])
      }, work: { evaluator.evaluate($0.1) },
      deliver: { job, outcome in
        found[job.0] = outcome
        done += 1
        progress(done)
      })
    outcomes = found
    try judge(by: evaluator)
  }

  /// Gives the best and the worst, of which people read a sentence, that of their runs alone.
  private mutating func judge(by evaluator: Evaluator) throws {
    for index in Set([ranked.first, ranked.last].compactMap { $0?.index }) {
      guard var measurement = outcomes[index]?.measurement,
        Engine.allCases.reduce(0, { $0 + measurement[.instructions(of: $1)] }) <= WhatIf.quickLimit,
        let told = try Measurement(told: evaluator.timed(space[index]))
      else { continue }
      measurement.sentence = told.sentence
      outcomes[index] = .measured(measurement)
    }
  }

  /// What ran, the fastest first; equals in the order of the space.
  package var ranked: [(index: Int, measurement: Measurement)] {
    outcomes.enumerated().compactMap { index, outcome in
      outcome?.measurement.map { (index: index, measurement: $0) }
    }.sorted { ($0.measurement.time, $0.index) < ($1.measurement.time, $1.index) }
  }

  /// Of the ranked: those that no other beats in time without needing as much SBUF.
  ///
  /// Of variants that are equal in both the first stands for all.
  package static func pareto(
    _ ranked: [(index: Int, measurement: Measurement)]
  ) -> [(index: Int, measurement: Measurement)] {
    var front: [(index: Int, measurement: Measurement)] = []
    var least = Int.max
    var candidate: (index: Int, measurement: Measurement)?
    func settle() {
      guard let found = candidate, found.measurement[.sbufPeak] < least else { return }
      front.append(found)
      least = found.measurement[.sbufPeak]
    }
    for row in ranked {
      if let held = candidate, held.measurement.time == row.measurement.time {
        if row.measurement[.sbufPeak] < held.measurement[.sbufPeak] { candidate = row }
        continue
      }
      settle()
      candidate = row
    }
    settle()
    return front
  }

  /// Why variants did not run, the most frequent reason first, with the first variant of each.
  ///
  /// A variant that has several reasons counts for each of them.
  package var refusals: [(reason: String, count: Int, example: Int)] {
    var found: [String: (count: Int, example: Int)] = [:]
    for (index, outcome) in outcomes.enumerated() {
      guard let outcome, outcome.measurement == nil else { continue }
      for reason in Set(outcome.reasons) { found[reason, default: (0, index)].count += 1 }
    }
    return found.map { (reason: $0.key, count: $0.value.count, example: $0.value.example) }
      .sorted { ($1.count, $0.example, $0.reason) < ($0.count, $1.example, $1.reason) }
  }

  /// The values of the axes of a variant, as `name=value`.
  package func label(_ index: Int) -> String {
    zip(space.axes, space.coordinates(index)).map { "\($0.name)=\($0.values[$1])" }
      .joined(separator: " ")
  }
}
