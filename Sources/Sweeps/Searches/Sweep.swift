import Diagnostics
import Hardware
import Storage
import Workloads

/// A part of a sweep: every `count`-th variant, starting with the `number`-th.
package struct Shard: Hashable, Sendable {
  /// 1 to `count`.
  package var number: Int
  /// How many parts there are.
  package var count: Int

  /// The whole.
  package static let whole = Shard(number: 1, count: 1)

  package init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// Reads `i/n`; `nil` if that is no shard.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], count >= 1,
      (1...count).contains(number)
    else { return nil }
    self.init(number: number, count: count)
  }

  /// Whether it has the variant at this place of the plan.
  func contains(_ position: Int) -> Bool { position % count == number - 1 }

  /// How many of so many variants it has.
  func size(of total: Int) -> Int { (total + count - number) / count }
}

/// Runs what a store of a sweep does not have yet.
package struct Sweep {
  /// What it runs.
  package let spec: SweepSpec
  /// Which part of it.
  package let shard: Shard
  /// Which of its rounds.
  package let rounds: Range<Int>
  private let plan: Plan

  /// Makes a sweep.
  ///
  /// - Parameters:
  ///   - spec: What it runs.
  ///   - shard: Which part of it, or of the round.
  ///   - round: The only round to run; all of them without it.
  /// - Throws: `DiagnosticError` if there is no such round, or if rounds that decide from all results of
  ///   the one before are to be split.
  package init(_ spec: SweepSpec, shard: Shard = .whole, round: Int? = nil) throws {
    self.spec = spec
    self.shard = shard
    plan = Plan(spec: spec)
    rounds = round.map { $0..<($0 + 1) } ?? 0..<plan.rungs
    if let round, !(0..<plan.rungs).contains(round) {
      throw DiagnosticError(
        "there is no round \(round)",
        remedy: plan.rungs == 1
          ? "only halving has rounds after 0" : "rounds are 0 to \(plan.rungs - 1)")
    }
    if shard.count > 1, rounds.count > 1 {
      throw DiagnosticError(
        "halving cannot be split: each round needs all results of the one before",
        remedy: "split one round with --round and --previous, as 'python -m trnsim.sweeps' does")
    }
  }

  /// Number of variants that it runs in all; fewer where a round has fewer that run.
  package var count: Int {
    rounds.reduce(0) { $0 + shard.size(of: plan.size(ofRung: $1)) }
  }

  /// Number of variants of each round of the whole sweep.
  package var sizes: [Int] { (0..<plan.rungs).map { plan.size(ofRung: $0) } }

  /// What the results depend on, for the store: the spec, the machines, the files, this program.
  package func identity(tool: String) throws -> [String: String] {
    var found = ["sweep": spec.identity, "tool": tool]
    for name in spec.machines {
      found["hardware \(name)"] = try Hardware.load(name).fingerprint
    }
    // Of a script its own file: what it imports is not looked for.
    for name in spec.workloads.flatMap(\.files) {
      // FNV-1a, 64 bits.
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in try readFile(pathBeside(spec.path, name)) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
      }
      found["program \(name)"] = String(hash, radix: 16)
    }
    return found
  }

  /// Runs all that the store does not have, on several threads.
  ///
  /// - Parameters:
  ///   - store: Where results go, and which it has already.
  ///   - previous: Where the results of earlier rounds are, if not in the store.
  ///   - runner: The threads.
  ///   - workers: How processes start that variants run in; `nil` for threads of this one.
  ///   - isCancelled: Asked before each variant.
  ///   - progress: Told the number of results that the store has of this part.
  /// - Returns: Number of variants that were simulated; whether all are done.
  package func run(
    into store: Store, previous: Store? = nil, runner: ParallelRunner,
    in workers: WorkerCommand? = nil,
    isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws -> (simulated: Int, isComplete: Bool) {
    let evaluator = Evaluator(kernels: spec.kernels, beside: spec.path)
    var (simulated, done) = (0, 0)
    for rung in rounds {
      let candidates = try candidates(ofRung: rung, previous ?? store)
      let size = candidates?.count ?? spec.space.count
      var position = 0
      try runner.run(
        .outcome, with: evaluator, in: workers, opening: [spec.space[0]],
        next: {
          while position < size, !isCancelled() {
            defer { position += 1 }
            guard shard.contains(position) else { continue }
            let index = candidates?[position] ?? position
            if try store.contains(rung: rung, index: index) {
              done += 1
              continue
            }
            return plan.job(rung: rung, index: index)
          }
          return nil as Plan.Job?
        }, variant: \.variant,
        deliver: { job, outcome in
          try store.add(
            rung: job.rung, index: job.index, variant: job.variant,
            settings: settings(job), outcome)
          simulated += 1
          done += 1
          progress(done)
        })
      if isCancelled() { return (simulated, false) }
    }
    return (simulated, true)
  }

  /// The combinations of a round, from the results of the rounds before; `nil` for all of the space.
  private func candidates(ofRung rung: Int, _ store: Store) throws -> [Int]? {
    guard rung > 0 else { return plan.drawn().map { plan.checked($0) } }
    let wanted = try candidates(ofRung: rung - 1, store)?.count ?? spec.space.count
    let stored = try store.count(ofRung: rung - 1)
    guard stored == wanted else {
      throw DiagnosticError(
        "has \(stored) of \(wanted) results of round \(rung - 1)",
        at: SourceLocation(file: store.path, line: 0),
        remedy: "run and merge that round first; round \(rung) goes on with the best of it")
    }
    return plan.checked(
      plan.survivors(try store.values(ofRung: rung - 1, spec.objective), ofRung: rung - 1))
  }

  /// The varied values of a variant, with those of its round.
  private func settings(_ job: Plan.Job) -> [Setting] {
    var found = zip(spec.space.axes, spec.space.coordinates(job.index)).map {
      Setting($0.name, $0.values[$1])
    }
    if case .halving(_, _, _, let rungs) = spec.search { found += rungs[job.rung] }
    return found
  }
}
