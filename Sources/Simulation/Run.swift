public import Device
public import Hardware
public import Machine
public import Programs
public import Timing
public import Workloads

/// One output compared with an independent float64 reference.
public struct NumericCheck: Hashable, Sendable {
  /// Whose output.
  public var rank: Int
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
    rank: Int = 0, output: String, maxAbsDifference: Double, tolerance: Double, rule: String,
    relativeError: Double? = nil, passed: Bool
  ) {
    self.rank = rank
    self.output = output
    self.maxAbsDifference = maxAbsDifference
    self.tolerance = tolerance
    self.rule = rule
    self.relativeError = relativeError
    self.passed = passed
  }

  /// Compares a rank's values of an output with its reference.
  public init(
    _ output: KernelOutput, of rank: Int = 0, _ values: [Double], _ reference: [Double]
  ) {
    let comparison = output.tolerance.compare(values, reference)
    self.init(
      rank: rank, output: output.name, maxAbsDifference: comparison.maxDifference,
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

/// All that one simulation gave, of any number of cores: the value of the façade, and the input of every report.
public struct Run: Sendable {
  /// The cores.
  public var layout: CoreLayout
  /// On what, before the cores of a rank share it.
  public var hardware: Hardware
  /// By core id.
  public var cores: [CoreRun]
  /// Comparisons with the reference, if there is one: rank by rank, in the order of the outputs.
  public var checks: [NumericCheck] = []
  /// What else the comparison found, in sentences.
  public var remarks: [String] = []
  /// By rank: the first race of its cores on what they share, where races are noted.
  public var races: [Trap?] = []
  /// What the host needed.
  public var host = HostTimes()

  /// Begins with what runs.
  init(_ set: ProgramSet, on hardware: Hardware) {
    layout = set.layout
    self.hardware = hardware
    let shared = hardware.shared(by: set.layout)
    cores = set.programs.map { CoreRun(program: $0, hardware: shared) }
  }

  /// The name of the programs.
  public var name: String { cores[0].program.name }

  /// What ran, as it was executed.
  public var set: ProgramSet { ProgramSet(layout: layout, programs: cores.map(\.program)) }

  /// When all cores had completed; `nil` when only values were asked for.
  public var total: Picoseconds? {
    let totals = cores.compactMap { $0.timeline?.total }
    return totals.count == cores.count ? totals.max() : nil
  }

  /// The id of the core that completed last: of several at once the first.
  public var slowest: Int {
    cores.indices.max { one, other in
      (cores[one].timeline?.total ?? 0, -one) < (cores[other].timeline?.total ?? 0, -other)
    } ?? 0
  }

  /// The core that completed last: what stands for the run where one core is ranked or compared.
  public var slowestCore: CoreRun { cores[slowest] }

  /// By rank: what of the outputs nothing was stored to, each once.
  public var unwritten: [[UnwrittenRegion]] {
    byRank(\.unwritten) { $0.tensor == $1.tensor }
  }

  /// By rank: outputs in the order of their declaration.
  public var outputs: [[KernelTensor]] { byRank(\.outputs) { $0.name == $1.name } }

  /// What the cores of each rank have, what both have once.
  private func byRank<Value>(
    _ values: KeyPath<CoreRun, [Value]>, _ isSame: (Value, Value) -> Bool
  ) -> [[Value]] {
    (0..<layout.ranks).map { rank in
      var found: [Value] = []
      for core in 0..<layout.coresPerRank {
        for value in cores[rank * layout.coresPerRank + core][keyPath: values]
        where !found.contains(where: { isSame($0, value) }) {
          found.append(value)
        }
      }
      return found
    }
  }
}
