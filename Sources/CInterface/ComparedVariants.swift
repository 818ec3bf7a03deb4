import Baselines
import Device
import Diagnostics
import Hardware
import Machine
import Programs
import Reports
import Simulation
import Sweeps
import Workloads

/// Variants that a caller recorded, what is varied, and the last comparison of them.
struct ComparedVariants {
  /// What a comparison gave.
  enum Outcome {
    case comparison(Comparison)
    case whatIf(WhatIf)
    case difference(TwoRuns)
    case check(Check)
    case advice(Advice)
  }

  /// By `Variant.recordingKey`.
  var given: [String: Evaluator.Given] = [:]
  var axes: [Axis] = []
  var outcome: Outcome?
}

extension Session {
  private var evaluator: Evaluator { Evaluator(kernels: .none, given: variants.given) }

  private func variant(_ text: String) throws(DiagnosticError) -> Variant {
    try Variant(lines: text)
  }

  /// A variant whose programs are there.
  private func known(_ text: String) throws(DiagnosticError) -> Variant {
    let variant = try variant(text)
    guard variants.given[variant.recordingKey] != nil else {
      throw DiagnosticError("there are no programs of \(variant.key)", remedy: "call keep first")
    }
    return variant
  }

  /// Keeps the programs of all cores as those of a variant.
  func keep(_ text: String) throws {
    try requireBindings()
    let set = programs
    // Time depends on what inputs hold only where values decide what is executed.
    let needsValues = set.valueEnds.contains { $0 > 0 } || set.layout.count > 1
    let inputs = needsValues ? contents(of: set) : []
    variants.given[try variant(text).recordingKey] = .programs(
      Evaluator.Programs(
        set: set, options: settings.options, inputs: inputs, isRecorded: true))
  }

  /// By rank: copies of what inputs hold.
  private func contents(of set: ProgramSet) -> [[KernelTensor]] {
    bindings.enumerated().map { rank, lent in
      var found: [String: KernelTensor] = [:]
      for place in set.layout.places where place.rank == rank {
        for tensor in set.programs[place.id].tensors where tensor.role.isGiven {
          guard let memory = lent.memory[tensor.name] else { continue }
          found[tensor.name] = KernelTensor(
            name: tensor.name, dtype: tensor.dtype, shape: tensor.shape,
            bytes: Array(memory.prefix(tensor.bytes)))
        }
      }
      return found.values.sorted { $0.name < $1.name }
    }
  }

  /// Keeps why a variant has no programs.
  func refuse(_ text: String, _ reason: String) throws {
    variants.given[try variant(text).recordingKey] = .refused(reason)
  }

  /// Varies something from the next comparison on.
  func vary(_ name: String, _ values: [String]) throws {
    guard !values.isEmpty, values.count <= Axis.valueLimit else {
      throw DiagnosticError(
        "\(values.count) values of '\(name)'", remedy: "give 1 to \(Axis.valueLimit)")
    }
    variants.axes.append(try Axis(named: name, values))
  }

  /// Simulates all combinations of what is varied; `progress` says whether to go on.
  func compare(_ text: String, progress: (Int) -> Bool) throws {
    variants.outcome = nil
    let axes = variants.axes
    variants.axes = []
    let space = try Space(variant(text), axes, of: .none)
    // A variant without programs would be looked for in files.
    for index in 0..<min(space.count, Comparison.countLimit) {
      let variant = space[index]
      guard variants.given[variant.recordingKey] == nil else { continue }
      throw DiagnosticError("there are no programs of \(variant.key)", remedy: "call keep first")
    }
    var goesOn = true
    variants.outcome = .comparison(
      try Comparison(
        space, evaluator: evaluator, runner: ParallelRunner(), isCancelled: { !goesOn },
        progress: { goesOn = progress($0) && goesOn }))
  }

