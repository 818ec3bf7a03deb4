package import Device
import Diagnostics
package import Formats
package import ISA
package import Machine
package import Programs

/// Builds a `Program` for a machine: declares tensors, places tiles on chip, records operations.
///
/// Tiles get real addresses in the order of their declaration: in SBUF at multiples of 64 bytes
/// (`assumed`; keeps every tile aligned to a DMA element), in PSUM at the start of a bank, because a
/// matmul writes within one bank. Nothing is freed; pools rotate instead. Over-allocation is
/// reported by `finish()`, which knows all that was asked for.
package final class KernelBuilder {
  /// The machine's sizes.
  package let geometry: Geometry
  private var program: Program
  private var sbuf: TileAllocator
  private var psum: TileAllocator
  private var scope: Int32 = -1
  private var scopes: [Scope: Int32] = [:]

  /// Most instructions of a built program: a host with 16 GB of memory can still simulate them.
  package static let instructionLimit = 1 << 24

  private var isFull = false

  /// Starts an empty program.
  package init(_ name: String, geometry: Geometry, metadata: [String: String] = [:]) {
    self.geometry = geometry
    program = Program(name: name, metadata: metadata)
    sbuf = TileAllocator(.sbuf, capacity: geometry.sbufBytes, alignment: geometry.sbufAlignment)
    psum = TileAllocator(.psum, capacity: geometry.psumBytes, alignment: geometry.psumBankBytes)
  }

  // MARK: - Tensors

  /// Declares an HBM tensor that the caller fills.
  package func input(
    _ name: String, _ dtype: DType, _ shape: [Int], file: String = #fileID, line: Int = #line
  ) -> TensorView {
    declare(name, .hbm, dtype, shape, role: .input, at: SourceLocation(file: file, line: line))
  }

  /// Declares an HBM tensor that the kernel computes for the caller.
  package func output(
    _ name: String, _ dtype: DType, _ shape: [Int], file: String = #fileID, line: Int = #line
  ) -> TensorView {
    declare(name, .hbm, dtype, shape, role: .output, at: SourceLocation(file: file, line: line))
  }

  /// Declares an HBM tensor that the caller fills and the kernel changes.
  package func `inout`(
    _ name: String, _ dtype: DType, _ shape: [Int], file: String = #fileID, line: Int = #line
  ) -> TensorView {
    declare(name, .hbm, dtype, shape, role: .inout, at: SourceLocation(file: file, line: line))
  }

  /// Declares an HBM tensor for intermediate results.
  package func scratch(
    _ name: String, _ dtype: DType, _ shape: [Int], file: String = #fileID, line: Int = #line
  ) -> TensorView {
    declare(name, .hbm, dtype, shape, at: SourceLocation(file: file, line: line))
  }

  /// Declares an HBM tensor for intermediate results that the cores of a rank share.
  package func shared(
    _ name: String, _ dtype: DType, _ shape: [Int], file: String = #fileID, line: Int = #line
  ) -> TensorView {
    declare(name, .hbm, dtype, shape, role: .shared, at: SourceLocation(file: file, line: line))
  }

  /// Declares one on-chip tile of `partitions` × `free` elements from partition 0 on.
  package func tile(
    _ name: String, _ dtype: DType, partitions: Int, free: [Int], in space: MemorySpace = .sbuf,
    file: String = #fileID, line: Int = #line
  ) -> TensorView {
    place(name, [name], dtype, [partitions] + free, space, SourceLocation(file: file, line: line))[
      0]
  }

  /// Declares `buffers` equal tiles `name.0`, `name.1`, … that take turns.
  package func pool(
    _ name: String, _ dtype: DType, partitions: Int, free: [Int], buffers: Int,
    in space: MemorySpace = .sbuf, file: String = #fileID, line: Int = #line
  ) -> TilePool {
    precondition(buffers > 0, "a pool of \(buffers) tiles")
    let names = (0..<buffers).map { "\(name).\($0)" }
    return TilePool(
      place(
        name, names, dtype, [partitions] + free, space, SourceLocation(file: file, line: line)))
  }

  /// Declares a tile in the place of another, which is not larger: both are never needed at a time.
  func tile(
    _ name: String, _ dtype: DType, partitions: Int, free: [Int], over other: TensorView,
    file: String = #fileID, line: Int = #line
  ) -> TensorView {
    let place = program.tensors[Int(other.ap.tensor.index)]
    let bytes = free.reduce(dtype.size, *)
    precondition(bytes <= place.freeBytes, "\(bytes) bytes over \(place.freeBytes)")
    return declare(
      name, place.space, dtype, [partitions] + free, address: place.address,
      at: SourceLocation(file: file, line: line))
  }

  /// Declares two groups of SBUF tiles that take the same place.
  ///
  /// Nothing of `first` may be needed once something of `second` is written.
  func overlay<First, Second>(_ first: () -> First, _ second: () -> Second) -> (First, Second) {
    let mark = sbuf.end
    let one = first()
    sbuf.rewind(to: mark)
    let two = second()
    sbuf.advance()
    return (one, two)
  }

  /// Bytes of a partition that no tile has taken yet.
  func freeBytes(in space: MemorySpace) -> Int { space == .psum ? psum.free : sbuf.free }

  private func place(
    _ name: String, _ names: [String], _ dtype: DType, _ shape: [Int], _ space: MemorySpace,
    _ location: SourceLocation
  ) -> [TensorView] {
    let bytes = shape.dropFirst().reduce(dtype.size, *)
    let addresses =
      space == .psum
      ? psum.take(name, count: names.count, bytes: bytes)
      : sbuf.take(name, count: names.count, bytes: bytes)
    return zip(names, addresses).map {
      declare($0, space, dtype, shape, address: $1, at: location)
    }
  }

  private func declare(
    _ name: String, _ space: MemorySpace, _ dtype: DType, _ shape: [Int],
    role: Tensor.Role = .scratch, address: Int = 0, at location: SourceLocation
  ) -> TensorView {
    let tensor = Tensor(
      name: name, space: space, dtype: dtype, shape: shape, role: role, address: address,
      location: location)
    program.tensors.append(tensor)
    return TensorView(TensorID(program.tensors.count - 1), tensor)
  }

  // MARK: - Instructions

  /// Appends an operation; without an engine the lowering chooses.
  ///
  /// - Returns: the instruction's index in the program.
  @discardableResult
  package func emit(
    _ operation: any Operation, on engine: Engine? = nil, label: String? = nil,
    file: String = #fileID, line: Int = #line
  ) -> Int {
    // Kernels need not look: `finish` reports it.
    guard program.instructions.count < KernelBuilder.instructionLimit else {
      isFull = true
      return program.instructions.count - 1
    }
    program.instructions.append(
      Instruction(
        operation, engine: engine, label: label, scope: scope,
        location: SourceLocation(file: file, line: line)))
    return program.instructions.count - 1
  }

  /// Names the part of the kernel that `body` emits; scopes nest, and can be entered again.
  package func scope<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
    let outer = scope
    let entered = Scope(name: name, parent: outer)
    if let known = scopes[entered] {
      scope = known
    } else {
      scope = Int32(program.scopes.count)
      scopes[entered] = scope
      program.scopes.append(entered)
    }
    defer { scope = outer }
    return try body()
  }

  /// The program.
  ///
  /// - Throws: `DiagnosticError` when the tiles need more than SBUF or PSUM has (the message lists
  ///   every tile with its size), or when there are too many instructions.
  package func finish() throws -> Program {
    var findings = [sbuf.finding, psum.finding].compactMap { $0 }
    if isFull {
      findings.append(
        Diagnostic(
          .error,
          "the program has more than \(KernelBuilder.instructionLimit) instructions",
          remedy: "use larger tiles or smaller shapes"))
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return program
  }
}
