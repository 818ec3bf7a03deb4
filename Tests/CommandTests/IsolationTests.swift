import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Entries that end their process: they are reported, and nothing else is lost.
///
/// An entry of a script ends it here: in the place of Python stands a program that sends a signal to the process that asks it.
@Suite struct IsolationTests {
  private static let suite = """
    entries:
      - {kernel: [softmax, rope], parameters: {tokens: [32, 64]}}
      - {script: k.py, kernel: f, inputs: {x: "float32 [8, 8]"}}

    """

  /// A program in Python's place, which answers that it is there and does something at each call.
  private func interpreter(_ scratch: Scratch, _ action: String) throws -> [String: String] {
    let text = """
      #!/bin/sh
      while read -r request; do
        case $request in
          '{}') echo '{}' ;;
          *) \(action) ;;
        esac
      done

      """
    try scratch.write(Array(text.utf8), to: "python")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: "\(scratch.path)/python")
    return ["TRNSIM_PYTHON": "\(scratch.path)/python", "PATH": "/usr/bin:/bin"]
  }

  private struct Result: Decodable {
    struct Entry: Decodable {
      var name: String
      var verdict: String
      var reasons: [String]
    }

    var entries: [Entry]
  }

  @Test(arguments: [
    ("SEGV", "was ended by SIGSEGV (signal 11) while its program was built, read or recorded"),
    ("KILL", "was ended by SIGKILL (signal 9) twice, as for want of memory, while its program"),
  ])
  func theOtherEntriesOfASuiteKeepTheirResults(_ signal: String, _ text: String) async throws {
    let scratch = try Scratch()
    try scratch.write(Array(Self.suite.utf8), to: "s.yaml")
    try scratch.write([], to: "k.py")
    let environment = try interpreter(scratch, "kill -\(signal) $PPID; sleep 60")
    let accepted = try await trnsim(
      ["update", "s.yaml", "--no-scripts"], in: scratch)
    #expect(accepted.code == 0, "\(accepted.errors)")
    for jobs in ["1", "3"] {
      let outcome = try await trnsim(
        ["check", "s.yaml", "--json", "-", "--jobs", jobs], in: scratch, environment: environment)
      #expect(outcome.code == 2, "\(outcome.errors)")
      let result = try JSONDecoder().decode(Result.self, from: Data(outcome.output.utf8))
      #expect(result.entries.count == 5)
      for entry in result.entries {
        let isScript = entry.name.contains("k.py") || entry.name.hasPrefix("f")
        #expect(entry.verdict == (isScript ? "failed" : "same"), "\(entry.name) \(entry.reasons)")
        if isScript {
          #expect(entry.reasons.first?.hasPrefix("died: its process \(text)") == true)
        }
      }
    }
    // An update accepts nothing, and leaves what there is.
    let before = try scratch.read("s.baseline.json")
    let update = try await trnsim(["update", "s.yaml"], in: scratch, environment: environment)
    #expect(update.code == 1)
    #expect(update.errors.contains("does not run: died: its process"), "\(update.errors)")
    #expect(try scratch.read("s.baseline.json") == before)
  }

  @Test func variantsThatDiedAreTriedAgain() async throws {
    let scratch = try Scratch()
    try scratch.write(
      Array("script: k.py\nkernel: f\nparameters: {n: [1, 2]}\n".utf8), to: "s.yaml")
    try scratch.write([], to: "k.py")
    let dying = try await trnsim(
      ["sweep", "s.yaml"], in: scratch,
      environment: try interpreter(scratch, "kill -SEGV $PPID; sleep 60"))
    #expect(dying.code == 1)
    #expect(dying.errors.contains("warning: k.py:f n=1 | trn2: died: its process was ended by"))
    #expect(dying.errors.contains("2 died: the same command tries them again"))
    let refusing = try await trnsim(
      ["sweep", "s.yaml"], in: scratch,
      environment: try interpreter(scratch, #"echo '{"error": "no such tile"}'"#))
    #expect(refusing.output.hasPrefix("s: 2 variants simulated"), "\(refusing.output)")
    let table = try await trnsim(["results", "s.sqlite", "--csv", "-"], in: scratch)
    #expect(table.output.components(separatedBy: "no such tile").count == 3, "\(table.output)")
    #expect(!table.output.contains("died"))
  }

  @Test func aPythonThatIsMissingIsToldBeforeAnythingRuns() async throws {
    let scratch = try Scratch()
    try scratch.write(Array(Self.suite.utf8), to: "s.yaml")
    try scratch.write([], to: "k.py")
    let outcome = try await trnsim(
      ["check", "s.yaml"], in: scratch, environment: ["TRNSIM_PYTHON": "\(scratch.path)/none"])
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("cannot start '\(scratch.path)/none'"), "\(outcome.errors)")
    #expect(outcome.errors.contains("help: install Python"))
  }

  @Test func workersAreNoCommand() async throws {
    let outcome = try await trnsim(["worker"], in: try Scratch())
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("'trnsim worker' is what trnsim starts for its own entries"))
  }

  // MARK: - Killed from outside

  private static let sweep = """
    kernel: matmul
    parameters: {m: 128, k: 128, n: 512, tile_m: [32, 64, 128], tile_n: 64..512*2, buffers: 1..4}
    set: {dma.rings: [8, 16]}

    """

  /// The worker is killed twice, when some results are stored and when more are: the results are all there.
  ///
  /// Three times in a row might hit one entry that runs alone, which would be its death.
  @Test func aKilledWorkerLosesNothing() async throws {
    let scratch = try Scratch()
    try scratch.write(Array(Self.sweep.utf8), to: "s.yaml")
    let (code, errors) = try await shell(
      """
      $T sweep s.yaml --jobs 2 > out.txt &
      sweep=$!
      for size in 50000 150000; do
        for i in $(seq 4000); do
          test "$(stat -c %s s.sqlite-wal 2> /dev/null || echo 0)" -gt $size && break; sleep 0.01
        done
        for stat in /proc/[0-9]*/stat; do
          { read -r worker name state parent rest < $stat; } 2> /dev/null || continue
          test "$parent" = $sweep && kill -KILL $worker && echo >> killed
        done
      done
      wait $sweep
      """, in: scratch)
    #expect(code == 0, "\(errors)")
    #expect(try scratch.read("killed").count == 2)
    let whole = try await trnsim(["sweep", "s.yaml", "--store", "whole.sqlite"], in: scratch)
    #expect(whole.code == 0)
    let tables = [
      try await trnsim(["results", "s.sqlite", "--csv", "-"], in: scratch).output,
      try await trnsim(["results", "whole.sqlite", "--csv", "-"], in: scratch).output,
    ]
    #expect(tables[0] == tables[1])
    #expect(tables[0].split(separator: "\n").count == 1 + 96)
  }

  /// Who asks is killed: the worker ends as well, with the programs that it started.
  @Test func aWorkerEndsWithWhoStartedIt() async throws {
    let scratch = try Scratch()
    try scratch.write(Array("script: k.py\nkernel: f\n".utf8), to: "s.yaml")
    try scratch.write([], to: "k.py")
    let running = try start(
      ["sweep", "s.yaml"], in: scratch,
      environment: try interpreter(scratch, "echo $$ $PPID > pids; sleep 60"))
    var pids: [Int32] = []
    for _ in 0..<2000 where pids.count < 2 {
      let text = (try? scratch.read("pids")).map { String(decoding: $0, as: UTF8.self) }
      pids = (text ?? "").split { $0.isWhitespace }.compactMap { Int32($0) }
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(pids.count == 2)
    kill(running.process.processIdentifier, SIGKILL)
    for pid in pids {
      var isGone = false
      for _ in 0..<2000 where !isGone {
        let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        isGone = state.isEmpty || state.contains(") Z ")
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(isGone, "process \(pid)")
    }
    running.process.waitUntilExit()
  }
}
