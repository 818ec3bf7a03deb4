import Dispatch
import FoundationEssentials
import Glibc
import Synchronization

/// Runs many independent jobs on several threads of this host.
///
/// Jobs are asked for and results handed over on the calling thread, one at a time; only `work` runs
/// elsewhere. Never more than twice as many jobs as threads are under way, whatever their number.
package struct ParallelRunner: Sendable {
  /// Number of threads.
  package var width: Int

  /// A runner of so many threads; by default one for each core of the host.
  package init(width: Int? = nil) {
    self.width = max(1, width ?? ProcessInfo.processInfo.activeProcessorCount)
  }

  /// Runs all jobs.
  ///
  /// - Parameters:
  ///   - next: Gives the next job, `nil` at the end. Not asked again after `nil`.
  ///   - work: Does a job.
  ///   - deliver: Takes each result, in the order in which they were finished.
  /// - Throws: What `next` or `deliver` throws; jobs under way are then finished and dropped.
  package func run<Job: Sendable, Result: Sendable>(
    next: () throws -> Job?, work: @escaping @Sendable (Job) -> Result,
    deliver: (Job, Result) throws -> Void
  ) throws {
    let desk = Desk<Job, Result>()
    for _ in 0..<width { desk.startWorker(work) }
    // Workers end at their first empty job.
    defer {
      for _ in 0..<width { desk.put(nil) }
      for _ in 0..<width { desk.ended.wait() }
    }
    var underWay = 0
    var isOpen = true
    while isOpen || underWay > 0 {
      while isOpen, underWay < 2 * width {
        guard let job = try next() else {
          isOpen = false
          break
        }
        desk.put(job)
        underWay += 1
      }
      guard underWay > 0 else { break }
      let (job, result) = desk.takeResult()
      underWay -= 1
      try deliver(job, result)
    }
  }
}

/// Where the calling thread and the workers hand over jobs and results.
private final class Desk<Job: Sendable, Result: Sendable>: Sendable {
  private let jobs = Mutex<[Job?]>([])
  private let results = Mutex<[(Job, Result)]>([])
  private let jobsReady = DispatchSemaphore(value: 0)
  private let resultsReady = DispatchSemaphore(value: 0)
  let ended = DispatchSemaphore(value: 0)

  func startWorker(_ work: @escaping @Sendable (Job) -> Result) {
    startThread { [self] in
      while let job = takeJob() {
        let result = work(job)
        results.withLock { $0.append((job, result)) }
        resultsReady.signal()
      }
      ended.signal()
    }
  }

  func put(_ job: Job?) {
    jobs.withLock { $0.append(job) }
    jobsReady.signal()
  }

  private func takeJob() -> Job? {
    jobsReady.wait()
    return jobs.withLock { $0.removeFirst() }
  }

  func takeResult() -> (Job, Result) {
    resultsReady.wait()
    return results.withLock { $0.removeFirst() }
  }
}

/// Runs a body on a thread of its own.
func startThread(_ body: @escaping @Sendable () -> Void) {
  final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  // As much as the main thread has: readers of nested texts recurse.
  pthread_attr_setstacksize(&attributes, 8 << 20)
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  var thread = pthread_t()
  let code = pthread_create(
    &thread, &attributes,
    { given in
      guard let given else { return nil }
      Unmanaged<Body>.fromOpaque(given).takeRetainedValue().run()
      return nil
    }, Unmanaged.passRetained(Body(body)).toOpaque())
  precondition(code == 0, "cannot start a thread: \(String(cString: strerror(code)))")
}
