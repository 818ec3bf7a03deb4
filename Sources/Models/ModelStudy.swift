package import Device
package import Hardware
import Kernels
import Machine
import Simulation
package import Timing
import Workloads

/// The whole model: layers, head and sampling, priced pass by pass.
///
/// Every layer of a pass takes the same time, so one is simulated. A pass's context is rounded up to a
/// bucket, as serving frameworks compile programs; each bucket is simulated once.
package final class ModelStudy {
  /// How the model runs.
  package struct Options: Sendable {
    /// Contexts and prompts are rounded up to a multiple of this.
    package var bucket = 128
    /// Time that the host adds to each pass, in µs; not simulated.
    package var hostMicroseconds = 0.0
    /// Ranks that share each layer's heads and experts, and physical cores of a rank.
    package var layout = CoreLayout()
    /// Further settings of the fused layer, each of the form `name=value`.
    package var settings: [String] = []
    package init() {}
  }

  /// num_hidden_layers and vocab_size of Qwen3-30B-A3B's config.json.
  package static let layers = 48
  /// Rows of the head.
  package static let vocabulary = 151_936
  private static let hidden = 2048

  private let hardware: Hardware
  private let options: Options
  private var known: [String: Picoseconds] = [:]
  /// Layer passes that were simulated.
  package private(set) var simulated = 0

  /// A study on some hardware.
  package init(on hardware: Hardware, options: Options) {
    self.hardware = hardware
    self.options = options
  }

  private var timingOnly: Simulation.Options {
    var options = Simulation.Options()
    options.mode = .timingOnly
    return options
  }

  /// One program's time, on all its cores; simulated once.
  private func time(_ kernel: KernelName, _ settings: [String]) throws -> Picoseconds {
    let key = ([kernel.rawValue] + settings).joined(separator: " ")
    if let found = known[key] { return found }
    let (kernel, shared) = (try kernel.make(settings), hardware.shared(by: options.layout))
    let run = try Simulation.check(
      kernel.programs(Geometry(shared)), of: kernel, on: shared, options: timingOnly)
    simulated += 1
    let total = run.total ?? 0
    known[key] = total
    return total
  }

  /// The layer's settings for the cores.
  private var cores: [String] {
    options.layout.count > 1
      ? ["tp=\(options.layout.ranks)", "lnc=\(options.layout.coresPerRank)"] : []
  }

  private func bucket(_ count: Int) -> Int {
    max(1, (count + options.bucket - 1) / options.bucket) * options.bucket
  }

  /// The layer's settings of a pass: the ways to run a prompt's experts unless one is given.
  private func settings(_ pass: Pass) -> [[String]] {
    switch pass {
    case .prompt(let tokens):
      let isGiven = options.settings.contains { $0.hasPrefix("experts_form=") }
      let forms =
        isGiven ? [[]] : [["experts_form=dense"], ["experts_form=grouped", "block_tokens=128"]]
      return forms.map { ["phase=prefill", "tokens=\(tokens)"] + $0 + cores + options.settings }
    case .step(let context):
      return [["phase=decode", "context=\(context)"] + cores + options.settings]
    }
  }

  /// What goes through the model at a time.
  private enum Pass {
    case prompt(Int)
    case step(Int)
  }

  /// One layer of a pass; of a prompt with the form of experts that is faster.
  private func layer(_ pass: Pass, _ set: StrategySet) throws -> Picoseconds {
    let times = try settings(pass).map { settings in
      if set == .fused { return try time(.qwen3Layer, settings) }
      let kernel = Qwen3LayerKernel(
        try KernelParameters(settings, for: Qwen3LayerKernel.parameters))
      return try LayerOperation.all(kernel.extents, set).reduce(0 as Picoseconds) {
        guard let name = $1.kernel else { return $0 }
        return $0 + (try time(name, $1.settings))
      }
    }
    return times.min() ?? 0
  }

  /// Share of the operations of a token's matrix products that kernels do.
  package func kernelShare() throws -> Double {
    let layer = Qwen3LayerKernel(
      try KernelParameters(options.settings, for: Qwen3LayerKernel.parameters)
    ).extents
    let operations = LayerOperation.all(layer, .tiled)
    func flops(_ list: [LayerOperation]) -> Double {
      Double(Self.layers) * Double(list.reduce(0) { $0 + $1.flops })
    }
    // The head is a kernel too; the embedding look-up, which is none, has no products.
    let head = Double(2 * Self.hidden * Self.vocabulary)
    return (flops(operations.filter { $0.kernel != nil }) + head) / (flops(operations) + head)
  }

  /// Final norm, lm_head of one token, and the choice of the largest logit.
  ///
  /// Several cores have equal parts of the vocabulary; their best candidates are exchanged like sums.
  private func head(_ set: StrategySet) throws -> Picoseconds {
    let layout = options.layout
    // Padded, so that all partitions search.
    let part = (Self.vocabulary + 128 * layout.count - 1) / (128 * layout.count) * 128
    let head = ["tokens=1", "k=\(Self.hidden)", "n=\(part)"]
    let choice =
      try time(.argmax, ["vocabulary=\(part)"])
      + (layout.count > 1
        ? time(
          .coreSum,
          ["tokens=1", "hidden=8", "tp=\(layout.ranks)", "lnc=\(layout.coresPerRank)"]) : 0)
    switch set {
    case .plain:
      return try time(.rmsnorm, ["tokens=1", "gamma_broadcast=dma"])
        + time(.projection, head + ["weight_buffers=2", "weight_bytes=16384", "evict=vector"])
        + choice
    case .tiled: return try time(.rmsnorm, ["tokens=1"]) + time(.projection, head) + choice
    case .fused: return try time(.projection, head + ["norm=fused"]) + choice
    }
  }

  private var host: Picoseconds { Picoseconds(options.hostMicroseconds * 1e6) }

  /// The whole model on a prompt: until its first token is chosen.
  private func firstToken(_ prompt: Int, _ set: StrategySet) throws -> Picoseconds {
    try Picoseconds(Self.layers) * layer(.prompt(bucket(prompt)), set) + head(set) + host
  }

  /// The whole model on one new token after `context` others.
  private func step(_ context: Int, _ set: StrategySet) throws -> Picoseconds {
    try Picoseconds(Self.layers) * layer(.step(bucket(context)), set) + head(set) + host
  }

  /// What one prompt takes.
  package struct Result: Sendable {
    /// Until the first token.
    package var firstToken: Picoseconds
    /// All tokens.
    package var latency: Picoseconds
    /// Tokens of the answer.
    package var tokens: Int

    /// Mean time of the tokens after the first, in ms.
    package var millisecondsPerToken: Double {
      tokens > 1 ? Double(latency - firstToken) / 1e9 / Double(tokens - 1) : 0
    }
    /// Tokens of the answer per second, the first one's wait included.
    package var tokensPerSecond: Double {
      latency > 0 ? Double(tokens) / (Double(latency) / 1e12) : 0
    }
  }

  /// Answers a prompt with one strategy set.
  ///
  /// - Throws: What the simulation throws.
  package func run(_ prompt: ChallengePrompt, _ set: StrategySet) throws -> Result {
    let first = try firstToken(prompt.context, set)
    var latency = first
    for token in 1..<max(prompt.answer, 1) {
      latency += try step(prompt.context + token - 1, set)
    }
    return Result(firstToken: first, latency: latency, tokens: prompt.answer)
  }
}

