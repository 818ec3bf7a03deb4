import Device
import Formats
import ISA
import Machine
import Testing

/// What can only be known while running.
@Suite struct TrapTests {
  /// Every operand that is read is reported by its own name when it was never written.
  @Test(arguments: Sample.file.samples)
  func uninitializedReadNamesOperand(_ sample: Sample) throws {
    let declared = try sample.declarations()
    let operation = try sample.makeOperation()
    let engine = try #require(Engine(name: sample.engine))
    for operand in operation.operands where operand.role == .read {
      let index = Int(operand.pattern.tensor.index)
      if operation.operands.contains(where: {
        $0.name != operand.name && Int($0.pattern.tensor.index) == index
      }) {
        continue
      }
      var blank = sample
      blank.tensors[index].data = nil
      var machine = try blank.machine(declared, expected: false)
      do {
        try operation.execute(on: &machine, engine: engine)
        Issue.record("\(sample.operation) did not read '\(operand.name)'")
      } catch {
        #expect(error.kind == .uninitializedRead)
        #expect(error.operand == operand.name)
        #expect(error.message.contains("never written"))
      }
    }
  }

  /// Where a predicate fails, dst keeps an element, which must exist.
  @Test func predicatedCopyReadsDestination() throws {
    var bench = Bench()
    let dst = bench.tile(2, 4)
    let src = bench.tile(2, 4)
    let predicate = bench.tile(2, 4, .uint8)
    var machine = bench.machine()
    try Memset(dst: src, value: 1).execute(on: &machine)
    try Memset(dst: predicate, value: 0).execute(on: &machine)
    let copy = TensorCopyPredicated(dst: dst, src: src, predicate: predicate)
    #expect(throws: Trap.self) { try copy.execute(on: &machine) }
    do { try copy.execute(on: &machine) } catch { #expect(error.operand == "dst") }
  }

  @Test func accumulationNeedsAMatmul() throws {
    var bench = Bench()
    let w = bench.tile(4, 4, .bfloat16)
    let x = bench.tile(4, 6, .bfloat16)
    let dst = bench.tile(4, 6, .float32, .psum)
    var machine = bench.machine()
    try Memset(dst: w, value: 1).execute(on: &machine)
    try Memset(dst: x, value: 2).execute(on: &machine)
    let more = NCMatmul(dst: dst, stationary: w, moving: x, accumulate: true)
    do {
      try more.execute(on: &machine)
      Issue.record("accumulated onto nothing")
    } catch {
      #expect(error.kind == .uninitializedRead && error.operand == "dst")
    }
    try Memset(dst: dst, value: 0).execute(on: &machine)
    do {
      try more.execute(on: &machine)
      Issue.record("accumulated onto a memset")
    } catch {
      #expect(error.kind == .undefinedResult && error.operand == "dst")
    }
    try NCMatmul(dst: dst, stationary: w, moving: x).execute(on: &machine)
    try more.execute(on: &machine)
    let sums = try machine.read(dst, "dst")
    for i in 0..<sums.count { #expect(sums.elements[i] == 16) }
    // An instruction that overwrites one element takes it from the group again.
    try Memset(dst: dst.walking([(1, 1)], offset: 3), value: 0).execute(on: &machine)
    #expect(throws: Trap.self) { try more.execute(on: &machine) }
  }

  @Test(arguments: [-1, 20, 1 << 30])
  func indexBeyondTheTensor(_ index: Int) throws {
    var bench = Bench()
    let table = bench.tile(20, 4, .float32, .hbm)
    let dst = bench.tile(2, 4)
    let indices = bench.tile(2, 1, .int32)
    var machine = bench.machine()
    machine.fill(table.tensor, bytes: [UInt8](repeating: 0, count: 320))
    try Memset(dst: indices, value: Double(index)).execute(on: &machine)
    var source = table
    source.rows = 2
    var copy = DMACopy(dst: dst, src: source)
    copy.vectorOffset = indices
    do {
      try copy.execute(on: &machine)
      Issue.record("index \(index) was accepted")
    } catch {
      #expect(error.kind == .outOfBounds && error.operand == "src")
      #expect(error.message.contains("index \(index) of row 0"))
    }
    copy.outOfBounds = .skip
    try copy.execute(on: &machine)
  }
}
