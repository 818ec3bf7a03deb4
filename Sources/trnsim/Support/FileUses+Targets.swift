import Hardware
import Storage
import Workloads

extension FileUses {
  /// Notes the files that a workload is in.
  ///
  /// - Parameter file: The suite or spec from whose folder on they are named.
  mutating func reads(_ workload: Workload, beside file: String = "") {
    let isScript = if case .script = workload { true } else { false }
    for path in workload.files {
      reads(pathBeside(file, path), as: isScript ? "the script that runs" : "a program that runs")
    }
  }

  /// Notes the files of `name=file.npy` settings.
  mutating func readsInputs(_ settings: [String]) {
    for setting in settings {
      guard let equals = setting.firstIndex(of: "=") else { continue }
      reads(String(setting[setting.index(after: equals)...]), as: "input '\(setting[..<equals])'")
    }
  }

  /// Notes a machine's configuration, unless it is built in.
  mutating func readsHardware(_ name: String) {
    guard !Hardware.builtinNames.contains(name) else { return }
    reads(name, as: "the hardware's configuration")
  }

  /// Notes the tables of a capture.
  mutating func readsCapture(_ tables: [String]) {
    for table in tables { reads(table, as: "a table of the capture") }
  }
}
