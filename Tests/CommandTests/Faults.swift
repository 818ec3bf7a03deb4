extension BadInput {
  /// What only shows while the program runs: exit code 2, with instruction, operand and place.
  static let faults: [BadInput] = [
    .program(
      "uninitialised read", "tensor_copy dst=b src=a", code: 2,
      "p.trn:13:1: error: uninitialized read: reads memory that was never written: partition 0, byte 0",
      "instruction 0: tensor_copy dst=b src=a", "operand 'src'"),
    .program(
      "read of a hole", "memset dst=a[:, 0:63] value=1\ntensor_copy dst=b src=a", code: 2,
      "partition 0, byte 252", "instruction 1: tensor_copy dst=b src=a"),
    .program(
      "output not written", "dma_copy dst=a src=x", code: 2,
      "output 'y' is incomplete: byte 0 of 32768 (element 0) was never written"),
    .program(
      "output half written", "dma_copy dst=a src=x\ndma_copy dst=y[0:64, :] src=a[0:64, :]",
      code: 2, "output 'y' is incomplete: byte 16384 of 32768 (element 4096) was never written",
      "  nothing was stored to y[64:128, :] (4096 of 8192 elements)"),
    .program(
      "accumulation onto a memset",
      "dma_copy dst=a src=x\nmemset dst=p[0:64, :] value=0\nnc_matmul dst=p[0:64, :] stationary=a moving=a accumulate=true",
      code: 2,
      "p.trn:15:1: error: undefined result: accumulates onto PSUM that an instruction other than a matmul wrote",
      "instruction 2: nc_matmul", "operand 'dst'", "accumulate=false"),
    .program(
      "accumulation onto nothing",
      "dma_copy dst=a src=x\nnc_matmul dst=p[0:64, :] stationary=a moving=a accumulate=true",
      code: 2, "uninitialized read", "instruction 1: nc_matmul", "operand 'dst'"),
    .program(
      "index beyond the tensor", "memset dst=i value=500\ndma_copy dst=a src=x vector_offset=i",
      code: 2,
      "p.trn:14:1: error: out of bounds: index 500 of row 0 reaches element 32000 of 'x', which has 8192",
      "instruction 1: dma_copy", "operand 'src'", "oob_mode=skip"),
    .program(
      "negative index", "memset dst=i value=-3\ndma_copy dst=y src=x vector_offset=i indirect=dst",
      code: 2, "index -3 of row 0 reaches element -192 of 'y'", "operand 'dst'"),
    .program(
      "largest index and stride",
      "memset dst=i value=-2147483648\ndma_copy dst=a src=x vector_offset=i offset_stride=2147483648",
      code: 2, "index -2147483648 of row 0 reaches element -4611686018427387904 of 'x'"),
    .program(
      "index never written", "dma_copy dst=a src=x vector_offset=i", code: 2, "uninitialized read",
      "operand 'vector_offset'"),
    .explicit(
      "race: read after write",
      "dma_copy dst=a src=x engine=sync\ntensor_copy dst=b src=a engine=vector",
      "p.trn:15:1: error: race: instruction 1 ('tensor_copy') at p.trn:15:1 and instruction 0 ('dma_copy') at p.trn:14:1 touch the same bytes",
      "instruction 1: tensor_copy dst=b src=a engine=vector", "operand 'src'",
      "add after=[…] to the later one"),
    .explicit(
      "race: write after read",
      "memset dst=a value=1 engine=vector\nc: tensor_copy dst=b src=a engine=vector\nmemset dst=a value=2 engine=gpsimd",
      "error: race: instruction 2 ('memset') at p.trn:16:1", "operand 'dst'"),
    .explicit(
      "race: two writes", "memset dst=a value=1 engine=vector\nmemset dst=a value=2 engine=gpsimd",
      "error: race: instruction 1 ('memset') at p.trn:15:1 and instruction 0 ('memset') at p.trn:14:1"
    ),
    .explicit(
      "deadlock of three engines",
      "l: dma_copy dst=a src=x engine=sync after=[s]\nc: tensor_copy dst=b src=a engine=vector after=[l]\ns: dma_copy dst=y src=b engine=gpsimd after=[c]",
      "error: deadlock: 3 engine(s) wait for each other and none can go on",
      "Sync is at instruction 0 ('l') at p.trn:14:1 and waits for instruction 2 ('s') at p.trn:16:1 on GpSimd",
      "Vector is at instruction 1 ('c') at p.trn:15:1 and waits for instruction 0 ('l') at p.trn:14:1 on Sync",
      "GpSimd is at instruction 2 ('s') at p.trn:16:1 and waits for instruction 1 ('c') at p.trn:15:1 on Vector",
      "Tensor has finished", "Scalar has finished"),
    .explicit(
      "deadlock with itself", "l: memset dst=a value=1 engine=vector after=[l]",
      "Vector is at instruction 0 ('l') at p.trn:14:1 and waits for instruction 0 ('l')"),
    .explicit(
      "deadlock behind an engine's queue",
      "memset dst=a value=1 engine=vector after=[g]\nw: memset dst=b value=1 engine=vector\ng: memset dst=a value=2 engine=gpsimd after=[w]",
      "Vector is at instruction 0 ('memset') at p.trn:14:1 and waits for instruction 2 ('g')",
      "GpSimd is at instruction 2 ('g') at p.trn:16:1 and waits for instruction 1 ('w')"),
  ]
}
