import Hardware
import Programs
import Testing

@testable import Compiler

/// Work that passes of loops do alike.
struct HoistingTests: PassTesting {
  @Test func whatAllPassesDoAlikeIsDoneOnce() throws {
    let program =
      tiles + ownTiles(["a", "b"])
      + passes({ pass in
        """
          memset dst=a\(pass) value=2.0 engine=vector @k.py:3
          tensor_scalar dst=b\(pass) data=a\(pass) op0=multiply operand0=\(pass).0 @k.py:4
          dma_copy dst=y[:, \(pass * 128):\(pass * 128 + 128)] src=b\(pass) @k.py:5
        """
      })
    let found = try compiled(program)
    #expect(count("removed", "hoist", found) == 3)
    #expect(names(found.program).count { $0 == "memset" } == 1)
  }

  @Test func aWriteInBetweenKeepsWhatPassesDoAlike() throws {
    let program =
      tiles + ownTiles(["a", "b"]) + "tensor c: sbuf float32 [128, 128]\n"
      + passes({ pass in
        """
          memset dst=c value=\(pass).0 engine=vector @k.py:2
          tensor_copy dst=a\(pass) src=c @k.py:3
          dma_copy dst=y[:, \(pass * 128):\(pass * 128 + 128)] src=a\(pass) @k.py:5
        """
      })
    #expect(count("removed", "hoist", try compiled(program)) == 0)
  }

  /// A row that the PE array spreads over 128 partitions in each pass, as `broadcast_to` does.
  private func broadcasts(_ passes: Int, columns: Int = 256) -> String {
    let each = (0..<passes)
      .map { pass in
        """
        tensor p\(pass): psum float32 [128, \(columns)]
        tensor s\(pass): sbuf float32 [128, \(columns)]
        tensor d\(pass): sbuf float32 [128, \(columns)]

        """
      }.joined()
    let head = """
      tensor x: hbm input float32 [1, \(columns)]
      tensor z: hbm input float32 [128, \(columns * passes)]
      tensor y: hbm output float32 [128, \(columns * passes)]
      tensor ones: sbuf float32 [1, 128]
      tensor row: sbuf float32 [1, \(columns)]

      """
    let first = """
      memset dst=ones value=1.0 engine=vector @k.py:1
      dma_copy dst=row src=x @k.py:2

      """
    // Passes of two loops around it.
    let body = (0..<passes)
      .map { pass in
        let own = "\(pass * columns):\((pass + 1) * columns)"
        return """
          scope i=\(pass / 2) {
          scope j=\(pass % 2) {
            nc_matmul dst=p\(pass) stationary=ones moving=row @k.py:4
            tensor_copy dst=s\(pass)[:, 0:128] src=p\(pass)[:, 0:128] @k.py:5
            tensor_copy dst=s\(pass)[:, 128:\(columns)] src=p\(pass)[:, 128:\(columns)] @k.py:6
            dma_copy dst=d\(pass) src=z[:, \(own)] @k.py:7
            tensor_tensor dst=d\(pass) data1=d\(pass) data2=s\(pass) op=multiply @k.py:8
            dma_copy dst=y[:, \(own)] src=d\(pass) @k.py:9
          }
          }
          """
      }.joined(separator: "\n")
    return head + each + first + body
  }

  @Test func productsThatAllPassesOfAllLoopsMakeAlikeAreMadeOnce() throws {
    let found = try compiled(broadcasts(4))
    // Product and both copies, in three of four passes.
    #expect(count("removed", "hoist", found) == 9)
    #expect(names(found.program).count { $0 == "nc_matmul" } == 1)
  }

  /// Sums that both passes of the outer loop make alike and those of the inner loop do not: beside their readers, or in a
  /// nest of their own, as in mamba's kernels and in swiglu's.
  @Test(arguments: [(false, 0), (true, 2)])
  func nestsLeaveLoopsThatStatementsDoNot(_ isNest: Bool, _ removed: Int) throws {
    var text = "trnsim program 1\nkernel k\ndependencies derived\n"
    text += "tensor y: hbm output float32 [128, 4]\ntensor c: sbuf float32 [128, 2]\n"
    for pass in 0..<4 { text += "tensor t\(pass): sbuf float32 [128, 1] @k.py:3\n" }
    text += "memset dst=c value=1.0 engine=vector @k.py:1\n"
    for outer in 0..<2 {
      text += "affine scope o=\(outer) {\n"
      for inner in 0..<2 {
        let tile = outer * 2 + inner
        text += "affine scope i=\(inner) {\n" + (isNest ? "affine scope n=0 {\n" : "")
        text +=
          "tensor_scalar dst=t\(tile) data=c[:, \(inner):\(inner + 1)] op0=add operand0=2.0 @k.py:3\n"
        text += isNest ? "}\n" : ""
        text += "dma_copy dst=y[:, \(tile):\(tile + 1)] src=t\(tile) @k.py:5\n}\n"
      }
      text += "}\n"
    }
    var draft = Draft(
      try Program(text: text, file: "k.trn"), TargetMachine(try Hardware.load("trn2")))
    #expect(Hoisting.run(&draft, room: draft.limits.sbufBytes) == removed)
  }

  @Test func whatSBUFHasNoRoomForIsMadeInEachPass() throws {
    let text = """
      trnsim program 1
      kernel k
      dependencies derived
      tensor y: hbm output float32 [128, 1024]
      tensor a0: sbuf float32 [128, 128]
      tensor a1: sbuf float32 [128, 128]
      tensor t: sbuf float32 [128, 512]
      scope o=0 {
      scope i=0 {
        memset dst=a0 value=2.0 @k.py:1
        dma_copy dst=y[:, 0:128] src=a0 @k.py:2
        memset dst=t value=1.0 @k.py:3
        dma_copy dst=y[:, 512:1024] src=t @k.py:4
      }
      }
      scope o=1 {
      scope i=0 {
        memset dst=a1 value=2.0 @k.py:1
        dma_copy dst=y[:, 128:256] src=a1 @k.py:2
      }
      }
      """
    let program = try Program(text: text, file: "k.trn")
    // `t` has 2048 bytes, `a0` 512: it cannot stay while `t` is there.
    for (room, removed) in [(2048, 0), (2560, 1)] {
      var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
      #expect(Hoisting.run(&draft, room: room) == removed)
    }
  }
}
