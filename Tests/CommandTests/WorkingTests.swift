import Foundation
import Testing

/// What works, from the command line to the files it leaves.
@Suite struct WorkingTests {
  /// A few instructions of each engine, in a fraction of a second.
  static let small = ["--param", "tokens=2", "--param", "hidden=256", "--param", "dtype=float32"]

  private func json(_ outcome: Outcome) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  /// The report without what differs from run to run.
  private func report(_ arguments: [String], in scratch: Scratch) async throws -> String {
    let outcome = try await trnsim(arguments + ["--json", "-"], in: scratch)
    try #require(outcome.code == 0, "\(outcome.errors)")
    var object = try json(outcome)
    object["host"] = nil
    let bytes = try JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    "kernels": "expert_router", "kernels rope": "q_out", "isa": "nc_matmul",
    "isa tensor_scalar": "operand0", "hardware": "clocks.tensor",
    "hardware show dma": "dma.rings", "hardware explain clocks.tensor": "GHz",
    "hardware explain": "are assumed",
    "hardware show --json": "\"core.generation\": {", "--version": "0.", "--help": "EXIT CODES",
    "emit silu --param tokens=1 -o -": "trnsim program 1\nkernel silu\n",
    "run silu --param tokens=1": "passed",
    "run softmax --param tokens=1 --hardware trn1": "on trn1",
    "run softmax --param tokens=1 --set clocks.vector=1.2": "clocks.vector",
    "run softmax --param tokens=1 --timeline": "timeline from 0.000 µs to ",
    "run softmax --param tokens=1 --show all": "\nMetrics of the profiler\n",
    "annotate softmax --param tokens=1": "\nKernels/SoftmaxKernel.swift\n",
    "annotate softmax --param tokens=1 --by scope": "\n  tile 0  ",
    "annotate parallel_matmul --param tp=2 --core 1": ", rank 1 alone: ",
  ]) func prints(_ arguments: String, _ fragment: String) async throws {
    let outcome = try await trnsim(
      arguments.split(separator: " ").map(String.init), in: try Scratch())
    #expect(outcome.code == 0)
    #expect(outcome.output.contains(fragment))
    #expect(outcome.errors == "")
    #expect(!outcome.output.contains("\u{1B}"), "no colours in a file")
  }

  @Test func reportHasItsKeys() async throws {
    let outcome = try await trnsim(
      ["run", "rmsnorm", "--json", "-"] + Self.small, in: try Scratch())
    #expect(outcome.code == 0)
    let report = try json(outcome)
    let engines = ["tensor", "vector", "scalar", "gpsimd", "sync"].map { "\($0)_engine" } + ["dma"]
    for key in engines.flatMap({ ["\($0)_active_time", "\($0)_active_time_percent"] }) + [
      "total_time", "neuroncore_cycle_count", "hardware_flops", "mfu_estimated_percent",
      "mbu_estimated_percent", "hbm_read_bytes", "hbm_write_bytes",
    ] {
      #expect(report[key] is NSNumber, "\(key)")
    }
    #expect(report["kernel"] as? String == "rmsnorm")
    #expect((report["parameters"] as? [String: String])?["tokens"] == "2")
    #expect((report["hardware"] as? [String: Any])?["name"] as? String == "trn2")
    #expect((report["bottleneck"] as? [String: Any])?["sentence"] is String)
    #expect((report["bounds"] as? [String: Any])?["dependency_chain"] is NSNumber)
    #expect(report["stalls"] != nil)
    let checks = try #require(report["checks"] as? [[String: Any]])
    #expect(checks.count == 1)
    #expect(checks.first?["output"] as? String == "y")
    #expect(checks.first?["passed"] as? Bool == true)
    #expect(checks.first?["max_abs_difference"] is NSNumber)
    #expect(checks.first?["tolerance"] is NSNumber)
    let host = try #require(report["host"] as? [String: Any])
    for key in [
      "wall_seconds", "device_instructions", "device_instructions_per_second",
      "peak_memory_bytes",
    ] {
      #expect((host[key] as? Double ?? 0) > 0, "\(key)")
    }
    // x twice, gamma once, all of 4 bytes; y back.
    #expect(report["hbm_write_bytes"] as? Int == 2 * 256 * 4)
    let total = try #require(report["total_time"] as? Double)
    let cycles = try #require(report["neuroncore_cycle_count"] as? Double)
    #expect(abs(cycles - total * 1.2e9) <= 1)
  }

  /// The bottleneck and its figure come from a what-if, which is made where it is quick or asked for.
  @Test func bottleneckHasAFigure() async throws {
    func report(_ more: String...) async throws -> ([String: Any], String) {
      let arguments = ["run", "rmsnorm"] + Self.small + more
      let scratch = try Scratch()
      let object = try json(try await trnsim(arguments + ["--json", "-"], in: scratch))
      let text = try await trnsim(arguments, in: scratch).output
      return (try #require(object["bottleneck"] as? [String: Any]), text)
    }
    let (found, text) = try await report()
    let whatIf = try #require(found["what_if"] as? [String: Any])
    let changes = try #require(whatIf["changes"] as? [String: Double])
    let part = try #require(whatIf["part"] as? String)
    let sentence = try #require(whatIf["sentence"] as? String)
    // All of memory at once gives a little more than its latency alone.
    #expect(changes[part] == changes.filter { $0.key != "memory" }.values.min())
    #expect(sentence.contains("the bottleneck: twice as fast gives -"))
    #expect(sentence.hasSuffix("(what-if, timing only)"))
    // The verdict begins with it, in the report as in the table.
    let verdict = try #require(found["sentence"] as? String)
    #expect(verdict.hasPrefix(sentence))
    func flat(_ text: String) -> String {
      text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
    }
    #expect(flat(text).contains(verdict))
    let (without, shorter) = try await report("--no-what-if")
    #expect(without["what_if"] is NSNull)
    #expect(!shorter.contains("what-if"))
    let table = try await trnsim(["whatif", "rmsnorm"] + Self.small, in: try Scratch())
    #expect(flat(table.output).contains(sentence))
  }

  /// `--json` without a file prints JSON and nothing else, wherever it stands.
  @Test(arguments: [
    ["run", "rmsnorm", "--json"] + small, ["run", "--json", "rmsnorm"] + small,
    ["run", "rmsnorm"] + small + ["--json"], ["kernels", "--json", "rope"], ["accuracy", "--json"],
    ["run", "--json", "-", "rmsnorm"] + small, ["run", "--json=-", "rmsnorm"] + small,
  ])
  func jsonNeedsNoFile(_ arguments: [String]) async throws {
    let outcome = try await trnsim(arguments, in: Scratch())
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(try !json(outcome).isEmpty)
    #expect(outcome.files.isEmpty)
  }

  @Test(arguments: [
    ["run", "rmsnorm", "--json", "out.json"], ["run", "--json", "out.json", "rmsnorm"],
    ["run", "--json=out", "rmsnorm"], ["run", "rmsnorm", "--json=out.json"],
  ])
  func jsonGoesToAFile(_ arguments: [String]) async throws {
    let outcome = try await trnsim(arguments + Self.small, in: Scratch())
    #expect(outcome.code == 0, "\(outcome.errors)")
    let (name, bytes) = try #require(outcome.files.first)
    #expect(name.hasPrefix("out") && outcome.files.count == 1)
    #expect(try JSONSerialization.jsonObject(with: Data(bytes)) is [String: Any])
    #expect(outcome.output.contains("rmsnorm"))
  }

  /// Where no captures are, the recorded figures are shown; a directory without any is an error.
  @Test func accuracyNeedsNoCaptures() async throws {
    let scratch = try Scratch()
    let outcome = try await trnsim(["accuracy"], in: scratch)
    #expect(outcome.code == 0 && outcome.output.contains("attention_fused_fp32_s512"))
    #expect(outcome.output.contains("NAME.instr.csv.zst"))
    #expect(try await trnsim(["accuracy", "."], in: scratch).code == 1)
  }

  @Test func kernelsAreDescribed() async throws {
    let outcome = try await trnsim(
      ["kernels", "matmul", "--json", "--param", "m=96"], in: try Scratch())
    let kernel = try json(outcome)
    let parameters = try #require(kernel["parameters"] as? [[String: Any]])
    let m = try #require(parameters.first { $0["name"] as? String == "m" })
    #expect(m["default"] as? Int == 1024)
    #expect(m["range"] as? String == "1…1048576")
    #expect(m["meaning"] as? String == "rows of out")
    let inputs = try #require(kernel["inputs"] as? [[String: Any]])
    #expect(inputs.map { $0["name"] as? String } == ["lhs", "rhs"])
    let output = try #require((kernel["outputs"] as? [[String: Any]])?.first)
    #expect(output["shape"] as? [Int] == [96, 1024])
    #expect(output["dtype"] as? String == "bfloat16")
  }

  @Test(arguments: ["p.trn", "p.trn.zst"])
  func emittedProgramsRunAsTheirKernels(_ file: String) async throws {
    let scratch = try Scratch()
    let emitted = try await trnsim(["emit", "rmsnorm", "-o", file] + Self.small, in: scratch)
    #expect(emitted.code == 0)
    #expect(emitted.errors == "")
    #expect(emitted.output == "")
    let direct = try await report(
      ["run", "rmsnorm", "--output-dir", "a"] + Self.small, in: scratch)
    let read = try await report(["run", file, "--output-dir", "b"], in: scratch)
    #expect(direct == read)
    #expect(direct.contains("\"passed\":true"))
    let files = scratch.files
    #expect(files["a/y.npy"] != nil)
    #expect(files["a/y.npy"] == files["b/y.npy"])
    let text = try await trnsim(["emit", "rmsnorm", "-o", "-"] + Self.small, in: scratch)
    let shown = try await trnsim(["show", file], in: scratch)
    #expect(shown.output == text.output)
    let summary = try await trnsim(["show", file, "--summary"], in: scratch)
    #expect(summary.output.contains("dma_copy"))
  }

  @Test func arraysGoInAndOut() async throws {
    let scratch = try Scratch()
    let copy = """
      trnsim program 1
      kernel copy
      tensor x: hbm input float32 [2, 8]
      tensor y: hbm output float32 [2, 8]
      tensor a: sbuf float32 [2, 8] at byte 0
      dma_copy dst=a src=x
      dma_copy dst=y src=a

      """
    try scratch.write(Array(copy.utf8), to: "copy.trn")
    try scratch.write(
      BadInput.npy("<f4", "(2, 8)", bytes: BadInput.floats(.infinity)), to: "x.npy")
    let arguments = ["run", "copy.trn", "--output-dir", "o"]
    let first = try await trnsim(arguments + ["--input", "x=x.npy"], in: scratch)
    #expect(first.code == 0)
    let written = try scratch.read("o/y.npy")
    #expect(written.suffix(64) == BadInput.floats(.infinity)[...])
    let second = try await trnsim(
      ["run", "copy.trn", "--output-dir", "p", "--input", "x=o/y.npy"], in: scratch)
    #expect(second.code == 0)
    #expect(try scratch.read("p/y.npy") == written)
  }

  @Test func repeatedRunsAreEqual() async throws {
    let scratch = try Scratch()
    let first = try await report(
      ["run", "expert_router", "--param", "tokens=3", "--trace", "a.zst"], in: scratch)
    let second = try await report(
      ["run", "expert_router", "--param", "tokens=3", "--trace", "b.zst"], in: scratch)
    #expect(first == second)
    let files = scratch.files
    #expect((files["a.zst"]?.count ?? 0) > 1000)
    #expect(files["a.zst"] == files["b.zst"])
    #expect(files.count == 2)
  }

  @Test func stochasticRoundingFollowsItsSeed() async throws {
    let scratch = try Scratch()
    var outputs: [[UInt8]?] = []
    for (directory, options) in [
      ("a", ["--stochastic-rounding", "1"]), ("b", ["--stochastic-rounding", "1"]),
      ("c", ["--stochastic-rounding", "2"]), ("d", []),
    ] {
      let outcome = try await trnsim(
        ["run", "silu", "--param", "tokens=4", "--output-dir", directory] + options, in: scratch)
      #expect(outcome.code == 0, "a step off is within the tolerance of stochastic rounding")
      outputs.append(try? scratch.read("\(directory)/y.npy"))
    }
    #expect(outputs[0] != nil)
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0] != outputs[2])
    #expect(outputs[0] != outputs[3])
  }

  @Test func halvesOfARun() async throws {
    let scratch = try Scratch()
    let both = try json(
      try await trnsim(["run", "rmsnorm", "--json", "-"] + Self.small, in: scratch))
    let timing = try json(
      try await trnsim(
        ["run", "rmsnorm", "--timing-only", "--json", "-"] + Self.small, in: scratch))
    let values = try json(
      try await trnsim(
        ["run", "rmsnorm", "--values-only", "--json", "-"] + Self.small, in: scratch))
    #expect(timing["total_time"] as? Double == both["total_time"] as? Double)
    #expect((timing["checks"] as? [Any])?.count == 0)
    #expect(values["total_time"] == nil)
    #expect((values["checks"] as? [Any])?.count == 1)
  }

  /// A program that is edited after it was emitted is still compared with its kernel's reference.
  @Test func wrongResultsAreFound() async throws {
    let scratch = try Scratch()
    let shape = ["--param", "m=128", "--param", "n=128", "--param", "k=128"]
    let text = try await trnsim(["emit", "matmul", "-o", "-"] + shape, in: scratch).output
    let wrong = text.replacingOccurrences(
      of: "stationary=lhs_tile.0", with: "stationary=rhs_tile.0")
    try #require(wrong != text)
    try scratch.write(Array(wrong.utf8), to: "wrong.trn")
    let outcome = try await trnsim(["run", "wrong.trn", "--json", "-"], in: scratch)
    #expect(outcome.code == 3)
    let check = try #require((try json(outcome)["checks"] as? [[String: Any]])?.first)
    #expect(check["passed"] as? Bool == false)
    let shown = try await trnsim(["run", "wrong.trn"], in: scratch)
    #expect(shown.code == 3)
    #expect(shown.output.contains("FAILED"))
  }

  /// A NaN or an infinity in the data is data: the run ends, and what it gives is compared.
  @Test(arguments: [Float.nan, .infinity, 3e38, .leastNonzeroMagnitude])
  func numbersAtTheEdge(_ number: Float) async throws {
    let scratch = try Scratch()
    try scratch.write(BadInput.npy("<f4", "(2, 8)", bytes: BadInput.floats(number)), to: "x.npy")
    let arguments = [
      "run", "softmax", "--param", "tokens=2", "--param", "experts=8", "--param",
      "dtype=float32", "--input", "x=x.npy", "--json", "-",
    ]
    let outcome = try await trnsim(arguments, in: scratch)
    let check = try #require((try json(outcome)["checks"] as? [[String: Any]])?.first)
    #expect(outcome.code == (check["passed"] as? Bool == true ? 0 : 3))
    #expect(outcome.errors == "")
    // Where the reference is a number, the result must be it; NaN agrees with NaN.
    if number == 3e38 || number == .leastNonzeroMagnitude { #expect(outcome.code == 0) }
  }

  @Test func slowestHardwareIsRefused() async throws {
    let scratch = try Scratch()
    let slow = ["--set", "clocks.dma=0.001", "--set", "dma.hbm_write_block_cycles=1e6"]
    let outcome = try await trnsim(["run", "rmsnorm", "--timing-only"] + slow, in: scratch)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let program = """
      trnsim program 1
      kernel slow
      tensor x: hbm float32 [65536, 40000]
      tensor y: hbm float32 [65536, 40000]
      dma_copy dst=y src=x
      dma_copy dst=x src=y

      """
    try scratch.write(Array(program.utf8), to: "slow.trn")
    let timed = try await trnsim(["run", "slow.trn", "--timing-only"] + slow, in: scratch)
    #expect(timed.code == 1)
    #expect(timed.errors.contains("takes longer than 13 days of simulated time"))
  }
}
