extension BadInput {
  /// Kernels and parameters that are not there or do not fit together.
  static let kernels: [BadInput] = [
    BadInput(
      "unknown kernel to emit", "emit matmull -o p.trn", "there is no kernel and no file 'matmull'",
      "did you mean 'matmul'?"),
    BadInput("unknown kernel to list", "kernels conv", "there is no kernel 'conv'"),
    BadInput(
      "unknown operation to explain", "isa nc_matmull", "there is no operation 'nc_matmull'",
      "did you mean 'nc_matmul'?"),
    BadInput(
      "unknown parameter", "run rmsnorm --param token=1", "there is no parameter 'token'",
      "did you mean 'tokens'?"),
    BadInput(
      "parameter without a value", "run rmsnorm --param tokens", "'--param tokens' has no '='",
      "write --param name=value"),
    BadInput(
      "parameter twice", "run rmsnorm --param tokens=1 --param tokens=2",
      "parameter 'tokens' is given twice"),
    BadInput(
      "not a whole number", "run rmsnorm --param tokens=1.5",
      "parameter 'tokens' is '1.5', must be a whole number"),
    BadInput(
      "number beyond 64 bits", "run rmsnorm --param tokens=99999999999999999999",
      "parameter 'tokens' is '99999999999999999999', must be a whole number"),
    BadInput("zero", "run rmsnorm --param tokens=0", "parameter 'tokens' is 0, must be 1…1048576"),
    BadInput("negative", "run matmul --param k=-128", "parameter 'k' is -128, must be 1…1048576"),
    BadInput(
      "not a number", "run rmsnorm --param eps=nan", "parameter 'eps' is nan, must be 0.0…1.0"),
    BadInput("infinite", "run rmsnorm --param eps=inf", "parameter 'eps' is inf, must be 0.0…1.0"),
    BadInput(
      "unknown choice", "run rmsnorm --param root=scaler", "parameter 'root' cannot be 'scaler'",
      "did you mean 'scalar'?"),
    BadInput(
      "type that the kernel lacks", "run rmsnorm --param dtype=int32",
      "parameter 'dtype' cannot be 'int32'", "float32, bfloat16"),
    BadInput(
      "not a flag", "run rmsnorm --param interleave=yes",
      "parameter 'interleave' is 'yes', must be true or false"),
    BadInput(
      "several at once", "run rmsnorm --param tokens=0 --param root=tensor --param x=1",
      "'tokens' is 0", "'root' cannot be 'tensor'", "no parameter 'x'", "3 errors"),
    BadInput(
      "tile beyond the array",
      "run matmul --param tile_k=256 --param tile_m=256 --param tile_n=1024",
      "tile_k is 256, the PE array has rows for 128",
      "tile_m is 256, a stationary tile has columns for 128",
      "tile_n is 1024, a moving tile has columns for 512"),
    BadInput("tiles beyond sbuf", "run rmsnorm --param hidden=65536", "the tiles need", "sbuf has"),
    BadInput(
      "tiles beyond psum", "run matmul --param psum_buffers=8 --param n=512 --param lhs_layout=mk",
      "the tiles need", "psum has 16384"),
    BadInput(
      "odd head", "run rope --param head_dim=63", "head_dim is 63, must be even",
      "its halves are rotated"),
    BadInput(
      "router beyond a psum bank",
      "run expert_router --param experts=512 --set tensor.moving_max=256",
      "experts is 512, a psum bank takes the logits of 256"),
    BadInput(
      "matmul of 137 thousand million products",
      "run matmul --param m=1048576 --param n=1048576 --param k=1048576 --timing-only",
      "8192 × 8192 × 2048 tiles (m × k × n) make 137438953472 products, a program has at most 16777216 instructions",
      "inputs and outputs take 6597069766656 bytes, hbm has 25769803776"),
    BadInput(
      "tokens beyond hbm", "emit rmsnorm --param tokens=1048576 --param hidden=16384 -o p.trn",
      "inputs and outputs take 68719509504 bytes, hbm has 25769803776: x 34359738368, y 34359738368"
    ),
    BadInput(
      "usage: no command's name", "rnu softmax", code: 64, "there is no command 'rnu'",
      "did you mean 'run'?"),
    BadInput("usage: nothing to run", "run", code: 64, "Missing expected argument '<workload>'"),
    BadInput(
      "usage: nowhere to emit to", "emit softmax", code: 64,
      "Missing expected argument '--output <file|->'"),
    BadInput("usage: unknown option", "run softmax --fast", code: 64, "Unknown option '--fast'"),
    BadInput(
      "usage: seed is no number", "run softmax --seed=-1", code: 64,
      "The value '-1' is invalid for '--seed <seed>'"),
    BadInput(
      "usage: option's value missing", "run softmax --seed", code: 64,
      "Missing value for '--seed <seed>'"),
    BadInput(
      "usage: neither values nor timing", "run softmax --timing-only --values-only", code: 64,
      "--timing-only and --values-only exclude each other"),
    BadInput(
      "usage: trace of values", "run softmax --values-only --trace t.zst", code: 64,
      "a trace needs timing"),
    BadInput(
      "usage: outputs of timing", "run softmax --timing-only --output-dir o", code: 64,
      "outputs need values"),
    BadInput(
      "usage: unknown detail", "run softmax --trace-detail most", code: 64, "--trace-detail"),
    BadInput("usage: unknown arrows", "run softmax --flows some", code: 64, "--flows"),
    BadInput(
      "unknown section", "run softmax --param tokens=1 --show tensor,rooflines",
      "--show tensor: there is no such section", "did you mean 'tensors'?",
      "did you mean 'roofline'?",
      "2 errors"),
    BadInput(
      "window without a colon", "run softmax --param tokens=1 --timeline-window 3",
      "--timeline-window 3: is not two times with a colon between", "write FROM:TO in µs"),
    BadInput(
      "window that is no time", "run softmax --param tokens=1 --timeline-window a:3",
      "--timeline-window a:3: 'a' is no time"),
    BadInput(
      "window that ends before it begins", "run softmax --param tokens=1 --timeline-window 3:2",
      "ends before it begins"),
    BadInput(
      "window behind the end", "run softmax --param tokens=1 --timeline-window 1000:",
      "the timeline's window begins at 1000.000 µs, the run ends at"),
    BadInput(
      "core to annotate that is not there", "annotate softmax --param tokens=1 --core 1",
      "'softmax' has 1 core, none has the number 1", "leave --core out"),
    BadInput("misspelled kernel to annotate", "annotate sotmax", "did you mean 'softmax'?"),
  ]

