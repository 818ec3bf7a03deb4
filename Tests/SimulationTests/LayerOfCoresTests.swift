import Device
import Diagnostics
import Hardware
import Kernels
import Machine
import Simulation
import Testing
import Timing
import Workloads

/// The decoder layer on several cores.
struct LayerOfCoresTests {
  private static let small = [
    "q_heads=8", "kv_heads=2", "head_dim=32", "hidden=256", "experts=16", "inner=64", "context=70",
  ]

  /// Every rank has the right result, whatever is shared out and how: within 1 % of float64 in bfloat16,
  /// 0.01 % in float32.
  @Test(arguments: [
    ["phase=decode", "tp=2"], ["phase=decode", "lnc=2"], ["phase=decode", "tp=4", "lnc=2"],
    ["phase=decode", "tp=2", "experts_split=expert"],
    ["phase=decode", "tp=2", "lnc=2", "experts_split=expert", "dtype=float32"],
    ["phase=prefill", "tokens=20", "tp=4"],
    ["phase=prefill", "tokens=20", "tp=2", "lnc=2", "dtype=float32"],
    ["phase=prefill", "tokens=140", "lnc=2", "reduce_dtype=float32"],
    ["phase=prefill", "tokens=20", "tp=2", "lnc=2", "experts_split=expert"],
    ["phase=prefill", "tokens=20", "tp=2", "experts_form=grouped", "block_tokens=8"],
  ])
  func everyRankIsRight(_ settings: [String]) throws {
    let kernel = try #require(
      try KernelName.qwen3Layer.make(Self.small + settings) as? any MultiCoreKernel)
    let run = try checked(kernel, on: try Hardware.load("trn2"), seed: 2)
    #expect(run.checks.map(\.rank) == (0..<kernel.layout.ranks).flatMap { [$0, $0, $0, $0, $0] })
    for check in run.checks {
      #expect(check.passed, "rank \(check.rank) \(check.output): \(check.maxAbsDifference)")
    }
    // All ranks have the same sums, bit by bit.
    let outs = run.outputs.map { $0.first { $0.name == "out" }?.bytes }
    #expect(Set(outs).count == 1)
    for core in run.cores { try requireInvariants(core) }
  }

  @Test func whatCannotBeSharedIsAnError() throws {
    for (settings, words) in [
      (["tp=3"], "tp is 3"), (["tp=4", "lnc=2", "q_heads=4"], "q_heads is 4"),
      (["tp=4", "inner=6"], "inner is 6"),
      (["tp=4", "experts=10", "experts_split=expert"], "experts is 10"),
    ] {
      let names = settings.map { $0.prefix { $0 != "=" } }
      let others = Self.small.filter { !names.contains($0.prefix { $0 != "=" }) }
      let kernel = try #require(
        try KernelName.qwen3Layer.make(others + settings) as? any MultiCoreKernel)
      let found = kernel.check(Geometry(try Hardware.load("trn2"))).map(\.message)
      #expect(found.contains { $0.contains(words) }, "\(found)")
    }
  }
}
