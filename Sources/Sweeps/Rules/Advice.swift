import Compiler
import Device
package import Diagnostics
import Hardware
import Machine
import Programs
package import Reports
import Simulation
package import Timing

// matmul.py:matmul on trn2: 159.755 µs
//   starting DMAs are the bottleneck: twice as fast gives -46.5 % (what-if, timing only); …
//
//   -46.3 %   85.787 µs  half of Sync's DMA starts on the Scalar queue
//                        engine=nisa.engine.scalar for dma_copy at matmul.py:20
//   …

/// What changes of a workload would give, each simulated.
package struct Advice: Sendable {
  /// One change that makes it faster.
  package struct Item: Sendable {
    /// The rule's key.
    package var rule: String
    /// What was changed.
    package var title: String
    /// What to write in the source.
    package var how: String
    /// The lines that it is about, where they are known.
    package var lines: [SourceLocation]
    /// The time then.
    package var time: Picoseconds
    /// Change of the time as a share of it.
    package var change: Double
  }

  /// Most changes of one rule that are told.
  private static let mostOfARule = 3

  /// The workload and the machine.
  package let subject: String
  /// The time as it is.
  package let time: Picoseconds
  /// The verdict on the run as it is.
  package let sentence: String
  /// Changes that give 1 % or more, the largest gain first.
  package let items: [Item]
  /// Number of changes that were simulated.
  package let tried: Int

  /// Tries the rules on a workload, on several threads.
  ///
  /// - Throws: `DiagnosticError` or `Trap` if the workload itself does not run.
  package init(
    _ variant: Variant, rules: [any Rule] = Rules.all, runner: ParallelRunner = ParallelRunner(),
    evaluator: Evaluator
  ) throws {
    let hardware = try evaluator.hardware(variant)
    let loaded = try evaluator.load(variant)
    let run = try evaluator.run(variant)
    guard let base = run.total, let causes = try run.causes() else {
      throw DiagnosticError("'\(variant.subject)' gives no times")
    }
    let report = Report(run, gains: try WhatIf.gains(of: run, runner: runner), causes: causes)
    let set = try loaded.programs(on: hardware)
    let options = loaded.options
    subject = variant.key.replacing(" | ", with: " on ")
    time = base
    sentence = report.timed?.bottleneck.sentence ?? ""
    let pipeline = Pipeline(options.compiler.schedule, metadata: set.programs[0].metadata)
    let evidence = Evidence(
      hardware: hardware, geometry: Geometry(hardware),
      path: report.path ?? CriticalPath(run, causes),
      schedule: pipeline == .programOrder ? .program : .compiler)
    var jobs: [(rule: String, changes: [ProgramChange])] = []
    for rule in rules {
      for changes in Advice.together(set.programs.map { rule.changes(of: $0, evidence) }) {
        jobs.append((rule.key, changes))
      }
    }
    tried = jobs.count
    var found: [(order: Int, item: Item)] = []
    var next = 0
    try runner.run(
      next: {
        guard next < jobs.count else { return nil as Int? }
        defer { next += 1 }
        return next
      },
      work: { [jobs] job in
        let changes = jobs[job].changes
        var changed = set
        changed.programs = changes.map(\.program)
        return Swift.Result {
          try evaluator.time(changed, schedule: changes[0].schedule, as: loaded, on: hardware)
        }
      },
      deliver: { job, result in
        // A change that does not run, for want of memory or for a rule of the machine, is none.
        guard let time = try? result.get(), base > 0 else { return }
        let change = Double(time - base) / Double(base)
        guard change <= -PartGains.threshold else { return }
        let first = jobs[job].changes[0]
        found.append(
          (
            job,
            Item(
              rule: jobs[job].rule, title: first.title, how: first.how, lines: first.lines,
              time: time, change: change)
          ))
      })
    var kept: [String: Int] = [:]
    items = found.sorted { ($0.item.time, $0.order) < ($1.item.time, $1.order) }.map(\.item).filter
    {
      kept[$0.rule, default: 0] += 1
      return kept[$0.rule, default: 0] <= Advice.mostOfARule
    }
  }

  /// What a rule found in each core's program, change by change; empty where they differ.
  private static func together(_ changes: [[ProgramChange]]) -> [[ProgramChange]] {
    guard let first = changes.first, changes.allSatisfy({ $0.count == first.count }) else {
      return []
    }
    return first.indices.map { index in changes.map { $0[index] } }
  }

  // MARK: - Views

  /// For people.
  package var blocks: [Block] {
    let title: Phrase = "\(subject): \(.time(time))"
    return [.heading(title), .sentence(Phrase(sentence, .strong))] + changes
  }

  /// The changes without what they are changes of.
  package var changes: [Block] {
    if items.isEmpty {
      return [
        .sentence(
          "no change of \(.count(tried, nil, "tried")) that were simulated gives 1 % or more"
        )
      ]
    }
    let table = Table(
      [
        Table.Column("change"), Table.Column("µs"), Table.Column("what", .text),
        Table.Column("how", .text),
      ],
      items.enumerated().map { index, item in
        let key = "advice.\(index)"
        return [
          .figure(.percentage(item.change, "\(key).change")),
          .figure(
            Figure(microseconds(item.time), .integer(Int(item.time)), "\(key).total_time_ps")),
          .text(item.title), .text(item.how),
        ]
      })
    return [
      .table(table),
      .sentence(
        "each alone, simulated; \(.count(tried, nil, "tried")) changes were tried"),
    ]
  }

  /// The same on a page.
  package func text(on page: Page = Page()) -> String { blocks.text(on: page) }

  /// For machines.
  package var json: JSON {
    .object([
      "schema": .integer(1), "variant": .string(subject), "total_time_ps": .integer(Int(time)),
      "sentence": .string(sentence), "tried": .integer(tried),
      "advice": .array(
        items.map { item in
          .object([
            "rule": .string(item.rule), "title": .string(item.title), "how": .string(item.how),
            "lines": .array(item.lines.map { .string($0.description) }),
            "total_time_ps": .integer(Int(item.time)), "change": .real(item.change),
          ])
        }),
    ])
  }
}

extension Evaluator {
  /// The time of changed programs of a workload.
  func time(
    _ set: ProgramSet, schedule: Schedule?, as loaded: Loaded, on hardware: Hardware
  ) throws -> Picoseconds {
    var options = loaded.options
    options.mode = .timingOnly
    if let schedule { options.compiler.schedule = schedule }
    let run =
      switch loaded {
      case .kernel(let kernel, _):
        try Simulation.check(set, of: kernel, on: hardware, options: options)
      case .programs(let programs):
        try Simulation.run(set, on: hardware, inputs: programs.inputs, options: options)
      }
    guard let total = run.total else { throw DiagnosticError("nothing was timed") }
    return total
  }
}
