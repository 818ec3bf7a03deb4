import Device
import ISA
import Machine

/// How long the compiler takes an instruction to be, for ordering alone: Timing prices the result.
///
/// The vendor's compiler has a cost model of its own, which is not published; these are round figures of trn2
/// (engine clocks of the architecture guide, fixed parts as captures of trn2.3xlarge show them). They decide who
/// goes first.
struct WorkCosts {
  /// Elements of a partition per ns, and ns before and after the draft.
  private struct Rate {
    var elements: Double
    var before: Double
    var after: Double
  }

  private static let vector = Rate(elements: 0.96, before: 70, after: 90)
  private static let scalar = Rate(elements: 1.4, before: 100, after: 120)
  private static let gpsimd = Rate(elements: 0.5, before: 150, after: 100)
  /// Columns per ns, and ns from the last column to the result.
  private static let columns = 2.4
  private static let array = 60.0
  /// Passes of float32 products.
  private static let passes = 4
  /// Starting a DMA whose descriptors the host or hardware makes, and one of software.
  private static let trigger = 60.0
  private static let softwareTrigger = 600.0
  /// Bytes per ns of all rings, and the time from the start to the semaphore without the bytes.
  private static let bytes = 375.0
  private static let latency = 1800.0

  let draft: Draft

  /// Nanoseconds that the engine is taken, and that the result takes from then on.
  ///
  /// A DMA's engine is taken by its start; the bytes are the rings' part, which `transfer` says.
  func busyAndDelay(_ node: Node, on engine: Engine) -> (busy: Double, delay: Double) {
    if node.isDMA {
      let isSoftware = node.value("dge_mode") == .symbol(DGEChoice.swdge.rawValue)
      return (isSoftware ? Self.softwareTrigger : Self.trigger, Self.latency)
    }
    if engine == .tensor { return (product(node), Self.array) }
    let rate =
      switch engine {
      case .scalar: Self.scalar
      case .gpsimd: Self.gpsimd
      default: Self.vector
      }
    var work = elements(node)
    if node.operation is Reciprocal { work *= 6 }
    return (rate.before + Double(work) / rate.elements, rate.after)
  }

  private func product(_ node: Node) -> Double {
    guard let moving = node.pattern("moving") ?? node.pattern("data") else { return 64 }
    let isWide = draft.facts(moving).itemSize == 4
    if node.operation is NCTranspose {
      return Double(max(64, Int(moving.rows)) * (isWide ? 2 : 1)) / Self.columns
    }
    var passes = isWide ? Self.passes : 1
    if (node.operation as? NCMatmul)?.isTranspose == true { passes = min(passes, 2) }
    return Double(max(64, moving.elementsPerRow) * passes) / Self.columns
  }

  /// Elements of a partition that pass through an engine.
  func elements(_ node: Node) -> Int {
    node.operands.map(\.pattern.elementsPerRow).max() ?? 1
  }

  /// Nanoseconds that a DMA's bytes take on all rings.
  func transfer(_ node: Node) -> Double {
    let most = node.operands.map { $0.pattern.elements * draft.facts($0.pattern).itemSize }.max()
    return Double(most ?? 0) / Self.bytes
  }
}