  /// What faster parts of the machine would give.
  ///
  /// - Parameter scales: Lines `PART=FACTORS`.
  func whatIf(_ text: String, scales: String) throws {
    variants.outcome = nil
    let variant = try known(text)
    let evaluator = evaluator
    let hardware = try evaluator.hardware(variant)
    let asked = try scales.split(separator: "\n").map { line in
      guard let equals = line.firstIndex(of: "=") else {
        throw DiagnosticError("'\(line)' is no scale", remedy: "write dma.bandwidth=0.5,1,2")
      }
      return (
        target: try ScaledTarget(String(line[..<equals]), on: hardware),
        factors: try WhatIf.factors(String(line[line.index(after: equals)...]))
      )
    }
    variants.outcome = .whatIf(try WhatIf(variant, scales: asked, evaluator: evaluator))
  }

  /// Tries changes of a variant's programs.
  ///
  /// - Parameter rules: Lines, each the key of a rule; none for all.
  func advise(_ text: String, rules: String) throws {
    variants.outcome = nil
    let names = rules.split(separator: "\n").map(String.init)
    variants.outcome = .advice(
      try Advice(known(text), rules: Rules.named(names), evaluator: evaluator))
  }

  /// What differs between two variants.
  func difference(_ before: String, _ after: String) throws {
    variants.outcome = nil
    variants.outcome = .difference(
      try TwoRuns(known(before), known(after), evaluator: evaluator))
  }

  /// Compares a variant with what a baseline has under a name.
  func check(_ text: String, name: String, baseline: String, tolerances: String) throws {
    variants.outcome = nil
    variants.outcome = .check(
      try Check(
        of: name, known(text), tolerances: tolerances, against: baseline, given: variants.given))
  }

  /// Accepts the numbers of the last check.
  func accept() throws { try lastCheck().accept() }

  /// Writes reports and traces of what the last check found.
  func writeDifferences(to directory: String) throws {
    try lastCheck().writeDifferences(to: directory, strict: true)
  }

  private func lastCheck() throws(DiagnosticError) -> Check {
    guard case .check(let found) = variants.outcome else {
      throw DiagnosticError("nothing was checked", remedy: "call check")
    }
    return found
  }

  /// The last comparison in a form.
  func comparison(_ form: String) throws -> String {
    switch (variants.outcome, form) {
    case (nil, _):
      throw DiagnosticError("nothing was compared", remedy: "call compare, whatif or difference")
    case (.comparison(let found), "json"): return found.json.text()
    case (.comparison(let found), "text"):
      return found.text(map: try HeatMap(found), on: .standardOutput())
    case (.comparison(let found), "csv"): return found.csv
    case (.comparison(let found), "svg"):
      guard let map = try HeatMap(found) else {
        throw DiagnosticError("a heat map needs an axis with two values", remedy: "vary more")
      }
      return map.svg(heading: found.heading)
    case (.whatIf(let found), "json"): return found.json.text()
    case (.whatIf(let found), "text"): return found.text(on: .standardOutput())
    case (.difference(let found), "json"): return found.json.text()
    case (.difference(let found), "text"): return found.text(on: .standardOutput())
    case (.advice(let found), "json"): return found.json.text()
    case (.advice(let found), "text"): return found.text(on: .standardOutput())
    case (.check(let found), "json"): return found.json(strict: false).text()
    case (.check(let found), "text"):
      return found.text(strict: false, update: true, on: .standardOutput())
    default:
      throw DiagnosticError(
        "there is no form '\(form)' of it", remedy: "json or text, of compare also csv and svg")
    }
  }

  /// A table of the last run.
  func table(_ name: String) throws -> String {
    guard let table = RunTable(rawValue: name) else {
      throw DiagnosticError(
        "there is no table '\(name)'",
        remedy: remedyForUnknown(name, known: RunTable.allCases.map(\.rawValue)))
    }
    return try table.json(of: results().run).text(indented: false)
  }
}
