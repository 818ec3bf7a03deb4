public import Hardware
import Kernels
import Simulation
public import Timing

/// The whole model: layers, head and sampling, priced pass by pass.
///
/// Every layer of a pass takes the same time, so one is simulated. A pass's context is rounded up to a
/// bucket, as serving frameworks compile programs; each bucket is simulated once.
public final class ModelStudy {
  /// How the model runs.
  public struct Options: Sendable {
    /// Contexts and prompts are rounded up to a multiple of this.
    public var bucket = 128
    /// Time that the host adds to each pass, in µs; not simulated.
    public var hostMicroseconds = 0.0
    /// Further settings of the fused layer, each of the form `name=value`.
    public var settings: [String] = []
    /// Makes the defaults.
    public init() {}
  }

  /// num_hidden_layers and vocab_size of Qwen3-30B-A3B's config.json.
  public static let layers = 48
  /// Rows of the head.
  public static let vocabulary = 151_936
  private static let hidden = 2048

  private let hardware: Hardware
  private let options: Options
  private var known: [String: Picoseconds] = [:]
  /// Layer passes that were simulated.
  public private(set) var simulated = 0

  /// A study on some hardware.
  public init(on hardware: Hardware, options: Options) {
    self.hardware = hardware
    self.options = options
  }

  private var timingOnly: Simulation.Options {
    var options = Simulation.Options()
    options.mode = .timingOnly
    return options
  }

  /// One program's time; simulated once.
  private func time(_ kernel: KernelName, _ settings: [String]) throws -> Picoseconds {
    let key = ([kernel.rawValue] + settings).joined(separator: " ")
    if let found = known[key] { return found }
    let run = try Simulation.run(try kernel.make(settings), on: hardware, options: timingOnly)
    simulated += 1
    let total = run.timeline?.total ?? 0
    known[key] = total
    return total
  }

  private func bucket(_ count: Int) -> Int {
    max(1, (count + options.bucket - 1) / options.bucket) * options.bucket
  }

  /// The layer's settings of a pass.
  private func settings(_ pass: Pass) -> [String] {
    switch pass {
    case .prompt(let tokens):
      // Sums of several tiles of tokens need the room that weights leave.
      let isGiven = options.settings.contains { $0.hasPrefix("weight_bytes=") }
      let several = tokens > 128 && !isGiven ? ["weight_bytes=8192"] : []
      return ["phase=prefill", "tokens=\(tokens)"] + several + options.settings
    case .step(let context): return ["phase=decode", "context=\(context)"] + options.settings
    }
  }

  /// What goes through the model at a time.
  private enum Pass {
    case prompt(Int)
    case step(Int)
  }

  /// One layer of a pass.
  private func layer(_ pass: Pass, _ set: StrategySet) throws -> Picoseconds {
    let settings = settings(pass)
    if set == .fused { return try time(.qwen3Layer, settings) }
    let kernel = Qwen3LayerKernel(
      try KernelParameters(settings, for: Qwen3LayerKernel.parameters))
    var total: Picoseconds = 0
    for operation in LayerOperation.all(kernel.extents, set) {
      guard let name = operation.kernel else { continue }
      total += try time(name, operation.settings)
    }
    return total
  }

  /// Final norm, lm_head of one token, and the choice of the largest logit.
  private func head(_ set: StrategySet) throws -> Picoseconds {
    let head = ["tokens=1", "k=\(Self.hidden)", "n=\(Self.vocabulary)"]
    switch set {
    case .plain:
      return try time(.rmsnorm, ["tokens=1", "buffers=1", "sum_squares=tensor_ops"])
        + time(.projection, head + ["weight_buffers=2", "weight_bytes=8192"])
        + time(.argmax, ["lanes=16"])
    case .tiled:
      return try time(.rmsnorm, ["tokens=1"]) + time(.projection, head) + time(.argmax, [])
    case .fused: return try time(.projection, head + ["norm=fused"]) + time(.argmax, [])
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
  public struct Result: Sendable {
    /// Until the first token.
    public var firstToken: Picoseconds
    /// All tokens.
    public var latency: Picoseconds
    /// Tokens of the answer.
    public var tokens: Int

    /// Mean time of the tokens after the first, in ms.
    public var millisecondsPerToken: Double {
      tokens > 1 ? Double(latency - firstToken) / 1e9 / Double(tokens - 1) : 0
    }
    /// Tokens of the answer per second, the first one's wait included.
    public var tokensPerSecond: Double {
      latency > 0 ? Double(tokens) / (Double(latency) / 1e12) : 0
    }
  }

  /// Answers a prompt with one strategy set.
  ///
  /// - Throws: What the simulation throws.
  public func run(_ prompt: ChallengePrompt, _ set: StrategySet) throws -> Result {
    let first = try firstToken(prompt.context, set)
    var latency = first
    for token in 1..<max(prompt.answer, 1) {
      latency += try step(prompt.context + token - 1, set)
    }
    return Result(firstToken: first, latency: latency, tokens: prompt.answer)
  }
}

/// The challenge's score of a strategy set against a baseline set.
public struct ChallengeScore: Sendable {
  /// By prompt.
  public var rows:
    [(prompt: ChallengePrompt, baseline: ModelStudy.Result, result: ModelStudy.Result)]
  /// Whether the values were right; `nil` if they were not computed.
  public var isAccurate: Bool?
  /// Share of the matrix products' operations that are done by kernels.
  public var kernelShare: Double

  /// Runs all prompts with both sets.
  ///
  /// - Throws: What the simulation throws.
  public init(
    _ study: ModelStudy, _ set: StrategySet, against baseline: StrategySet, isAccurate: Bool?,
    progress: (String) -> Void = { _ in }
  ) throws {
    rows = []
    for prompt in ChallengePrompt.all {
      progress(prompt.name)
      rows.append((prompt, try study.run(prompt, baseline), try study.run(prompt, set)))
    }
    self.isAccurate = isAccurate
    // Every matrix product of the model is in a kernel here.
    kernelShare = 1
  }

  /// A × L_b/L × T/T_b × (1 + R).
  public func score(_ index: Int) -> Double {
    let row = rows[index]
    guard isAccurate != false, row.result.latency > 0, row.baseline.tokensPerSecond > 0 else {
      return 0
    }
    return Double(row.baseline.latency) / Double(row.result.latency)
      * row.result.tokensPerSecond / row.baseline.tokensPerSecond * (1 + kernelShare)
  }

  /// The sum over the prompts.
  public var total: Double { rows.indices.reduce(0) { $0 + score($1) } }

  func mean(_ value: (ModelStudy.Result) -> Double, ofBaseline: Bool) -> Double {
    rows.reduce(0) { $0 + value(ofBaseline ? $1.baseline : $1.result) } / Double(max(1, rows.count))
  }
}
