import FoundationEssentials
import Glibc
import Host

/// Runs cases of a target, one after the other, and keeps what was found.
package struct FuzzRun {
  /// Which cases.
  package struct Plan: Sendable {
    /// Where random numbers begin.
    package var seed: UInt64 = 1
    /// The first case.
    package var first = 0
    /// How many at most; `nil` for no end but the time's.
    package var cases: Int?
    /// Seconds at most, of which one case at least is run; `nil` for no end but the cases'.
    package var seconds: Double?
    /// A folder for inputs of cases that fail; those of a single case are always written.
    package var keep: String?

    package init() {}
  }

  /// What a run did.
  package struct Outcome: Sendable {
    /// Cases that were run.
    package var cases = 0
    /// Wall-clock seconds.
    package var seconds = 0.0
    /// How far inputs came, by step.
    package var steps: [String: Int] = [:]
    /// Cases that failed, with what did not hold.
    package var failures: [(number: Int, problems: [String])] = []

    /// One line.
    package func description(of name: String) -> String {
      let rate = seconds > 0 ? Int(Double(cases) / seconds) : 0
      let reached = steps.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      return "\(name): \(cases) cases, \(rate) a second; \(reached); \(failures.count) failed"
    }
  }

  /// Failures after which a run ends.
  private static let limit = 20
  /// Seconds of processor time after which a case is too slow; sanitizers take several times as long.
  private static let patience = 20.0
  /// Bytes that memory may grow beyond the budget's limit: what no budget knows of.
  private static let slack = 1 << 30

  let target: any FuzzTarget
  let name: String
  let place: FuzzPlace

  /// Reads what the target's cases begin with.
  package init(_ type: any FuzzTarget.Type, _ place: FuzzPlace) throws {
    target = try type.init(place)
    name = type.name
    self.place = place
  }

  /// Runs the cases.
  ///
  /// - Parameters:
  ///   - commit: What the sources are, for whoever repeats a case.
  ///   - report: Told what begins, and each problem.
  package func run(_ plan: Plan, commit: String, report: (String) -> Void) -> Outcome {
    var outcome = Outcome()
    let clock = ContinuousClock()
    let begin = clock.now
    let end = plan.seconds.map { begin.advanced(by: .seconds($0)) }
    let size = target.size ?? .max
    var number = plan.first
    let last = plan.cases.map { " to \(plan.first + $0 - 1)" } ?? " on"
    CrashNote.begin(FuzzRun.command(name, plan.seed, number))
    defer { CrashNote.end() }
    report("\(name): seed \(plan.seed), cases from \(number)\(last), commit \(commit)")
    repeat {
      guard number < size else { break }
      let problems = runCase(number, plan, commit, &outcome)
      outcome.cases += 1
      if !problems.isEmpty {
        outcome.failures.append((number, problems))
        for problem in problems { report("\(name) case \(number): \(problem)") }
        report("  again: \(FuzzRun.command(name, plan.seed, number))   (commit \(commit))")
      }
      number += 1
    } while outcome.failures.count < FuzzRun.limit
      && plan.cases.map { number - plan.first < $0 } ?? true
      && end.map { clock.now < $0 } ?? true
    let elapsed = (clock.now - begin).components
    outcome.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
    return outcome
  }

  static func command(_ name: String, _ seed: UInt64, _ number: Int) -> String {
    "trnsim fuzz --target \(name) --seed \(seed) --case \(number)"
  }

  private func runCase(
    _ number: Int, _ plan: Plan, _ commit: String, _ outcome: inout Outcome
  ) -> [String] {
    // A process that dies says which case it was.
    CrashNote.begin("\(FuzzRun.command(name, plan.seed, number))   (commit \(commit))")
    let fuzz = FuzzCase(
      of: name, seed: plan.seed, number: number, scratch: place.scratch,
      keep: plan.cases == 1 ? plan.keep : nil)
    let start = FuzzRun.processorSeconds
    do {
      try target.run(fuzz)
    } catch {
      fuzz.requireTold(error, "run")
      fuzz.fail("nobody expects: \(error)")
    }
    let taken = FuzzRun.processorSeconds - start
    fuzz.require(taken < FuzzRun.patience, "takes \(taken) s")
    fuzz.require(
      MemoryBudget.used == 0, "\(MemoryBudget.used) bytes are drawn from the budget for ever")
    let most = MemoryBudget.limit.bytes
    if most < 1 << 32 {
      let peak = FuzzRun.peakBytes
      fuzz.require(peak < most + FuzzRun.slack, "takes \(peak) bytes with a budget of \(most)")
    }
    outcome.steps.merge(fuzz.steps) { $0 + $1 }
    if !fuzz.problems.isEmpty, let folder = plan.keep {
      for (name, bytes) in fuzz.inputs {
        try? Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(self.name)-\(number)-\(name)"))
      }
    }
    return fuzz.problems
  }

  /// Processor time of all threads.
  private static var processorSeconds: Double {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  /// Largest resident set so far.
  private static var peakBytes: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  }
}
