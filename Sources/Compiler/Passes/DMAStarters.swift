import Device
import ISA
import Machine
import Programs

/// Who starts a DMA of the second generation whose author leaves that open, and who makes its descriptors.
///
/// Decoded streams of two MoE kernels (`nki` 0.2, 800 and 184 DMAs, one trigger for each `dma_copy`) show
///
/// * software on GpSimd for inputs and outputs of all partitions, and for addresses from a register;
/// * prepared descriptors for single partitions: inputs by Sync, outputs by GpSimd, and what goes to the kernel's own
///   HBM tensors by the engine that made it (Vector);
/// * hardware on Sync for loads from the kernel's own HBM tensors.
///
/// AWS's published profiles agree: matmul's DMAs keep GpSimd busy for 0.59 µs each when they queue up, gelu's packets
/// are software's; convolution's loads of 64 partitions cost GpSimd 1 ns each, so they are prepared: software takes
/// transfers of all partitions alone. Stores of 128 partitions to the kernel's own tensors are `assumed` to be
/// hardware's, which the documentation names for spills.
struct DMAStarters {
  /// How DMAs whose starter is open are queued.
  enum Policy {
    /// Loads by Sync and stores by GpSimd, whose order is the author's: a store holds up no load.
    case separate
    /// As the second generation's compiler, which orders them too.
    case compiler
  }

  /// Chooses engine and mode of each copy that has neither; what the author chose stays.
  ///
  /// - Returns: how many it chose for.
  @discardableResult
  static func run(_ draft: inout Draft, policy: Policy) -> Int {
    var count = 0
    var forms = draft.forms
    var makers = [Engine?](repeating: nil, count: draft.tensors.count)
    draft.nodes = draft.nodes.map { [draft] node in
      defer {
        for operand in node.operands
        where operand.isWritten && draft.facts(operand.pattern).isOnChip {
          makers[draft.owner(operand.pattern)] = node.isDMA ? nil : node.resolvedEngine
        }
      }
      guard node.opcode == .dmaCopy, node.engine == nil, let copy = node.operation as? DMACopy,
        let chosen = choice(copy, draft, policy, maker: makers[draft.owner(copy.src)])
      else { return node }
      count += 1
      var changed = copy
      changed.dgeMode = chosen.mode
      return node.started(by: chosen.engine, changed, &forms)
    }
    draft.forms = forms
    return count
  }

  private static func choice(
    _ copy: DMACopy, _ draft: Draft, _ policy: Policy, maker: Engine?
  ) -> (mode: DGEChoice, engine: Engine)? {
    let from = draft.facts(copy.src)
    let to = draft.facts(copy.dst)
    let isIndirect = copy.scalarOffset != nil || copy.vectorOffset != nil
    if policy == .separate || copy.dgeMode != .unknown {
      let isStore = !to.isOnChip && copy.dgeMode != .hwdge && !isIndirect
      return isStore ? (copy.dgeMode, .gpsimd) : nil
    }
    if isIndirect { return (.swdge, .gpsimd) }
    // Between places on the chip, and within HBM, no capture shows one.
    guard from.isOnChip != to.isOnChip else { return to.isOnChip ? nil : (.unknown, .gpsimd) }
    let tile = to.isOnChip ? copy.dst : copy.src
    let outside = to.isOnChip ? copy.src : copy.dst
    let isOwn = draft.tensors[draft.owner(outside)].role == .scratch
    let isWhole = Int(tile.rows) == draft.limits.partitions
    if isOwn && (to.isOnChip || isWhole) { return (.hwdge, to.isOnChip ? .sync : .scalar) }
    if isOwn { return (.none, maker ?? .gpsimd) }
    if isWhole { return (.swdge, .gpsimd) }
    return (.none, to.isOnChip ? .sync : .gpsimd)
  }
}
