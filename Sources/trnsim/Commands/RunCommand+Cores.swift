import ArgumentParser
import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Reports
import Simulation

extension RunCommand {
  /// Runs a kernel on all its cores; outputs of rank r go to the directory `rank<r>`.
  func run(
    _ kernel: any MultiCoreKernel, on machine: Hardware, _ options: Simulation.Options
  ) throws {
    try requireOwnFiles(
      (0..<kernel.layout.ranks).map { ("rank\($0)/", kernel.outputs.map(\.name)) })
    let declared = kernel.inputs.map {
      Tensor(name: $0.name, space: .hbm, dtype: $0.dtype, shape: $0.shape, role: .input)
    }
    let run = try Simulation.run(
      onAllCores: kernel, on: machine, inputs: readInputs(workload.inputs, declared), seed: seed,
      options: options)
    try finish(run, on: machine)
  }

  /// Writes and prints what was asked for; fails where outputs differ from the reference.
  func finish(_ run: CoresRun, on machine: Hardware) throws {
    try write(run)
    let report = CoresReport(run, peakMemoryBytes: peakMemoryBytes())
    try show(
      report.json, layerStudy(run.cores[run.slowest], machine), on: machine, text: report.text)
    if run.checks.joined().contains(where: { !$0.passed }) { throw Outcome.checkFailed }
  }

  /// The outputs and the trace that were asked for.
  private func write(_ run: CoresRun) throws {
    if let outputDir {
      for (rank, outputs) in run.outputs.enumerated() {
        try writeOutputs(outputs, to: "\(outputDir)/rank\(rank)")
      }
    }
    if let trace {
      try PerfettoTrace.write(
        run, to: trace, options: traceOptions(run.cores.map { $0.device?.instructions.count ?? 0 }))
    }
  }
}
