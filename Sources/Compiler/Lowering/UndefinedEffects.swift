import ISA
import Machine
import Programs

/// What the machine leaves undefined inside one instruction, as far as its operands say.
///
/// A destination that names bytes twice, and a DMA that writes what it reads in another order: descriptors go to 16 rings, and
/// none of them waits for another. One element for one, as in an addition in place, is defined.
struct UndefinedEffects {
  /// The first of each kind and place, each with its instruction.
  private(set) var found: [Trap] = []
  private var known: Set<String> = []

  /// Findings that are kept.
  private static let most = 16

  /// Looks at what the instruction at `index` was lowered to.
  mutating func look(at index: Int, of program: Program, _ emitter: Emitter) {
    for emission in emitter.emissions {
      for target in emission.writes {
        let pattern = emitter.operands[target]
        let walk = ElementWalk(pattern, emitter.place(pattern))
        if walk.repeatsItself {
          add(
            "names bytes twice that are written once: which write stays is not defined",
            remedy: "give the destination a place for each element", pattern, index, program)
        }
        guard case .transfer = emission.kind else { continue }
        for source in emission.reads {
          lookForOverlap(pattern, walk, emitter.operands[source], index, program, emitter)
        }
      }
    }
  }

  private mutating func lookForOverlap(
    _ target: AccessPattern, _ walk: ElementWalk, _ source: AccessPattern, _ index: Int,
    _ program: Program, _ emitter: Emitter
  ) {
    let (to, from) = (emitter.place(target), emitter.place(source))
    guard to.space == from.space else { return }
    if to.space == .hbm {
      guard program.owner(of: target.tensor) == program.owner(of: source.tensor) else { return }
    } else {
      let rows =
        Int(target.rowStart) + to.partition..<Int(target.rowStart + target.rows) + to.partition
      let others =
        Int(source.rowStart) + from.partition..<Int(source.rowStart + source.rows) + from.partition
      guard rows.overlaps(others) else { return }
    }
    let other = ElementWalk(source, from)
    guard walk.meets(other) else { return }
    let operation = program.instructions[index].operation
    // Which rows an index names is known at run time alone.
    guard operation.rowNumbers.isEmpty else { return }
    let isInPlace =
      walk == other && target.rows == source.rows
      && (to.space == .hbm
        || Int(target.rowStart) + to.partition == Int(source.rowStart) + from.partition)
    guard !isInPlace || operation is DMATranspose else { return }
    add(
      "overlaps what the DMA reads: which of it is read before it is written is not defined",
      remedy: "copy by way of another tensor", target, index, program)
  }

  private mutating func add(
    _ message: String, remedy: String, _ pattern: AccessPattern, _ index: Int, _ program: Program
  ) {
    let instruction = program.instructions[index]
    let name = instruction.operation.operands.first { $0.role != .read && $0.pattern == pattern }
    let operand = name?.name ?? "dst"
    var trap = Trap(
      .undefinedResult, "'\(operand)' \(message)", operand: operand, remedy: remedy)
    trap.instruction = index
    add(trap, key: "\(message)\(instruction.location.map { "\($0)" } ?? "\(index)")")
  }

  /// Keeps a finding, if there was none of its kind and place.
  mutating func add(_ trap: Trap, key: String) {
    guard found.count < Self.most, known.insert(key).inserted else { return }
    found.append(trap)
  }
}
