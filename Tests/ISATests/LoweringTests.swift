import Device
import Formats
import ISA
import Machine
import Testing

/// What each operation asks of the hardware.
@Suite struct LoweringTests {
  @Test func streamClasses() throws {
    var bench = Bench()
    let a = bench.tile(4, 24)
    let b = bench.tile(4, 24)
    let h = bench.tile(4, 24, .float16)
    let c = bench.tile(4, 1)
    let row = bench.tile(1, 24)
    let top = bench.tile(4, 8)
    let index = bench.tile(4, 8, .uint32)
    let flags = bench.tile(4, 24, .uint8)
    let pattern = IndexPattern([IndexStep(step: 1, count: 24)])
    let cases: [(any ISA.Operation, DeviceOpcode, StreamClass)] = [
      (TensorCopy(dst: a, src: b), .tensorCopy, .copy),
      (TensorCopy(dst: h, src: b), .cast, .cast),
      (TensorTensor(dst: a, data1: a, data2: b, op: .add), .tensorTensor, .tensorTensor),
      (
        TensorScalar(dst: a, data: b, op0: .add, operand0: .immediate(1)), .tensorScalar,
        .tensorScalar
      ),
      (
        TensorScalar(dst: a, data: b, op0: .add, operand0: .tile(c)), .tensorScalar,
        .tensorScalarPointer
      ),
      (
        TensorScalar(dst: a, data: b, op0: .add, op1: .multiply, operand1: .tile(c)),
        .tensorScalar, .tensorScalarPointer
      ),
      (
        ScalarTensorTensor(
          dst: a, data: b, op0: .add, operand0: .immediate(1), op1: .add, operand1: a),
        .scalarTensorTensor, .scalarTensorTensor
      ),
      (TensorReduce(dst: c, op: .add, data: a), .tensorReduce, .tensorReduce),
      (TensorPartitionReduce(dst: row, op: .add, data: a), .partitionReduce, .partitionReduce),
      (
        TensorScalarReduce(
          dst: a, data: b, op0: .add, operand0: .tile(c), reduceOp: .add, reduceRes: c),
        .tensorScalarReduce, .tensorScalarReduce
      ),
      (Activation(dst: a, op: .exp, data: b), .activate, .activation),
      (
        ActivationReduce(dst: a, op: .exp, data: b, reduceRes: c), .activateReduce,
        .activationReduce
      ),
      (Reciprocal(dst: a, data: b), .reciprocal, .reciprocal),
      (Memset(dst: a, value: 0), .memset, .memset),
      (Iota(dst: a, pattern: pattern), .iota, .iota),
      (
        AffineSelect(dst: a, pattern: pattern, onTrue: b, onFalse: 0, compareOp: .less),
        .affineSelect, .affineSelect
      ),
      (
        RangeSelect(
          dst: a, onTrue: b, compareOp0: .less, compareOp1: .less, bound0: c, bound1: c),
        .rangeSelect, .rangeSelect
      ),
      (TensorCopyPredicated(dst: a, src: b, predicate: flags), .copyPredicated, .select),
      (Max8(dst: top, src: a), .max8, .max8),
      (NCFindIndex8(dst: index, data: a, vals: top), .findIndex8, .findIndex8),
      (NCMatchReplace8(dst: a, data: b, vals: top, immediate: 0), .matchReplace8, .matchReplace8),
      (NCStreamShuffle(dst: a, src: b, shuffleMask: Array(0..<32)), .shuffle, .shuffle),
    ]
    for (operation, opcode, streamClass) in cases {
      let emissions = bench.emissions(operation)
      #expect(emissions.count == 1)
      let stream = try #require(emissions[0].stream)
      #expect(emissions[0].opcode == opcode && stream.streamClass == streamClass)
      // A reduction and max8 stream their input.
      #expect(stream.elements == 24, "\(opcode)")
      #expect(!stream.readsPSUM && !stream.writesPSUM)
    }
    let functions = [cases[10], cases[11]].map { bench.emissions($0.0)[0].activation }
    #expect(functions == [.exp, .exp])
    #expect(bench.emissions(cases[0].0, engine: .scalar)[0].activation == nil)
  }

