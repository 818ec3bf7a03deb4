import Hardware
import Programs
import Testing

@testable import Compiler

/// Where a tile gets a new tensor, and where it must not.
struct LiveRangesTests {
  private let head = """
    trnsim program 1
    kernel k
    dependencies derived
    tensor x: hbm input float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor b: sbuf float32 [128, 16]

    """

  /// The lines after splitting.
  private func split(
    _ lines: String, tile: String = "tensor a: sbuf float32 [128, 16]\n", keepsAffine: Bool = false
  ) throws -> [String] {
    let program = try Program(text: head + tile + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    let count = LiveRanges.run(&draft, keepsAffine: keepsAffine)
    let after = draft.program(keepsScopes: true)
    #expect(after.tensors.count == program.tensors.count + count)
    return after.instructions.indices.map { after.instructionText($0) }
  }

  @Test func aTileThatIsReplacedBecomesTwo() throws {
    let found = try split(
      """
      dma_copy dst=a src=x[:, 0:16]
      tensor_copy dst=b src=a
      dma_copy dst=a src=x[:, 16:32]
      tensor_copy dst=b[:, 0:8] src=a[:, 8:16]
      """)
    #expect(found[0].hasPrefix("dma_copy dst=a src="))
    #expect(found[1] == "tensor_copy dst=b src=a")
    #expect(found[2].hasPrefix("dma_copy dst=a.1 src="))
    // Of b a part is replaced.
    #expect(found[3] == "tensor_copy dst=b[:, 0:8] src=a.1[:, 8:16]")
  }

  @Test func writesThatReplaceATilePieceByPieceBeginAValueAtTheFirst() throws {
    let found = try split(
      """
      dma_copy dst=a src=x[:, 0:16]
      tensor_copy dst=b src=a
      memset dst=a[0:64, :] value=1.0
      memset dst=a[64:128, 8:16] value=2.0
      memset dst=a[64:128, 0:8] value=3.0
      tensor_copy dst=b src=a
      """)
    #expect(found[2...4].allSatisfy { $0.hasPrefix("memset dst=a.1") })
    #expect(found[5] == "tensor_copy dst=b.1 src=a.1")
  }

  @Test func whatReplacesAPartIsNotANewTile() throws {
    // Though only columns 0 to 8 are read after it.
    let found = try split(
      """
      dma_copy dst=a src=x[:, 0:16]
      tensor_copy dst=b src=a
      memset dst=a[:, 0:8] value=1.0
      tensor_copy dst=b[:, 0:8] src=a[:, 0:8]
      """)
    #expect(found[2] == "memset dst=a[:, 0:8] value=1.0")
  }

  @Test func halvesThatAreUsedInTurnMakeOneValue() throws {
    let found = try split(
      (0..<4).map { pass in
        let columns = pass % 2 == 0 ? "0:8" : "8:16"
        return
          "memset dst=a[:, \(columns)] value=1.0\ndma_copy dst=y[:, 0:8] src=a[:, \(columns)]\n"
      }.joined())
    #expect(found[0...3].allSatisfy { !$0.contains("a.") })
    #expect(found[4...7].allSatisfy { $0.contains("a.1") })
  }

  @Test(arguments: [
    // The other half is read later.
    """
    dma_copy dst=a src=x[:, 0:16]
    memset dst=a[:, 0:8] value=1.0
    tensor_copy dst=b src=a
    """,
    // Columns that are left out are read later.
    """
    dma_copy dst=a src=x[:, 0:16]
    memset dst=a[:, 0:16:2] value=1.0
    tensor_copy dst=b src=a
    """,
    // It is changed in place.
    """
    dma_copy dst=a src=x[:, 0:16]
    tensor_scalar dst=a data=a op0=add operand0=1.0
    tensor_scalar dst=a data=a op0=add operand0=1.0
    """,
    // The predicate may keep what was there.
    """
    memset dst=a value=1.0
    tensor_copy_predicated dst=a src=b predicate=b
    tensor_copy dst=b src=a
    """,
    // The second pass begins with what the first one leaves.
    """
    memset dst=a value=1.0
    loop var=r0 start=0 stop=4 step=1
    tensor_copy dst=b src=a
    memset dst=a value=2.0
    end_loop
    """,
    // The author says what waits for what.
    """
    memset dst=a value=1.0
    memset dst=a value=2.0 after=[0]
    """,
  ])
  func aValueThatIsStillNeededStays(_ lines: String) throws {
    #expect(!(try split(lines)).joined().contains("a.1"))
  }

  @Test func aPassOfAnAffineLoopHasOneTile() throws {
    func body(_ pass: Int) -> String {
      """
      dma_copy dst=a src=x[:, 0:16]
      tensor_copy dst=b[0:1, 0:1] src=a[0:1, 0:1]
      dma_copy dst=a src=x[:, 16:32]
      tensor_copy dst=b[0:1, 0:1] src=a[0:1, 0:1]

      """
    }
    let found = try split("affine scope i=0 {\n\(body(0))}\naffine scope i=1 {\n\(body(1))}\n")
    #expect(found[0...3].allSatisfy { !$0.contains("a.1") })
    #expect(found[4...7].allSatisfy { $0.contains("a.1") })
    // Of other loops each value has one.
    let other = try split("scope i=0 {\n\(body(0))}\nscope i=1 {\n\(body(1))}\n")
    #expect(other[2].contains("a.1") && other[4].contains("a.2") && other[6].contains("a.3"))
  }

  @Test func passesOfAnAffineLoopShareATileInTheSecondGeneration() throws {
    let body = "dma_copy dst=a src=x[:, 0:16]\ntensor_copy dst=b[0:1, 0:1] src=a[0:1, 0:1]\n"
    func loop(_ kind: String, _ variable: String) -> String {
      (0..<2).map { "\(kind)scope \(variable)=\($0) {\n\(body)}\n" }.joined()
    }
    let affine = try split(loop("affine ", "i") + loop("affine ", "i"), keepsAffine: true)
    #expect(affine[0...3].allSatisfy { !$0.contains("a.") })
    // The next loop, of the same variable, has another.
    #expect(affine[4...7].allSatisfy { $0.contains("a.1") })
    let plain = try split(loop("", "i"), keepsAffine: true)
    #expect(plain[2].contains("a.1"))
  }

  @Test func valuesInPSUMAreJoinedWhereTheyFollowOneAnother() throws {
    let lines = """
      memset dst=a value=1.0
      tensor_copy dst=b src=a
      memset dst=a value=2.0
      tensor_copy dst=b src=a
      """
    for (space, joined) in [("psum", 1), ("sbuf", 0)] {
      let tile = "tensor a: \(space) float32 [128, 16]\n"
      let program = try Program(text: head + tile + lines, file: "k.trn")
      var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
      #expect(LiveRanges.run(&draft) == 2)
      #expect(LiveRanges.join(&draft) == joined)
      let text = (0..<4).map { draft.program(keepsScopes: true).instructionText($0) }.joined()
      #expect(text.contains("a.1") == (joined == 0))
    }
  }

  @Test func tilesOfTheAuthorsPlacesAndWithSeveralNamesStay() throws {
    let lines = """
      memset dst=a value=1.0
      tensor_copy dst=b src=a
      memset dst=a value=2.0
      tensor_copy dst=b src=a
      """
    let placed = "tensor a: sbuf float32 [128, 16] at partition 0 byte 0x40\n"
    let named =
      "tensor a: sbuf float32 [128, 16]\ntensor a.as_int32: sbuf int32 [128, 16] of a\n"
    for tile in [placed, named] {
      #expect(!(try split(lines, tile: tile)).joined().contains("a.1"))
    }
  }
}
