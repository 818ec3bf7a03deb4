import Device
import Formats
import ISA
import Machine
import Testing

extension CheckTests {
  @Test func transposes() {
    var bench = Bench()
    let a = bench.tile(40, 20)
    let t = bench.tile(20, 40)
    let p = bench.tile(20, 40, .float32, .psum)
    let half = bench.tile(20, 40, .bfloat16, .psum)
    expect(bench, NCTranspose(dst: t, data: a), "dst", "must be in psum")
    expect(bench, NCTranspose(dst: half, data: a), "dst", "both must have one type")
    expect(bench, NCTranspose(dst: p, data: t), "dst", "the transpose of 'data' is 40 × 20")
    let wide = bench.tile(10, 129)
    let tall = bench.tile(128, 10, .float32, .psum)
    expect(bench, NCTranspose(dst: tall, data: wide), "data", "up to 128 × 128")
    expect(bench, NCTranspose(dst: tall, data: wide), engine: .vector, "data", "up to 128 × 128")
    let crossing = bench.tile(20, 600, .float32, .psum).walking([(1, 40)], offset: 500)
    expect(bench, NCTranspose(dst: crossing, data: a), "dst", "spans psum banks 3 to 4")
    let byte = bench.tile(40, 20, .int8)
    let byteT = bench.tile(20, 40, .int8)
    expect(bench, DMATranspose(dst: p, src: a), "dst", "must be in sbuf")
    expect(bench, DMATranspose(dst: byteT, src: byte), "src", "elements of 2 or 4 bytes")
    expect(bench, DMATranspose(dst: a, src: a), "dst", "the transpose of 'src' is 20 × 40")
    expect(
      bench, DMATranspose(dst: t, src: a, dgeMode: .swdge), engine: .gpsimd, "dge_mode",
      "indirect transposes only")
    expect(
      bench, DMATranspose(dst: t, src: a, dgeMode: .hwdge), "dge_mode", "hwdge transposes 16 rows")
  }

  @Test func matmul() {
    var bench = Bench()
    let w = bench.tile(64, 128, .bfloat16)
    let x = bench.tile(64, 512, .bfloat16)
    let d = bench.tile(128, 512, .float32, .psum)
    func make(
      _ dst: AccessPattern, _ w: AccessPattern, _ x: AccessPattern, transpose: Bool = false,
      mode: PerformanceMode = .none
    ) -> NCMatmul {
      NCMatmul(dst: dst, stationary: w, moving: x, isTranspose: transpose, performanceMode: mode)
    }
    let s = bench.tile(128, 512)
    expect(bench, make(s, w, x), "dst", "must be in psum")
    expect(bench, make(d, d, x), "stationary", "must be in sbuf")
    expect(bench, make(d, w, d), "moving", "must be in sbuf")
    var short = x
    short.rows = 32
    expect(bench, make(d, w, short), "moving", "'moving' has 32 partitions, 'stationary' has 64")
    expect(bench, make(d, x, x), "stationary", "has 512 columns, at most 128")
    let long = bench.tile(64, 1024, .bfloat16)
    expect(bench, make(d, w, long), "moving", "has 1024 columns, at most 512")
    expect(bench, make(d, w.walking([(1, 64)]), x), "dst", "needs M = 64")
    expect(bench, make(d, w, x.walking([(1, 64)])), "dst", "needs N = 64")
    let crossing = bench.tile(128, 1024, .float32, .psum).walking([(1, 512)], offset: 8)
    expect(bench, make(crossing, w, x), "dst", "spans psum banks")
    let i = bench.tile(64, 512, .int32)
    expect(bench, make(d, w, i), "moving", "'moving' is int32, must be a float type")
    let fn = bench.tile(64, 512, .float8_e4m3fn)
    expect(bench, make(d, w, fn), "moving", "needs trn3")
    let e4 = bench.tile(64, 128, .float8_e4m3)
    expect(bench, make(d, e4, fn), generation: 4, "moving", "do not mix")
    let f = bench.tile(64, 512)
    expect(bench, make(d, w, f), "moving", "pair with each other only")
    let half = bench.tile(128, 512, .float16, .psum)
    expect(bench, make(half, w, x), "dst", "'dst' is float16, must be float32")
    expect(bench, make(half, w, x, transpose: true), "dst", "a transpose of bfloat16")
    expect(
      bench, make(d, w.walking([(64, 2), (1, 64)]), x, mode: .doubleRow), "perf_mode",
      "takes float8")
    let e5 = bench.tile(64, 1024, .float8_e5m2)
    expect(bench, make(d, e4, e5, mode: .doubleRow), "perf_mode", "shape [K, 2, ·]")
    expect(
      bench, make(d, e4, e5, transpose: true, mode: .doubleRow), "perf_mode", "cannot transpose")
  }

  @Test func dma() {
    var bench = Bench()
    let h = bench.tile(64, 8, .float32, .hbm)
    let s = bench.tile(64, 8)
    let p = bench.tile(64, 8, .float32, .psum)
    let index = bench.tile(64, 1, .int32)
    let real = bench.tile(64, 1)
    expect(bench, DMACopy(dst: s, src: p), "src", "must be in hbm or sbuf")
    func indirect(
      scalar: AccessPattern? = nil, vector: AccessPattern? = nil, mode: DGEChoice = .unknown,
      src: AccessPattern? = nil
    ) -> DMACopy {
      var copy = DMACopy(dst: s, src: src ?? h, dgeMode: mode)
      copy.scalarOffset = scalar
      copy.vectorOffset = vector
      return copy
    }
    let first = {
      var pattern = index
      pattern.rows = 1
      return pattern
    }()
    expect(bench, indirect(scalar: first, vector: index), "vector_offset", "exclude each other")
    expect(bench, indirect(vector: index, src: s), "src", "must be in hbm, 'src' is not")
    expect(bench, indirect(vector: real), "vector_offset", "must be int32 or uint32")
    expect(bench, indirect(scalar: index), "scalar_offset", "has 64 elements, must have one")
    expect(bench, indirect(vector: first), "vector_offset", "has 1 indices for 64 rows")
    expect(
      bench, indirect(vector: index, mode: .hwdge), engine: .sync, "dge_mode",
      "needs dge_mode=swdge"
    )
    expect(bench, indirect(vector: index, mode: .none), engine: .gpsimd, "dge_mode", "not none")
    let plain = DMACopy(dst: s, src: h, dgeMode: .hwdge)
    expect(bench, plain, engine: .vector, "dge_mode", "started by sync or scalar, not by vector")
    expect(bench, plain, engine: .sync, generation: 2, "dge_mode", "hwdge needs trn2")
    let soft = DMACopy(dst: s, src: h, dgeMode: .swdge)
    expect(bench, soft, engine: .sync, "dge_mode", "started by gpsimd, not by sync")
  }
}
