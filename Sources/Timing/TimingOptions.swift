public import Hardware

/// What a simulation starts from and what it takes as given.
public struct TimingOptions: Hashable, Sendable {
  /// By engine: when its queue starts; empty for all at 0.
  public var released: [Picoseconds]
  /// By transfer: from its trigger's begin to its completion, negative to predict it; empty to predict all.
  public var transferLatencies: [Picoseconds]

  /// Makes options; without arguments everything starts at 0 and everything is predicted.
  public init(released: [Picoseconds] = [], transferLatencies: [Picoseconds] = []) {
    self.released = released
    self.transferLatencies = transferLatencies
  }
}

extension Timing {
  /// When the engines' queues start after a launch, for `TimingOptions.released`.
  public static func release(_ hardware: Hardware) -> [Picoseconds] {
    let release = hardware.launch.release
    return [release.tensor, release.vector, release.scalar, release.gpsimd, release.sync].map(
      picoseconds)
  }
}
