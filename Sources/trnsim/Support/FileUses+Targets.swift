import Hardware
import Kernels
import Storage

extension FileUses {
  /// Notes what a command runs, unless it is a kernel's name.
  mutating func readsTarget(_ name: String) {
    guard KernelName(rawValue: name) == nil else { return }
    reads(name, as: PythonScript.isScript(name) ? "the script that runs" : "a program that runs")
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
