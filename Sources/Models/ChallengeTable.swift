import Device
package import Reports
import Timing

// prompt       context  sequence  first ms  ms/token  tokens/s  …

extension ChallengeScore {
  /// The table and what it includes.
  package func blocks(
    _ set: StrategySet, against baseline: StrategySet, options: ModelStudy.Options
  ) -> [Block] {
    func milliseconds(_ time: Picoseconds) -> Table.Cell {
      .figure(Figure(fixed(Double(time) / 1e9, 1), .real(Double(time) / 1e12)))
    }
    var table = Table([
      Table.Column("prompt", .text, isKey: true), Table.Column("context"),
      Table.Column("sequence"), Table.Column("first ms"), Table.Column("ms/token"),
      Table.Column("tokens/s"), Table.Column("latency ms"),
      Table.Column("\(baseline.rawValue) ms"), Table.Column("NKI FLOPS"), Table.Column("score"),
      Table.Column("measured score"),
    ])
    for (index, row) in rows.enumerated() {
      table.rows.append([
        .text(row.prompt.name), .text("\(row.prompt.context)"), .text("\(row.prompt.sequence)"),
        milliseconds(row.result.firstToken), .figure(.number(row.result.millisecondsPerToken, 2)),
        .figure(.number(row.result.tokensPerSecond, 1)), milliseconds(row.result.latency),
        milliseconds(row.baseline.latency), .figure(.share(kernelShare)),
        .figure(.number(score(index), 2)),
        .text("\(fixed(row.prompt.measuredBaseline, 2)) → \(fixed(row.prompt.measuredScore, 2))"),
      ])
    }
    let latency = [false, true].map { side in
      fixed(mean({ Double($0.latency) / 1e9 }, ofBaseline: side), 1)
    }
    let measured = ChallengeMeasured.score
    table.rows.append([
      "\("all", .strong)", "", "", "",
      .figure(.number(mean(\.millisecondsPerToken, ofBaseline: false), 2)),
      .figure(.number(mean(\.tokensPerSecond, ofBaseline: false), 1)), .text(latency[0]),
      .text(latency[1]), .figure(.share(kernelShare)), .figure(.number(total, 2)),
      .text("\(fixed(measured.0, 2)) → \(fixed(measured.1, 2))"),
    ])
    return [.heading("score \(.number(total, 2))"), .table(table)]
      + notes(set, baseline, options).map { .sentence(Phrase($0)) }
  }

  private func notes(
    _ set: StrategySet, _ baseline: StrategySet, _ options: ModelStudy.Options
  ) -> [String] {
    let (latency, throughput) = (ChallengeMeasured.latency, ChallengeMeasured.throughput)
    let accuracy =
      isAccurate == nil ? "A = 1 is taken, not computed (--check)" : "A from computed values"
    let host =
      options.hostMicroseconds > 0
      ? "\(fixed(options.hostMicroseconds, 1)) µs of host time per pass are added (--host-us)"
      : "no host or framework time (--host-us adds some per pass)"
    let layout = options.layout
    let cores =
      layout.count == 1
      ? "on one core (TP=1)"
      : "on \(layout.count) cores (TP=\(layout.ranks), LNC=\(layout.coresPerRank))"
    return [
      "score = A × L_b/L × T/T_b × (1 + R): \(set.rawValue) against \(baseline.rawValue); R: share "
        + "of the matrix products that kernels do (NKI FLOPS); \(accuracy).",
      "simulated: \(ModelStudy.layers) layers, final norm, lm_head, greedy sampling, batch 1, "
        + "\(cores); every pass's context rounded up to \(options.bucket) tokens; a prompt's experts dense "
        + "or grouped, whichever is faster for the routing of the trial prompt.",
      "not simulated: embedding look-up, launches; \(host).",
      "tokens/s counts the answer's tokens (sequence - context), the first one's wait included.",
      "measured, on a chip with TP=4, host included: mean latency \(grouped(Int(latency.0))) → "
        + "\(grouped(Int(latency.1))) ms, \(throughput.0) → \(throughput.1) tokens/s, R = 0.997.",
    ]
  }

  /// The same for machines: times in seconds.
  package func json(_ set: StrategySet, against baseline: StrategySet, options: ModelStudy.Options)
    -> JSON
  {
    func object(_ result: ModelStudy.Result) -> JSON {
      .object([
        "first_token_time": .real(Double(result.firstToken) / 1e12),
        "latency": .real(Double(result.latency) / 1e12),
        "time_per_token": .real(result.millisecondsPerToken / 1000),
        "tokens_per_second": .real(result.tokensPerSecond), "tokens": .integer(result.tokens),
      ])
    }
    let prompts = rows.enumerated().map { index, row in
      JSON.object([
        "name": .string(row.prompt.name), "context": .integer(row.prompt.context),
        "sequence": .integer(row.prompt.sequence), "score": .real(score(index)),
        "result": object(row.result), "baseline": object(row.baseline),
        "measured_baseline_score": .real(row.prompt.measuredBaseline),
        "measured_score": .real(row.prompt.measuredScore),
      ])
    }
    return .object([
      "model": .string("qwen3-30b-a3b"), "strategy": .string(set.rawValue),
      "baseline": .string(baseline.rawValue), "bucket": .integer(options.bucket),
      "host_time_per_pass": .real(options.hostMicroseconds / 1e6),
      "tp": .integer(options.layout.ranks), "lnc": .integer(options.layout.coresPerRank),
      "kernel_flops_ratio": .real(kernelShare), "score": .real(total),
      "accurate": isAccurate.map { .bool($0) } ?? .null, "prompts": .array(prompts),
    ])
  }
}
