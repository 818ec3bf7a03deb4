public import Programs

/// What a script's kernel recorded: its programs, before any compiler, and what its launch says of them.
public struct Recording: Sendable {
  /// A program for each core.
  public var set: ProgramSet
  /// What the launch asks of the core, by the names of the C interface's settings.
  public var settings: [String: String]
  /// Arguments that are no arrays, defaults included.
  public var parameters: [String: String]
  /// By rank: what the inputs hold, where that was asked for.
  public var contents: [[KernelTensor]]
  /// What is not modelled, and what was assumed.
  public var notes: [String]
}
