import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Standard streams that are closed, full or left early, and signals.
@Suite struct StreamTests {
  /// Runs a shell line in which `$T` is the program; its exit code and its errors.
  private func shell(_ line: String, in scratch: Scratch) async throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    process.environment = ["T": executable, "SWIFT_BACKTRACE": "enable=no"]
    try scratch.write([], to: "errors")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: "\(scratch.path)/errors")
    try process.run()
    while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    let errors = String(decoding: try scratch.read("errors"), as: UTF8.self)
    return (process.terminationStatus, errors)
  }

  @Test(arguments: [
    "$T kernels", "$T emit matmul -o -", "$T run softmax --param tokens=1 --json -",
  ])
  func outputThatIsNotTaken(_ command: String) async throws {
    for stream in [">&-", "> /dev/full"] {
      let (code, errors) = try await shell("\(command) \(stream)", in: try Scratch())
      #expect(code == 1)
      #expect(errors.contains("error: cannot write to standard output"))
    }
  }

  @Test(arguments: ["2>&-", "2> /dev/full"])
  func errorsThatAreNotTaken(_ stream: String) async throws {
    let (code, _) = try await shell("$T run nothing \(stream)", in: try Scratch())
    #expect(code == 1)
  }

  /// What is said on a closed stream must not end up in a file that got the stream's number.
  @Test func closedStreamsAreNotFiles() async throws {
    let scratch = try Scratch()
    let program = """
      trnsim program 1
      kernel k
      tensor x: hbm input float32 [1, 1]
      tensor y: hbm output float32 [1, 1]
      dma_copy dst=y src=x

      """
    try scratch.write(Array(program.utf8), to: "p.trn")
    let (code, _) = try await shell(
      "$T run p.trn --json r.json --output-dir o <&- 2>&-", in: scratch)
    #expect(code == 0)
    let report = try JSONSerialization.jsonObject(with: Data(try scratch.read("r.json")))
    #expect((report as? [String: Any])?["kernel"] as? String == "k")
  }

  @Test func readersMayLeave() async throws {
    let (code, errors) = try await shell(
      "$T emit rmsnorm --param tokens=4096 -o - | head -n 1", in: try Scratch())
    #expect(code == 0)
    #expect(errors == "")
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func signalsLeaveNoPartialFile(_ signal: Int32) async throws {
    // A shell looks for the partial file, because other tests may keep this process busy for longer than
    // the trace takes; it is large enough for a second or more. bash's `set -m` keeps a background
    // process from ignoring SIGINT.
    let script = """
      set -m; mkdir d; cd d
      $T run rmsnorm --param tokens=262144 --timing-only --trace t.zst --trace-detail full &
      for i in $(seq 4000); do ls | grep -q partial && break; sleep 0.01; done
      ls | grep -q partial || exit 3
      kill -\(signal) $!; wait $!; code=$?
      test -z "$(ls)" || exit 4
      exit $code
      """
    let (code, errors) = try await shell("bash -c '\(script)'", in: try Scratch())
    // How a shell reports a process that a signal ended.
    #expect(code == 128 + signal)
    #expect(errors.split(separator: "\n").contains("interrupted") == (signal == SIGINT))
  }
}
