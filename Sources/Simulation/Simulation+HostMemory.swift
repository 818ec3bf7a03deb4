public import Diagnostics
import Formats
public import Hardware
import ISA
import Machine
public import Programs

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension Simulation {
  /// Refuses values whose tensors this host cannot hold; timing alone needs none of them.
  ///
  /// Scratch tensors cost only what is written of them.
  ///
  /// - Parameter extraBytes: per element of each input and output, besides its own copies.
  /// - Throws: One diagnostic with both numbers.
  public static func requireHostMemory(
    for program: Program, on hardware: Hardware, extraBytes: Int = 0
  ) throws(DiagnosticError) {
    let host = Double(sysconf(Int32(_SC_PHYS_PAGES))) * Double(sysconf(Int32(_SC_PAGESIZE)))
    var needed = 0.0
    // Each memory is one piece, which the host must be able to promise.
    let partition = max(hardware.sbuf.bytesPerPartition, hardware.psum.bytesPerPartition)
    var largestPiece = Double(hardware.sbuf.partitions) * Double(partition)
    for tensor in program.tensors where tensor.space == .hbm {
      // Extents that no check has seen yet may overflow an integer.
      let elements = tensor.shape.reduce(1.0) { $0 * Double($1) }
      let bytes = elements * Double(tensor.dtype.size)
      if tensor.role == .scratch {
        largestPiece = max(largestPiece, bytes)
      } else {
        // In the device's memory and as the caller's tensor.
        needed += 2 * bytes + elements * Double(extraBytes)
      }
    }
    var largestOperand = 0.0
    // Operands on chip are small; only copies within HBM can be as large as tensors, or larger.
    for instruction in program.instructions {
      guard let copy = instruction.operation as? DMACopy else { continue }
      let elements = copy.dst.free.reduce(Double(copy.dst.rows)) { $0 * Double($1.size) }
      largestOperand = max(largestOperand, elements)
    }
    // An operand is decoded to 4 bytes per element before it is used.
    needed = max(needed + 4 * largestOperand, largestPiece)
    guard needed > host, host > 0 else { return }
    // What the device cannot hold either is better told in the device's terms.
    let findings = program.check(Geometry(hardware), allowsUnplaced: true)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    throw DiagnosticError(
      "the values need about \(gibibytes(needed)) of memory, this host has \(gibibytes(host))",
      remedy: "use --timing-only, or smaller shapes")
  }

  private static func gibibytes(_ bytes: Double) -> String {
    let tenths = (bytes / Double(1 << 30) * 10).rounded()
    return "\(tenths / 10) GiB"
  }
}
