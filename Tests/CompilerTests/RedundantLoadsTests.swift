import Hardware
import Machine
import Programs
import Testing

@testable import Compiler

/// Which loads of the second generation's kernels go.
struct RedundantLoadsTests {
  private let head = """
    trnsim program 1
    kernel k
    dependencies derived
    tensor x: hbm input float32 [128, 64]
    tensor h: hbm float32 [128, 16]
    tensor y: hbm output float32 [128, 64]
    tensor a: sbuf float32 [128, 16]
    tensor b: sbuf float32 [128, 16]
    tensor c: sbuf float32 [128, 16]

    """

  private func left(_ lines: String, tiles: String = "") throws -> [String] {
    let program = try Program(text: head + tiles + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    let removed = RedundantLoads.run(&draft)
    let after = draft.program(keepsScopes: true)
    #expect(after.instructions.count + removed == program.instructions.count)
    return after.instructions.indices.map { after.instructionText($0) }
  }

  @Test func bytesThatATileStillHasAreNotLoadedAgain() throws {
    let found = try left(
      """
      dma_copy dst=a src=x[:, 0:16]
      tensor_copy dst=c src=a
      dma_copy dst=b src=x[:, 0:16]
      tensor_copy dst=c src=b
      """)
    #expect(found.count == 3)
    #expect(found[2] == "tensor_copy dst=c src=a")
  }

  @Test func whatIsFarBehindIsLoadedAgain() throws {
    // 2 × 68 KiB are more than 5/8 of SBUF, 68 KiB are not.
    let tiles = (0..<2).map { "tensor t\($0): sbuf float32 [128, 17408]\n" }.joined()
    let near = "memset dst=t0 value=1.0\n"
    let far = near + "memset dst=t1 value=1.0\n"
    for (between, count) in [(near, 2), (far, 4)] {
      let found = try left(
        "dma_copy dst=a src=x[:, 0:16]\n\(between)dma_copy dst=b src=x[:, 0:16]\n", tiles: tiles)
      #expect(found.count == count)
    }
  }

  @Test(arguments: [
    // Other bytes.
    "dma_copy dst=a src=x[:, 0:16]\ndma_copy dst=b src=x[:, 16:32]\n",
    // The source is written in between.
    "dma_copy dst=a src=h\ndma_copy dst=h src=c\ndma_copy dst=b src=h\n",
    // The first tile is changed.
    """
    dma_copy dst=a src=x[:, 0:16]
    tensor_scalar dst=a data=a op0=add operand0=1.0
    dma_copy dst=b src=x[:, 0:16]
    """,
    // One tile for all.
    """
    dma_copy dst=a src=x[:, 0:16]
    dma_copy dst=a src=x[:, 16:32]
    dma_copy dst=a src=x[:, 0:16]
    """,
    // Another core may write before it comes.
    """
    dma_copy dst=a src=x[:, 0:16]
    core_barrier data=h
    dma_copy dst=b src=x[:, 0:16]
    """,
    // The author says what waits for what.
    "dma_copy dst=a src=x[:, 0:16]\ndma_copy dst=b src=x[:, 0:16] after=[0]\n",
  ])
  func otherLoadsStay(_ lines: String) throws {
    #expect(try left(lines).count == lines.split(separator: "\n").count)
  }
}
