import Foundation
import Synchronization
import Testing

@testable import Sweeps

/// Many jobs on several threads.
@Suite struct RunnerTests {
  private struct Stop: Error {}

  @Test(arguments: [1, 2, 7]) func everyJobIsDoneOnce(_ width: Int) throws {
    var next = 0
    var results: [Int: Int] = [:]
    try ParallelRunner(width: width).run(
      next: {
        defer { next += 1 }
        return next < 500 ? next : nil
      }, work: { $0 * $0 },
      deliver: { job, result in
        #expect(results[job] == nil)
        results[job] = result
      })
    #expect(results.count == 500)
    #expect(results.allSatisfy { $0.value == $0.key * $0.key })
  }

  /// Jobs are made when there is room for them, so that a million of them need no memory.
  @Test func fewJobsAreUnderWay() throws {
    let started = Mutex(0)
    var delivered = 0
    var next = 0
    try ParallelRunner(width: 3).run(
      next: {
        #expect(next - delivered < 6)
        next += 1
        return next <= 300 ? next : nil
      },
      work: { job in
        started.withLock { $0 += 1 }; return job
      }, deliver: { _, _ in delivered += 1 })
    #expect(delivered == 300)
    #expect(started.withLock { $0 } == 300)
  }

  @Test func errorsEndIt() {
    var delivered = 0
    var next = 0
    #expect(throws: Stop.self) {
      try ParallelRunner(width: 2).run(
        next: {
          next += 1
          return next
        }, work: { $0 },
        deliver: { _, _ in
          delivered += 1
          if delivered == 10 { throw Stop() }
        })
    }
    #expect(delivered == 10)
    #expect(throws: Stop.self) {
      try ParallelRunner(width: 2).run(
        next: { throw Stop() }, work: { (job: Int) in job }, deliver: { _, _ in })
    }
  }
}
