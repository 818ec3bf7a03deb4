import Device
import Formats
import ISA
import Machine
import Testing

/// Rules of NeuronCore-v4's instructions and of MX data.
@Suite struct Trn3CheckTests {
  private struct Product {
    var bench = Bench()
    var operation: NCMatmulMX

    init(rows: Int = 128, m: Int = 16, n: Int = 24, output: DType = .float32) {
      let d = bench.tile(m, n, output, .psum)
      let w = bench.tile(rows, m, .float8_e5m2_x4)
      let x = bench.tile(rows, n, .float4_e2m1fn_x4)
      let ws = bench.tile(rows, m, .uint8)
      let xs = bench.tile(rows, n, .float8_e8m0fnu)
      operation = NCMatmulMX(
        dst: d, stationary: w, moving: x, stationaryScale: ws, movingScale: xs)
    }

    var findings: [Checker.Finding] { bench.findings(operation, generation: 4) }

    func expect(
      _ field: String, _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      ISATests.expect(
        bench, operation, generation: 4, field, fragment, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [2, 3])
  func instructionsNeedTrn3(_ generation: Int) {
    var bench = Bench()
    let a = bench.tile(32, 8, .bfloat16)
    let q = bench.tile(32, 2, .float8_e4m3fn_x4)
    let s = bench.tile(4, 2, .uint8)
    let product = Product()
    let operations: [(Bench, any ISA.Operation)] = [
      (product.bench, product.operation), (bench, QuantizeMX(dst: q, src: a, dstScale: s)),
      (bench, Activate2(dst: a, op: .exp, data: a)), (bench, Exponential(dst: a, src: a)),
      (bench, Rand2(dst: a, low: .immediate(0), high: .immediate(1))),
    ]
    for (bench, operation) in operations {
      let name = type(of: operation).name
      let found = bench.findings(operation, generation: generation).filter { $0.field == nil }
      #expect(
        found.map(\.message)
          == ["\(name) needs NeuronCore-v4 (trn3), this is NeuronCore-v\(generation)"])
      #expect(found.first?.remedy?.hasPrefix("--hardware trn3, or ") == true)
      #expect(bench.findings(operation, generation: 4).isEmpty, "\(name)")
    }
  }

  @Test func products() {
    #expect(Product().findings.isEmpty)
    #expect(Product(n: 4096).findings.isEmpty)
    #expect(Product(n: 8192, output: .bfloat16).findings.isEmpty)
    Product(n: 8192).expect("moving", "has 8192 columns, at most 4096")
    Product(m: 15).expect("stationary", "has 15 columns, must have an even number")
    Product(rows: 40).expect("moving", "has 40 partitions, must have a multiple of 32")
    Product(output: .float16).expect("dst", "'dst' is float16, must be float32 or bfloat16")
    var bad = Product()
    bad.operation.moving = bad.bench.tile(128, 24, .bfloat16)
    bad.expect("moving", "'moving' is bfloat16, must be float8_e5m2_x4")
    bad = Product()
    bad.operation.moving.rows = 64
    bad.expect("moving", "'moving' has 64 partitions, 'stationary' has 128")
    bad = Product()
    bad.operation.stationary = bad.bench.tile(128, 130, .float8_e5m2_x4)
    bad.expect("stationary", "has 130 columns, at most 128")
    bad = Product()
    bad.operation.dst.rows = 4
    bad.expect("dst", "has 4 partitions, needs M = 16")
    bad = Product()
    bad.operation.dst = bad.operation.dst.walking([(1, 7)])
    bad.expect("dst", "has 7 elements per partition, needs N = 24")
    bad = Product()
    bad.operation.tileSize = [64, 64]
    bad.operation.tilePosition = [0, 0]
    bad.expect("tile_size", "the PE tile is [64, 64], must have 128 columns")
    bad.operation.tileSize = [96, 128]
    bad.expect("tile_size", "the PE tile has 96 rows, must have 32, 64 or 128")
    bad.operation.tileSize = [64, 128]
    bad.expect("tile_size", "'stationary' has 128 rows, the PE tile 64")
    bad.operation.tilePosition = [32, 0]
    bad.expect("tile_position", "must begin at a multiple of its 64 rows")
    bad.operation.tilePosition = [0, 32]
    bad.expect("tile_position", "begins at 32, must begin at a multiple of its 128 columns")
    bad.operation.tilePosition = []
    bad.expect("tile_position", "come together")
  }

