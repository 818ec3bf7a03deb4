import Dispatch
import Glibc
import Reports

/// Shows on a terminal what is being done and for how long, from the first second on; nothing where there is no terminal.
func working<Result>(_ what: String, _ body: () throws -> Result) rethrows -> Result {
  guard isatty(STDERR_FILENO) == 1 else { return try body() }
  let (done, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
  DispatchQueue.global().async {
    var seconds = 0
    while done.wait(timeout: .now() + 1) == .timedOut {
      seconds += 1
      showProgress("\(what)  \(seconds) s")
    }
    if seconds > 0 { showProgress("") }
    ended.signal()
  }
  defer {
    done.signal()
    ended.wait()
  }
  return try body()
}

// 1,234 of 10,000 (12 %)  812 variants/s  11 s left

/// A line on a terminal that says how far a long command is; nothing where there is no terminal.
struct Progress {
  private let total: Int
  private let noun: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant
  private var shown: ContinuousClock.Instant
  /// Done before this command began.
  private let earlier: Int

  init(of total: Int, _ noun: String, earlier: Int = 0) {
    self.total = total
    self.noun = noun
    self.earlier = earlier
    begin = clock.now
    shown = begin
  }

  /// Shows the count, at most five times a second.
  mutating func show(_ done: Int) {
    guard isTerminal else { return }
    let now = clock.now
    guard now - shown > .milliseconds(200) else { return }
    shown = now
    let seconds = (now - begin).seconds
    let rate = Double(done - earlier) / max(seconds, 1e-3)
    let share = total > 0 ? 100 * done / total : 100
    var text = "\(done) of \(total) (\(share) %)"
    text += "  \(rate < 10 ? fixed(rate, 1) : "\(Int(rate))") \(noun)/s"
    if rate > 0 { text += "  \(Progress.duration(Double(total - done) / rate)) left" }
    showProgress(text)
  }

  /// Removes the line.
  func clear() { if isTerminal { showProgress("") } }

  /// Seconds since the beginning.
  var seconds: Double { (clock.now - begin).seconds }

  private static func duration(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 120 { return "\(whole) s" }
    if whole < 7200 { return "\(whole / 60) min" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}
