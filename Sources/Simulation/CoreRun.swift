public import Compiler
public import Device
public import Hardware
public import Machine
public import Programs
public import Timing
public import Workloads

/// What one simulation gave of one core.
public struct CoreRun: Sendable {
  /// What ran.
  public var program: Program
  /// What the compiler's passes did to the program that was given; empty if it was taken as it is.
  public var passes: [PassResult] = []
  /// The author's scopes, where `program` has none because the compiler's order tears them apart.
  package var sourceScopes: SourceScopes?
  /// For each instruction of `program`, its position in the program that was given, if loops or
  /// registers made another stream of it.
  public var origins: [Int32]?
  /// Names of the tensors on chip that the author placed, and that are no views of others.
  var placedByAuthor: Set<String> = []
  /// On what: the machine with this core's share of what the cores of a rank share.
  public var hardware: Hardware
  /// What the core executed; `nil` when only values were asked for.
  public var device: DeviceProgram?
  /// When; `nil` when only values were asked for.
  public var timeline: Timeline?
  /// Reads of memory that nothing wrote, where they are no faults: the first of each memory.
  public var undefinedReads: [Trap] = []
  /// Results that the machine leaves undefined, where they are no faults: the first of each place.
  public var undefinedResults: [Trap] = []
  /// Outputs in the order of their declaration; empty when only timing was asked for.
  public var outputs: [KernelTensor] = []
  /// What memory on chip it went beyond, where tensors are placed without regard to capacity.
  var missing: [MissingMemory] = []
  /// What of the outputs nothing was stored to, where the options let that pass.
  public var unwritten: [UnwrittenRegion] = []

  /// Key of a program's metadata that says so where the compiler's passes chose instructions or their order.
  public static let orderKey = Pipeline.orderKey

  /// Whether instructions and their order are the author's, or a device's, and no choice of the compiler's passes.
  public var keepsStream: Bool { program.metadata[Pipeline.orderKey] == nil }

  /// The author's scopes, and by instruction of `program` the one that it is in; -1 for none.
  package var scopes: SourceScopes {
    guard program.scopes.isEmpty, let sourceScopes else {
      return SourceScopes(program.scopes, of: program.instructions.map(\.scope))
    }
    guard let origins else { return sourceScopes }
    return SourceScopes(
      sourceScopes.scopes, of: origins.map { sourceScopes.ofInstructions[Int($0)] })
  }
}