  /// Machines that cannot be.
  static let hardware: [BadInput] = [
    BadInput(
      "unknown hardware", "run softmax --hardware trn9", "unknown hardware 'trn9'",
      "did you mean 'trn1'?"),
    BadInput(
      "hardware is a directory", "run softmax --hardware d",
      [.init(name: "d", content: .directory)],
      "d: error: cannot read the configuration: is a directory"),
    BadInput(
      "empty configuration", "hardware check h.yaml", [.text("h.yaml", "")],
      "h.yaml:1:1: error: a configuration is a mapping of sections"),
    BadInput(
      "malformed configuration", "hardware check h.yaml", [.text("h.yaml", "name: x\nclocks: [\n")],
      "h.yaml:"),
    BadInput(
      "configuration that lacks all", "hardware check h.yaml", [.text("h.yaml", "name: x\n")],
      "h.yaml"),
    BadInput(
      "configuration that is not text", "hardware check h.yaml",
      [.bytes("h.yaml", [0xFF, 0xFE, 0x00])], "h.yaml: error: the file is not UTF-8 text"),
    BadInput(
      "configuration that is missing", "hardware check h.yaml",
      "h.yaml: error: cannot read the configuration: no such file or directory"),
    BadInput(
      "several configurations", "hardware check h.yaml i.yaml",
      [.text("h.yaml", ""), .text("i.yaml", "[]")], "h.yaml:1:1", "i.yaml:1:1"),
    BadInput(
      "override without a value", "run softmax --set clocks.vector",
      "'--set clocks.vector' has no '='"),
    BadInput("override of nothing known", "run softmax --set clock.vector=1", "clock.vector"),
    BadInput(
      "clock of zero", "run softmax --set clocks.vector=0",
      "'clocks.vector' is 0, expected a number from 0.001 to 100"),
    BadInput(
      "clock of 1e-30", "run softmax --set clocks.vector=1e-30",
      "'clocks.vector' is 1e-30, expected a number from 0.001 to 100"),
    BadInput(
      "clock that is no number", "run softmax --set clocks.vector=nan", "'clocks.vector' is nan"),
    BadInput(
      "partitions by one", "run softmax --set sbuf.partitions=100",
      "'sbuf.partitions' is 100, expected an integer from 128 to 1024, a multiple of 128"),
    BadInput(
      "two memories of two heights", "run softmax --set sbuf.partitions=256",
      "psum.partitions is 128, sbuf.partitions is 256"),
    BadInput(
      "banks that do not fill psum", "run softmax --set psum.banks=7",
      "psum: 7 banks of 2048 bytes are not bytes_per_partition 16384"),
    BadInput(
      "memory of 64 GiB",
      "run softmax --set sbuf.bytes_per_partition=67108864 --set sbuf.partitions=1024"
        + " --set psum.partitions=1024 --set psum.bank_bytes=8388608"
        + " --set psum.bytes_per_partition=67108864 --set hbm.active_cores=0",
      "'hbm.active_cores' is 0"),
    BadInput(
      "class that the engine lacks", "run softmax --set vector.classes.copy=none",
      "vector.classes.copy"),
    BadInput("section that is not there", "hardware show clock", "unknown section 'clock'"),
    BadInput("value that is not there", "hardware explain clocks.pe", "unknown value 'clocks.pe'"),
    BadInput(
      "tiles beyond a smaller sbuf",
      "run rmsnorm --hardware trn2 --set sbuf.usable_bytes_per_partition=64 --set sbuf.bytes_per_partition=64",
      "sbuf has 64"),
  ]
}
