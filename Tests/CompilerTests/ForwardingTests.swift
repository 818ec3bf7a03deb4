import ISA
import Machine
import Programs
import Testing

@testable import Compiler

/// Copies of PSUM whose readers can read it.
struct ForwardingTests: PassTesting {
  @Test func readersOfACopyOfPsumReadPsum() throws {
    let found = try compiled(
      """
      tensor x: hbm input float32 [128, 128]
      tensor y: hbm output float32 [128, 128]
      tensor a: sbuf float32 [128, 128]
      tensor p: psum float32 [128, 128]
      tensor b: sbuf float32 [128, 128]
      tensor c: sbuf float32 [128, 128]
      dma_copy dst=a src=x
      nc_matmul dst=p stationary=a moving=a
      tensor_copy dst=b src=p
      tensor_scalar dst=c data=b op0=multiply operand0=2.0
      dma_copy dst=y src=c
      """)
    #expect(count("removed", "forward", found) == 1)
    #expect(!names(found.program).contains("tensor_copy"))
    let scaled = found.program.instructions.compactMap { $0.operation as? TensorScalar }
    #expect(scaled.map { found.program.tensors[Int($0.data.tensor.index)].name } == ["p"])
  }

  @Test func aDMAKeepsTheCopyThatItReads() throws {
    let found = try compiled(
      """
      tensor x: hbm input float32 [128, 128]
      tensor y: hbm output float32 [128, 128]
      tensor a: sbuf float32 [128, 128]
      tensor p: psum float32 [128, 128]
      tensor b: sbuf float32 [128, 128]
      dma_copy dst=a src=x
      nc_matmul dst=p stationary=a moving=a
      tensor_copy dst=b src=p
      dma_copy dst=y src=b
      """)
    #expect(names(found.program).contains("tensor_copy"))
  }

  /// Products in passes of an affine loop, whose copies `activation` reads: as in fused attention.
  private func scores(_ passes: Int, banks: Int) -> String {
    var text = "tensor x: hbm input float32 [128, 512]\ntensor y: hbm output float32 [128, 512]\n"
    text += "tensor a: sbuf float32 [128, 512]\n"
    for pass in 0..<passes {
      for bank in 0..<banks { text += "tensor p\(pass)_\(bank): psum float32 [128, 512] @k.py:1\n" }
      text +=
        "tensor s\(pass): sbuf float32 [128, \(512 * banks)]\ntensor e\(pass): sbuf float32 [128, 512]\n"
    }
    text += "dma_copy dst=a src=x @k.py:2\n"
    for pass in 0..<passes {
      text += "affine scope i=\(pass) {\n"
      for bank in 0..<banks {
        let columns = "\(bank * 512):\(bank * 512 + 512)"
        text += """
          nc_matmul dst=p\(pass)_\(bank) stationary=a[:, \(pass * 64):\(pass * 64 + 128)] moving=a @k.py:3
          tensor_copy dst=s\(pass)[:, \(columns)] src=p\(pass)_\(bank) @k.py:4
          activation dst=e\(pass) op=exp data=s\(pass)[:, \(columns)] @k.py:5

          """
      }
      text += "dma_copy dst=y[:, \(pass * 64):\(pass * 64 + 64)] src=e\(pass)[:, 0:64] @k.py:6\n}\n"
    }
    return text
  }

  /// Four passes with a bank each leave half of PSUM, as in the captures with 512 tokens: their copies go.
  ///
  /// With two banks each they would take all.
  @Test(arguments: [(1, 4), (2, 0)])
  func copiesGoAsHalfOfPSUMHasRoom(_ banks: Int, _ removed: Int) throws {
    #expect(count("removed", "forward", try compiled(scores(4, banks: banks))) == removed)
  }
}
