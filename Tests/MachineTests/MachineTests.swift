import Formats
import Testing

@testable import Machine

private func makeMachine(_ tensors: [Tensor]) -> Machine {
  var geometry = Geometry()
  geometry.partitions = 128
  geometry.sbufBytes = 4096
  geometry.psumBytes = 4096
  geometry.psumBankBytes = 2048
  return Machine(geometry: geometry, tensors: tensors)
}

private func pattern(
  _ index: Int, rows: Int = 1, row: Int = 0, offset: Int = 0, rowStride: Int = 0,
  _ free: [(Int, Int)]
) -> AccessPattern {
  AccessPattern(
    tensor: TensorID(index), rowStart: row, rows: rows, rowStride: rowStride, offset: offset,
    free: FreeDimensions(free.map { AccessDimension(stride: $0.0, size: $0.1) }))
}

extension Machine {
  fileprivate func bits(rows: Int, columns: Int, _ value: (Int) -> UInt32) -> Tile<UInt32> {
    let tile = makeTile(rows: rows, columns: columns, of: UInt32.self)
    for i in 0..<tile.count { tile.elements[i] = value(i) }
    return tile
  }
}

@Suite struct MachineTests {
  let tensors = [
    Tensor(name: "h", space: .hbm, dtype: .int16, shape: [4, 10]),
    Tensor(name: "s", space: .sbuf, dtype: .float32, shape: [64, 20], partition: 32, address: 8),
    Tensor(name: "p", space: .psum, dtype: .float32, shape: [8, 20], address: 2048),
    // The bytes of the first ten elements of `s`.
    Tensor(
      name: "alias", space: .sbuf, dtype: .uint16, shape: [64, 20], partition: 32, address: 8),
  ]

