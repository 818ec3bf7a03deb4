import Device
public import Diagnostics
import Formats
public import Hardware
import Host
import ISA
import Machine
public import Programs

extension Simulation {
  /// Refuses values whose tensors there is no memory for; timing alone needs none of them.
  ///
  /// Scratch tensors cost only what is written of them, but the system must be able to promise all of each.
  ///
  /// - Parameter extraBytes: per element of each input and output, besides its own copies.
  /// - Throws: One diagnostic with both numbers.
  public static func requireHostMemory(
    for program: Program, on hardware: Hardware, extraBytes: Int = 0
  ) throws(DiagnosticError) {
    try requireHostMemory(for: ProgramSet(program), on: hardware, extraBytes: extraBytes)
  }

  /// The same for programs that run together, each on a core of its own.
  public static func requireHostMemory(
    for set: ProgramSet, on hardware: Hardware, extraBytes: Int = 0
  ) throws(DiagnosticError) {
    var needed = 0.0
    var promised = 0.0
    // Each memory is one piece.
    let partition = max(hardware.sbuf.bytesPerPartition, hardware.psum.bytesPerPartition)
    var largestPiece = Double(hardware.sbuf.partitions) * Double(partition)
    var largestOperand = 0.0
    for rank in 0..<set.layout.ranks {
      // What the cores of a rank share is there once.
      var shared: Set<String> = []
      for program in set.programs(of: rank) {
        // What is placed without regard to capacity needs more of a core than the machine has.
        let grown = Geometry(hardware).missing(for: program).reduce(0.0) {
          $0 + Double(hardware.sbuf.partitions) * Double($1.needed - $1.capacity)
        }
        needed += grown
        promised += grown
        promised +=
          Double(hardware.sbuf.partitions)
          * Double(hardware.sbuf.bytesPerPartition + hardware.psum.bytesPerPartition)
        for tensor in program.tensors where tensor.hasOwnMemory {
          if tensor.isShared, !shared.insert(tensor.name).inserted { continue }
          // Extents that no check has seen yet may overflow an integer.
          let elements = tensor.shape.reduce(1.0) { $0 * Double($1) }
          let bytes = elements * Double(tensor.dtype.size)
          // With a mark for each byte.
          promised += bytes * 1.125
          if tensor.role == .scratch || tensor.role == .shared {
            largestPiece = max(largestPiece, bytes)
          } else {
            // In the device's memory and as the caller's tensor.
            needed += 2 * bytes + elements * Double(extraBytes)
            promised += bytes + elements * Double(extraBytes)
          }
        }
        // Operands on chip are small; only copies within HBM can be as large as tensors, or larger.
        for instruction in program.instructions {
          guard let target = largeTarget(instruction.operation) else { continue }
          let elements = target.free.reduce(Double(target.rows)) { $0 * Double($1.size) }
          // It is decoded to 4 bytes per element, and both sides have an address for each row.
          largestOperand = max(largestOperand, 4 * elements + 16 * Double(target.rows))
        }
      }
    }
    needed += largestOperand
    // Buffers have sizes of powers of two.
    promised += 2 * largestOperand
    let limit = MemoryBudget.limit
    // A host promises no piece that is larger than it.
    if limit.origin == .host { needed = max(needed, largestPiece) }
    let left = Double(MemoryBudget.left)
    let isShort = limit.origin == .addressSpace && promised > left
    guard needed > left || isShort else { return }
    // What the device cannot hold either is better told in the device's terms.
    for program in set.programs {
      let findings = program.check(Geometry(hardware), allowsUnplaced: true)
      guard findings.isEmpty else { throw DiagnosticError(findings) }
    }
    try MemoryBudget.require(
      isShort ? max(needed, promised) : needed, for: "the values",
      remedy: "use --timing-only, smaller shapes, or more memory: --memory or "
        + MemoryBudget.variable)
  }

  /// The destination of an operation that may move as much as tensors in HBM hold.
  private static func largeTarget(_ operation: any Operation) -> AccessPattern? {
    switch operation {
    case let copy as DMACopy: copy.dst
    case let compute as DMACompute: compute.dst
    case let transpose as DMATranspose: transpose.dst
    default: nil
    }
  }

  /// Memory that a step over a program's instructions takes, for as long as what comes back lives.
  ///
  /// - Throws: A diagnostic when there is none.
  static func draw(
    _ count: Int, _ bytes: Int, for purpose: String
  ) throws(DiagnosticError) -> MemoryDraw {
    try MemoryBudget.require(
      Double(count) * Double(bytes), for: "\(purpose) of \(count) instructions")
    return MemoryDraw(count * bytes)
  }

  /// Bytes per instruction of the program: what passes keep of each (measured: 1,000 bytes more than without them).
  static let compilerBytes = 1536
  /// Bytes per instruction of the program: device instructions, semaphores and who touched what (measured: 110 bytes with what
  /// timing keeps, of a program of copies; DMAs have more).
  static let loweringBytes = 256
  /// Bytes per device instruction: its times, semaphores and descriptors.
  static let timingBytes = 128
}
