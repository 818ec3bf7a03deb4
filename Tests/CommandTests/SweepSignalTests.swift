import Foundation
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Sweeps that are ended from outside: nothing is lost, nothing is left beside the store.
@Suite struct SweepSignalTests {
  private static let spec = """
    kernel: matmul
    parameters: {m: 128, k: 128, n: 512, tile_m: [32, 64, 128], tile_n: 64..512*2, buffers: 1..4}
    set: {dma.rings: [8, 16]}

    """

  /// Ends the sweep when some of its 96 results are stored, and runs it again to its end.
  ///
  /// The moment is that at which the store's journal has grown to 100 KB, some 20 results. bash's `set -m`
  /// keeps a background process from ignoring SIGINT.
  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func endedSweepsGoOn(_ signal: Int32) async throws {
    let scratch = try Scratch()
    try scratch.write(Array(Self.spec.utf8), to: "s.yaml")
    let (code, errors) = try await shell(
      """
      set -m
      $T sweep s.yaml --jobs 1 > out.txt &
      for i in $(seq 4000); do
        test "$(stat -c %s s.sqlite-wal 2> /dev/null || echo 0)" -gt 100000 && break; sleep 0.01
      done
      kill -\(signal) $!; wait $!; exit $?
      """, in: scratch)
    #expect(code == 128 + signal, "\(errors)")
    let asked = signal != SIGKILL
    #expect(errors.contains("interrupted: the same command goes on where it was") == asked)
    if asked {
      #expect(scratch.files.keys.sorted() == ["out.txt", "s.sqlite", "s.yaml"])
    }
    let stored = try await count(scratch)
    #expect((1..<96).contains(stored))
    let again = try await trnsim(["sweep", "s.yaml"], in: scratch)
    #expect(again.code == 0)
    #expect(again.output.hasPrefix("s: \(96 - stored) variants simulated"), "\(again.output)")
    #expect(again.files.keys.sorted() == ["out.txt", "s.sqlite", "s.yaml"])
    let whole = try await trnsim(["sweep", "s.yaml", "--store", "whole.sqlite"], in: scratch)
    #expect(whole.code == 0)
    let (left, right) = (
      try await table("s.sqlite", scratch), try await table("whole.sqlite", scratch)
    )
    #expect(left == right)
    #expect(left.split(separator: "\n").count == 1 + 96)
  }

  private func table(_ store: String, _ scratch: Scratch) async throws -> String {
    try await trnsim(["results", store, "--csv", "-"], in: scratch).output
  }

  private func count(_ scratch: Scratch) async throws -> Int {
    try await table("s.sqlite", scratch).split(separator: "\n").count - 1
  }
}
