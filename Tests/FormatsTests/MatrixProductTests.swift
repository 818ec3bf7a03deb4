import CMicrokernels
import Testing

/// The matrix product against one chain of fused multiply-adds for each element, bit for bit.
@Suite struct MatrixProductTests {
  let float32 = UInt32(TRNSIM_FLOAT32)
  static let sets: [trnsim_isa] = Array(0...trnsim_best_isa())

  /// Values of very different sizes, so that any other order of additions shows.
  struct Values {
    var state: UInt64
    mutating func next(_ count: Int) -> [Float] {
      (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let mantissa = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
        return mantissa * Float(sign: .plus, exponent: Int(state >> 20 & 15) - 8, significand: 1)
      }
    }
  }

  /// C as it must be, rows `ldc` apart.
  func expected(
    _ a: [Float], _ lda: Int, _ b: [Float], _ ldb: Int, _ c: [Float], _ ldc: Int,
    _ m: Int, _ n: Int, _ k: Int, accumulate: Bool
  ) -> [Float] {
    var result = c
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for i in 0..<m {
          for j in 0..<n {
            var sum: Float = 0
            var p = 0
            while p < k {
              sum.addProduct(a[p * lda + i], b[p * ldb + j])
              p += 1
            }
            result[i * ldc + j] = accumulate ? c[i * ldc + j] + sum : sum
          }
        }
      }
    }
    return result
  }

  func compare(_ m: Int, _ n: Int, _ k: Int, padding: Int) {
    var values = Values(state: UInt64(m * 1_000_003 + n * 1009 + k))
    let lda = m + padding
    let ldb = n + padding
    let ldc = n + 2 * padding
    let a = values.next(k * lda)
    let b = values.next(k * ldb)
    let c = values.next(m * ldc)
    for accumulate in [false, true] {
      let right = expected(a, lda, b, ldb, c, ldc, m, n, k, accumulate: accumulate)
      for isa in MatrixProductTests.sets {
        var got = c
        trnsim_sgemm_tn_on(isa, float32, a, lda, b, ldb, &got, ldc, m, n, k, accumulate ? 1 : 0)
        let equal = zip(got, right).allSatisfy { $0.bitPattern == $1.bitPattern }
        // What lies between the rows of C is compared too: it must not have changed.
        #expect(equal, "m \(m), n \(n), k \(k), set \(isa), accumulate \(accumulate)")
      }
    }
    compareBFloat16(a, lda, b, ldb, c, ldc, m, n, k)
  }

  /// Operands of half the size give the bits that they give as float32.
  func compareBFloat16(
    _ a: [Float], _ lda: Int, _ b: [Float], _ ldb: Int, _ c: [Float], _ ldc: Int,
    _ m: Int, _ n: Int, _ k: Int
  ) {
    let upper = { (value: Float) in UInt16(value.bitPattern >> 16) }
    let wide = { (value: UInt16) in Float(bitPattern: UInt32(value) << 16) }
    let (shortA, shortB) = (a.map(upper), b.map(upper))
    let right = expected(
      shortA.map(wide), lda, shortB.map(wide), ldb, c, ldc, m, n, k, accumulate: true)
    for isa in MatrixProductTests.sets {
      var got = c
      trnsim_sgemm_tn_on(
        isa, UInt32(TRNSIM_BFLOAT16), shortA, lda, shortB, ldb, &got, ldc, m, n, k, 1)
      let equal = zip(got, right).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(equal, "bfloat16, m \(m), n \(n), k \(k), set \(isa)")
    }
  }

  @Test func smallShapes() {
    for m in 0...16 {
      for n in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33] {
        for k in [0, 1, 2, 5] { compare(m, n, k, padding: (m + n) % 4) }
      }
    }
  }

  @Test func edgesOfBlocks() {
    for m in [27, 28, 29, 43] {
      for n in [1, 8, 63, 64, 65] { compare(m, n, 9, padding: 1) }
    }
    compare(128, 33, 17, padding: 0)
    compare(5, 130, 128, padding: 0)
    compare(1, 40, 512, padding: 2)
    compare(13, 1, 512, padding: 0)
  }

  @Test func bestSetIsTheDefault() {
    var values = Values(state: 4)
    let a = values.next(128 * 128)
    let b = values.next(128 * 96)
    var c = [Float](repeating: 7, count: 128 * 96)
    trnsim_sgemm_tn(float32, a, 128, b, 96, &c, 96, 128, 96, 128, 0)
    let right = expected(a, 128, b, 96, c, 96, 128, 96, 128, accumulate: false)
    #expect(zip(c, right).allSatisfy { $0.bitPattern == $1.bitPattern })
  }

  @Test func specialValues() {
    // Row by row of A: NaN, infinity times 0, infinities of both signs, infinity, -0, overflow.
    let a: [Float] = [
      .nan, .infinity, .infinity, .infinity, -0.0, 3e38, 1, 1, -.infinity, 1, -0.0, 3e38,
    ]
    let b: [Float] = [1, 0, 1, 1]
    // Columns of B: (1, 1) and (0, 1), interleaved as rows (1, 0) and (1, 1).
    for isa in MatrixProductTests.sets {
      var c = [Float](repeating: -0.0, count: 12)
      trnsim_sgemm_tn_on(isa, float32, a, 6, b, 2, &c, 2, 6, 2, 2, 0)
      let nan: UInt32 = 0x7fc0_0000
      let infinity = Float.infinity.bitPattern
      #expect(
        c.map(\.bitPattern) == [
          nan, nan, infinity, nan, nan, nan, infinity, nan, 0, 0, infinity, Float(3e38).bitPattern,
        ])
      // A chain starts from +0, so that -0 is left only where accumulating adds -0 to -0.
      var zero: [Float] = [-0.0]
      trnsim_sgemm_tn_on(isa, float32, [1], 1, [-0.0], 1, &zero, 1, 1, 1, 1, 1)
      #expect(zero[0].bitPattern == 0)
    }
  }
}
