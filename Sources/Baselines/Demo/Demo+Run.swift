package import Hardware
import Machine
import Reports
import Simulation
import Storage
package import Workloads

extension Demo {
  /// Runs every entry on trial inputs and compares it with its reference.
  ///
  /// - Parameters:
  ///   - kernels: Which there are.
  ///   - hardware: The machine.
  ///   - directory: Where `NAME.json` and `NAME.pftrace.zst` of each entry go; it must exist.
  ///   - progress: Told the index of each entry before it runs.
  /// - Throws: What `Simulation.run` throws, or a `DiagnosticError` of a file that cannot be written.
  package func run(
    _ kernels: KernelCatalog, on hardware: Hardware, writingTo directory: String,
    progress: (Int) -> Void = { _ in }
  ) throws -> DemoTable {
    var table = DemoTable()
    for (index, entry) in entries.enumerated() {
      progress(index)
      let kernel = try kernels.make(entry.kernel, entry.settings)
      let run = try Simulation.check(
        kernel.programs(Geometry(hardware)), of: kernel, on: hardware)
      let report = Report(run)
      let path = "\(directory)/\(entry.fileName)"
      try writeAtomically(Array(report.json.text().utf8), to: path + ".json")
      try PerfettoTrace.write(run, to: path + ".pftrace.zst")
      if let row = DemoTable.Row(entry, report) { table.rows.append(row) }
    }
    return table
  }
}
