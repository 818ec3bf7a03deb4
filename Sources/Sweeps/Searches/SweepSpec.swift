package import Compiler
package import Workloads

// kernel: matmul
// parameters: {m: 1024, tile_m: [64, 128], tile_n: 128..512*2, buffers: 1..4}
// set: {dma.bytes_per_cycle: [16, 32, 64]}
// search: {random: 500, seed: 1}
// objective: total_time_ps

/// What a sweep simulates: a space, and how it is searched.
package struct SweepSpec: Hashable, Sendable {
  /// Which variants of a space run.
  package enum Search: Hashable, Sendable {
    /// All.
    case grid
    /// So many different ones, drawn with a seed.
    case random(count: Int, seed: UInt64)
    /// So many different ones at first; of each round the best part goes on to the next, which is
    /// larger: `rungs` has the settings of each round.
    case halving(count: Int, keep: Int, seed: UInt64, rungs: [[Setting]])
  }

  /// The sweep's name.
  package var name: String
  /// The file it came from, from whose folder on it names programs; empty if it came from none.
  package var path = ""
  /// Which kernels there are.
  package var kernels: KernelCatalog
  /// What can be chosen.
  package var space: Space
  /// What of it runs.
  package var search: Search
  /// What makes one better than another: less of it.
  package var objective: Quantity

  /// Most variants that are drawn.
  package static let drawLimit = 10_000_000

  package init(
    name: String, of kernels: KernelCatalog, space: Space, search: Search,
    objective: Quantity = .time
  ) {
    self.kernels = kernels
    self.name = name
    self.space = space
    self.search = search
    self.objective = objective
  }

  /// Lets all run in this order, unless the file says in which.
  package mutating func prefer(_ schedule: Schedule) {
    let isSaid = space.axes.flatMap(\.parts).contains { $0.target == .schedule }
    if !isSaid { space.base.schedule = space.base.schedule ?? schedule }
  }

  /// What the results depend on, as one text: the same for the same sweep and only then.
  package var identity: String {
    let axes = space.axes.map { "\($0.target)=\($0.values.joined(separator: ","))" }
    return ([space.base.key] + axes + ["\(search)", objective.rawValue]).joined(separator: "\n")
  }

  /// What it runs.
  package var workloads: [Workload] { subjects.map { Workload($0, of: kernels, beside: path) } }

  /// Names of what it runs.
  private var subjects: [String] {
    space.axes.flatMap(\.parts).first { $0.target == .subject }?.values ?? [space.base.subject]
  }

  /// The configurations that it runs on: built-in ones by name, others as files.
  package var machines: [String] {
    space.axes.flatMap(\.parts).first { $0.target == .hardware }?.values ?? [space.base.hardware]
  }
}
