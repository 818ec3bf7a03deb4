import Device
import Formats
import ISA
import Machine
import Testing

/// Expects exactly one kind of complaint: a message that contains `fragment`, about `field`.
func expect(
  _ bench: Bench, _ operation: any ISA.Operation, engine: Engine? = nil, generation: Int = 3,
  _ field: String?, _ fragment: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let found = bench.findings(operation, engine: engine, generation: generation)
  let matches = found.contains { $0.field == field && $0.message.contains(fragment) }
  #expect(
    matches, "found \(found.map { ($0.field ?? "-", $0.message) })", sourceLocation: sourceLocation)
}

/// One bad instance for every rule; the good ones are the samples of `ExecutionTests`.
@Suite struct CheckTests {
  @Test func commonRules() {
    var bench = Bench()
    let a = bench.tile(128, 8)
    let b = bench.tile(128, 8)
    let h = bench.tile(128, 8, .float32, .hbm)
    let p = bench.tile(128, 8, .float32, .psum)
    expect(
      bench, Reciprocal(dst: a, data: b), engine: .scalar, "engine", "cannot run on the scalar")
    expect(bench, Reciprocal(dst: a, data: .unset), "data", "operand 'data' is missing")
    var none = b
    none.tensor = TensorID(99)
    expect(bench, Reciprocal(dst: a, data: none), "data", "names no tensor")
    var empty = b
    empty.rows = 0
    expect(bench, Reciprocal(dst: a, data: empty), "data", "has 0 partitions")
    expect(bench, Reciprocal(dst: a, data: b.walking([(1, 0)])), "data", "dimension of size 0")
    expect(bench, Reciprocal(dst: a, data: b.walking([(2, 8)])), "data", "reaches elements 0...14")
    expect(bench, Reciprocal(dst: a, data: b.walking([(-1, 8)])), "data", "reaches elements -7...0")
    var low = b
    low.rowStart = 1
    expect(bench, Reciprocal(dst: a, data: low), "data", "reaches partitions 1..<129")
    low.rows = 32
    expect(bench, Reciprocal(dst: a, data: low), "data", "must start at a multiple of 32")
    low.rowStart = 32
    low.rows = 64
    expect(bench, Reciprocal(dst: a, data: low), "data", "must start at a multiple of 64")
    expect(bench, Reciprocal(dst: a, data: h), "data", "'data' is in hbm, must be in sbuf or psum")
    expect(bench, DMACopy(dst: h.walking([(1, 9)], offset: 1), src: h), "dst", "which has 1024")
    expect(bench, TensorCopy(dst: a, src: p), engine: .gpsimd, "src", "cannot access psum")
    let wide = bench.tile(1, 40000)
    expect(
      bench, Memset(dst: wide.walking([(0, 2), (1, 40000)]), value: 0), "dst", "at most 65536")
  }

  @Test func shapes() {
    var bench = Bench()
    let a = bench.tile(32, 8)
    let b = bench.tile(32, 9)
    let c = bench.tile(16, 8)
    for operation: any ISA.Operation in [
      TensorCopy(dst: a, src: b), TensorCopyPredicated(dst: a, src: b, predicate: a),
      NCStreamShuffle(dst: a, src: b, shuffleMask: Array(0..<32)),
    ] {
      expect(bench, operation, "src", "'src' has 9 elements per partition, 'dst' has 8")
    }
    for operation: any ISA.Operation in [
      Reciprocal(dst: a, data: c), Activation(dst: a, op: .exp, data: c),
      ActivationReduce(dst: a, op: .exp, data: c, reduceRes: a.walking([(1, 1)])),
      TensorScalar(dst: a, data: c, op0: .add),
      TensorScalarReduce(
        dst: a, data: c, op0: .add, operand0: .immediate(1), reduceOp: .add,
        reduceRes: a.walking([(1, 1)])),
      ScalarTensorTensor(
        dst: a, data: c, op0: .add, operand0: .immediate(1), op1: .add, operand1: a),
    ] {
      expect(bench, operation, "data", "'data' has 16 partitions, 'dst' has 32")
    }
    expect(
      bench, TensorTensor(dst: a, data1: a, data2: b, op: .add), "data2", "has 9 elements")
    expect(
      bench,
      ScalarTensorTensor(
        dst: a, data: a, op0: .add, operand0: .immediate(1), op1: .add, operand1: b),
      "operand1", "has 9 elements")
    expect(
      bench, TensorCopyPredicated(dst: a, src: a, predicate: b), "predicate", "has 9 elements")
    expect(
      bench, DMACopy(dst: a, src: b), "dst", "'dst' has 256 elements, 'src' has 288")
  }

