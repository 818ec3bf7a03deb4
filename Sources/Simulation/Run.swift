public import Device
public import Formats
public import Hardware
public import Programs
public import Timing

/// A tensor's contents with its description, as it goes in and comes out.
public struct TensorValue: Hashable, Sendable {
  /// Name of the HBM tensor.
  public var name: String
  /// Element type.
  public var dtype: DType
  /// Extents.
  public var shape: [Int]
  /// Little-endian elements in row order.
  public var bytes: [UInt8]

  /// Makes a value.
  public init(name: String, dtype: DType, shape: [Int], bytes: [UInt8]) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.bytes = bytes
  }
}

/// One output compared with an independent float64 reference.
public struct NumericCheck: Hashable, Sendable {
  /// Name of the output.
  public var output: String
  /// Largest |simulated − reference|.
  public var maxAbsDifference: Double
  /// Largest difference that passes.
  public var tolerance: Double
  /// How the tolerance is defined.
  public var rule: String
  /// Whether it passed; a NaN or infinity where the reference has none fails.
  public var passed: Bool

  /// Makes a check's result.
  public init(
    output: String, maxAbsDifference: Double, tolerance: Double, rule: String, passed: Bool
  ) {
    self.output = output
    self.maxAbsDifference = maxAbsDifference
    self.tolerance = tolerance
    self.rule = rule
    self.passed = passed
  }
}

/// Wall-clock seconds that the host spent, by phase.
public struct HostTimes: Hashable, Sendable {
  /// Static checks.
  public var checking = 0.0
  /// Executing values.
  public var values = 0.0
  /// Program → device program.
  public var lowering = 0.0
  /// Device program → timeline.
  public var timing = 0.0
  /// Makes zeros.
  public init() {}
}

/// All that one simulation gave: the value of the façade, and the input of every report.
public struct Run: Sendable {
  /// What ran.
  public var program: Program
  /// On what.
  public var hardware: Hardware
  /// What the core executed; `nil` when only values were asked for.
  public var device: DeviceProgram?
  /// When; `nil` when only values were asked for.
  public var timeline: Timeline?
  /// Outputs in the order of their declaration; empty when only timing was asked for.
  public var outputs: [TensorValue] = []
  /// Comparisons with the reference, if there is one.
  public var checks: [NumericCheck] = []
  /// What the host needed.
  public var host = HostTimes()
}
