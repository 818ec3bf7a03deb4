import Kernels
import Testing
import Workloads

@testable import Baselines

/// Entries are compared on the values of the machine that their numbers can depend on.
@Suite struct RecordedSettingsTests {
  private func check(_ accepted: Accepted, _ change: (inout Baseline) -> Void) throws -> Check {
    var baseline = accepted.baseline
    // Another value somewhere.
    baseline.hardware["trn2"]?.fingerprint = "0"
    change(&baseline)
    return try Check(SuiteFile(path: accepted.suite.path, of: .builtIn), against: baseline)
  }

  @Test func valuesThatNothingReads() throws {
    let accepted = try Accepted()
    let recorded = try #require(accepted.baseline.entries["steps"]?.settings)
    #expect(recorded.contains("dma") && recorded.contains("vector.classes.tensor_tensor"))
    #expect(!recorded.contains { $0.hasPrefix("gpsimd") || $0.hasPrefix("exchange") })
    let unread = try check(accepted) { baseline in
      baseline.hardware["trn2"]?.values["gpsimd.classes.iota.latency.sbuf"] = "1"
      baseline.hardware["trn2"]?.values["exchange.barrier"] = "1"
    }
    #expect(unread.exitCode(strict: true) == 0)
    let read = try check(accepted) { baseline in
      baseline.hardware["trn2"]?.values["vector.classes.tensor_tensor.latency.sbuf"] = "1"
    }
    let steps = try #require(read.results.first { $0.name == "steps" })
    #expect(steps.verdict == .incomparable)
    #expect(
      steps.reasons.first == "hardware changed: vector.classes.tensor_tensor.latency.sbuf 1 → 159.4"
    )
  }

  /// A class of another version, and settings that are gone, contradict nothing.
  @Test func valuesOfOtherVersions() throws {
    let accepted = try Accepted()
    let other = try check(accepted) { baseline in
      let values = baseline.hardware["trn2"]?.values ?? [:]
      baseline.hardware["trn2"]?.values = values.filter {
        !$0.key.hasPrefix("vector.classes.shuffle.") && $0.key != "dma.transfers_per_queue"
      }
      baseline.hardware["trn2"]?.values["dma.queues"] = "16"
    }
    #expect(other.exitCode(strict: true) == 0)
  }

  /// Files without a record of the settings are read, and compared on what the runs of today record.
  @Test func filesOfEarlierVersions() throws {
    let accepted = try Accepted()
    var earlier = accepted.baseline
    for name in earlier.entries.keys { earlier.entries[name]?.settings = nil }
    #expect(!earlier.text.contains("settings"))
    let path = try accepted.folder.write(earlier.text, to: "earlier.json")
    let baseline = try Baseline.read(path)
    #expect(baseline.entries["steps"]?.settings == nil)
    #expect(
      baseline.entries["steps"]?.measurement == accepted.baseline.entries["steps"]?.measurement)
    for (value, exitCode) in [
      ("exchange.barrier", Int32(0)), ("dma.bytes_per_cycle", 3), ("clocks.gpsimd", 0),
    ] {
      let found = try check(accepted) { changed in
        changed.entries = baseline.entries
        changed.hardware["trn2"]?.values[value] = "7"
      }
      #expect(found.exitCode(strict: true) == exitCode, "\(value)")
    }
  }
}
