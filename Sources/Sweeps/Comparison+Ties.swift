import Diagnostics
import Reports
import Workloads

// ties   the first 5 are within 9 % of the best: the model does not tell them apart

extension Comparison {
  /// How many times as long a variant must take to be told apart from another; `nil` where nothing was measured.
  ///
  /// Errors of variants of one problem go together: it comes from pairs of measured kernels of one problem, of which
  /// nine in ten are ordered right from that distance on.
  package var tieRatio: Double? {
    let isOtherMachine = space.axes.flatMap(\.parts).contains { axis in
      switch axis.target {
      case .hardware, .override, .scale: true
      default: false
      }
    }
    guard !isOtherMachine, space.base.overrides.isEmpty, space.base.scales.isEmpty,
      exchangesNothing,
      let hardware = try? Evaluator(kernels: kernels).hardware(space.base)
    else { return nil }
    return DoubtTable.tieRatio(on: hardware)
  }

  /// Exchanges between cores were never measured.
  private var exchangesNothing: Bool {
    kernels[space.base.subject]?.exchanges != true
  }

  /// Of the ranked: how many from the first on are not told apart from it.
  func ties(_ ranked: [(index: Int, measurement: Measurement)]) -> Int {
    guard let tieRatio, let best = ranked.first?.measurement.time else { return 0 }
    return ranked.prefix { Double($0.measurement.time) <= tieRatio * Double(best) }.count
  }

  /// Of the ranked: the variants that are not told apart from the first, it included; `nil` where nothing was measured.
  func tied(_ ranked: [(index: Int, measurement: Measurement)]) -> Set<Int>? {
    tieRatio.map { _ in Set(ranked.prefix(ties(ranked)).map(\.index)) }
  }

  /// What is tied with the best, in words; nothing if that is told apart from all others.
  func tieBlocks(_ ranked: [(index: Int, measurement: Measurement)]) -> [Block] {
    guard let tieRatio else {
      return [
        .facts([
          Block.Fact(
            "ties", "not calibrated: no device says how far apart times must be to be told apart")
        ])
      ]
    }
    let count = ties(ranked)
    guard count > 1 else { return [] }
    let distance = Figure.share(tieRatio - 1)
    return [
      .facts([
        Block.Fact(
          "ties",
          "the first \(.count(count)) are within \(distance) of the best: the model does not tell them apart (nine in ten measured pairs further apart are ordered right)"
        )
      ])
    ]
  }
}