  @Test func operandsShapeTheStream() throws {
    var bench = Bench()
    let p = bench.tile(4, 64, .float32, .psum)
    let h = bench.tile(4, 64, .bfloat16)
    let f = bench.tile(4, 64)
    func stream(_ dst: AccessPattern, _ src: AccessPattern) throws -> Device.Stream {
      try #require(bench.emissions(TensorCopy(dst: dst, src: src))[0].stream)
    }
    let evict = try stream(h, p)
    #expect(evict.readsPSUM && !evict.writesPSUM && evict.contiguous)
    #expect(!evict.sixteenBitInputs && evict.sixteenBitOutput && evict.outputElementBytes == 2)
    #expect(evict.inputStrideBytes == 4 && evict.outputStrideBytes == 2)
    let fill = try stream(p, h)
    #expect(!fill.readsPSUM && fill.writesPSUM && fill.sixteenBitInputs && !fill.sixteenBitOutput)
    let strided = try stream(f.walking([(1, 7)]), h.walking([(9, 7)]))
    #expect(strided.elements == 7 && !strided.contiguous && strided.inputStrideBytes == 18)
    let scattered = try stream(f.walking([(-9, 7)], offset: 60), h.walking([(1, 7)]))
    #expect(!scattered.contiguous && scattered.outputStrideBytes == 36)
    let broadcast = TensorTensor(
      dst: h, data1: h, data2: h.walking([(0, 64)]), op: .add)
    let mixed = try #require(bench.emissions(broadcast)[0].stream)
    #expect(!mixed.contiguous && mixed.sixteenBitInputs)
    let blocks = try stream(f.walking([(16, 4), (1, 4)]), f.walking([(4, 4), (1, 4)]))
    #expect(blocks.elements == 16 && blocks.contiguous)
    // A [P, 1] operand is read but not streamed.
    let column = bench.tile(4, 1, .float32, .psum)
    let scalar = TensorScalar(dst: h, data: h, op0: .add, operand0: .tile(column))
    let emission = bench.emissions(scalar)[0]
    #expect(emission.reads == [h, column])
    #expect(try #require(emission.stream).readsPSUM == false)
    let fresh = try #require(bench.emissions(Memset(dst: h, value: 0))[0].stream)
    #expect(fresh.inputStrideBytes == 0 && !fresh.sixteenBitInputs && fresh.sixteenBitOutput)
  }