  /// What was written is read back bit by bit, NaN payloads and all, and only there.
  @Test(arguments: [[(1, 20)], [(2, 10)], [(-1, 20)], [(6, 3), (1, 4)], [(0, 4)]])
  func copiesBits(_ free: [(Int, Int)]) throws {
    var machine = makeMachine(tensors)
    let count = free.reduce(1) { $0 * $1.1 }
    let offset = free[0].0 < 0 ? 19 : 0
    let target = pattern(1, rows: 3, row: 2, offset: offset, free)
    let noise = machine.bits(rows: 3, columns: count) { 0x7f80_0001 &+ UInt32($0) &* 0x9e37_79b9 }
    try machine.writeBits(noise, to: target, "x")
    let back = try machine.readBits(target, "x")
    for i in 0..<back.count where free[0].0 != 0 { #expect(back.elements[i] == noise.elements[i]) }
    // Elements of a repeated dimension share one place: the last one stays.
    if free[0].0 == 0 { #expect(back.elements[0] == noise.elements[count - 1]) }
    let before = pattern(1, row: 1, [(1, 1)])
    #expect(throws: Trap.self) { _ = try machine.readBits(before, "x") }
  }

  /// However rows are cut into runs on either side, elements arrive in row order.
  @Test(
    arguments: [(4, [(1, 6)]), (2, [(12, 2), (1, 6)]), (4, [(5, 2), (1, 3)]), (4, [(-1, 6)])],
    [(3, [(1, 8)]), (12, [(1, 2)]), (2, [(7, 3), (1, 4)]), (4, [(2, 6)]), (24, [])])
  func copiesBetweenMemories(
    _ source: (Int, [(Int, Int)]), _ target: (Int, [(Int, Int)])
  ) throws {
    var machine = makeMachine(tensors)
    let offset = source.1[0].0 < 0 ? 9 : 0
    let from = pattern(0, rows: source.0, offset: offset, rowStride: 10, source.1)
    let to = pattern(3, rows: target.0, row: 1, target.1)
    #expect(throws: Trap.self) { try machine.copyBits(from, "src", to: to, "dst") }
    #expect(throws: Trap.self) { _ = try machine.readBits(to, "dst") }
    let all = pattern(0, rows: 4, rowStride: 10, [(1, 10)])
    try machine.writeBits(
      machine.bits(rows: 4, columns: 10) { UInt32($0) &* 0x9e37_79b9 }, to: all, "x")
    try machine.copyBits(from, "src", to: to, "dst")
    let sent = try machine.readBits(from, "src")
    let got = try machine.readBits(to, "dst")
    #expect(got.count == 24)
    for i in 0..<24 { #expect(UInt16(truncatingIfNeeded: sent.elements[i]) == got.elements[i]) }
    #expect(throws: Trap.self) { _ = try machine.readBits(pattern(3, [(1, 1)]), "x") }
  }

  /// A machine may get the memories of one that has ended: nothing is left in them.
  @Test func memoriesAreNew() throws {
    for _ in 0..<3 {
      var machine = makeMachine(tensors)
      for (tensor, byMatmul) in [(1, false), (2, true)] {
        let all = pattern(tensor, rows: 8, [(1, 20)])
        #expect(throws: Trap.self) { _ = try machine.readBits(all, "x") }
        #expect(throws: Trap.self) { _ = try machine.matmulSource(all, "x", as: .float32) }
        #expect(throws: Trap.self) { try machine.requireMatmulWritten(all, "x") }
        let size = machine.tensors[tensor].bytes
        let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4)
        defer { raw.deallocate() }
        machine.copy(TensorID(tensor), into: raw, written: nil)
        #expect(raw.allSatisfy { $0 == 0 })
        try machine.writeBits(
          machine.bits(rows: 8, columns: 20) { _ in 7 }, to: all, "x", byMatmul: byMatmul)
        #expect(try machine.matmulSource(all, "x", as: .float32) != nil)
        #expect(try machine.matmulSource(all, "x", as: .bfloat16) == nil)
      }
      // What nothing wrote is NaN from here on.
      machine.onUndefinedRead = { _ in }
      _ = try machine.readBits(pattern(1, rows: 16, [(1, 20)]), "x")
    }
  }

  /// All is read before anything is written.
  @Test func copiesWithinOneMemory() throws {
    var machine = makeMachine(tensors)
    let all = pattern(3, [(1, 20)])
    try machine.writeBits(machine.bits(rows: 1, columns: 20) { UInt32($0) }, to: all, "x")
    let (front, back) = (pattern(3, [(1, 19)]), pattern(3, offset: 1, [(1, 19)]))
    try machine.copyBits(front, "src", to: back, "dst")
    let shifted = try machine.readBits(all, "x")
    for i in 0..<20 { #expect(shifted.elements[i] == UInt32(max(i - 1, 0))) }
  }

  @Test func firstUnwrittenByteIsNamed() throws {
    var machine = makeMachine(tensors)
    let all = pattern(1, rows: 2, [(1, 20)])
    try machine.writeBits(
      machine.bits(rows: 2, columns: 7) { UInt32($0) }, to: pattern(1, rows: 2, [(1, 7)]), "x")
    for (bad, byte) in [(all, 8 + 28), (pattern(1, rows: 2, [(2, 5)]), 8 + 32)] {
      do {
        _ = try machine.read(bad, "operand")
        Issue.record("read what was never written")
      } catch {
        #expect(error.kind == .uninitializedRead && error.operand == "operand")
        #expect(error.message.contains("partition 32, byte \(byte)"))
      }
    }
    _ = try machine.read(pattern(1, rows: 2, [(2, 4)]), "operand")
    // A half-written element counts as not written.
    try machine.writeBits(
      machine.bits(rows: 1, columns: 1) { _ in 1 }, to: pattern(3, offset: 14, [(1, 1)]), "x")
    #expect(throws: Trap.self) { _ = try machine.read(pattern(1, offset: 7, [(1, 1)]), "x") }
    try machine.writeBits(
      machine.bits(rows: 1, columns: 1) { _ in 0 }, to: pattern(3, offset: 15, [(1, 1)]), "x")
    let joined = try machine.readBits(pattern(1, offset: 7, [(1, 1)]), "x")
    #expect(joined.elements[0] == 1)
  }

  @Test func deviceMemory() throws {
    var machine = makeMachine(tensors)
    #expect(machine.contents(of: TensorID(0)).firstUnwritten == 0)
    machine.fill(TensorID(0), bytes: (0..<80).map { UInt8($0) })
    #expect(machine.contents(of: TensorID(0)).firstUnwritten == nil)
    let rows = try machine.readBits(pattern(0, rows: 2, offset: 3, rowStride: 20, [(2, 2)]), "h")
    // Elements 3, 5, 23 and 25: little-endian pairs of bytes.
    #expect((0..<4).map { rows.elements[$0] } == [0x0706, 0x0b0a, 0x2f2e, 0x3332])
    let picked = try machine.readBits(
      pattern(0, rows: 2, [(1, 1)]), "h", rowOffsets: [39, 0])
    #expect(picked.elements[0] == 0x4f4e && picked.elements[1] == 0x0100)
    for bad in [40, -1] {
      do {
        _ = try machine.readBits(pattern(0, rows: 2, [(1, 1)]), "h", rowOffsets: [0, bad])
        Issue.record("element \(bad) was accepted")
      } catch {
        #expect(error.kind == .outOfBounds && error.message.contains("row 1"))
      }
    }
  }

  @Test func remembersWhatMatmulsWrote() throws {
    var machine = makeMachine(tensors)
    let all = pattern(2, rows: 4, [(1, 20)])
    let odd = pattern(2, rows: 4, offset: 1, [(2, 10)])
    func check(_ pattern: AccessPattern) -> Trap.Kind? {
      do {
        try machine.requireMatmulWritten(pattern, "dst")
        return nil
      } catch { return error.kind }
    }
    #expect(check(all) == .uninitializedRead)
    let place = try #require(try machine.matmulDestination(all, "dst", accumulating: false))
    #expect(place.rowStride == (4096 + MemoryBank.rowPadding) / 4)
    #expect(check(all) == nil)
    // Writing by anything else ends it for those elements alone.
    try machine.writeBits(machine.bits(rows: 4, columns: 10) { UInt32($0) }, to: odd, "x")
    #expect(check(all) == .undefinedResult && check(odd) == .undefinedResult)
    #expect(check(pattern(2, rows: 4, [(2, 10)])) == nil)
    // Again by another instruction, now that nothing changes in the records.
    try machine.writeBits(machine.bits(rows: 4, columns: 10) { UInt32($0) }, to: odd, "x")
    #expect(check(odd) == .undefinedResult)
    try machine.writeBits(
      machine.bits(rows: 4, columns: 10) { UInt32($0) }, to: odd, "x", byMatmul: true)
    #expect(check(all) == nil)
    // Rows of another type or with gaps are not a matrix in place.
    #expect(try machine.matmulDestination(odd, "dst", accumulating: false) == nil)
  }

  @Test func integersAreExact() throws {
    let tensors = [
      Tensor(name: "i", space: .sbuf, dtype: .int32, shape: [1, 3]),
      Tensor(name: "u", space: .sbuf, dtype: .uint32, shape: [1, 3], address: 64),
      Tensor(name: "f", space: .sbuf, dtype: .float32, shape: [1, 3], address: 128),
      Tensor(name: "b", space: .sbuf, dtype: .int8, shape: [1, 3], address: 192),
    ]
    var machine = makeMachine(tensors)
    let tile = machine.makeTile(rows: 1, columns: 3, of: Int64.self)
    let values: [Int64] = [1 << 24 + 1, -(1 << 31), 4_294_967_295]
    for (i, value) in values.enumerated() { tile.elements[i] = value }
    let stored: [[Int64]] = [
      [16_777_217, -2_147_483_648, 2_147_483_647], [16_777_217, 0, 4_294_967_295],
      [16_777_216, -2_147_483_648, 4_294_967_296], [127, -128, 127],
    ]
    for (index, wanted) in stored.enumerated() {
      try machine.writeIntegers(tile, to: pattern(index, [(1, 3)]), "x")
      let back = try machine.readIntegers(pattern(index, [(1, 3)]), "x")
      #expect((0..<3).map { back.elements[$0] } == wanted)
    }
  }
}
