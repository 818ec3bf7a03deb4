import Diagnostics
import Glibc
import Simulation
import Workloads

extension ParallelRunner {
  /// Runs entries as `run(next:work:deliver:)` does jobs; in a process beside this one where that can be started, so that an entry
  /// that dies takes no other along.
  ///
  /// The process has all threads, so that they share configurations and recordings. When it ends, entries that were under way
  /// run again one by one: the one that ends its process once more is the one to blame, and is delivered as died. What ends
  /// processes from outside (SIGKILL, also for want of memory) must do so twice to one that runs alone.
  ///
  /// - Parameters:
  ///   - work: What is done with each.
  ///   - evaluator: Who does it in this process.
  ///   - workers: How to start the process; `nil` for threads of this one.
  ///   - opened: Python is started for the first script among these before anything runs.
  ///   - variant: What of a job runs.
  /// - Throws: `DiagnosticError` if Python or the process does not start; what `next` and `deliver` throw.
  package func run<Job: Sendable, Result>(
    _ work: EntryWork<Result>, with evaluator: Evaluator, in workers: WorkerCommand?,
    opening opened: [Variant], next: () throws -> Job?,
    variant: @escaping @Sendable (Job) -> Variant, deliver: (Job, Result) throws -> Void
  ) throws {
    guard let workers else {
      try evaluator.open(for: opened)
      return try run(
        next: next, work: { work.body(variant($0), evaluator) }, deliver: deliver)
    }
    let setup = WorkerSetup(work: work.name, width: width, file: evaluator.file, opened: opened)
    var entries = IsolatedEntries<Job>()
    var worker: RunningWorker?
    while true {
      for task in try entries.take(2 * width, next) {
        let running = try worker ?? workers.start(setup)
        worker = running
        running.send(Frame(kind: .entry, number: task.number, content: variant(task.job).packed))
      }
      guard !entries.isEmpty, let running = worker else { break }
      guard let frame = running.next() else {
        worker = nil
        let (end, said, activities) = running.finish()
        if let (job, death) = try entries.end(end, said, activities) {
          try deliver(job, work.died(death))
        }
        continue
      }
      switch frame.kind {
      case .ready: continue
      case .refused:
        var unpacker = Unpacker(frame.content)
        throw try DiagnosticError(from: &unpacker)
      case .result:
        let job = entries.finish(frame.number)
        var unpacker = Unpacker(frame.content)
        try deliver(job, try Result(from: &unpacker))
      case .setup, .entry: continue
      }
    }
    _ = worker?.finish()
  }
}

/// Entries that a worker has, and those that it takes again after its end.
struct IsolatedEntries<Job> {
  struct Task {
    let job: Job
    let number: Int
    /// How often its process was ended from outside while it ran alone.
    var deaths = 0
  }

  private var underWay: [Int: Task] = [:]
  /// Those that had not begun when their worker ended.
  private var again: [Task] = []
  /// Those that had begun when their worker ended, beside others.
  private var suspects: [Task] = []
  /// Whether one suspect has the worker.
  private var isAlone = false
  private var isOpen = true
  private var count = 0
  /// Workers in a row that ended before any entry began.
  private var fruitless = 0

  /// Whether nothing is under way.
  var isEmpty: Bool { underWay.isEmpty }

  /// What to send now, so that at most so many are under way; one alone where a worker has ended.
  mutating func take(_ limit: Int, _ next: () throws -> Job?) throws -> [Task] {
    if underWay.isEmpty {
      isAlone = !suspects.isEmpty
      if isAlone { return [add(suspects.removeFirst())] }
    }
    var found: [Task] = []
    while !isAlone, underWay.count < limit {
      if !again.isEmpty {
        found.append(add(again.removeFirst()))
        continue
      }
      guard isOpen, let job = try next() else {
        isOpen = false
        break
      }
      found.append(add(Task(job: job, number: count)))
      count += 1
    }
    return found
  }

  private mutating func add(_ task: Task) -> Task {
    underWay[task.number] = task
    return task
  }

  /// Takes an entry that has its result.
  mutating func finish(_ number: Int) -> Job {
    fruitless = 0
    guard let task = underWay.removeValue(forKey: number) else {
      Invariant.answersAsked.fail("entry \(number), where \(underWay.keys.sorted()) are under way")
    }
    return task.job
  }

  /// A worker has ended; the entry that is to blame, and what it died of, where that is known.
  ///
  /// - Parameter activities: What each entry that had begun did.
  /// - Throws: `DiagnosticError` if workers end again and again before an entry begins.
  mutating func end(
    _ end: ChildProcess.End, _ said: String?, _ activities: [Int: Stage]
  ) throws(DiagnosticError) -> (job: Job, death: String)? {
    let all = underWay.values.sorted { $0.number < $1.number }
    underWay = [:]
    let begun = all.filter { activities[$0.number] != nil }
    again = all.filter { activities[$0.number] == nil } + again
    let words = said.map { ": \($0)" } ?? ""
    guard let first = begun.first else {
      fruitless += 1
      guard fruitless < 3 else {
        throw DiagnosticError(
          "the process that runs the entries \(end.text) before it began with one\(words)",
          remedy: "run it again; what is done is kept")
      }
      return nil
    }
    fruitless = 0
    guard begun.count == 1 else {
      suspects += begun
      return nil
    }
    let isFromOutside = [SIGKILL, SIGTERM, SIGINT, SIGHUP].contains { end == .signal($0) }
    if isFromOutside, first.deaths == 0 {
      var task = first
      task.deaths += 1
      suspects.append(task)
      return nil
    }
    let doing = activities[first.number].map { " while \($0.sentence)" } ?? ""
    let twice = isFromOutside ? " twice, as for want of memory," : ""
    return (first.job, "its process \(end.text)\(twice)\(doing)\(words)")
  }
}
