import Diagnostics
import Foundation
import Hardware
import Kernels
import Storage
public import Sweeps

/// A part of a sweep: every `count`-th variant, starting with the `number`-th.
public struct Shard: Hashable, Sendable {
  /// 1 to `count`.
  public var number: Int
  /// How many parts there are.
  public var count: Int

  /// The whole.
  public static let whole = Shard(number: 1, count: 1)

  /// Makes a shard.
  public init(number: Int, count: Int) {
    self.number = number
    self.count = count
  }

  /// Reads `i/n`; `nil` if that is no shard.
  public init?(_ text: String) {
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
public struct Sweep {
  /// What it runs.
  public let spec: SweepSpec
  /// Which part of it.
  public let shard: Shard
  private let plan: Plan

  /// Makes a sweep.
  ///
  /// - Throws: `DiagnosticError` if a search that decides from all results is to be split.
  public init(_ spec: SweepSpec, shard: Shard = .whole) throws {
    self.spec = spec
    self.shard = shard
    plan = Plan(spec: spec)
    if case .halving = spec.search, shard.count > 1 {
      throw DiagnosticError(
        "halving cannot be split: each round needs all results of the one before",
        remedy: "split a grid or a random search, or run it with more threads")
    }
  }

  /// Number of variants that it runs in all.
  public var count: Int {
    (0..<plan.rungs).reduce(0) { $0 + shard.size(of: plan.size(ofRung: $1)) }
  }

  /// What the results depend on, for the store: the spec, the machines, the files, this program.
  public func identity(tool: String) throws -> [String: String] {
    var found = ["sweep": spec.identity, "tool": tool]
    let space = spec.space
    for name in space.axes.first(where: { $0.target == .hardware })?.values ?? [
      space.base.hardware
    ] {
      found["hardware \(name)"] = try Hardware.load(name).fingerprint
    }
    for name in space.axes.first(where: { $0.target == .subject })?.values ?? [space.base.subject]
    where KernelName(rawValue: name) == nil {
      // FNV-1a, 64 bits.
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in try readFile(name) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      found["program \(name)"] = String(hash, radix: 16)
    }
    return found
  }

  /// Runs all that the store does not have, on several threads.
  ///
  /// - Parameters:
  ///   - store: Where results come from and go.
  ///   - runner: The threads.
  ///   - isCancelled: Asked before each variant.
  ///   - progress: Told the number of results that the store has of this part.
  /// - Returns: Number of variants that were simulated; whether all are done.
  public func run(
    into store: Store, runner: ParallelRunner, isCancelled: () -> Bool = { false },
    progress: (Int) -> Void = { _ in }
  ) throws -> (simulated: Int, isComplete: Bool) {
    let evaluator = Evaluator()
    var (simulated, done) = (0, 0)
    var candidates = plan.drawn()
    for rung in 0..<plan.rungs {
      let size = candidates?.count ?? spec.space.count
      var position = 0
      try runner.run(
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
        }, work: { evaluator.evaluate($0.variant) },
        deliver: { job, outcome in
          try store.add(
            rung: job.rung, index: job.index, variant: job.variant,
            settings: settings(job), outcome)
          simulated += 1
          done += 1
          progress(done)
        })
      if isCancelled() { return (simulated, false) }
      if rung + 1 < plan.rungs {
        candidates = plan.survivors(
          try store.values(ofRung: rung, spec.objective), ofRung: rung)
      }
    }
    return (simulated, true)
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