  @Test func scales() {
    var bad = Product()
    bad.operation.movingScale = bad.bench.tile(128, 24, .int8)
    bad.expect("moving_scale", "'moving_scale' is int8, must be uint8 or float8_e8m0fnu")
    bad = Product()
    bad.operation.movingScale = bad.bench.tile(128, 25, .uint8)
    bad.expect("moving_scale", "has 25 elements per partition, 'moving' has 24")
    bad = Product()
    bad.operation.stationaryScale.rows = 99
    bad.expect("stationary_scale", "has 99 partitions, needs 100 for the 128 of 'stationary'")
    // Several tensors' scales share a tile: 0, 4, 8 and 12 are where they begin.
    for first in [0, 4, 8, 12] {
      var packed = Product()
      packed.operation.stationaryScale.rowStart = Int32(first)
      packed.operation.stationaryScale.rows = Int32(128 - first)
      #expect(packed.findings.isEmpty, "\(first)")
    }
    for first in [2, 16] {
      bad.operation.stationaryScale.rowStart = Int32(first)
      bad.operation.stationaryScale.rows = 100
      bad.expect("stationary_scale", "starts at partition \(first); scales start at partition 0, 4")
    }
    var quadrant = Product(rows: 32)
    quadrant.operation.movingScale = quadrant.bench.tile(4, 24, .uint8, partition: 32)
    quadrant.expect("moving_scale", "begins in quadrant 1, 'moving' in quadrant 0")
  }

  @Test func quantisation() {
    var bench = Bench()
    let a = bench.tile(32, 8, .bfloat16)
    let f = bench.tile(32, 8, .float32)
    let p = bench.tile(32, 8, .bfloat16, .psum)
    let q = bench.tile(32, 2, .float8_e4m3fn_x4)
    let four = bench.tile(32, 2, .float4_e2m1fn_x4)
    let s = bench.tile(4, 2, .uint8)
    func expect(_ operation: QuantizeMX, _ field: String, _ fragment: String) {
      ISATests.expect(bench, operation, generation: 4, field, fragment)
    }
    expect(QuantizeMX(dst: q, src: f, dstScale: s), "src", "must be bfloat16 or float16")
    expect(QuantizeMX(dst: q, src: p, dstScale: s), "src", "'src' is in psum, must be in sbuf")
    expect(QuantizeMX(dst: four, src: a, dstScale: s), "dst", "must be float8_e5m2_x4 or")
    expect(
      QuantizeMX(dst: q, src: a.walking([(1, 4)]), dstScale: s), "dst",
      "has 2 elements per partition, 'src' has 4")
    expect(QuantizeMX(dst: q, src: a, dstScale: q), "dst_scale", "must be uint8 or float8_e8m0fnu")
  }

  /// Only copies take packed elements.
  @Test func opaqueElements() {
    var bench = Bench()
    let q = bench.tile(32, 8, .float8_e4m3fn_x4)
    let r = bench.tile(32, 8, .float8_e4m3fn_x4)
    let h = bench.tile(32, 8, .float8_e4m3fn_x4, .hbm)
    let u = bench.tile(32, 8, .uint32)
    let good: [any ISA.Operation] = [
      DMACopy(dst: q, src: h), TensorCopy(dst: q, src: r), Memset(dst: q, value: 0),
      NCStreamShuffle(dst: q, src: r, shuffleMask: Array(0..<32)),
    ]
    for operation in good { #expect(bench.findings(operation).isEmpty) }
    expect(
      bench, TensorTensor(dst: q, data1: q, data2: r, op: .add), "data1",
      "'data1' is float8_e4m3fn_x4, whose elements have no value of their own")
    expect(bench, DMACopy(dst: u, src: h), "dst", "are copied, not converted")
    expect(bench, TensorCopy(dst: q, src: u), "dst", "are copied, not converted")
    expect(bench, Memset(dst: q, value: 1), "value", "takes the value 0 only")
  }

  @Test func activation() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let one = bench.tile(4, 1)
    let half = bench.tile(4, 1, .bfloat16)
    func expect(_ change: (inout Activate2) -> Void, _ field: String, _ fragment: String) {
      var operation = Activate2(dst: a, op: .exp, data: a)
      change(&operation)
      ISATests.expect(bench, operation, generation: 4, field, fragment)
    }
    expect(
      {
        $0.op0 = .add; $0.op1 = .multiply
      }, "op0", "op0 is add and op1 is multiply")
    expect({ $0.op1 = .add }, "op0", "op0 is bypass and op1 is add")
    expect({ $0.reverse0 = true }, "reverse0", "op0 is bypass")
    expect(
      {
        $0.op0 = .multiply; $0.reverse1 = true
      }, "reverse1", "op1 is bypass")
    expect({ $0.imm0 = .tile(a) }, "imm0", "needs 4 × 1")
    expect(
      {
        $0.imm0 = .tile(one); $0.imm1 = .tile(half)
      }, "imm1", "both must have one type")
    expect(
      {
        $0.reduceOp = .multiply; $0.command = .reduce
      }, "reduce_op", "cannot reduce here")
    ISATests.expect(
      bench, Activation(dst: a, op: .prelu, data: a), "op", "prelu takes a parameter")
  }

