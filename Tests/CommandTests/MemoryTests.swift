import Foundation
import Testing

/// What comes of programs and files that there is no memory for: a message, and never the end of the process by a signal.
@Suite struct MemoryTests {
  private static let tensors = """
    trnsim program 1
    kernel k
    tensor y: hbm output float32 [1, 64]
    tensor t: sbuf float32 [1, 64] at partition 0 byte 0

    """

  /// Counts up for ever, so that registers differ in each pass.
  private static let endless =
    tensors + """
      register_move dst=r0 src=1
      while_loop condition=r0
      register_alu dst=r0 op=add src0=r0 src1=1
      memset dst=t value=1.0 engine=vector
      end_loop
      dma_copy dst=y src=t engine=sync

      """

  /// 3 GiB that 24 KiB are read of.
  private static let guarded = """
    trnsim program 1
    kernel p
    tensor x: hbm input bfloat16 [2097152, 768]
    tensor y: hbm output bfloat16 [16, 768]
    tensor t: sbuf bfloat16 [16, 768] at partition 0 byte 0
    dma_copy dst=t src=x[0:16, :] engine=sync
    dma_copy dst=y src=t engine=sync

    """

  private func run(
    _ text: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> Outcome {
    let scratch = try Scratch()
    try scratch.write(Array(text.utf8), to: "p.trn")
    return try await trnsim(["run", "p.trn"] + arguments, in: scratch, environment: environment)
  }

  @Test func anEndlessLoopIsNamedWithItsPasses() async throws {
    let outcome = try await run(MemoryTests.endless, ["--timing-only", "--memory", "8M"])
    #expect(outcome.code == 1, "\(outcome)")
    #expect(outcome.errors.hasPrefix("p.trn:6:1: error: host memory: the "))
    #expect(
      outcome.errors.contains("need more than 8.0 MiB (what --memory or TRNSIM_MEMORY allows)"))
    #expect(outcome.errors.contains("instruction 1: while_loop condition=r0"))
    #expect(outcome.errors.contains("the loop of instruction 1 is in pass "))
    // The same every time.
    let again = try await run(
      MemoryTests.endless, ["--timing-only"], environment: ["TRNSIM_MEMORY": "8388608"])
    #expect(again.errors == outcome.errors)
  }

  @Test func valuesBeyondTheBudgetAreRefusedBeforeTheyAreComputed() async throws {
    let outcome = try await run(MemoryTests.guarded, ["--memory", "1G"])
    #expect(outcome.code == 1, "\(outcome)")
    #expect(
      outcome.errors.contains(
        "the values need about 6.0 GiB of memory, there is 1.0 GiB (what --memory"))
    #expect(outcome.errors.contains("use --timing-only"))
    let timed = try await run(MemoryTests.guarded, ["--memory", "64M", "--timing-only"])
    #expect(timed.code == 0, "\(timed)")
  }

  @Test func theLimitOfTheAddressSpaceHolds() async throws {
    let scratch = try Scratch()
    try scratch.write(Array(MemoryTests.guarded.utf8), to: "p.trn")
    let streams = try Scratch()
    try streams.write([], to: "errors")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "ulimit -v 4000000 && exec \"$0\" run p.trn", executable]
    process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    process.environment = ["SWIFT_BACKTRACE": "enable=no"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: "\(streams.path)/errors")
    try process.run()
    process.waitUntilExit()
    let errors = String(decoding: try streams.read("errors"), as: UTF8.self)
    #expect(process.terminationReason == .exit && process.terminationStatus == 1, "\(errors)")
    #expect(errors.contains("the limit of this process's address space (ulimit -v)"))
  }

  @Test func compressedFilesMayNotFillTheMemory() async throws {
    let scratch = try Scratch()
    let text = MemoryTests.tensors + String(repeating: "# nothing\n", count: 4_000_000)
    try scratch.write(zstd(Array(text.utf8), in: scratch), to: "p.trn.zst")
    let outcome = try await trnsim(["show", "p.trn.zst", "--memory", "32M"], in: scratch)
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("there is no memory for the zstd content near byte"))
  }

  @Test func aPipeWithoutEndIsRefused() async throws {
    let scratch = try Scratch()
    let outcome = try await trnsim(["show", "/dev/zero", "--memory", "32M"], in: scratch)
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("/dev/zero: error: the file's bytes need about "))
  }

  @Test func anAmountThatIsNoneIsRefused() async throws {
    let option = try await run(MemoryTests.guarded, ["--memory", "lots"])
    #expect(option.code == 64)
    #expect(option.errors.contains("--memory: 'lots' is not an amount of memory"))
    let variable = try await run(MemoryTests.guarded, environment: ["TRNSIM_MEMORY": "lots"])
    #expect(variable.code == 1)
    #expect(variable.errors.contains("TRNSIM_MEMORY: 'lots' is not an amount of memory"))
  }
}
