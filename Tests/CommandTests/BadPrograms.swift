extension BadInput {
  /// Texts that are not programs.
  static let texts: [BadInput] = [
    .program(
      "unknown operation", "dma_cpy dst=a src=x",
      "p.trn:13:1: error: there is no operation 'dma_cpy'", "  dma_cpy dst=a src=x\n  ^~~~~~~\n",
      "help: did you mean 'dma_copy'?"),
    .program(
      "unknown field", "dma_copy dst=a src=x sorce=x",
      "p.trn:13:22: error: dma_copy has no field 'sorce'"),
    .program(
      "field of another toolkit", "tensor_tensor dst=a lhs=b rhs=b op=add", "has no field 'lhs'",
      "needs 'data1'", "one of: dst, data1, data2, op, engine, after"),
    .program(
      "unknown tensor", "dma_copy dst=aa src=x", "p.trn:13:14: error: there is no tensor 'aa'"),
    .program(
      "unknown symbol", "activation dst=a data=b op=sine",
      "p.trn:13:28: error: 'op' cannot be 'sine'", "did you mean 'sin'?"),
    .program(
      "missing operand", "dma_copy dst=a", "p.trn:13:1: error: dma_copy needs 'src'", "add src=…"),
    .program("field twice", "dma_copy dst=a src=x dst=b", "'dst' is given twice"),
    .program(
      "tensor twice", "tensor a: hbm float32 [1, 1]",
      "p.trn:13:8: error: tensor 'a' is declared twice", "the first is at p.trn:5:1"),
    .program(
      "label twice", "l: memset dst=a value=1\nl: memset dst=b value=1 after=[l]",
      "several instructions have the label 'l'"),
    .program("unknown memory", "tensor t: sbuff float32 [1]", "there is no memory 'sbuff'"),
    .program(
      "unknown element type", "tensor t: hbm bfloat61 [1]", "there is no element type 'bfloat61'",
      "did you mean 'bfloat16'?"),
    .program(
      "extent of zero", "tensor t: sbuf float32 [0, 4] at byte 0", "an extent of 0",
      "extents start at 1"),
    .program(
      "place on chip in hbm",
      "tensor hh: hbm output float32 [1, 64] at partition 0 byte 4\ndma_copy dst=hh src=a[0:1]",
      "p.trn:13:39: error: 'hh' is in hbm and has no place on chip", "help: remove 'at …'"),
    .program(
      "extent beyond 64 bits", "tensor t: hbm float32 [99999999999999999999]",
      "an extent does not fit into 64 bits"),
    .program(
      "slice beyond the tensor", "dma_copy dst=y src=a[:, 0:2000000000000]",
      "p.trn:13:25: error: slice 0:2000000000000 exceeds dimension 1 of 'a', which has 64"),
    .program(
      "index beyond the tensor", "dma_copy dst=y src=x[128]",
      "index 128 is outside dimension 0 of 'x', which has 128"),
    .program("empty slice", "dma_copy dst=y src=x[5:5]", "slice 5:5 is empty"),
    .program(
      "pattern of nothing", "dma_copy dst=a src=x.ap([])",
      "the pattern of an hbm tensor begins with its rows"),
    .program("number beyond fp32", "memset dst=a value=1e39", "1e39 is beyond fp32"),
    .program(
      "unknown engine", "memset dst=a value=1 engine=vectr", "there is no engine 'vectr'",
      "did you mean 'vector'?"),
    .program(
      "unknown label", "memset dst=a value=1 after=[load]", "no instruction has the label 'load'"),
    .program("scope left open", "scope tile {", "p.trn:13:1: error: this scope is never closed"),
    .program("NUL byte", "\u{0}", "found byte 0x0"),
    .program(
      "several at once", "dma_cpy dst=a src=x\ntensor_copy dst=zz src=b\nmemset dst=a value=ten",
      "p.trn:13:1: error", "p.trn:14:17: error", "p.trn:15:20: error", "3 errors"),
    BadInput(
      "escape sequence in a name", "run p.trn",
      [.text("p.trn", head + "\"\u{1B}[31m\": bogus dst=a\n")],
      "p.trn:13:2: error: byte 0x1b in a string", "\"\u{FFFD}[31m\": bogus"),
    BadInput(
      "line of a megabyte", "show p.trn",
      [.text("p.trn", head + "memset " + String(repeating: "x", count: 1 << 20))],
      "p.trn:13:8: error: memset has no field 'xxx", "xxx…"),
    BadInput(
      "five thousand errors", "show p.trn",
      [.text("p.trn", head + String(repeating: "bogus\n", count: 5000))],
      "p.trn:212:1: error: there is no operation 'bogus'"),
    BadInput(
      "version of tomorrow", "show p.trn", [.text("p.trn", "trnsim program 2\nkernel k\n")],
      "p.trn:1:16: error: version 2 of program texts, this trnsim reads version 1"),
    BadInput(
      "another file", "show p.trn", [.text("p.trn", "#!/bin/sh\n")],
      "p.trn:1:1: error: the program is empty"),
  ]

  /// Programs that the machine cannot run, found before they run.
  static let programs: [BadInput] = [
    .program(
      "too many partitions", "tensor t: sbuf float32 [129, 4] at byte 0",
      "p.trn:13:1: error: tensor 't' uses partitions 0..<129, sbuf has 128"),
    .program(
      "partitions beyond the last", "tensor t: sbuf float32 [128, 4] at partition 1 byte 0",
      "uses partitions 1..<129, sbuf has 128"),
    .program(
      "over sbuf", "tensor t: sbuf float32 [128, 60000] at byte 0",
      "tensor 't' needs bytes 0..<240000 of each partition, sbuf has 212728",
      "use smaller tiles or fewer buffers; most of each partition is taken by t 240000, "),
    .program(
      "over what programs can use of sbuf", "tensor t: sbuf float32 [128, 54000] at byte 0",
      "tensor 't' needs bytes 0..<216000 of each partition, sbuf has 212728"),
    .program(
      "over psum", "tensor t: psum float32 [128, 8192] at bank 0",
      "needs bytes 0..<32768 of each partition, psum has 16384"),
    .program(
      "bank beyond the last", "tensor t: psum float32 [128, 512] at bank 8",
      "needs bytes 16384..<18432 of each partition, psum has 16384"),
    .program(
      "over hbm", "tensor t: hbm float32 [65536, 65536]\ntensor u: hbm float32 [65536, 65536]",
      "the hbm tensors take 34359803904 bytes, the device has 25769803776"),
    .program(
      "tensor of 4 TiB", "tensor t: hbm input float32 [1048576, 1048576]",
      "the hbm tensors take 4398046576640 bytes, the device has 25769803776"),
    .program(
      "misaligned", "tensor t: sbuf float32 [128, 4] at byte 2",
      "tensor 't' starts at byte 2, not a multiple of 4"),
    .program(
      "input on chip", "tensor t: sbuf input float32 [128, 4] at byte 0",
      "tensor 't' is on chip and cannot be an input or output"),
    .program(
      "start partition of 64", "tensor_copy dst=a[0:64, :] src=b[16:80, :]",
      "p.trn:13:1: error: tensor_copy: operand 'src' has 64 partitions from partition 16 on; 64 partitions must start at a multiple of 64"
    ),
    .program(
      "start partition of 32", "tensor_copy dst=a[5:37, :] src=b[0:32, :]",
      "operand 'dst' has 32 partitions from partition 5 on; 32 partitions must start at a multiple of 32"
    ),
    .program(
      "free sizes differ", "tensor_copy dst=a src=b[:, 0:32]",
      "'src' has 32 elements per partition, 'dst' has 64"),
    .program(
      "partitions differ", "tensor_copy dst=a[0:64, :] src=b",
      "'src' has 128 partitions, 'dst' has 64"),
    .program(
      "hbm as an engine's operand", "tensor_copy dst=a src=x",
      "'src' is in hbm, must be in sbuf or psum"),
    .program(
      "gpsimd with psum", "tensor_copy dst=a src=p engine=gpsimd",
      "the gpsimd engine cannot access psum (operand 'src')",
      "run it on the vector or scalar engine"),
    .program(
      "engine that cannot", "tensor_copy dst=a src=b engine=tensor",
      "tensor_copy cannot run on the tensor engine", "one of: vector, scalar, gpsimd"),
    .program(
      "activation on vector", "activation dst=a data=b op=exp engine=vector",
      "activation cannot run on the vector engine"),
    .program(
      "iota on vector", "iota dst=a pattern=[[1, 64]] engine=vector",
      "iota cannot run on the vector engine"),
    .program(
      "matmul to sbuf", "nc_matmul dst=a[0:64, :] stationary=a moving=b",
      "'dst' is in sbuf, must be in psum"),
    .program(
      "matmul from psum", "nc_matmul dst=q[0:64, :] stationary=a moving=p",
      "'moving' is in psum, must be in sbuf"),
    .program(
      "matmul of two types", "nc_matmul dst=p[0:64, :] stationary=a moving=h",
      "'moving' is bfloat16 and 'stationary' is float32"),
    .program(
      "matmul of two depths", "nc_matmul dst=p[0:64, :] stationary=a moving=b[0:64, :]",
      "'moving' has 64 partitions, 'stationary' has 128"),
    .program(
      "matmul too wide", "nc_matmul dst=r[0:64, :] stationary=a moving=w[:, 0:1024]",
      "'moving' has 1024 columns, at most 512", "'dst' spans psum banks 2 to 3, must fit into one",
      "2 errors"),
    .program(
      "matmul across banks", "nc_matmul dst=r[0:64, 256:768] stationary=a moving=w[:, 0:512]",
      "'dst' spans psum banks 2 to 3, must fit into one"),
    .program(
      "stationary too wide", "nc_matmul dst=p stationary=w[:, 0:256] moving=a",
      "'stationary' has 256 columns, at most 128"),
    .program(
      "both operands in psum", "tensor_tensor dst=a data1=p data2=q op=add",
      "both tensor inputs are in psum"),
    .program(
      "scalar operand's shape", "tensor_scalar dst=a data=b op0=add operand0=b",
      "'operand0' is 128 × 64, needs 128 × 1"),
    .program(
      "scalar operand's type", "tensor_scalar dst=a data=b op0=add operand0=i",
      "'operand0' is int32, must be float32"),
    .program(
      "free size of sbuf", "tensor_copy dst=a src=b.ap([[0, 70000]])",
      "operand 'src' has 70000 elements per partition, sbuf operands have at most 65536"),
    .program(
      "free size of psum",
      "tensor half: psum bfloat16 [128, 5000] at bank 0\ntensor_copy dst=half src=half",
      "operand 'src' has 5000 elements per partition, psum operands have at most 4096"),
    .program(
      "two thousand million elements", "tensor_copy dst=a src=b.ap([[0, 2147483647]])",
      "operand 'src' has 2147483647 elements per partition"),
    .program("dma from psum", "dma_copy dst=a src=p", "'src' is in psum, must be in hbm or sbuf"),
    .program(
      "dma of two sizes", "dma_copy dst=a src=x[0:64, :]", "'dst' has 8192 elements, 'src' has 4096"
    ),
    .program(
      "scalar offset of many", "dma_copy dst=a src=x scalar_offset=i",
      "scalar_offset has 128 elements, must have one"),
    .program(
      "absurd offset stride",
      "dma_copy dst=a src=x vector_offset=i offset_stride=3000000000",
      "offset_stride is 3000000000, at most 2147483648 elements are possible"),
    .program(
      "absurd iota", "iota dst=i pattern=[[1, 1]] offset=9223372036854775807",
      "9223372036854775807 does not fit into 32 bits"),
    .program(
      "absurd count",
      "local_gather dst=a src_buffer=b index=i num_valid_indices=9000000000000000000",
      "num_valid_indices: 9000000000000000000 does not fit into 32 bits"),
    .program("integer from 1e30", "memset dst=i value=1e30", "is not a number of int32"),
    .program(
      "max8 of another size", "max8 dst=a src=b", "'dst' has 64 elements per partition, needs 8"),
    .program(
      "shuffle mask", "nc_stream_shuffle dst=a src=b shuffle_mask=[0, 1, 2]",
      "shuffle_mask has 3 entries, must have 32"),
    .program(
      "axis that is not there", "tensor_reduce dst=i op=add data=a axes=[7]",
      "axes are [7], must be the last of the 1 free dimensions"),
    .program(
      "predicate's type", "tensor_copy_predicated dst=a src=b predicate=a",
      "'predicate' is float32, must be uint8, uint16 or uint32"),
    .program(
      "several rules at once", "tensor_copy dst=a src=x\nmax8 dst=a src=b",
      "p.trn:13:1: error: tensor_copy", "p.trn:14:1: error: max8", "2 errors"),
    BadInput(
      "values that the host cannot hold", "run p.trn",
      [
        .text(
          "p.trn",
          "trnsim program 1\nkernel k\ntensor s: hbm int8 [1, 2]\ntensor t: hbm int8 [1, 2]\ndma_copy dst=t.ap([[0, 2147483647], [0, 131072]]) src=s.ap([[0, 2147483647], [0, 131072]])\n"
        )
      ], "the values need about 1048608.0 GiB of memory, ", "use --timing-only"),
  ]
}
