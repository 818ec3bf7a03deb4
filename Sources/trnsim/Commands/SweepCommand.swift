import ArgumentParser
import Compiler
import Diagnostics
import Hardware
import Kernels
import Reports
import Storage
import Sweeps
import Workloads

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Simulate a grid or search a space, of any size; resumable, results in SQLite.",
    discussion: help(
      """
      SPEC is a YAML file: a kernel or program, values of its parameters and of the hardware, and the
      search: grid, random, or successive halving. Results go to a store; the same command goes on
      where it was stopped, however it was stopped. docs/sweeps.md has the format and the schema.

      EXAMPLES
        trnsim sweep tiles.yaml
        trnsim sweep tiles.yaml --store tiles.sqlite --jobs 8
        trnsim sweep tiles.yaml --shard 3/16 --store shard-3.sqlite
        trnsim sweep halving.yaml --round 1 --shard 3/16 --previous all.sqlite --store part.sqlite
        trnsim results tiles.sqlite --csv tiles.csv

      EXIT CODES
        0 all done · 1 bad input, or nothing ran · 64 usage · ended by the signal if interrupted
      """))

  @Argument(help: "What to simulate, a YAML file.")
  var spec: String
  @Option(help: "The store; SPEC with the ending .sqlite by default.")
  var store: String?
  @Option(
    help:
      "Whose order instructions have, where the specification does not say so: program (the author's) or compiler (the vendor's compiler's, as far as it is known)."
  )
  var schedule: Schedule?
  @Option(help: ArgumentHelp("Run one of n parts, for several machines.", valueName: "i/n"))
  var shard: String?
  @Option(help: "Run one round of a halving search alone, which may be split.")
  var round: Int?
  @Option(
    help: ArgumentHelp(
      "The store that has the rounds before --round; --store by default.", valueName: "store"))
  var previous: String?
  @Flag(help: "Make the store, print as JSON what would run, and end.")
  var plan = false
  @Option(help: "Threads; one for each core by default.")
  var jobs: Int?
  @Option(
    help: ArgumentHelp(
      "Write the results as one HTML file with charts: heat maps, Pareto front, lines, parallel coordinates.",
      valueName: "file.html"))
  var html: String?
  @Option(help: "Rows of the table at the end.")
  var limit = 10

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs is 1 to 1024") }
    if let shard, Shard(shard) == nil {
      throw ValidationError("--shard is i/n with i from 1 to n, such as 3/16")
    }
    if previous != nil && round == nil { throw ValidationError("--previous needs --round") }
  }

  func run() throws {
    try reporting {
      try simulate()
      // The store is closed by now.
      Interrupts.endIfRequested()
    }
  }

  private func simulate() throws {
    var loaded = try SweepSpec(path: spec, of: .builtIn)
    if let schedule { loaded.prefer(schedule) }
    let sweep = try Sweep(loaded, shard: shard.flatMap { Shard($0) } ?? .whole, round: round)
    let path = store ?? SweepCommand.defaultStore(spec)
    try files(loaded, store: path).check()
    let earlier = try previous.map { try Store(reading: $0) }
    let results = try Store(path, for: sweep.identity(tool: toolVersion))
    if let earlier { try results.requireSameSweep(earlier) }
    let before = try results.count()
    if plan {
      print(try SweepCommand.plan(sweep, stored: before).text())
      return
    }
    Interrupts.areDeferred()
    var progress = Progress(of: sweep.count, "variants", earlier: before)
    let (simulated, isComplete) = try sweep.run(
      into: results, previous: earlier, runner: ParallelRunner(width: jobs), in: .own,
      isCancelled: { Interrupts.isRequested }, progress: { progress.show($0) })
    progress.clear()
    let counts = try results.counts()
    let rate = Double(simulated) / max(progress.seconds, 1e-3)
    let others = (counts["refused"] ?? 0) + (counts["faulted"] ?? 0) + (counts["died"] ?? 0)
    show([
      .heading(
        Phrase(
          "\(loaded.name): \(simulated) variants simulated, \(Int(rate.rounded())) per second; "
            + "\(counts["measured"] ?? 0) results and \(others) that do not run in \(path)"))
    ])
    let died = counts["died"] ?? 0
    for (variant, reason) in try results.died(limit: 3) {
      note("warning: \(printable(variant)): died: \(printable(reason))")
    }
    if died > 0 {
      note("\(died) died: the same command tries them again")
    }
    guard isComplete else {
      note("interrupted: the same command goes on where it was")
      try finishOutput()
      return
    }
    if let html {
      try writeAtomically(results.page(named: loaded.name, by: loaded.objective), to: html)
    }
    show(try results.ranking(by: loaded.objective, limit: limit))
    if counts["measured"] == nil && sweep.shard == .whole && round == nil { throw Outcome.badInput }
  }

  private func files(_ loaded: SweepSpec, store path: String) -> FileUses {
    var uses = FileUses()
    uses.reads(spec, as: "the sweep's specification")
    for workload in loaded.workloads { uses.reads(workload, beside: spec) }
    for machine in loaded.machines { uses.readsHardware(machine) }
    // A store may hold the earlier rounds and take the next one.
    uses.writes(path, as: "--store")
    uses.writes(html, as: "--html")
    return uses
  }

  /// What whoever spreads a sweep over several machines must know of it.
  private static func plan(_ sweep: Sweep, stored: Int) throws -> JSON {
    let isBuiltin = Set(Hardware.builtinNames)
    let inputs = try (sweep.spec.space.base.inputs ?? []).compactMap {
      try InputShape($0.name, $0.value).file
    }
    return .object([
      "schema": .integer(1), "name": .string(sweep.spec.name), "stored": .integer(stored),
      "rounds": .array(sweep.sizes.map { .integer($0) }),
      "objective": .string(sweep.spec.objective.rawValue),
      "programs": .array((sweep.spec.workloads.flatMap(\.files) + inputs).map { .string($0) }),
      "hardware_files": .array(
        sweep.spec.machines.filter { !isBuiltin.contains($0) }.map { .string($0) }),
    ])
  }

  static func defaultStore(_ spec: String) -> String {
    for ending in [".yaml", ".yml"] where spec.hasSuffix(ending) {
      return String(spec.dropLast(ending.count)) + ".sqlite"
    }
    return spec + ".sqlite"
  }
}
