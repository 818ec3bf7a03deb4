package import Compiler
package import Diagnostics
import Workloads

// matmul tile_m=64 tile_n=256 | trn2 dma.bytes_per_cycle=64

/// A named value of a variant, in the text that a person would type.
package struct Setting: Hashable, Sendable {
  /// A kernel's parameter or the path of a hardware value.
  package var name: String
  /// The value.
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// `name=value`.
  package var text: String { "\(name)=\(value)" }
}

/// One thing to simulate: a workload with its parameters, on a machine.
package struct Variant: Hashable, Sendable {
  /// The workload's name: a kernel, program files (`a.trn+b.trn`), or a Python script and a function: `moe.py:rmsnorm`.
  package var subject: String
  /// Cores of a rank, where the workload is a program file for each core.
  package var coresPerRank = 1
  /// The arrays that a script's function gets, as types with shapes or files; `nil`: those of its last call in the script.
  package var inputs: [Setting]?
  /// What a script gets that runs as a program.
  package var scriptArguments: [String] = []
  /// The parameters that are not left at their defaults, and the sizes in shapes of `inputs`, sorted by name.
  package var parameters: [Setting]
  /// A built-in configuration's name or the path of a configuration file.
  package var hardware: String
  /// The hardware values that differ from the configuration, sorted by path.
  package var overrides: [Setting]
  /// Parts of the machine that are faster, or values that are larger, each by a factor; sorted by name.
  package var scales: [Setting] = []
  /// Whose order instructions have, where the variant says so.
  package var schedule: Schedule?

  package init(
    _ subject: String, _ parameters: [Setting] = [], on hardware: String = "trn2",
    with overrides: [Setting] = []
  ) {
    self.subject = subject
    self.parameters = parameters.sorted { $0.name < $1.name }
    self.hardware = hardware
    self.overrides = overrides.sorted { $0.name < $1.name }
  }

  /// `schedule` as a setting, where the variant has it.
  package var order: [Setting] { schedule.map { [Setting("schedule", $0.rawValue)] } ?? [] }

  /// Whether it is a kernel of a Python script.
  package var isScript: Bool {
    Workload(script: subject) != nil
  }

  /// Sets what a value of an axis sets.
  package mutating func set(_ target: Axis.Target, to value: String) {
    switch target {
    case .parameter(let name):
      parameters.append(Setting(name, value))
      parameters.sort { $0.name < $1.name }
    case .override(let path):
      overrides.append(Setting(path, value))
      overrides.sort { $0.name < $1.name }
    case .scale(let name):
      scales.append(Setting(name, value))
      scales.sort { $0.name < $1.name }
    case .hardware: hardware = value
    case .subject: subject = value
    case .schedule: schedule = Schedule(rawValue: value)
    case .together:
      for (target, part) in target.parts(of: value) { set(target, to: part) }
    }
  }

  /// The machine in a text: the configuration and what differs.
  package var machine: String {
    ([hardware] + overrides.map(\.text) + scales.map { "scale:\($0.text)" }).joined(separator: " ")
  }

  /// A text that is the same where the programs as recorded are: values of the machine come after that.
  package var recordingKey: String {
    ([subject, hardware] + parameters.map(\.text)).joined(separator: "\n")
  }

  /// Reads lines: the workload's name, the machine's, then a setting each, named as axes are: `tile_n=256`,
  /// `set:dma.bytes_per_cycle=32`, `scale:hbm.bandwidth=2`.
  package init(lines text: String) throws(DiagnosticError) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 2, !lines[0].isEmpty else {
      throw DiagnosticError(
        "'\(text)' names no workload and no machine", remedy: "write a line for each")
    }
    self.init(lines[0], on: lines[1])
    for line in lines.dropFirst(2) {
      guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
        throw DiagnosticError("'\(line)' is no setting", remedy: "write name=value")
      }
      set(Axis.Target(String(line[..<equals])), to: String(line[line.index(after: equals)...]))
    }
  }

  /// A text that is the same for the same variant and only then.
  package var key: String {
    let cores = coresPerRank == 1 ? [] : [Setting("lnc", "\(coresPerRank)")]
    let settings = cores + (inputs ?? []) + parameters + order
    let left = ([subject] + scriptArguments + settings.map(\.text)).joined(separator: " ")
    return left + " | " + machine
  }
}
