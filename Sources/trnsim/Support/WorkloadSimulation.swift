import ArgumentParser
import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Programs
import Simulation
import Sweeps
import Workloads

/// Runs a workload on what the user gives, and on trial inputs for the rest.
struct WorkloadSimulation {
  let workload: WorkloadArguments
  /// Seed of the trial inputs.
  let seed: UInt64
  /// Whether no values are computed, so that nothing but what is given is needed.
  let timingOnly: Bool

  /// Runs a kernel, and compares it with its reference.
  func run(
    _ kernel: any Kernel, on machine: Hardware, _ options: Simulation.Options
  ) throws -> Run {
    let declared = kernel.inputs.map {
      Tensor(name: $0.name, space: .hbm, dtype: $0.dtype, shape: $0.shape, role: .input)
    }
    return try Simulation.check(
      kernel.programs(Geometry(machine)), of: kernel, on: machine,
      inputs: readInputs(workload.inputs, declared), seed: seed, options: options)
  }

  /// Runs programs; those that a kernel emitted are compared with its reference.
  func run(
    _ programs: Evaluator.Programs, on machine: Hardware, _ options: Simulation.Options
  ) throws -> Run {
    let set = programs.set
    // What a script's inputs hold came with its programs.
    if programs.isRecorded {
      return try Simulation.run(set, on: machine, inputs: programs.inputs, options: options)
    }
    // What is given to several ranks is given in parts, and a reference takes the whole.
    if set.layout.ranks == 1 || workload.inputs.isEmpty, let kernel = Origin.kernel(of: set) {
      var declared: [Tensor] = []
      for (_, tensor) in set.programs(of: 0).flatMap(\.givenTensors)
      where !declared.contains(where: { $0.name == tensor.name }) {
        declared.append(tensor)
      }
      let given = try readInputs(workload.inputs, declared)
      return try Simulation.check(
        set, of: kernel, on: machine, inputs: given, seed: seed, options: options)
    }
    if !timingOnly { try Simulation.requireHostMemory(for: set, on: machine) }
    return try Simulation.run(set, on: machine, inputs: inputs(of: set), options: options)
  }

  /// By rank: the given inputs, and trial inputs for the rest unless only timing is asked for.
  private func inputs(of set: ProgramSet) throws -> [[KernelTensor]] {
    let layout = set.layout
    var findings: [Diagnostic] = []
    var found: [[KernelTensor]] = []
    var rounded: [String] = []
    var isKnown = Array(repeating: false, count: workload.inputs.count)
    for rank in 0..<layout.ranks {
      // The cores of a rank share what has one name.
      var declared: [Tensor] = []
      for (_, tensor) in set.programs(of: rank).flatMap(\.givenTensors)
      where !declared.contains(where: { $0.name == tensor.name }) {
        declared.append(tensor)
      }
      var settings: [String] = []
      for (index, setting) in workload.inputs.enumerated() {
        let prefix = "rank\(rank)/"
        let plain = setting.hasPrefix(prefix) ? String(setting.dropFirst(prefix.count)) : setting
        let isDeclared = declared.contains { plain.hasPrefix("\($0.name)=") }
        // What is for all ranks need not be declared by each.
        guard isDeclared || plain != setting || layout.count == 1 else { continue }
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
