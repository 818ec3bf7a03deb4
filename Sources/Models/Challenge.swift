/// The benchmark prompts of the MoE kernel challenge and what was measured on devices.
///
/// Source: "NKI Kernel Optimization for Qwen3-30B-A3B MoE Model" (January 2026), Tables 1 and 2; the
/// devices ran tensor parallelism 4 on a trn2 chip, with host and framework.
package struct ChallengePrompt: Hashable, Sendable {
  /// What the report calls it.
  package var name: String
  /// Tokens of the prompt.
  package var context: Int
  /// Tokens of prompt and answer.
  package var sequence: Int
  /// Score of the baseline.
  package var measuredBaseline: Double
  /// Score of the report's kernels.
  package var measuredScore: Double

  /// Tokens of the answer; the prompt's pass gives the first.
  package var answer: Int { sequence - context }

  /// All five, in the report's order.
  package static let all = [
    ChallengePrompt(
      name: "Twelve Days", context: 18, sequence: 64, measuredBaseline: 1.53, measuredScore: 2.33),
    ChallengePrompt(
      name: "Palindrome", context: 126, sequence: 256, measuredBaseline: 1.69, measuredScore: 2.40),
    ChallengePrompt(
      name: "Seating", context: 43, sequence: 128, measuredBaseline: 1.62, measuredScore: 2.42),
    ChallengePrompt(
      name: "Quote", context: 10, sequence: 64, measuredBaseline: 1.63, measuredScore: 2.41),
    ChallengePrompt(
      name: "Haystack", context: 402, sequence: 640, measuredBaseline: 1.76, measuredScore: 2.28),
  ]
}

/// Averages over the five prompts, as measured.
package enum ChallengeMeasured {
  /// Total score: baseline, the report's kernels.
  package static let score = (8.24, 11.84)
  /// Mean latency in ms.
  package static let latency = (10_870.0, 9_095.0)
  /// Mean tokens per second.
  package static let throughput = (72.1, 83.5)
}
