import Kernels
import Machine
import Reports
import Simulation

/// What a session's last run gave: of one core or of several.
enum SessionOutcome {
  case core(Report)
  case cores(CoresReport)

  /// Outputs of a rank that are not in the caller's memory.
  func outputs(of rank: Int) -> [KernelTensor] {
    switch self {
    case .core(let report): report.run.outputs
    case .cores(let report): report.run.outputs[rank]
    }
  }

  /// What of a rank's outputs nothing was stored to.
  func unwritten(of rank: Int) -> [UnwrittenRegion] {
    switch self {
    case .core(let report): report.run.unwritten
    case .cores(let report): report.run.unwritten[rank]
    }
  }

  /// For programs.
  var json: JSON {
    switch self {
    case .core(let report): report.json
    case .cores(let report): report.json
    }
  }

  /// For people.
  func text(color: Bool) -> String {
    switch self {
    case .core(let report): report.text(color: color)
    case .cores(let report): report.text(color: color)
    }
  }

  /// A table of it: a row for each instruction, transfer or wait of all cores.
  func table(_ table: RunTable) -> JSON {
    switch self {
    case .core(let report): table.json(of: [report.run])
    case .cores(let report): table.json(of: report.run.cores)
    }
  }

  func writeTrace(to path: String, options: TraceOptions) throws {
    switch self {
    case .core(let report): try PerfettoTrace.write(report.run, to: path, options: options)
    case .cores(let report): try PerfettoTrace.write(report.run, to: path, options: options)
    }
  }
}
