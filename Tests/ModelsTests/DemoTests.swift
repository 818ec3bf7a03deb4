import Baselines
import Foundation
import Hardware
import Kernels
import Models
import Reports
import Simulation
import Testing
import Workloads

@Suite struct DemoTests {
  @Test func everyKernelIsInTheLayer() {
    let entries = Demo.qwen3Layer().entries
    // The others are there to be compared with captures of devices.
    let captured: Set<KernelName> = [.vectorAdd, .transpose, .attention]
    // `trnsim run qwen3_layer` has a table of the layer's own operations.
    let ofTheLayerItself: Set<KernelName> = [
      .projection, .headNorm, .decodeAttention, .prefillAttention, .expertMLP, .argmax, .normRouter,
      .cacheWrite, .qwen3Layer, .parallelMatmul, .coreSum,
    ]
    let expected = Set(KernelName.allCases).subtracting(captured).subtracting(ofTheLayerItself)
    #expect(Set(entries.map(\.kernel)) == Set(expected.map(\.rawValue)))
    #expect(Set(entries.map(\.tokens)) == [1, 128])
    #expect(Set(entries.map(\.fileName)).count == entries.count)
  }

  @Test func runsGiveRowsAndFiles() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-demo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    let demo = Demo([
      .init("add_rmsnorm", "fused", tokens: 128, ["tokens=128", "form=fused"]),
      .init("add_rmsnorm", "separate", tokens: 128, ["tokens=128", "form=separate"]),
    ])
    var met: [Int] = []
    let table = try demo.run(.builtIn, on: Hardware.load("trn2"), writingTo: directory.path) {
      met.append($0)
    }
    #expect(met == [0, 1])
    #expect(table.passed)
    // Fused: x, residual and y of 128 × 2048 bf16, and gamma. Separate: the sum out and in again.
    let activation = 128 * 2048 * 2
    #expect(table.rows[0].summary.hbmBytes == 3 * activation + 2048 * 2)
    #expect(table.rows[1].summary.hbmBytes == 5 * activation + 2048 * 2)
    #expect(table.fusion.count == 1)
    #expect(table.fusion.first?.contains("1,576,960 HBM bytes, separate 2,625,536: 40 %") == true)
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    #expect(
      files == [
        "add_rmsnorm-fused-128.json", "add_rmsnorm-fused-128.pftrace.zst",
        "add_rmsnorm-separate-128.json", "add_rmsnorm-separate-128.pftrace.zst",
      ])
    let lines = table.blocks.text(on: Page(width: 200)).split(separator: "\n")
    #expect(lines[0] == "2 runs, all agree with their references")
    #expect(lines[2].hasSuffix("passed") && lines[3].hasSuffix("passed"))
  }

  @Test func aFailedCheckFailsTheTable() throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-demo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }
    var table = try Demo([.init("softmax", "", tokens: 3, ["tokens=3"])]).run(
      .builtIn, on: Hardware.load("trn2"), writingTo: directory.path)
    table.rows[0].checks[0].passed = false
    #expect(!table.passed)
    #expect(table.blocks.text(on: Page()).hasPrefix("1 run, 1 of them FAILED\n"))
    table.rows[0].checks = []
    #expect(!table.passed)
  }
}
