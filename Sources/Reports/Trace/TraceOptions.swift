import Device
public import Timing

/// What a trace shows.
public struct TraceOptions: Hashable, Sendable {
  /// How much each slice tells.
  public enum Detail: String, CaseIterable, Sendable {
    /// Name and index of the instruction.
    case lean
    /// Operands, source location, scope, cycles, waits and who was waited for.
    case full
  }

  /// Which dependencies are drawn as arrows.
  public enum Flows: String, CaseIterable, Sendable {
    case none
    /// Semaphores between engines, and transfers.
    case cross
    /// What the whole time was spent on, one slice after the other.
    case critical
    /// Both, and semaphores within an engine.
    case all

    /// Whether they are known only to who asks why everything happened.
    package var needCauses: Bool { self == .critical || self == .all }
  }

  /// Up to how many instructions a trace is `full` when `detail` is `nil`.
  ///
  /// A full slice takes about 1 µs to write, a lean one 0.2 µs; up to here a full trace costs less than
  /// half of what timing the kernel does, from the start of the process to its end.
  public static let fullDetailLimit = 16_000

  /// How much each slice tells; `nil` chooses by the number of instructions.
  public var detail: Detail?
  /// Which arrows are drawn.
  public var flows = Flows.cross
  /// Show only what overlaps this time; `nil` shows all.
  public var window: Range<Picoseconds>?
  /// Compression level of zstd, 1 to 19.
  ///
  /// Of lean traces 1 makes the smallest of 1 to 5 and is the fastest; of full ones it is within 5 % of 3.
  public var level = 1

  /// Bytes after which a reader may begin.
  var partSize = TraceEncoder.partSize

  /// The default: everything.
  public init() {}

  /// How much the slices of a program tell.
  func detail(of device: DeviceProgram) -> Detail {
    detail ?? (device.instructions.count > TraceOptions.fullDetailLimit ? .lean : .full)
  }
}

/// What a trace holds.
public struct TraceCounts: Hashable, Sendable {
  /// Instructions, transfers, scopes and source lines.
  public internal(set) var slices = 0
  /// Arrows.
  public internal(set) var flows = 0
  /// Counter samples.
  public internal(set) var samples = 0
  /// Tracks, overlapping ones of one row counted apart.
  public internal(set) var tracks = 0
  /// Bytes before compression.
  public internal(set) var bytes = 0
}
