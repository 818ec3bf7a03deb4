public import Diagnostics
public import Machine

/// A program that grows while its binary records arrive, for a front end that traces a kernel.
///
/// Tensors and instructions are numbered in the order in which they arrive and keep their numbers.
public struct ProgramStream {
  /// What has arrived so far.
  public var program: Program { reader.program }
  private var reader: BinaryReader
  private var sawHead = false
  private var isBroken = false

  /// An empty stream; `name` stands for a file in messages.
  public init(name: String) {
    reader = BinaryReader(UnsafeBufferPointer(start: nil, count: 0), file: name)
  }

  /// Adds whole records; the first piece begins with the magic and the version.
  ///
  /// - Parameter geometry: The machine whose rules tensors and instructions are to keep; `nil` leaves that for later.
  /// - Throws: what is wrong with a record; nothing can be added after that.
  public mutating func append(
    _ bytes: UnsafeBufferPointer<UInt8>, checkedFor geometry: Geometry? = nil
  ) throws(DiagnosticError) {
    guard !isBroken else {
      throw DiagnosticError("a record before was wrong", remedy: "begin a new session")
    }
    isBroken = true
    let (tensors, instructions) = (program.tensors.count, program.instructions.count)
    reader.go(on: bytes)
    if !sawHead { try reader.readHead() }
    sawHead = true
    _ = try reader.readRecords()
    reader.go(on: UnsafeBufferPointer(start: nil, count: 0))
    if let geometry {
      let findings = program.check(
        geometry, tensorsFrom: tensors, instructions: instructions..<program.instructions.count,
        allowsUnplaced: true)
      guard findings.isEmpty else { throw DiagnosticError(findings) }
    }
    isBroken = false
  }
}
