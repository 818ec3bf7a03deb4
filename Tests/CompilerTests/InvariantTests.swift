import Device
import Testing

@testable import Compiler

/// Invariants of the compiler, each broken on purpose in a process of its own.
@Suite struct CompilerInvariantTests {
  private func said(_ result: ExitTest.Result?) -> String {
    String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
  }

  /// Three instructions: the last depends on both others.
  static var before: Predecessors {
    var before = Predecessors()
    before.append([])
    before.append([])
    before.append([0, 1])
    return before
  }

  @Test func nothingIsBrokenWithoutAChange() {
    Ordering.requireOrder(3, [1, 0, 2], Self.before)
    Lowering.PendingWait(instruction: 1, producer: .instruction(0)).requireLookingBack([])
    #expect(Placement.overlap([(Self.tile(0, 0...4), 0), (Self.tile(1, 2...6), 64)]) == nil)
    #expect(Placement.overlap([(Self.tile(0, 0...2), 0), (Self.tile(1, 3...6), 32)]) == nil)
  }

  /// A tile of 64 bytes of each partition.
  static func tile(_ tensor: Int, _ life: ClosedRange<Int>) -> Placement.Item {
    Placement.Item(tensor: tensor, bytes: 64, first: life.lowerBound, last: life.upperBound)
  }

  @Test func anInstructionThatIsGoneEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Ordering.requireOrder(2, [1, 0, 2], CompilerInvariantTests.before)
    }
    #expect(said(result).contains("invariant 'every-instruction-once' is broken"))
  }

  @Test func twoInstructionsInOnePlaceEndTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Ordering.requireOrder(3, [1, 1, 2], CompilerInvariantTests.before)
    }
    #expect(said(result).contains("invariant 'every-instruction-once' is broken"))
  }

  @Test func anOrderAgainstADependencyEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Ordering.requireOrder(3, [0, 2, 1], CompilerInvariantTests.before)
    }
    #expect(said(result).contains("invariant 'dependencies-kept' is broken"))
  }

  @Test func tilesOnOneByteEndTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let tiles = [
        (item: CompilerInvariantTests.tile(0, 0...4), begin: 0),
        (item: CompilerInvariantTests.tile(1, 4...6), begin: 63),
      ]
      Placement.requireApart(tiles) { "t\($0)" }
    }
    #expect(said(result).contains("invariant 'tiles-apart' is broken"))
    #expect(said(result).contains("t0 and t1"))
  }

  @Test func aWaitForALaterInstructionEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      // Transfer 0 is started by instruction 7.
      Lowering.PendingWait(instruction: 7, producer: .transfer(0)).requireLookingBack([7])
    }
    #expect(said(result).contains("invariant 'waits-look-back' is broken"))
  }

  @Test func aSecondSealEndsTheProcess() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var known = KnownCompletions(tracksTransfers: false, expecting: 2)
      known.seal(0, on: .vector)
      known.seal(0, on: .vector)
    }
    #expect(said(result).contains("invariant 'sealed-in-order' is broken"))
  }
}
