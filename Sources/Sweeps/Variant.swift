public import Compiler

// matmul tile_m=64 tile_n=256 | trn2 dma.bytes_per_cycle=64

/// A named value of a variant, in the text that a person would type.
public struct Setting: Hashable, Sendable {
  /// A kernel's parameter or the path of a hardware value.
  public var name: String
  /// The value.
  public var value: String

  /// Makes a setting.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// `name=value`.
  public var text: String { "\(name)=\(value)" }
}

/// One thing to simulate: a kernel with its parameters, or a program file, on a machine.
public struct Variant: Hashable, Sendable {
  /// A kernel's name, the path of a program file, or a Python script and a function: `moe.py:rmsnorm`.
  public var subject: String
  /// The arrays that a script's function gets, with types and shapes; empty for everything else.
  public var inputs: [Setting] = []
  /// The kernel's parameters that are not left at their defaults, sorted by name.
  public var parameters: [Setting]
  /// A built-in configuration's name or the path of a configuration file.
  public var hardware: String
  /// The hardware values that differ from the configuration, sorted by path.
  public var overrides: [Setting]
  /// Whose order instructions have, where the variant says so.
  public var schedule: Schedule?

  /// Makes a variant.
  public init(
    _ subject: String, _ parameters: [Setting] = [], on hardware: String = "trn2",
    with overrides: [Setting] = []
  ) {
    self.subject = subject
    self.parameters = parameters.sorted { $0.name < $1.name }
    self.hardware = hardware
    self.overrides = overrides.sorted { $0.name < $1.name }
  }

  /// `schedule` as a setting, where the variant has it.
  public var order: [Setting] { schedule.map { [Setting("schedule", $0.rawValue)] } ?? [] }

  /// Whether it is a kernel of a Python script, which is traced before it is simulated.
  public var isScript: Bool { subject.contains(".py:") }

  /// The same for variants with the same program: tracing does not know of overridden values.
  public var tracingKey: String {
    var traced = self
    traced.overrides = []
    return traced.key
  }

  /// Sets what a value of an axis sets.
  public mutating func set(_ target: Axis.Target, to value: String) {
    switch target {
    case .parameter(let name):
      parameters.append(Setting(name, value))
      parameters.sort { $0.name < $1.name }
    case .override(let path):
      overrides.append(Setting(path, value))
      overrides.sort { $0.name < $1.name }
    case .hardware: hardware = value
    case .subject: subject = value
    case .schedule: schedule = Schedule(rawValue: value)
    }
  }

  /// A text that is the same for the same variant and only then.
  public var key: String {
    let settings = inputs + parameters + order
    let left = ([subject] + settings.map(\.text)).joined(separator: " ")
    return left + " | " + ([hardware] + overrides.map(\.text)).joined(separator: " ")
  }
}
