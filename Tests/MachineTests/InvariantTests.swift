import Formats
import Testing

@testable import Machine

/// Invariants of the machine, each broken on purpose in a process of its own.
@Suite struct MachineInvariantTests {
  private func said(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  static let geometry: Geometry = {
    var geometry = Geometry()
    geometry.partitions = 128
    geometry.sbufBytes = 4096
    geometry.psumBytes = 4096
    geometry.psumBankBytes = 2048
    return geometry
  }()

  /// A machine with one tile of 64 rows of 20 float32 in SBUF, from a partition on.
  static func machine(partition: Int = 0) -> Machine {
    Machine(
      geometry: geometry,
      tensors: [
        Tensor(
          name: "s", space: .sbuf, dtype: .float32, shape: [64, 20], partition: partition,
          address: 8)
      ])
  }

  static func pattern(rows: Int) -> AccessPattern {
    AccessPattern(
      tensor: TensorID(0), rowStart: 0, rows: rows, rowStride: 0, offset: 0,
      free: FreeDimensions([AccessDimension(stride: 1, size: 20)]))
  }

  @Test func nothingIsBrokenWithoutAChange() throws {
    var machine = Self.machine(partition: 64)
    let tile = machine.makeTile(rows: 64, columns: 20, of: UInt32.self)
    for index in 0..<tile.count { tile.elements[index] = 0 }
    try machine.writeBits(tile, to: Self.pattern(rows: 64), "dst")
  }

  /// No check of programs lets it through; if one did, it would be the host's memory.
  @Test func rowsBeyondTheMemoryEndTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let machine = MachineInvariantTests.machine(partition: 65)
      _ = try machine.readBits(MachineInvariantTests.pattern(rows: 64), "data")
    }
    #expect(said(result).contains("invariant 'access-in-memory' is broken"), "\(said(result))")
  }

  @Test func aTileOfAnotherSizeEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var machine = MachineInvariantTests.machine()
      let tile = machine.makeTile(rows: 63, columns: 20, of: UInt32.self)
      for index in 0..<tile.count { tile.elements[index] = 0 }
      try machine.writeBits(tile, to: MachineInvariantTests.pattern(rows: 64), "dst")
    }
    #expect(said(result).contains("invariant 'tile-of-pattern' is broken"), "\(said(result))")
  }

  @Test func aSpareMemoryWithMarksEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let geometry = MachineInvariantTests.geometry
      let onChip = SpareMemories.take(geometry)
      SpareMemories.give(onChip, geometry)
      onChip[0].mark(0, 4)
      _ = SpareMemories.take(geometry)
    }
    #expect(said(result).contains("invariant 'empty-spare-memory' is broken"), "\(said(result))")
  }
}
