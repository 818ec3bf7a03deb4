package import Diagnostics
import Hardware
import Reports

/// What HBM's transfers are limited by: of several rates the least counts, so that a higher one than that changes nothing.
struct BandwidthLimits {
  /// A rate, and the values that make it.
  struct Limit {
    var paths: [String]
    /// In GB/s.
    var rate: Double

    var name: String { paths.joined(separator: " × ") }
  }

  private let stack: Limit
  private let reads: Limit
  private let rings: Limit

  init(_ hardware: Hardware) {
    // As descriptors are priced: active cores share a stack evenly.
    stack = Limit(
      paths: ["hbm.bandwidth_per_stack"],
      rate: hardware.hbm.bandwidthPerStack / Double(max(1, hardware.hbm.activeCores)))
    reads = Limit(
      paths: ["hbm.read_bandwidth_per_core"], rate: hardware.hbm.readBandwidthPerCore)
    rings = Limit(
      paths: ["dma.rings", "dma.bytes_per_cycle", "clocks.dma"],
      rate: Double(hardware.dma.rings * hardware.dma.bytesPerCycle) * hardware.clocks.dma)
  }

  private var all: [Limit] { [stack, reads, rings] }

  /// By direction: what limits it together.
  private var directions: [(name: String, limits: [Limit])] {
    [("reads of HBM", [stack, reads, rings]), ("writes", [stack, rings])]
  }

  /// What is raised without effect on a direction, with what limits that one: a sentence for each raised rate.
  static func notes(from base: Hardware, to hardware: Hardware) -> [String] {
    let (before, after) = (BandwidthLimits(base), BandwidthLimits(hardware))
    return zip(before.all, after.all).compactMap { old, new in
      guard new.rate > old.rate else { return nil }
      let raised = new.paths.filter { base.value(of: $0) != hardware.value(of: $0) }
      var capped: [String] = []
      for (name, limits) in after.directions where limits.contains(where: { $0.name == new.name }) {
        let others = limits.filter { $0.name != new.name }
        guard let least = others.min(by: { $0.rate < $1.rate }), least.rate < new.rate else {
          continue
        }
        capped.append("\(name) are limited to \(fixed(least.rate, 0)) GB/s by \(least.name)")
      }
      guard !capped.isEmpty else { return nil }
      let values = raised.map { "\($0)=\(hardware.value(of: $0) ?? "")" }.joined(separator: ", ")
      return "\(values.isEmpty ? new.name : values): \(capped.joined(separator: ", "))"
    }
  }
}

extension Evaluator {
  /// Sentences about settings of a variant that others cap.
  package func limitNotes(_ variant: Variant) throws(DiagnosticError) -> [String] {
    var plain = variant
    plain.overrides = []
    plain.scales = []
    return BandwidthLimits.notes(from: try hardware(plain), to: try hardware(variant))
  }

  /// The same of what axes set besides, each once.
  package func limitNotes(_ base: Variant, _ axes: [Axis]) throws(DiagnosticError) -> [String] {
    var found = try limitNotes(base)
    for axis in axes {
      for value in axis.values {
        var variant = base
        variant.set(axis.target, to: value)
        // Values that fit only together with others are told where they run.
        guard let notes = try? limitNotes(variant) else { continue }
        for note in notes where !found.contains(note) { found.append(note) }
      }
    }
    return found
  }
}
