public import Compiler
public import Device
public import Hardware
public import Kernels
public import Machine
public import Programs
public import Timing

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
  /// ‖simulated − reference‖ / ‖reference‖, where it was computed.
  public var relativeError: Double?
  /// Whether it passed; a NaN or infinity where the reference has none fails.
  public var passed: Bool

  /// Makes a check's result.
  public init(
    output: String, maxAbsDifference: Double, tolerance: Double, rule: String,
    relativeError: Double? = nil, passed: Bool
  ) {
    self.output = output
    self.maxAbsDifference = maxAbsDifference
    self.tolerance = tolerance
    self.rule = rule
    self.relativeError = relativeError
    self.passed = passed
  }

  /// Compares an output's values with its reference.
  public init(_ output: KernelOutput, _ values: [Double], _ reference: [Double]) {
    let comparison = output.tolerance.compare(values, reference)
    self.init(
      output: output.name, maxAbsDifference: comparison.maxDifference,
      tolerance: output.tolerance.largest(for: reference), rule: output.tolerance.description,
      relativeError: output.tolerance == .equal ? nil : comparison.relativeError,
      passed: comparison.passes)
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
  /// The float64 reference.
  public var reference = 0.0
  /// Makes zeros.
  public init() {}
}

/// All that one simulation gave: the value of the façade, and the input of every report.
public struct Run: Sendable {
  /// What ran.
  public var program: Program
  /// What the compiler's passes did to the program that was given; empty if it was taken as it is.
  public var passes: [PassResult] = []
  /// For each instruction of `program`, its position in the program that was given, if loops or
  /// registers made another stream of it.
  public var origins: [Int32]?
  /// On what.
  public var hardware: Hardware
  /// What the core executed; `nil` when only values were asked for.
  public var device: DeviceProgram?
  /// When; `nil` when only values were asked for.
  public var timeline: Timeline?
  /// Reads of memory that nothing wrote, where they are no faults: the first of each memory.
  public var undefinedReads: [Trap] = []
  /// Outputs in the order of their declaration; empty when only timing was asked for.
  public var outputs: [KernelTensor] = []
  /// What of the outputs nothing was stored to, where the options let that pass.
  public var unwritten: [UnwrittenRegion] = []
  /// Comparisons with the reference, if there is one.
  public var checks: [NumericCheck] = []
  /// What else the comparison found, in sentences.
  public var remarks: [String] = []
  /// What the host needed.
  public var host = HostTimes()

  /// Key of a program's metadata that says so where the compiler's passes chose instructions or their order.
  public static let orderKey = Pipeline.orderKey

  /// Whether instructions and their order are the author's, or a device's, and no choice of the compiler's passes.
  public var keepsStream: Bool { program.metadata[Pipeline.orderKey] == nil }
}
