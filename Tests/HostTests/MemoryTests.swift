import Diagnostics
import Foundation
import Testing

@testable import Host

/// What bounds this process, and what is in use.
@Suite struct MemoryTests {
  /// Files below a directory that stands for the system's root.
  private func limit(_ files: [String: String]) throws -> Int? {
    let root = FileManager.default.temporaryDirectory
      .appendingPathComponent("host-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (name, text) in files {
      let file = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return MemoryLimit.controlGroupBytes(root: root.path)
  }

  @Test func theLeastLimitOfTheGroupsAboveHolds() throws {
    #expect(try limit([:]) == nil)
    // Version 2: a group of its own below one with less.
    #expect(
      try limit([
        "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
        "sys/fs/cgroup/a/memory.max": "4294967296\n", "sys/fs/cgroup/memory.max": "8589934592\n",
      ]) == 4_294_967_296)
    // In a container the root of what is seen is the container's group.
    #expect(
      try limit(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1048576\n"])
        == 1_048_576)
    #expect(
      try limit(["proc/self/cgroup": "0::/x\n", "sys/fs/cgroup/memory.max": "max\n"]) == nil)
  }

  @Test func aDrawGivesBackWhatItHasTaken() {
    let draw = MemoryDraw(5)
    draw.take(7)
    #expect(draw.taken == 12)
    draw.giveBack()
    #expect(draw.taken == 0)
    draw.take(3)
    #expect(draw.taken == 3)
  }

  @Test func versionOneHasAHierarchyOfItsOwn() throws {
    let groups = "12:cpu,cpuacct:/docker/1\n9:memory:/docker/1\n1:name=systemd:/docker/1\n"
    let folder = "sys/fs/cgroup/memory"
    #expect(
      try limit([
        "proc/self/cgroup": groups, "\(folder)/docker/1/memory.limit_in_bytes": "2147483648\n",
        "\(folder)/memory.limit_in_bytes": "9223372036854771712\n",
      ]) == 2_147_483_648)
    // The group's own path is that of the host, which a container does not see.
    #expect(
      try limit([
        "proc/self/cgroup": groups, "\(folder)/memory.limit_in_bytes": "1073741824\n",
      ]) == 1_073_741_824)
    #expect(
      try limit([
        "proc/self/cgroup": groups, "\(folder)/memory.limit_in_bytes": "9223372036854771712\n",
      ]) == nil)
  }

  @Test func whatIsAskedForStandsInPlaceOfTheHosts() {
    let asked = MemoryLimit.least(asked: 1 << 30, root: "/nowhere")
    #expect(asked == MemoryLimit(bytes: 1 << 30, origin: .asked))
    let host = MemoryLimit.least(asked: nil, root: "/nowhere")
    #expect(host.bytes > 1 << 20)
    #expect(host.bytes <= MemoryLimit.least(asked: .max, root: "/nowhere").bytes)
  }

  @Test(arguments: [
    ("512M", 512 << 20), ("4G", 4 << 30), ("1.5GiB", 3 << 29), ("2097152", 2 << 20),
    ("1t", 1 << 40), ("64mb", 64 << 20),
  ])
  func sizesAreRead(_ text: String, _ bytes: Int) throws {
    #expect(try MemorySize(parsing: text, option: "--memory").bytes == bytes)
  }

  @Test(arguments: ["", "G", "-1G", "4X", "1023", "nan", "inf", "1e9", "9999999T", "4 G", "0x10M"])
  func othersAreNone(_ text: String) {
    let error = #expect(throws: DiagnosticError.self) {
      try MemorySize(parsing: text, option: "--memory")
    }
    #expect(error?.description.contains("--memory: '\(text)' is not an amount") == true)
  }

  @Test func drawsGrow() {
    let draw = MemoryDraw(1 << 20)
    draw.take(1 << 20)
    draw.take(-5)
    #expect(draw.taken == 2 << 20)
    #expect(MemoryBudget.used >= 2 << 20)
    withExtendedLifetime(draw) {}
  }

  @Test func whatThereIsNoMemoryForIsRefusedWithBothNumbers() {
    let error = #expect(throws: DiagnosticError.self) {
      try MemoryBudget.require(1e18, for: "the values")
    }
    #expect(
      error?.description.contains("the values need about 931322574.6 GiB of memory, ") == true)
    #expect(error?.description.contains("--memory") == true)
  }
}
