import Diagnostics
import Sweeps
import Workloads
import YAML

extension WrittenEntry {
  /// What is wrong with an entry that has a script.
  var scriptProblems: [Diagnostic] {
    var found: [Diagnostic] = []
    if kernels.isEmpty {
      found.append(
        Diagnostic(
          .error, "an entry with a 'script' needs a 'kernel'",
          remedy: "name a function of the script that is a kernel or calls one"))
    }
    if !programs.isEmpty {
      found.append(
        Diagnostic(
          .error, "an entry has a 'script' or a 'program', not both", remedy: "make two entries"))
    }
    let used = Set(inputs.compactMap { try? InputShape($0.name, $0.value) }.flatMap(\.sizes))
    for name in used.subtracting(sizes).sorted() {
      found.append(
        Diagnostic(
          .error, "nothing says what '\(name)' is in a shape of 'inputs'",
          remedy: "write 'sizes: {\(name): 128}'"))
    }
    for name in sizes.subtracting(used).sorted() {
      found.append(
        Diagnostic(
          .error, "no input has the size '\(name)'",
          remedy: "write it into a shape, or make it one of 'parameters'"))
    }
    for axis in axes where sizes.contains(axis.name) {
      for value in axis.values where Int(value).map({ $0 >= 1 }) != true {
        found.append(
          Diagnostic(.error, "size '\(axis.name)' is '\(value)', not a whole number from 1 on"))
      }
    }
    for axis in axes where !sizes.contains(axis.name) {
      guard case .parameter(let name) = axis.target, inputs.contains(where: { $0.name == name })
      else { continue }
      found.append(
        Diagnostic(
          .error, "'\(name)' is one of 'inputs' and of 'parameters'",
          remedy: "leave one of the two out"))
    }
    return found
  }
}
