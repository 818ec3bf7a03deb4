/// Finds the kernel in a table that marks no row as the user's (trn1's captures).
enum KernelRegion {
  /// What the runtime executes around a kernel in every capture.
  private static let runtime: Set<String> = [
    "COMPARE_BRANCH", "DMA_TRIGGER", "DRAIN", "NOTIFY", "OUTSIDE_SG", "REG_MOVE",
    "SEM_RANGE_CLEAR", "TENSOR_LOAD",
  ]

  /// The rows of the kernel, by engine: what follows SET_ORDERING_MODE up to an instruction of the
  /// runtime.
  ///
  /// In all captures the runtime sets the ordering mode last before it lets a kernel go, but also
  /// elsewhere. Of an engine's stretches the last counts that works, starts a DMA or waits for a semaphore.
  static func rows(_ all: [CapturedInstruction]) -> [CapturedInstruction] {
    var found: [CapturedInstruction] = []
    for rows in Dictionary(grouping: all, by: \.engine).sorted(by: { $0.key < $1.key }) {
      var stretches: [[CapturedInstruction]] = []
      var isKernel = false
      for row in rows.value.sorted(by: { ($0.begin, $0.index) < ($1.begin, $1.index) }) {
        if row.opcode == "SET_ORDERING_MODE" {
          isKernel = true
          stretches.append([])
        } else if runtime.contains(row.opcode) {
          isKernel = false
        } else if isKernel {
          stretches[stretches.count - 1].append(row)
        }
      }
      found += stretches.last { $0.contains(where: isKernels) } ?? []
    }
    return found.sorted { ($0.engine, $0.index) < ($1.engine, $1.index) }
  }

  /// Whether an instruction can be a kernel's: it works, starts a DMA or waits for a semaphore.
  private static func isKernels(_ row: CapturedInstruction) -> Bool {
    !row.destination.isEmpty || row.waits.contains { $0.semaphore >= 0 } || row.opcode == "WRITE"
  }
}
