package import Programs

/// Tests the C interface with random sequences of calls.
///
/// Callers of such sequences lend memory between fences and free it as soon as it is theirs again, load other
/// programs in between, give wrong sizes and numbers, and call the session from its own callbacks.
/// Required: no byte outside of what is lent changes, known programs give known results, and what has ended
/// with a program fails.
package struct SessionFuzzer: Sendable {
  /// Calls of one case.
  private static let calls = 40
  private let samples: [SampleProgram]

  /// Makes the programs.
  /// - Throws: What prevents temporary files.
  package init() throws { samples = try SampleProgram.all() }

  /// Runs the case of one seed; `inputs` are its calls, `accepted` those that succeeded.
  package func run(caseSeed seed: UInt64) -> FuzzResult {
    let caller = SessionCaller(seed: seed, samples: samples)
    for _ in 0..<Self.calls where caller.problems.isEmpty { caller.act() }
    caller.finish()
    var result = FuzzResult()
    result.cases = 1
    result.inputs = caller.calls
    result.accepted = caller.successes
    result.failures = caller.problems.map { FuzzFailure(seed: seed, message: $0) }
    return result
  }
}