  @Test func reductionsWriteTheirResult() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let r = bench.tile(4, 1)
    let column = bench.tile(4, 1)
    let reduce = ActivationReduce(dst: a, op: .exp, data: a, reduceRes: r, bias: .tile(column))
    #expect(bench.emissions(reduce)[0].writes == [a, r])
    #expect(bench.emissions(reduce)[0].reads == [a, column])
  }

  @Test func matmulPasses() throws {
    var bench = Bench()
    let w = bench.tile(64, 32, .bfloat16)
    let x = bench.tile(64, 100, .bfloat16)
    let d = bench.tile(32, 100, .float32, .psum)
    let single = bench.emissions(NCMatmul(dst: d, stationary: w, moving: x))
    #expect(single.map(\.opcode) == [.ldweights, .matmul])
    let load = try #require(single[0].weights)
    #expect(load.rows == 64 && load.columns == 32 && !load.fourByte && load.strideBytes == 2)
    let pass = try #require(single[1].matmul)
    #expect(pass.rows == 64 && pass.columns == 32 && pass.moving == 100 && pass.rate == .single)
    #expect(single[0].reads == [w] && single[1].reads == [x] && single[1].writes == [d])
    #expect(!single[1].accumulates)
    let adding = bench.emissions(NCMatmul(dst: d, stationary: w, moving: x, accumulate: true))
    #expect(adding[1].accumulates)
    let fw = bench.tile(64, 32)
    let fx = bench.tile(64, 100)
    let full = bench.emissions(NCMatmul(dst: d, stationary: fw, moving: fx))
    #expect(full.map(\.opcode) == [.ldweights, .matmul, .ldweights, .matmul])
    #expect(full.compactMap(\.matmul).allSatisfy { $0.rate == .float32Pass && $0.moving == 100 })
    #expect(full.map(\.accumulates) == [false, false, false, true])
    let moved = bench.emissions(
      NCMatmul(dst: d, stationary: fw, moving: fx, isTranspose: true))
    #expect(moved.count == 2 && moved[1].matmul?.transpose == true)
    let ew = bench.tile(64, 64, .float8_e4m3).walking([(32, 2), (1, 32)])
    let ex = bench.tile(64, 200, .float8_e4m3).walking([(100, 2), (1, 100)])
    let double = bench.emissions(
      NCMatmul(dst: d, stationary: ew, moving: ex, performanceMode: .doubleRow))
    #expect(double[0].weights?.columns == 32)
    #expect(double[1].matmul?.moving == 100 && double[1].matmul?.rate == .doubleRow)
  }

  @Test func transposes() throws {
    var bench = Bench()
    let a = bench.tile(32, 20)
    let p = bench.tile(20, 32, .float32, .psum)
    let tensor = bench.emissions(NCTranspose(dst: p, data: a))
    #expect(tensor.map(\.opcode) == [.ldweights, .matmul])
    #expect(tensor[0].weights?.transpose == true && tensor[0].weights?.fourByte == true)
    let matmul = try #require(tensor[1].matmul)
    #expect(matmul.rate == .float32Pass && matmul.moving == 32 && matmul.columns == 20)
    #expect(matmul.transpose && tensor[1].writes == [p])
    let vector = bench.emissions(NCTranspose(dst: p, data: a), engine: .vector)
    #expect(vector.map(\.opcode) == [.transpose])
    #expect(vector[0].stream?.streamClass == .transpose32)
    let h = bench.tile(40, 20, .bfloat16, .hbm)
    let t = bench.tile(20, 40, .bfloat16)
    let dma = try #require(bench.emissions(DMATranspose(dst: t, src: h))[0].transfer)
    #expect(dma.kind == .transpose && dma.descriptors == 40 && dma.bytes == 40)
    #expect(dma.hbmReadBytes == 1600 && dma.hbmWriteBytes == 0)
  }

  @Test func descriptors() throws {
    var bench = Bench()
    let h = bench.tile(128, 256, .bfloat16, .hbm)
    let s = bench.tile(128, 256, .bfloat16)
    func shape(_ dst: AccessPattern, _ src: AccessPattern) throws -> TransferShape {
      try #require(bench.emissions(DMACopy(dst: dst, src: src))[0].transfer)
    }
    // One row of SBUF at a time, although the rows follow one another in HBM.
    let load = try shape(s, h)
    #expect(load.descriptors == 128 && load.bytes == 512 && load.kind == .contiguous)
    #expect(load.hbmReadBytes == 65536 && load.hbmWriteBytes == 0)
    let store = try shape(h, s)
    #expect(store.hbmReadBytes == 0 && store.hbmWriteBytes == 65536)
    // HBM to HBM is one piece.
    let other = bench.tile(128, 256, .bfloat16, .hbm)
    #expect(try shape(other, h).descriptors == 1)
    // Half of each row.
    let half = try shape(s.walking([(1, 128)]), h.walking([(1, 128)]))
    #expect(half.descriptors == 128 && half.bytes == 256)
    // Two pieces per row.
    let pieces = try shape(s.walking([(1, 128)]), h.walking([(128, 2), (1, 64)]))
    #expect(pieces.descriptors == 256 && pieces.bytes == 128)
    // Every second element: gathered one by one, 64 to a descriptor.
    let picked = try shape(s.walking([(1, 128)]), h.walking([(2, 128)]))
    #expect(picked.kind == .elementRead && picked.descriptors == 256 && picked.elements == 64)
    let spread = try shape(h.walking([(2, 128)]), s.walking([(1, 128)]))
    #expect(spread.kind == .elementWrite && spread.descriptors == 256)
    // HBM is written element by element even where they lie side by side.
    let within = try shape(other.walking([(1, 128)]), h.walking([(2, 128)]))
    #expect(within.kind == .elementWrite && within.elements == 64)
    // In SBUF each element that lies apart is a piece.
    let apart = try shape(s.walking([(2, 128)]), h.walking([(1, 128)]))
    #expect(apart.kind == .elementRead && apart.writtenPieces == 64)
    #expect(picked.writtenPieces == 1)
    // A gather: rows are apart, and the whole table may be read.
    var gather = DMACopy(dst: s, src: h)
    gather.vectorOffset = bench.tile(128, 1, .int32)
    let emission = bench.emissions(gather)[0]
    let shape = try #require(emission.transfer)
    #expect(shape.descriptors == 128 && shape.mode == .swdge)
    #expect(gather.defaultEngine == .gpsimd)
    #expect(emission.reads.first == AccessPattern.whole(of: h.tensor, bench.tensors[0]))
  }
}
