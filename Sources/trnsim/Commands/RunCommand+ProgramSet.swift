import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Programs
import Simulation
import Sweeps

extension RunCommand {
  /// Runs the programs of several cores on what is given and on trial inputs; outputs of rank r go to the
  /// directory `rank<r>`.
  func run(
    _ programs: Evaluator.Programs, on machine: Hardware, _ options: Simulation.Options
  ) throws {
    let set = programs.set
    try requireOwnFiles(
      set.programs.enumerated().map { core, program in
        (
          "rank\(core / set.layout.coresPerRank)/",
          program.returnedTensors.map(\.tensor.name)
        )
      }.reduce(into: [String: [String]]()) { folders, next in
        // The cores of a rank return what has one name together.
        let new = next.1.filter { !(folders[next.0] ?? []).contains($0) }
        folders[next.0, default: []] += new
      }.map { ($0.key, $0.value) })
    // What a script's inputs hold came with its programs.
    let inputs = programs.isRecorded ? programs.inputs : try inputs(of: set)
    try finish(Simulation.run(set, on: machine, inputs: inputs, options: options), on: machine)
  }

  /// By rank: the given inputs, and trial inputs for the rest unless only timing is asked for.
  private func inputs(of set: ProgramSet) throws -> [[KernelTensor]] {
    let layout = set.layout
    var findings: [Diagnostic] = []
    var found: [[KernelTensor]] = []
    var rounded: [String] = []
    var isKnown = Array(repeating: false, count: workload.inputs.count)
    for rank in 0..<layout.ranks {
      let programs = set.programs[rank * layout.coresPerRank..<(rank + 1) * layout.coresPerRank]
      // The cores of a rank share what has one name.
      var declared: [Tensor] = []
      for (_, tensor) in programs.flatMap(\.givenTensors)
      where !declared.contains(where: { $0.name == tensor.name }) {
        declared.append(tensor)
      }
      var settings: [String] = []
      for (index, setting) in workload.inputs.enumerated() {
        let prefix = "rank\(rank)/"
        let plain = setting.hasPrefix(prefix) ? String(setting.dropFirst(prefix.count)) : setting
        let isDeclared = declared.contains { plain.hasPrefix("\($0.name)=") }
        // What is for all ranks need not be declared by each.
        guard isDeclared || plain != setting else { continue }
        isKnown[index] = true
        settings.append(plain)
      }
      do {
        let given = try readInputs(settings, declared, rounded: &rounded)
        found.append(timingOnly ? given : trialInputs(declared, given, seed: seed &+ UInt64(rank)))
      } catch let error as DiagnosticError {
        findings += error.diagnostics
      }
    }
    for (setting, isKnown) in zip(workload.inputs, isKnown) where !isKnown {
      let names = Set(set.programs.flatMap { $0.givenTensors.map(\.tensor.name) }).sorted()
      findings.append(
        Diagnostic(
          .error, "'\(setting)' names no input of any of \(layout.ranks) rank(s)",
          remedy: "write name=file.npy or rank0/name=file.npy; inputs are "
            + names.joined(separator: ", ")))
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    noteRounded(rounded)
    return found
  }
}
