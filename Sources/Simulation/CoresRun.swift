public import Device
public import Hardware
public import Kernels
public import Machine
public import Programs
public import Timing

/// What one simulation of several cores gave.
public struct CoresRun: Sendable {
  /// What ran.
  public var set: ProgramSet
  /// On what.
  public var hardware: Hardware
  /// By core id; a core's hardware has its share of what the cores share.
  public var cores: [Run]
  /// By rank: comparisons with the reference, if there is one.
  public var checks: [[NumericCheck]] = []
  /// By rank: the first race of its cores on what they share, where races are noted.
  public var races: [Trap?] = []

  /// The cores.
  public var layout: CoreLayout { self.set.layout }

  /// When all cores had completed; `nil` when only values were asked for.
  public var total: Picoseconds? {
    let totals = cores.compactMap { $0.timeline?.total }
    return totals.count == cores.count ? totals.max() : nil
  }

  /// The core that completed last.
  public var slowest: Int {
    cores.indices.max { one, other in
      (cores[one].timeline?.total ?? 0, -one) < (cores[other].timeline?.total ?? 0, -other)
    } ?? 0
  }

  /// By rank: what of the outputs nothing was stored to, each once.
  public var unwritten: [[UnwrittenRegion]] {
    (0..<layout.ranks).map { rank in
      var found: [UnwrittenRegion] = []
      for core in 0..<layout.coresPerRank {
        for region in cores[rank * layout.coresPerRank + core].unwritten
        where !found.contains(where: { $0.tensor == region.tensor }) {
          found.append(region)
        }
      }
      return found
    }
  }

  /// By rank: outputs in the order of their declaration.
  public var outputs: [[KernelTensor]] {
    (0..<layout.ranks).map { rank in
      var found: [KernelTensor] = []
      for core in 0..<layout.coresPerRank {
        for output in cores[rank * layout.coresPerRank + core].outputs
        where !found.contains(where: { $0.name == output.name }) {
          found.append(output)
        }
      }
      return found
    }
  }
}