/// The challenge's score of a strategy set against a baseline set.
package struct ChallengeScore: Sendable {
  /// By prompt.
  package var rows:
    [(prompt: ChallengePrompt, baseline: ModelStudy.Result, result: ModelStudy.Result)]
  /// Whether the values were right; `nil` if they were not computed.
  package var isAccurate: Bool?
  /// Share of the matrix products' operations that are done by kernels.
  package var kernelShare: Double

  /// Runs all prompts with both sets.
  ///
  /// - Throws: What the simulation throws.
  package init(
    _ study: ModelStudy, _ set: StrategySet, against baseline: StrategySet, isAccurate: Bool?,
    progress: (String) -> Void = { _ in }
  ) throws {
    rows = []
    for prompt in ChallengePrompt.all {
      progress(prompt.name)
      rows.append((prompt, try study.run(prompt, baseline), try study.run(prompt, set)))
    }
    self.isAccurate = isAccurate
    kernelShare = try study.kernelShare()
  }

  /// A × L_b/L × T/T_b × (1 + R).
  package func score(_ index: Int) -> Double {
    let row = rows[index]
    guard isAccurate != false, row.result.latency > 0, row.baseline.tokensPerSecond > 0 else {
      return 0
    }
    return Double(row.baseline.latency) / Double(row.result.latency)
      * row.result.tokensPerSecond / row.baseline.tokensPerSecond * (1 + kernelShare)
  }

  /// The sum over the prompts.
  package var total: Double { rows.indices.reduce(0) { $0 + score($1) } }

  func mean(_ value: (ModelStudy.Result) -> Double, ofBaseline: Bool) -> Double {
    rows.reduce(0) { $0 + value(ofBaseline ? $1.baseline : $1.result) } / Double(max(1, rows.count))
  }
}
