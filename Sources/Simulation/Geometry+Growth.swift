import ISA
import Machine
import Programs

/// A memory on chip that tensors without regard to capacity need more of than the machine has.
struct MissingMemory: Hashable, Sendable {
  /// Which.
  var space: MemorySpace
  /// Bytes of a partition.
  var needed: Int
  /// Bytes of a partition.
  var capacity: Int

  /// What a report says of it.
  var sentence: String {
    "\(space.name) has \(capacity) bytes in each partition, and the tensors need \(needed) (allocation infinite): values are computed "
      + "as if there were room, and there is no time"
  }
}

extension Geometry {
  /// The memories on chip that a program's tensors go beyond.
  func missing(for program: Program) -> [MissingMemory] {
    [(MemorySpace.sbuf, sbufBytes), (.psum, psumBytes)].compactMap { space, capacity in
      let needed =
        program.tensors.filter { $0.space == space }.map { $0.address + $0.freeBytes }.max() ?? 0
      return needed > capacity
        ? MissingMemory(space: space, needed: needed, capacity: capacity) : nil
    }
  }

  /// The machine with as much memory on chip as a program's tensors take.
  func grown(for program: Program) -> Geometry {
    var grown = self
    for memory in missing(for: program) {
      if memory.space == .sbuf { grown.sbufBytes = memory.needed }
      if memory.space == .psum { grown.psumBytes = memory.needed }
    }
    return grown
  }
}
