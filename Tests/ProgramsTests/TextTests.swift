import Diagnostics
import Formats
import ISA
import Machine
import Programs
import Testing

@Suite struct TextTests {
  static let example = """
    trnsim program 1
    kernel rmsnorm
    meta tokens = 128
    dependencies explicit
    tensor x: hbm input bfloat16 [128, 2048]
    tensor e: hbm input bfloat16 [8, 128, 64]
    tensor y: hbm output bfloat16 [128, 2048]
    tensor a: sbuf bfloat16 [128, 2048] at partition 0 byte 0x1000
    tensor w: sbuf bfloat16 [128, 4, 128] at partition 0 byte 0x2000
    tensor acc: psum float32 [128, 512] at partition 0 bank 2

    scope tile 0 {
      load: dma_copy dst=a src=x  @kernels.swift:41
      dma_copy dst=w[:, 0, 0:64] src=e[3, :, :]
      nc_matmul dst=acc stationary=w[:, 1, :] moving=a[:, 0:512] accumulate=true
      scope inner {
        tensor_tensor dst=a[0:64, 0:2047:2] data1=a.ap([[0, 1024]], rows=0:64, offset=3) data2=a[0:64, 1024:2048] op=multiply engine=gpsimd after=[load, end]
      }
      scope other {}
    }
    scope tile 1 {
      dma_copy dst=a src=x
    }
    resume 0 {  # tile 0
      dma_copy dst=y src=a dge_mode=swdge
      resume 1 {  # inner
        dma_copy dst=y src=a
      }
    }
    end: dma_copy dst=y.ap([[2048, 128], [-1, 2048]], offset=2047) src=x after=[1]
    scope unused {}

    """

  /// A scope called ':.11' was printed as an instruction with the label 'scope' (found by fuzzing).
  @Test(arguments: [":.11", ": a", "=", "#", "a {", "\"", "scope", " x", "@f:1", "}"])
  func oddNamesOfScopesAndKernelsSurvive(_ name: String) throws {
    var program = Program(name: name, metadata: [name: name])
    program.tensors = [
      Tensor(name: "a", space: .sbuf, dtype: .float32, shape: [1, 1], role: .scratch)
    ]
    program.scopes = [Scope(name: name)]
    let a = AccessPattern.whole(of: TensorID(0), program.tensors[0])
    program.instructions = [Instruction(Memset(dst: a, value: 1), label: name, scope: 0)]
    let again = try Program(
      text: program.text(), file: "odd", options: ParseOptions(ownPlaces: false))
    #expect(again.difference(from: program) == nil)
  }

  /// Values of memset that fp32 has not, as integers need them.
  @Test(
    arguments: [
      (Double(Int32.max), "2147483647"), (Double(Int32.min), "-2.1474836e+09"),
      (Double(UInt32.max), "4294967295"), (16_777_217, "16777217"), (-16_777_217, "-16777217"),
      (0x1p53 - 1, "9007199254740991"), (0x1p53, "9.007199e+15"), (-0.0, "-0.0"),
      // Neither whole nor fp32: what the machine makes of it.
      (0.1, "0.1"), (1e300, "inf"),
    ] as [(Double, String)])
  func valuesOfMemsetSurviveBothForms(_ value: Double, _ written: String) throws {
    var program = Program(name: "k")
    program.tensors = [
      Tensor(name: "a", space: .sbuf, dtype: .int32, shape: [1, 1], role: .scratch)
    ]
    let a = AccessPattern.whole(of: TensorID(0), program.tensors[0])
    program.instructions = [Instruction(Memset(dst: a, value: value))]
    #expect(program.text.contains("value=\(written)\n"))
    let again = try Program(
      text: program.text, file: "t", options: ParseOptions(ownPlaces: false))
    #expect(again.difference(from: program) == nil)
    let other = try ProgramFile.decode(program.records, file: "t")
    #expect(other.difference(from: program) == nil)
  }

  /// Hexadecimal digits are digits: `e` is no exponent there.
  @Test(
    arguments: [
      ("0x7fffffff", 2_147_483_647), ("0xe0000001", 3_758_096_385), ("2e9", 2e9),
    ] as [(String, Double)])
  func wholeNumbersMeanWhatIsWritten(_ written: String, _ value: Double) throws {
    let program = try Program(
      text: """
        trnsim program 1
        kernel k
        tensor a: sbuf uint32 [1, 1] at partition 0 byte 0
        memset dst=a value=\(written)

        """, file: "t")
    #expect((program.instructions[0].operation as? Memset)?.value == value)
  }

  @Test func canonicalTextIsReadAndPrintedUnchanged() throws {
    let program = try Program(
      text: Self.example, file: "a.trn", options: ParseOptions(ownPlaces: false))
    #expect(program.text == Self.example)
  }
}
