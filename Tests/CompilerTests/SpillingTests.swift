import Hardware
import ISA
import Machine
import Programs
import Testing

@testable import Compiler

/// Which tiles go to HBM and come back, counted by hand.
///
/// Tiles have 64 bytes of two partitions.
struct SpillingTests {
  private let head = "trnsim program 1\nkernel k\ndependencies derived\n"

  private func tiles(_ count: Int) -> String {
    (0..<count).map { "tensor t\($0): sbuf float32 [2, 16]\n" }.joined()
  }

  /// The lines after spilling into room for `room` tiles, and the tiles that were saved and loaded.
  private func spilled(
    _ lines: String, tiles count: Int, room: Int
  ) throws -> (lines: [String], saved: Int, loaded: Int)? {
    let program = try Program(text: head + tiles(count) + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    guard let spills = Spilling.run(&draft, capacity: 64 * room) else { return nil }
    let after = draft.program(keepsScopes: true)
    let texts = after.instructions.indices.map { after.instructionText($0) }
    return (texts, spills.saveBytes / 128, spills.reloadBytes / 128)
  }

  private func write(_ tile: Int, _ part: String = "") -> String {
    "memset dst=t\(tile)\(part) value=1.0 engine=vector\n"
  }

  private func copy(_ target: Int, _ source: Int) -> String {
    "tensor_copy dst=t\(target) src=t\(source)\n"
  }

  @Test func theTileThatIsNeededLastGoes() throws {
    // With room for three, t3 needs one of t0 (next read at 4), t1 (6) and t2 (5): t1 goes.
    let lines = write(0) + write(1) + write(2) + write(3) + copy(3, 0) + copy(3, 2) + copy(3, 1)
    let found = try #require(try spilled(lines, tiles: 4, room: 3))
    #expect(found.saved == 1 && found.loaded == 1)
    // Saved behind its last use, loaded before its next.
    #expect(found.lines[2] == "dma_copy dst=t1.spill src=t1 dge_mode=none spill=true")
    #expect(found.lines[7].hasPrefix("dma_copy dst=t1.reload1 src=t1.spill"))
    #expect(found.lines[8] == "tensor_copy dst=t3 src=t1.reload1")
  }

  @Test func aValueIsSavedOnce() throws {
    // t0 comes and goes twice; the second time HBM has it already. t2 goes in between and is replaced.
    let lines =
      write(0) + write(1) + copy(1, 1) + write(2) + copy(2, 1) + copy(1, 0) + copy(2, 1)
      + copy(2, 2) + copy(1, 0)
    let found = try #require(try spilled(lines, tiles: 3, room: 2))
    #expect(found.saved == 1 && found.loaded == 2)
  }

  @Test func whatIsReplacedIsNeitherSavedNorLoaded() throws {
    // t0 is written anew before anyone reads it again.
    let begin = write(0) + copy(0, 0) + write(1) + write(2) + copy(2, 1)
    let whole = try #require(try spilled(begin + write(0) + copy(0, 0), tiles: 3, room: 2))
    #expect(whole.saved == 0 && whole.loaded == 0)
    // Half of it is: the other half has to come back.
    let half = try #require(
      try spilled(begin + write(0, "[:, 0:8]") + copy(0, 0), tiles: 3, room: 2))
    #expect(half.saved == 1 && half.loaded == 1)
  }

  @Test func anInstructionHasToFitByItself() throws {
    #expect(try spilled(write(0) + copy(1, 0), tiles: 2, room: 1) == nil)
  }

  @Test func namesWithOtherElementTypesFollow() throws {
    let alias = "tensor t0.as_int32: sbuf int32 [2, 16] of t0\n"
    let lines =
      write(0) + write(1) + copy(1, 1) + write(2) + copy(2, 1)
      + "tensor_copy dst=t1 src=t0.as_int32\n"
    let found = try #require(try spilled(alias + lines, tiles: 3, room: 2))
    #expect(found.lines.last == "tensor_copy dst=t1 src=t0.reload1.as_int32")
  }
}