  @Test func exponentialAndRandom() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let u = bench.tile(4, 8, .uint32)
    let column = bench.tile(4, 1, .bfloat16)
    func expect(_ operation: any ISA.Operation, _ field: String, _ fragment: String) {
      ISATests.expect(bench, operation, generation: 4, field, fragment)
    }
    expect(Exponential(dst: u, src: a), "dst", "'dst' is uint32, must not be")
    expect(
      Exponential(dst: a, src: a, maxValue: .tile(column)), "max_value", "must be float32")
    var sum = Exponential(dst: a, src: a)
    sum.command = .loadReduce
    expect(sum, "reduce_init", "needs the value that is loaded")
    sum.command = .reset
    expect(sum, "reduce_cmd", "'reset' is not for this operation")
    expect(
      Rand2(dst: a, low: .immediate(1), high: .immediate(1)), "min", "the range is empty")
    expect(
      Rand2(dst: bench.tile(4, 8, .float8_e4m3fn), low: .immediate(0), high: .immediate(1)), "dst",
      "must not be float8_e4m3fn or bool")
  }

  @Test func emptyRangesOfTensorsTrap() throws {
    var bench = Bench()
    let a = bench.tile(2, 4)
    let low = bench.tile(2, 1)
    var machine = Machine(geometry: geometry(generation: 4), tensors: bench.tensors)
    try Memset(dst: low, value: 3).execute(on: &machine)
    let draw = Rand2(dst: a, low: .tile(low), high: .immediate(3))
    do {
      try draw.execute(on: &machine)
      Issue.record("no trap")
    } catch { #expect(error.kind == .invalidValue && error.message.contains("in row 0")) }
  }

  /// A product reads four partitions of scales in each quadrant, and the array takes it as one of 16 bits.
  @Test func lowering() throws {
    let product = Product(rows: 64, m: 16, n: 100)
    let emitted = product.bench.emissions(product.operation)
    #expect(emitted.map(\.opcode) == [.ldweights, .matmul])
    let load = try #require(emitted[0].weights)
    #expect(load.rows == 64 && load.columns == 16 && !load.fourByte && load.strideBytes == 1)
    let matmul = try #require(emitted[1].matmul)
    #expect(matmul.rows == 64 && matmul.columns == 16 && matmul.moving == 100)
    #expect(matmul.rate == .mx && !matmul.transpose)
    #expect(emitted[1].reads.dropFirst().map(\.rowStart) == [0, 32])
    #expect(emitted[1].reads.dropFirst().allSatisfy { $0.rows == 4 })
    var bench = Bench()
    let a = bench.tile(64, 40, .bfloat16)
    let q = bench.tile(64, 10, .float8_e5m2_x4)
    let s = bench.tile(64, 10, .uint8)
    let pass = bench.emissions(QuantizeMX(dst: q, src: a, dstScale: s))[0]
    #expect(pass.writes.map(\.rows) == [64, 4, 4])
    // The elements of src take the time.
    #expect(try #require(pass.stream).elements == 40 && pass.stream?.streamClass == .quantizeMx)
    let exponential = bench.emissions(Exponential(dst: a, src: a))[0]
    #expect(exponential.stream?.streamClass == .exponential)
    let random = Rand2(dst: a, low: .immediate(0), high: .immediate(1))
    #expect(bench.emissions(random)[0].stream?.streamClass == .random)
  }

  /// From NeuronCore-v4 on products may be bfloat16 and fill all banks.
  @Test func productsIntoBFloat16() {
    var bench = Bench()
    let w = bench.tile(32, 16, .bfloat16)
    let x = bench.tile(32, 8192, .bfloat16)
    let d = bench.tile(16, 8192, .bfloat16, .psum)
    #expect(bench.findings(NCMatmul(dst: d, stationary: w, moving: x), generation: 4).isEmpty)
    let small = NCMatmul(
      dst: d.walking([(1, 64)]), stationary: w, moving: x.walking([(1, 64)]))
    #expect(bench.findings(small, generation: 4).isEmpty)
    expect(bench, small, "dst", "'dst' is bfloat16, must be float32")
  }

  @Test func firstOperations() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let r = bench.tile(4, 1)
    for op in [ALUOp.square, .relu] {
      let alone = TensorScalar(dst: a, data: a, op0: op)
      #expect(bench.findings(alone, generation: 4).isEmpty)
      expect(bench, alone, "op0", "'\(op.rawValue)' needs NeuronCore-v4 (trn3)")
      expect(
        bench, TensorScalar(dst: a, data: a, op0: .abs, op1: op), generation: 4, "op1",
        "can be the first operation only")
      expect(
        bench,
        TensorScalarReduce(
          dst: a, data: a, op0: op, operand0: .immediate(1), reduceOp: .add, reduceRes: r),
        generation: 4, "operand0", "takes no operand")
    }
    let difference = TensorScalar(dst: a, data: a, op0: .subtract)
    #expect(bench.findings(difference, engine: .scalar, generation: 4).isEmpty)
    expect(bench, difference, engine: .scalar, "op0", "the scalar engine takes multiply, add")
  }
}