  @Test func tensorTensor() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let p = bench.tile(4, 8, .float32, .psum)
    let q = bench.tile(4, 8, .float32, .psum)
    let i = bench.tile(4, 8, .int32)
    let w = bench.tile(4, 8, .int16)
    expect(bench, TensorTensor(dst: a, data1: p, data2: q, op: .add), "data2", "both tensor inputs")
    expect(bench, TensorTensor(dst: a, data1: a, data2: a, op: .abs), "op", "takes one operand")
    expect(
      bench, TensorTensor(dst: a, data1: i, data2: i, op: .bitwiseAnd), "dst", "'dst' is float32")
    expect(
      bench, TensorTensor(dst: i, data1: i, data2: w, op: .bitwiseAnd), "data2", "'data2' is int16")
    expect(
      bench, TensorTensor(dst: a, data1: a, data2: a, op: .power), engine: .vector, "op",
      "runs on gpsimd only")
  }

  @Test func tensorScalar() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let i = bench.tile(4, 8, .int32)
    let column = bench.tile(4, 1)
    let half = bench.tile(4, 1, .float16)
    func make(
      _ op0: ALUOp, _ o0: ScalarOperand = .immediate(1), _ op1: ALUOp? = nil,
      _ o1: ScalarOperand? = nil, reverse0: Bool = false, reverse1: Bool = false,
      over: AccessPattern? = nil
    ) -> TensorScalar {
      TensorScalar(
        dst: over ?? a, data: over ?? a, op0: op0, operand0: o0, reverse0: reverse0, op1: op1,
        operand1: o1, reverse1: reverse1)
    }
    expect(bench, make(.add, .tile(a)), "operand0", "'operand0' is 4 × 8, needs 4 × 1")
    expect(bench, make(.add, .tile(half)), "operand0", "'operand0' is float16, must be float32")
    expect(bench, make(.add, .immediate(1), .add, .tile(half)), "operand1", "must be float32")
    expect(
      bench, make(.bitwiseAnd, .immediate(1), .add, .immediate(1), over: i), "op1", "mix bitwise")
    expect(bench, make(.add, .immediate(1), .add), "operand1", "needs operand1")
    expect(bench, make(.add, .immediate(1), nil, .immediate(1)), "operand1", "without op1")
    expect(bench, make(.add, reverse1: true), "reverse1", "without op1")
    expect(bench, make(.abs), "operand0", "takes no operand")
    expect(
      bench, make(.abs, .immediate(0), reverse0: true), "reverse0", "cannot be reversed")
    expect(bench, make(.bitwiseAnd, .immediate(0.5), over: i), "operand0", "needs an integer")
    expect(
      bench, make(.bitwiseAnd), "dst",
      "'dst' is float32, must be an integer type for bitwise operations")
    expect(
      bench, make(.bitwiseAnd, .tile(column), over: i), "operand0",
      "must be an integer type for bitwise operations")
    for bad in [make(.subtract), make(.add, .immediate(1), .multiply, .immediate(1))] {
      expect(bench, bad, engine: .scalar, "op0", "the scalar engine takes multiply, add")
    }
    expect(bench, make(.add), engine: .gpsimd, "op0", "gpsimd takes rsqrt and power, not 'add'")
  }

  @Test func arithmeticOnly() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let r = bench.tile(4, 1)
    func stt(_ op0: ALUOp, _ op1: ALUOp) -> ScalarTensorTensor {
      ScalarTensorTensor(
        dst: a, data: a, op0: op0, operand0: .immediate(1), op1: op1, operand1: a)
    }
    expect(bench, stt(.bitwiseAnd, .add), "op0", "'op0' must be arithmetic")
    expect(bench, stt(.add, .bitwiseXor), "op1", "'op1' must be arithmetic")
    expect(bench, stt(.abs, .add), "op0", "takes one operand")
    expect(bench, stt(.add, .rsqrt), "op1", "takes one operand")
    let p = bench.tile(4, 8, .float32, .psum)
    let both = ScalarTensorTensor(
      dst: a, data: p, op0: .add, operand0: .immediate(1), op1: .add, operand1: p)
    expect(bench, both, "operand1", "both tensor inputs are in psum")
    let badColumn = ScalarTensorTensor(
      dst: a, data: a, op0: .add, operand0: .tile(a), op1: .add, operand1: a)
    expect(bench, badColumn, "operand0", "needs 4 × 1")
    let wholeNumbers = ScalarTensorTensor(
      dst: a, data: a, op0: .add, operand0: .tile(bench.tile(4, 1, .int32)), op1: .add, operand1: a)
    expect(bench, wholeNumbers, "operand0", "'operand0' is int32, must be a float type")
    func tsr(_ op0: ALUOp, _ reduce: ALUOp, _ result: AccessPattern) -> TensorScalarReduce {
      TensorScalarReduce(
        dst: a, data: a, op0: op0, operand0: .immediate(1), reduceOp: reduce, reduceRes: result)
    }
    expect(bench, tsr(.leftShift, .add, r), "op0", "must be arithmetic")
    expect(bench, tsr(.logicalNot, .add, r), "op0", "takes one operand")
    expect(bench, tsr(.add, .subtract, r), "reduce_op", "'subtract' cannot reduce here")
    expect(bench, tsr(.add, .add, a), "reduce_res", "'reduce_res' is 4 × 8, needs 4 × 1")
  }

  @Test func reductions() {
    var bench = Bench()
    let a = bench.tile(4, 24)
    let r = bench.tile(4, 1)
    let i = bench.tile(4, 24, .int32)
    let cube = a.walking([(12, 2), (4, 3), (1, 4)])
    expect(
      bench, TensorReduce(dst: r, op: .power, data: a), "op", "'power' cannot reduce")
    for axes in [[0], [1], [2], [1, 3], [4], [3, 3]] {
      expect(
        bench, TensorReduce(dst: r, op: .add, data: cube, axes: axes), "axes",
        "must be the last of the 3 free dimensions")
    }
    expect(
      bench, TensorReduce(dst: r, op: .add, data: cube, axes: [3]), "dst",
      "has 1 elements per partition, the reduction leaves 6")
    expect(
      bench, TensorReduce(dst: r, op: .bitwiseOr, data: i), "dst", "'dst' is float32")
    expect(
      bench, TensorReduce(dst: i.walking([(1, 1)]), op: .bitwiseOr, data: i, negate: true),
      "negate", "cannot be negated")
    var fewer = r
    fewer.rows = 2
    expect(bench, TensorReduce(dst: fewer, op: .add, data: a), "dst", "'dst' has 2 partitions")
    let row = bench.tile(1, 24)
    expect(
      bench, TensorPartitionReduce(dst: a, op: .add, data: a), "dst",
      "has 4 partitions, must have 1"
    )
    expect(
      bench, TensorPartitionReduce(dst: row.walking([(1, 9)]), op: .add, data: a), "dst",
      "has 9 elements per partition, 'data' has 24")
    expect(
      bench, TensorPartitionReduce(dst: row, op: .bitwiseAnd, data: i), "dst",
      "must be an integer type for bitwise operations")
    let p = bench.tile(4, 24, .float32, .psum)
    expect(bench, TensorPartitionReduce(dst: row, op: .add, data: p), "data", "cannot access psum")
  }

  @Test func activations() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let r = bench.tile(4, 1)
    let half = bench.tile(4, 1, .bfloat16)
    let whole = bench.tile(4, 1, .int32)
    let tf = bench.tile(4, 1, .tfloat32)
    func make(bias: ScalarOperand = .immediate(0), scale: ScalarOperand = .immediate(1))
      -> Activation
    {
      Activation(dst: a, op: .exp, data: a, bias: bias, scale: scale)
    }
    expect(bench, make(bias: .tile(a)), "bias", "'bias' is 4 × 8, needs 4 × 1")
    expect(bench, make(scale: .tile(a)), "scale", "'scale' is 4 × 8, needs 4 × 1")
    expect(bench, make(scale: .tile(half)), "scale", "'scale' is bfloat16, must be float32")
    expect(bench, make(bias: .tile(whole)), "bias", "'bias' is int32, must be float32, bfloat16")
    expect(bench, make(bias: .tile(tf)), "bias", "'bias' is tfloat32")
    expect(bench, make(bias: .immediate(1)), generation: 2, "bias", "needs trn2 or later")
    expect(
      bench, ActivationReduce(dst: a, op: .exp, data: a, reduceOp: .maximum, reduceRes: r),
      "reduce_op", "by add only, not by 'maximum'")
    expect(
      bench, ActivationReduce(dst: a, op: .exp, data: a, reduceRes: a), "reduce_res", "needs 4 × 1")
  }

  @Test func constantsAndSelections() {
    var bench = Bench()
    let a = bench.tile(4, 8)
    let byte = bench.tile(4, 8, .uint8)
    let p = bench.tile(4, 8, .float32, .psum)
    let h = bench.tile(4, 8, .float32, .hbm)
    let eight = IndexPattern([IndexStep(step: 1, count: 8)])
    expect(bench, Memset(dst: byte, value: 256), "value", "goes from 0 to 255")
    expect(bench, Memset(dst: byte, value: -1), "value", "goes from 0 to 255")
    expect(bench, Memset(dst: byte, value: 0.5), "value", "is not a number of uint8")
    expect(bench, Iota(dst: h, pattern: eight), "dst", "must be in sbuf")
    expect(
      bench, Iota(dst: a, pattern: IndexPattern([IndexStep(step: 1, count: 7)])), "pattern",
      "the pattern has 7 values, 'dst' has 8")
    let one = IndexStep(step: 1, count: 1)
    expect(
      bench,
      Iota(dst: a, pattern: IndexPattern([one, one, one, one, IndexStep(step: 1, count: 8)])),
      "pattern", "has 5 loops, at most 4")
    expect(
      bench, Iota(dst: a, pattern: IndexPattern([IndexStep(step: 1, count: 0)])), "pattern",
      "has 0 steps")
    expect(
      bench, Iota(dst: a, pattern: eight, offset: 1 << 31), "pattern", "does not fit into 32 bits")
    func affine(_ op: ALUOp, _ source: AccessPattern, _ pattern: IndexPattern) -> AffineSelect {
      AffineSelect(dst: a, pattern: pattern, onTrue: source, onFalse: 0, compareOp: op)
    }
    expect(bench, affine(.add, a, eight), "cmp_op", "'add' is not a comparison")
    expect(bench, affine(.equal, h, eight), "on_true_tile", "must be in sbuf")
    expect(bench, affine(.equal, a, IndexPattern()), "pattern", "the pattern has 1 values")
    let column = bench.tile(4, 1)
    let half = bench.tile(4, 1, .float16)
    func range(
      _ op: ALUOp = .less, bound: AccessPattern? = nil, start: Int = 0, onFalse: Float? = nil,
      source: AccessPattern? = nil, result: AccessPattern? = nil
    ) -> RangeSelect {
      RangeSelect(
        dst: a, onTrue: source ?? a, compareOp0: .greaterEqual, compareOp1: op,
        bound0: bound ?? column, bound1: column, rangeStart: start,
        onFalse: onFalse ?? -Float.greatestFiniteMagnitude, reduceRes: result)
    }
    expect(bench, range(), generation: 2, nil, "range_select needs NeuronCore-v3 (trn2)")
    expect(bench, range(.multiply), "comp_op1", "is not a comparison")
    expect(bench, range(bound: half), "bound0", "must be float32")
    expect(bench, range(bound: a), "bound0", "needs 4 × 1")
    expect(bench, range(start: 1 << 24), "range_start", "exact up to 16777216")
    expect(bench, range(onFalse: 0), "on_false_value", "must be the lowest float32")
    expect(bench, range(source: byte), "on_true_tile", "must be a float type")
    expect(bench, range(result: a), "reduce_res", "needs 4 × 1")
    func predicated(_ source: AccessPattern, _ predicate: AccessPattern) -> TensorCopyPredicated {
      TensorCopyPredicated(dst: a, src: source, predicate: predicate)
    }
    expect(bench, predicated(a, a), "predicate", "'predicate' is float32, must be uint8")
    expect(bench, predicated(byte, byte), "src", "both must have one type")
    let flags = bench.tile(4, 8, .uint16, .psum)
    expect(bench, predicated(p, flags), "predicate", "both tensor inputs are in psum")
  }

  @Test func topEight() {
    var bench = Bench()
    let a = bench.tile(4, 20)
    let e = bench.tile(4, 8)
    let i = bench.tile(4, 8, .uint32)
    let wide = bench.tile(1, 16385)
    let top = bench.tile(1, 8)
    let few = a.walking([(1, 7)])
    expect(bench, Max8(dst: a, src: a), "dst", "has 20 elements per partition, needs 8")
    expect(bench, Max8(dst: e, src: few), "src", "needs 8 to 16384")
    expect(bench, Max8(dst: top, src: wide), "src", "has 16385 elements per partition")
    expect(bench, Max8(dst: top, src: a), "dst", "'dst' has 1 partitions, 'src' has 4")
    expect(bench, NCFindIndex8(dst: e, data: a, vals: e), "dst", "must be uint16 or uint32")
    expect(bench, NCFindIndex8(dst: i, data: a, vals: a), "vals", "needs 8")
    expect(bench, NCFindIndex8(dst: i, data: few, vals: e), "data", "needs 8 to 16384")
    expect(bench, NCFindIndex8(dst: i, data: a, vals: top), "vals", "'vals' has 1 partitions")
    expect(
      bench, NCMatchReplace8(dst: e, data: a, vals: e, immediate: 0), "dst", "'dst' has 8 elements")
    expect(
      bench, NCMatchReplace8(dst: a, data: a, vals: a, immediate: 0), "vals", "needs 8")
    expect(
      bench, NCMatchReplace8(dst: a, data: a, vals: e, immediate: 0, dstIdx: e), "dst_idx",
      "must be uint16 or uint32")
  }

  @Test func shuffle() {
    var bench = Bench()
    let a = bench.tile(32, 4)
    let b = bench.tile(32, 4, .int32)
    let few = bench.tile(4, 4)
    let identity = Array(0..<32)
    expect(bench, NCStreamShuffle(dst: a, src: b, shuffleMask: identity), "src", "one type")
    expect(
      bench, NCStreamShuffle(dst: a, src: a, shuffleMask: [0]), "shuffle_mask", "has 1 entries")
    expect(
      bench, NCStreamShuffle(dst: a, src: a, shuffleMask: [32] + identity.dropFirst()),
      "shuffle_mask", "entry 0 of shuffle_mask is 32")
    expect(
      bench, NCStreamShuffle(dst: few, src: few, shuffleMask: identity.reversed()), "shuffle_mask",
      "takes partition 31 of 'src', which has 4")
  }
}
