import Foundation
import Kernels
import Testing

@testable import Sweeps

/// Invariants of sweeps, each broken on purpose in a process of its own.
@Suite struct SweepInvariantTests {
  private func said(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  @Test func aWriterWithoutTheLockEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let folder = try Folder()
      let sweep = try SweepTests.sweep(SweepTests.grid, folder)
      do { _ = try SweepTests.store(sweep, folder, "a.sqlite") }
      let store = try Store(reading: "\(folder.path)/a.sqlite")
      try store.add(
        rung: 0, index: 1, variant: Variant("matmul"), settings: [], .refused(["no"]))
    }
    #expect(said(result).contains("invariant 'locked-store' is broken"), "\(said(result))")
  }

  @Test func anAnswerThatNobodyAskedForEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var entries = IsolatedEntries<Int>()
      var next = [7]
      _ = try entries.take(4) { next.popLast() }
      _ = entries.finish(0)
      _ = entries.finish(0)
    }
    #expect(said(result).contains("invariant 'answers-asked' is broken"), "\(said(result))")
  }

  @Test func aCandidateThatComesTwiceEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let folder = try Folder()
      let plan = Plan(spec: try SweepTests.sweep(SweepTests.grid, folder).spec)
      #expect(plan.checked([3, 1, 2]) == [3, 1, 2])
      _ = plan.checked([3, 1, 3])
    }
    #expect(said(result).contains("invariant 'candidates-once' is broken"), "\(said(result))")
  }
}
