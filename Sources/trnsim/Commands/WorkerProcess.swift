import ArgumentParser
import Baselines
import Kernels
import Sweeps
import Workloads

/// What `check`, `update` and `sweep` start for their entries, so that one that dies takes no other along.
struct WorkerProcess: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Runs entries for the process that started it.",
    shouldDisplay: false)

  func run() throws {
    try reporting {
      var worker = EntryWorker(kernels: .builtIn)
      worker.add(.outcome)
      worker.add(.entry)
      try worker.serve()
    }
  }
}

extension WorkerCommand {
  /// This program as a worker.
  static var own: WorkerCommand { WorkerCommand(arguments: ["worker"]) }
}
