import Device
import ISA
import Machine

/// Who makes the descriptors of a DMA that leaves it open.
public enum DescriptorMaker: String, CaseIterable, Sendable {
  /// The host, before the kernel runs (the compiler's `--disable-dge`).
  case prepared
  /// The device, while it runs.
  case generated
}

/// DMAs whose descriptors the device makes.
///
/// Inputs and outputs go through GpSimd's software, the kernel's own tensors in HBM through the hardware of Scalar
/// (stores) and Sync (loads), as ten captures of the attention kernels show.
struct DescriptorChoice {
  /// Chooses mode and queue of each DMA that has the host's descriptors.
  ///
  /// - Returns: how many it chose for.
  @discardableResult
  static func run(_ draft: inout Draft) -> Int {
    var count = 0
    var forms = draft.forms
    draft.nodes = draft.nodes.map { [draft] node in
      guard node.opcode == .dmaCopy, var copy = node.operation as? DMACopy, copy.dgeMode == .none
      else { return node }
      let isStore = !draft.facts(copy.dst).isOnChip
      let outside = draft.tensors[draft.owner(isStore ? copy.dst : copy.src)]
      let engine: Engine
      if !outside.isOnChip && outside.role == .scratch {
        copy.dgeMode = .hwdge
        engine = isStore ? .scalar : .sync
      } else {
        copy.dgeMode = .swdge
        engine = .gpsimd
      }
      count += 1
      return node.started(by: engine, copy, &forms)
    }
    draft.forms = forms
    return count
  }
}
