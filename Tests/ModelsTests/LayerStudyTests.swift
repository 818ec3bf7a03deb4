import Hardware
import Kernels
import Machine
import Models
import Simulation
import Testing
import Timing
import Workloads

/// A layer operation by operation, and the model made of it.
struct LayerStudyTests {
  static let small = [
    "hidden=256", "q_heads=8", "kv_heads=2", "head_dim=32", "experts=16", "inner=64", "context=200",
  ]

  private func study(_ settings: [String], _ set: StrategySet = .tiled) throws -> LayerStudy {
    let hardware = try Hardware.load("trn2")
    let kernel = Qwen3LayerKernel(
      try KernelParameters(Self.small + settings, for: Qwen3LayerKernel.parameters))
    var options = Simulation.Options()
    options.mode = .timingOnly
    let run = try Simulation.check(
      kernel.programs(Geometry(hardware)), of: kernel, on: hardware, options: options)
    return try LayerStudy(run, of: kernel, on: hardware, set: set)
  }

  /// What operations add to the end of those before sums to the program's time.
  @Test(arguments: [
    ["phase=decode"], ["phase=prefill", "tokens=40"],
    ["phase=prefill", "tokens=150", "experts_form=grouped"],
  ])
  func operationsSumToTheLayer(_ settings: [String]) throws {
    let found = try study(settings)
    #expect(found.rows.reduce(0) { $0 + $1.added } == found.total)
    #expect(found.rows.allSatisfy { $0.added >= 0 })
    #expect(found.rows.allSatisfy { $0.alone ?? 0 > 0 })
  }

  /// A prompt whose tokens choose the same experts reads fewer weights; only grouped experts show it.
  @Test func routingDecidesTheTime() throws {
    let grouped = ["phase=prefill", "tokens=150", "experts_form=grouped", "block_tokens=32"]
    let (even, alike) = (try study(grouped), try study(grouped + ["skew=1"]))
    #expect(alike.total < even.total)
    #expect(alike.leastTime(on: try Hardware.load("trn2")) <= alike.total)
    #expect(even.layer.leastExperts > 8 && even.layer.leastExperts <= 16)
    let dense = ["phase=prefill", "tokens=150"]
    #expect(try study(dense).total == study(dense + ["skew=1"]).total)
  }

  /// Of blocks of 4 that 128 pairs do not fill, each expert can have less than one.
  @Test func blocksSayHowManyExpertsThereAre() throws {
    var layer = Qwen3LayerKernel(
      try KernelParameters(
        Self.small + ["phase=prefill", "tokens=16", "experts_form=grouped", "block_tokens=4"],
        for: Qwen3LayerKernel.parameters)
    ).extents
    layer.count(blocks: 32)
    #expect(layer.leastExperts == 8)
    // 36 of 164 slots have no pair, of each expert three at most.
    layer.count(blocks: 41)
    #expect(layer.leastExperts == 12)
  }

  /// No program is faster than its analytic bounds, nor than what the layer must read and compute.
  @Test(arguments: [["phase=decode"], ["phase=prefill", "tokens=40"]])
  func nothingIsFasterThanItsBound(_ settings: [String]) throws {
    let hardware = try Hardware.load("trn2")
    for set in [StrategySet.plain, .tiled] {
      let found = try study(settings, set)
      let bounds = try #require(found.fused.timeline?.bounds)
      #expect(found.total >= bounds.largest)
      #expect(found.total >= found.leastTime(on: hardware))
      for row in found.rows {
        if let alone = row.alone { #expect(alone >= row.least, "\(row.operation.name)") }
      }
    }
  }

  /// qwen3_moe's own figures: bytes and operations of the layer at the model's sizes.
  @Test func workIsTheModels() throws {
    let decode = Qwen3LayerKernel(try KernelParameters([], for: Qwen3LayerKernel.parameters))
    let operations = LayerOperation.all(decode.extents, .tiled)
    // 18.87 M attention, 0.26 M router and 8 × 4.72 M expert parameters, two operations each; scores
    // and products of 1025 keys: 4 × 4096 each.
    let parameters = 2048 * 5120 + 4096 * 2048 + 2048 * 128 + 8 * 3 * 2048 * 768
    #expect(operations.reduce(0) { $0 + $1.flops } == 2 * parameters + 4 * 1025 * 4096)
    // Two bytes each, the cache's 1024 keys and values of 512 elements, gains, cos and sin, the write.
    let others = 2 * 1024 * 512 + 2 * 2048 + 2 * 128 + 128 + 2 * 512
    #expect(operations.reduce(0) { $0 + $1.bytes } == 2 * (parameters + others))
  }

  /// A pass's time is that of its bucket; a longer context is never faster.
  @Test func stepsAreBuckets() throws {
    var options = ModelStudy.Options()
    options.settings =
      Self.small.filter { !$0.hasPrefix("context") && !$0.hasPrefix("hidden") }
      + ["hidden=2048"]
    let study = ModelStudy(on: try Hardware.load("trn2"), options: options)
    var short = ChallengePrompt.all[0]
    short.context = 100
    short.sequence = 110
    var long = short
    long.context = 300
    long.sequence = 310
    let first = try study.run(short, .fused)
    let programs = study.simulated
    let second = try study.run(long, .fused)
    #expect(first.tokens == 10)
    #expect(second.latency > first.latency && second.firstToken > first.firstToken)
    // A layer each for both ways of a prompt and for steps, lm_head, the choice; then three layers more.
    #expect(programs == 5 && study.simulated == 8)
    #expect(try study.kernelShare() == 1)
    // One prompt's pass gives the first token: nine steps follow.
    let step = (first.latency - first.firstToken) / 9
    #expect(first.firstToken + 9 * step == first.latency)
    options.hostMicroseconds = 100
    let slower = try ModelStudy(on: try Hardware.load("trn2"), options: options).run(short, .fused)
    #expect(slower.latency == first.latency + 10 * 100_000_000)
  }

  /// The challenge's formula on numbers.
  @Test func scoreIsTheChallenges() throws {
    var options = ModelStudy.Options()
    options.settings = ["experts_form=dense"]
    let study = ModelStudy(on: try Hardware.load("trn2"), options: options)
    var score = try ChallengeScore(study, .tiled, against: .tiled, isAccurate: true)
    #expect(score.rows.count == 5)
    #expect(score.rows.indices.allSatisfy { score.score($0) == 2 })
    #expect(score.total == 10)
    score.rows[0].result.latency = score.rows[0].baseline.latency / 2
    #expect(abs(score.score(0) - 8) < 1e-6)
    score.isAccurate = false
    #expect(score.total == 0)
    #expect(ChallengePrompt.all.map(\.answer) == [46, 130, 85, 54, 238])
    // The report's totals; its rows are rounded.
    let sums = ChallengePrompt.all.reduce((0, 0)) {
      ($0.0 + $1.measuredBaseline, $0.1 + $1.measuredScore)
    }
    #expect(abs(sums.0 - ChallengeMeasured.score.0) < 0.025)
    #expect(abs(sums.1 - ChallengeMeasured.score.1) < 0.025)
  }
}
