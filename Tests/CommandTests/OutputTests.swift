import Foundation
import Testing

/// What commands do to the files that they write, and to those that they read.
@Suite struct OutputTests {
  /// Runs a shell line in which `$T` is the program: its exit code and what it printed on both streams.
  private func shell(_ line: String, in scratch: Scratch) async throws -> (Int32, String) {
    await Gate.shared.enter()
    defer { Task { await Gate.shared.leave() } }
    let streams = try Scratch()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    process.environment = [
      "T": executable, "SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin",
    ]
    try streams.write([], to: "output")
    let handle = FileHandle(forWritingAtPath: "\(streams.path)/output")
    try handle?.seekToEnd()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    let output = String(decoding: try streams.read("output"), as: UTF8.self)
    return (process.terminationStatus, output)
  }

  /// A program of two instructions.
  private static let copy = """
    trnsim program 1
    kernel k
    tensor x: hbm input float32 [1, 1]
    tensor y: hbm output float32 [1, 1]
    dma_copy dst=y src=x

    """

  private func folder(_ files: [String: String] = [:]) throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write(Array(Self.copy.utf8), to: "p.trn")
    for (name, text) in files { try scratch.write(Array(text.utf8), to: name) }
    return scratch
  }

  @Test(arguments: [
    "run matmul --param m=128 --param k=128 --param n=512 --output-dir o > /dev/null",
    "emit matmul --param m=1024 --param k=1024 --param n=1024 -o p.trn",
    "run rmsnorm --param tokens=4096 --timing-only --trace t.pftrace.zst > /dev/null",
    "emit rmsnorm --param tokens=4096 -o - > printed",
  ]) func theLimitOfFileSizesIsAMessage(_ command: String) async throws {
    let scratch = try Scratch()
    let (code, output) = try await shell(
      "(ulimit -f 8; $T \(command)); code=$?; rm -f printed; exit $code", in: scratch)
    #expect(code == 1)
    #expect(output.contains("error: cannot write"), "\(output)")
    if !command.hasSuffix("printed") { #expect(output.contains("File too large"), "\(output)") }
    #expect(scratch.files.keys.sorted() == [])
  }

  @Test func modeAndLinksStay() async throws {
    let scratch = try Scratch()
    let (code, output) = try await shell(
      """
      echo x > private.json; chmod 600 private.json
      echo x > target.json; chmod 640 target.json; ln -s target.json link.json
      $T run softmax --param tokens=1 --json private.json > /dev/null || exit 1
      $T run softmax --param tokens=1 --json link.json > /dev/null || exit 1
      stat -c '%n %F %a' private.json link.json target.json; ls
      """, in: scratch)
    #expect(code == 0)
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.first == "private.json regular file 600")
    #expect(lines.dropFirst().first?.hasPrefix("link.json symbolic link") == true)
    #expect(lines.dropFirst(2).first == "target.json regular file 640")
    #expect(lines.dropFirst(3) == ["link.json", "private.json", "target.json"])
    for name in ["private.json", "target.json"] { #expect(try scratch.read(name).first == 0x7B) }
  }

  /// A command line, what its message begins with, and what it names.
  private static let refused: [(String, String, String)] = [
    ("run p.trn --trace p.trn", "p.trn: error: is a program that runs, and --trace", "--trace"),
    ("run p.trn --json=./p.trn", "./p.trn: error: is a program", "--json"),
    ("run p.trn --trace link", "link: error: is a program that runs ('p.trn')", "--trace"),
    ("run p.trn --trace hard", "hard: error: is a program that runs ('p.trn')", "--trace"),
    ("run p.trn p.trn --lnc 2 --trace p.trn", "p.trn: error: is a program that runs", "--trace"),
    ("run p.trn --json=r --trace r", "r: error: --json and --trace would both", "file of its own"),
    ("run p.trn --input x=o/y.npy --output-dir o", "o/y.npy: error: is input 'x'", "--output-dir"),
    ("run p.trn --output-dir o --json=o/y.npy", "o/y.npy: error: --json", "--output-dir"),
    ("run p.trn --output-dir new --json=./new/y.npy", "new/y.npy: error: --json", "--output-dir"),
    ("run silu --hardware h.yaml --json=h.yaml", "h.yaml: error: is the hardware's", "--json"),
    ("run k.py --trace k.py", "k.py: error: is the script that runs", "--trace"),
    ("emit silu --hardware h.yaml -o h.yaml", "h.yaml: error: is the hardware's", "--output"),
    (
      "compare p.trn --vary set:dma.bytes_per_cycle=16,32 --csv p.trn",
      "p.trn: error: is a program that runs", "--csv"
    ),
    (
      "compare p.trn --vary hardware=trn2,h.yaml --json=h.yaml",
      "h.yaml: error: is the hardware's", "--json"
    ),
    (
      "compare silu --vary buffers=1,2 --csv a --json=a", "a: error: --json and --csv would both",
      "file of its own"
    ),
    ("whatif p.trn --json=p.trn", "p.trn: error: is a program that runs", "--json"),
    ("model qwen3-30b-a3b --hardware h.yaml --json=h.yaml", "h.yaml: error: is the", "--json"),
    ("check s.yaml --junit s.yaml", "s.yaml: error: is the suite", "--junit"),
    ("check s.yaml --markdown p.trn", "p.trn: error: is a program of the suite", "--markdown"),
    ("check s.yaml --json a.json --junit a.json", "a.json: error: --junit and --json", "own"),
    ("check s.yaml --json s.baseline.json", "s.baseline.json: error: is the baseline", "--json"),
    ("update t.yaml --baseline e.json", "e.json: error: is a program of the suite", "--baseline"),
    ("sweep w.yaml --store w.yaml", "w.yaml: error: is the sweep's specification", "--store"),
    ("sweep w.yaml --store p.trn", "p.trn: error: is a program that runs", "--store"),
    ("results a.sqlite --csv a.sqlite", "a.sqlite: error: is the store that is read", "--csv"),
    ("merge a.sqlite a.sqlite", "a.sqlite: error: is a store that is merged", "overwrite"),
    ("replay c.instr.csv.zst --csv c.dma.csv.zst", "c.dma.csv.zst: error: is a table", "--csv"),
    ("accuracy d --csv d/c.instr.csv.zst", "d/c.instr.csv.zst: error: is a table", "--csv"),
    ("evaluate k.py:f --json=k.py", "k.py: error: is the candidate, and --json", "--json"),
  ]

  @Test(arguments: Self.refused.indices) func noOutputIsAnInput(_ index: Int) async throws {
    let (command, message, remedy) = Self.refused[index]
    let scratch = try folder([
      "k.py": "", "a.sqlite": "SQLite format 3\0", "c.instr.csv.zst": "1", "c.dma.csv.zst": "2",
      "h.yaml": "", "s.yaml": "entries:\n  - program: p.trn\n",
      "t.yaml": "entries:\n  - {program: e.json, name: e}\n",
      "e.json": #"{"schema": 1, "entries": {}, "hardware": {}}"#,
      "s.baseline.json": #"{"schema": 1, "entries": {}, "hardware": {}}"#,
      "w.yaml": "program: p.trn\nset: {dma.bytes_per_cycle: [16, 32]}\n",
    ])
    for folder in ["o", "d"] {
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
    }
    try scratch.write(Array("1".utf8), to: "o/y.npy")
    try scratch.write(Array("1".utf8), to: "d/c.instr.csv.zst")
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: "\(scratch.path)/link", withDestinationPath: "p.trn")
    try manager.linkItem(atPath: "\(scratch.path)/p.trn", toPath: "\(scratch.path)/hard")
    let before = scratch.files
    let outcome = try await trnsim(command.split(separator: " ").map(String.init), in: scratch)
    #expect(outcome.code == 1)
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
    #expect(outcome.errors.contains(remedy), "\(outcome.errors)")
    #expect(outcome.output == "")
    #expect(outcome.files == before)
  }

  @Test func pipesAndStandardOutputAreWritten() async throws {
    let scratch = try folder()
    let (code, output) = try await shell(
      """
      $T run p.trn --json /dev/stdout | head -c 1; echo
      $T run p.trn --json /dev/stdout > all; head -c 1 all; grep -c 'k  (' all
      $T run p.trn --trace /dev/null --json /dev/null > /dev/null; echo $?
      mkfifo pipe; cat pipe > read & $T emit silu --param tokens=1 -o pipe; wait; head -n 1 read
      $T run p.trn --json=>(cat > substituted) > /dev/null; sleep 0.1; test -p pipe && echo pipe
      """, in: scratch)
    #expect(code == 0)
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.filter { !$0.hasPrefix("note: ") }.first == "{", "\(output)")
    #expect(output.contains("trnsim program 1"), "\(output)")
    #expect(lines.last == "pipe")
    // What was printed after the report follows it.
    let all = String(decoding: try scratch.read("all"), as: UTF8.self)
    #expect(all.hasPrefix("{") && all.contains("}"))
    #expect(!scratch.files.keys.contains { $0.hasSuffix(".partial") })
  }

  @Test func filesOfAKilledRunGo() async throws {
    let (code, output) = try await shell(
      """
      $T run rmsnorm --param tokens=262144 --timing-only --trace t.zst --trace-detail full \\
        > /dev/null 2>&1 &
      for i in $(seq 4000); do ls | grep -q partial && break; sleep 0.01; done
      kill -9 $!; wait $! 2> /dev/null
      ls | grep -q partial || exit 3
      $T run softmax --param tokens=1 --json other.json > /dev/null; ls
      """, in: try Scratch())
    #expect(code == 0)
    #expect(output == "other.json\n")
  }

  /// Names that a terminal would act on are shown as something else, whatever says them.
  @Test(arguments: [
    "run NAME --timing-only", "show NAME", "run NAME.none", "NAME", "run p.trn --NAME",
    "run p.trn NAME --NAME",
    "run p.trn --json=NAME/none", "run p.trn --lnc NAME", "kernels NAME", "isa NAME",
    "hardware check NAME",
    "hardware show NAME", "check NAME", "update s.yaml --baseline NAME.json",
    "check s.yaml --baseline NAME.json --output-dir NAME.d", "diff NAME p.trn",
    "sweep w.yaml --store NAME.sqlite", "results NAME.sqlite", "merge NAME.sqlite NAME",
    "compare NAME --vary set:dma.bytes_per_cycle=16,32", "whatif NAME", "replay NAME",
    "accuracy NAME", "model NAME", "demo --tokens NAME", "run NAME.py",
  ]) func namesDoNotReachTheTerminal(_ command: String) async throws {
    let scratch = try folder([
      "s.yaml": "entries:\n  - program: p.trn\n",
      "w.yaml": "program: p.trn\nset: {dma.bytes_per_cycle: [16, 32]}\n",
    ])
    let name = "a\u{1B}[31m\u{202E}\u{200F}\nb"
    try scratch.write(Array(Self.copy.utf8), to: name)
    let words = command.split(separator: " ").map { String($0).replacing("NAME", with: name) }
    let outcome = try await trnsim(words, in: scratch)
    for text in [outcome.output, outcome.errors] {
      for scalar in ["\u{1B}", "\u{202E}", "\u{200F}"] {
        #expect(!text.contains(scalar), "\(text)")
      }
    }
  }

  // MARK: - Baselines

  private static let slower = copy.replacing(
    "dma_copy dst=y src=x\n", with: "dma_copy dst=y src=x\ndma_copy dst=y src=x\n")

  @Test func anotherBaselineLosesNothing() async throws {
    let scratch = try Scratch()
    let (code, output) = try await shell(
      """
      printf 'entries:\\n  - {kernel: softmax, name: a}\\n  - {kernel: silu, name: b}\\n' > s.yaml
      $T update s.yaml > /dev/null; ls s.baseline > before
      printf 'entries:\\n  - {kernel: softmax, name: a}\\n' > s.yaml
      $T update s.yaml --baseline other.json > /dev/null; ls s.baseline > after; cmp before after || exit 1
      mkdir d; $T update s.yaml --baseline d/third.json > /dev/null
      ls s.baseline > after; cmp before after || exit 2
      ls d; ls d/s.baseline | wc -l
      rm s.baseline.json; $T update s.yaml --baseline other.json > /dev/null; ls s.baseline | wc -l
      """, in: scratch)
    #expect(code == 0)
    #expect(output == "s.baseline\nthird.json\n1\n1\n")
  }

  /// A program that another baseline was made from explains nothing of this one.
  @Test func theSimulatorIsNotAccused() async throws {
    let scratch = try folder(["t.yaml": "entries:\n  - program: p.trn\n"])
    #expect(try await trnsim(["update", "t.yaml"], in: scratch).code == 0)
    try scratch.write(Array(Self.slower.utf8), to: "p.trn")
    let other = try await trnsim(["update", "t.yaml", "--baseline", "o.json"], in: scratch)
    #expect(other.code == 0)
    let check = try await trnsim(["check", "t.yaml"], in: scratch)
    #expect(check.code == 2)
    #expect(check.output.contains("1 instruction added"), "\(check.output)")
    #expect(!check.output.contains("model changed"))
  }
}
