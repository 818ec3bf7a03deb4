import ArgumentParser
import Device
import Diagnostics
import Foundation
import Hardware
import Kernels
import Machine
import Models
import Reports
import Simulation
import Storage

extension RunCommand {
  /// The kernel that the target names, if its parameters spread it over several cores.
  func multiCoreKernel() throws -> (any MultiCoreKernel)? {
    guard let name = KernelName(rawValue: target),
      let kernel = try name.make(parameters.parameters) as? any MultiCoreKernel,
      kernel.layout.count > 1
    else { return nil }
    return kernel
  }

  /// Runs a kernel on all its cores; outputs of rank r go to the directory `rank<r>`.
  func run(_ kernel: any MultiCoreKernel, on machine: Hardware) throws {
    let declared = kernel.inputs.map {
      Tensor(name: $0.name, space: .hbm, dtype: $0.dtype, shape: $0.shape, role: .input)
    }
    let run = try Simulation.run(
      onAllCores: kernel, on: machine, inputs: readInputs(inputs, declared), seed: seed,
      options: options)
    try write(run)
    let report = CoresReport(run, peakMemoryBytes: peakMemoryBytes())
    let layer = try layerStudy(run.cores[run.slowest], machine)
    var object = report.json
    if let layer { object = object.adding("layer", layer.json(on: machine)) }
    let text = object.text()
    if let json, json != "-" { try writeAtomically(Array(text.utf8), to: json) }
    print(json == "-" ? text : report.text(color: showsColor(.standardOutput)))
    if let layer, json != "-" { print(layer.text(on: machine)) }
    if run.checks.joined().contains(where: { !$0.passed }) { throw Outcome.checkFailed }
  }

  /// The outputs and the trace that were asked for.
  func write(_ run: CoresRun) throws {
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
