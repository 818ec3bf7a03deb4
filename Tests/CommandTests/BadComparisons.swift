extension BadInput {
  private static let badYAML = File.text(
    "bad.yaml", "entries:\n  - kernel: matmul\n    parameters: {m: [128, }\n")
  private static let brokenYAML = [
    "bad.yaml:3:27: error: not valid YAML", "    parameters: {m: [128, }\n", "^",
  ]
  private static let suite = File.text(
    "s.yaml",
    """
    entries:
      - kernel: matmull
      - {kernel: silu, parameters: {rows: 1}}
      - {kernel: silu, colour: red}

    """)
  private static let wrongSuite = [
    "s.yaml:2:5: error: there is no kernel 'matmull'", "did you mean 'matmul'?",
    "s.yaml:3:5: error: there is no parameter 'rows'",
    "s.yaml:4:20: error: an entry has no 'colour'\n    - {kernel: silu, colour: red}\n"
      + "                     ^~~~~~",
    "3 errors",
  ]
  private static let good = File.text(
    "s.yaml", "entries:\n  - {kernel: softmax, parameters: {tokens: 1}}\n")
  private static let script = File.text("k.py", "def f(): pass\n")

  /// The commands that compare and search: check, update, diff, sweep, results, merge, whatif, model.
  static let comparisons: [BadInput] = [
    BadInput("check: missing file", "check none.yaml", "none.yaml: error: cannot read"),
    BadInput("check: bad YAML", "check bad.yaml", [badYAML], all: brokenYAML),
    BadInput("check: wrong entries", "check s.yaml", [suite], all: wrongSuite),
    BadInput(
      "check: pattern of nothing", "check s.yaml --only none*", [good],
      "no entry of the suite matches 'none*'", "there are softmax tokens=1"),
    BadInput(
      "check: no baseline", "check s.yaml --baseline s.yaml", [good],
      "s.yaml: error: is no baseline: not valid JSON", "make it with 'trnsim update SUITE'"),
    BadInput(
      "check: JUnit in a missing directory", "check s.yaml --junit d/j.xml", [good],
      "d/j.xml: error: cannot write"),
    BadInput(
      "check: script without a function", "check s.yaml",
      [
        script,
        .text(
          "s.yaml",
          """
          entries:
            - script: k.py
              inputs: {x: "float33 [2]", y: "float32 [n, 0]", z: "float32"}
            - {script: none.py, kernel: f, sizes: {n: 1}}
            - {script: k.txt, kernel: f}
            - {kernel: silu, inputs: {x: "float32 [2]"}}
            - {script: k.py, kernel: f, inputs: {x: "float32 [n]"}, parameters: {x: 1}, sizes: {n: no}}
          """),
      ], "s.yaml:3:17: error: there is no element type 'float33'", "did you mean 'float32'?",
      "'0' is no extent in 'float32 [n, 0]'", "'float32' is no type with a shape",
      "an entry with a 'script' needs a 'kernel'", "there is no file 'none.py'",
      "no input has the size 'n'", "'k.txt' is no Python script",
      "only kernels of a Python script have 'inputs' and 'sizes'",
      "'x' is one of 'inputs' and of 'parameters'",
      "size 'n' is 'no', not a whole number from 1 on"),
    BadInput(
      "check: wrong schedule", "check s.yaml",
      [.text("s.yaml", "entries:\n  - {kernel: softmax, schedule: compilr}\n")],
      "s.yaml:2:33: error: there is no schedule 'compilr'", "did you mean 'compiler'?"),
    BadInput("update: missing file", "update none.yaml", "none.yaml: error: cannot read"),
    BadInput("update: bad YAML", "update bad.yaml", [badYAML], all: brokenYAML),
    BadInput("update: wrong entries", "update s.yaml", [suite], all: wrongSuite),
    BadInput(
      "diff: missing files", "diff a.json none.trn", "a.json: error: cannot read",
      "none.trn: error: cannot read", "2 errors"),
    BadInput(
      "diff: wrong parameter", "diff matmul:m=0 matmul", "parameter 'm' is 0, must be 1…1048576"),
    BadInput(
      "diff: unknown parameter", "diff matmul matmul:rows=1", "there is no parameter 'rows'"),
    BadInput("sweep: missing file", "sweep none.yaml", "none.yaml: error: cannot read"),
    BadInput(
      "sweep: bad YAML", "sweep bad.yaml", [.text("bad.yaml", "kernel: matmul\nset: {a: [1, }\n")],
      "bad.yaml:2:14: error: not valid YAML", "set: {a: [1, }"),
    BadInput(
      "sweep: unknown kernel", "sweep s.yaml", [.text("s.yaml", "kernel: matmull\n")],
      "s.yaml:1:9: error: there is no kernel 'matmull'\n  kernel: matmull\n          ^~~~~~~",
      "did you mean 'matmul'?"),
    BadInput(
      "sweep: unknown parameter", "sweep s.yaml",
      [
        .text("s.yaml", "kernel: silu\nparameters: {tokens: 1, rows: [1, 2]}\nset: {dma.ring: 8}\n")
      ],
      "s.yaml:2:25: error: there is no parameter 'rows'\n  parameters: {tokens: 1, rows: [1, 2]}\n"
        + "                          ^~~~", "s.yaml:3:7: error: unknown value 'dma.ring'",
      "did you mean 'dma.rings'?"),
    BadInput(
      "sweep: unknown objective", "sweep s.yaml",
      [.text("s.yaml", "kernel: silu\nobjective: total_time\n")],
      "s.yaml:2:12: error: there is no objective 'total_time'", "total_time_ps"),
    BadInput(
      "sweep: wrong schedule", "sweep s.yaml",
      [.text("s.yaml", "kernel: silu\nschedule: [program, compile]\n")],
      "s.yaml:2:11: error: there is no schedule 'compile'", "did you mean 'compiler'?"),
    BadInput(
      "sweep: no such round", "sweep s.yaml --round 1", [.text("s.yaml", "kernel: softmax\n")],
      "there is no round 1", "only halving has rounds after 0"),
    BadInput(
      "sweep: missing previous store", "sweep s.yaml --round 0 --previous none.sqlite",
      [.text("s.yaml", "kernel: softmax\n")], "none.sqlite: error: there is no such store"),
    BadInput(
      "sweep: store below a file", "sweep s.yaml --store s.yaml/x",
      [.text("s.yaml", "kernel: softmax\n")], "s.yaml/x: error: cannot open: Not a directory"),
    BadInput(
      "results: missing store", "results none.sqlite",
      "none.sqlite: error: there is no such store", "trnsim sweep SPEC --store none.sqlite"),
    BadInput(
      "results: no store", "results s.yaml", [good], "s.yaml: error: is no SQLite file"),
    BadInput(
      "results: wrong column", "results none.sqlite --by speed", "there is no number 'speed'",
      "one of: total_time_ps"),
    BadInput(
      "merge: missing shard", "merge all.sqlite none.sqlite",
      "none.sqlite: error: there is no such store"),
    BadInput(
      "merge: no store", "merge all.sqlite s.yaml", [good], "s.yaml: error: is no SQLite file"),
    BadInput(
      "whatif: unknown kernel", "whatif softmx", "there is no kernel and no file 'softmx'",
      "did you mean 'softmax'?"),
    BadInput(
      "whatif: unknown parameter", "whatif softmax --param rows=1", "there is no parameter 'rows'"),
    BadInput(
      "whatif: unknown parts", "whatif softmax --scale dma.banwidth=2 --scale dma.rings=x",
      "'dma.banwidth' is no part of the machine", "did you mean 'dma.bandwidth'?",
      "'x' is no range of factors", "2 errors"),
    BadInput(
      "model: unknown", "model qwen", "there is no model 'qwen'", "one of: qwen3-30b-a3b"),
    BadInput(
      "model: unknown parameter", "model qwen3-30b-a3b --param colour=red",
      "there is no parameter 'colour'"),
  ]
}
