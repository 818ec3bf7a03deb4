import Device
import Diagnostics
import ISA
import Machine
import Programs
import Testing

@Suite struct SummaryTests {
  @Test func summaryCountsTensorsOperationsAndEngines() throws {
    let program = try Program(text: TextTests.example, file: "k.trn")
    #expect(
      program.summaryText() == """
        kernel rmsnorm: 8 instructions, 5 scopes, dependencies explicit
          tokens = 128

        memory                      tensors           bytes
          hbm                             3         1179648  2 input, 1 output
          sbuf                            2          655360  up to byte 9216 of a partition
          psum                            1          262144  up to byte 6144 of a partition

        operations
          dma_copy                        6
          nc_matmul                       1
          tensor_tensor                   1

        engines
          sync                            5
          gpsimd                          2
          tensor                          1

        """)
  }

  @Test func anInstructionIsShownAsInTexts() throws {
    let program = try Program(text: TextTests.example, file: "k.trn")
    #expect(program.instructionText(0) == "load: dma_copy dst=a src=x")
    #expect(program.instructionText(7).hasSuffix("after=[1]"))
    #expect(
      program.instructionText(3)
        .hasSuffix("op=multiply engine=gpsimd after=[load, end]"))
  }

  @Test func locationsAreTheTextsOwnUnlessGiven() throws {
    let program = try Program(text: TextTests.example, file: "k.trn")
    #expect(
      program.instructions[0].location == SourceLocation(file: "kernels.swift", line: 41))
    #expect(
      program.instructions[1].location == SourceLocation(file: "k.trn", line: 14, column: 3))
    #expect(program.tensors[1].location == SourceLocation(file: "k.trn", line: 6, column: 1))
  }

  @Test func differencesNameTheField() throws {
    let program = try Program(text: TextTests.example, file: "k.trn")
    var other = program
    other.instructions[2].operation = NCMatmul(
      dst: .whole(of: TensorID(5), program.tensors[5]),
      stationary: .whole(of: TensorID(4), program.tensors[4]),
      moving: .whole(of: TensorID(3), program.tensors[3]), accumulate: true)
    #expect(
      program.difference(from: other)?.hasPrefix("instruction 2, nc_matmul stationary:") == true)
    other = program
    other.instructions[5].engine = .scalar
    #expect(program != other)
    #expect(program == program)
  }

  @Test func handWrittenFormsDenoteTheSamePatterns() throws {
    func pattern(_ operand: String) throws -> AccessPattern {
      let program = try Program(
        text: """
          trnsim program 1
          kernel k
          tensor x: hbm bf16 [8, 128, 64]
          tensor a: sbuf fp32 [128, 4, 16] at byte 0
          dma_copy dst=\(operand) src=x
          """, file: "k")
      let copy = try #require(program.instructions[0].operation as? DMACopy)
      return copy.dst
    }
    func dimensions(_ pairs: (Int, Int)...) -> FreeDimensions {
      FreeDimensions(pairs.map { AccessDimension(stride: $0.0, size: $0.1) })
    }
    let a = TensorID(1)
    let x = TensorID(0)
    // The bare name takes all free elements as one dimension.
    #expect(try pattern("a") == AccessPattern(tensor: a, rows: 128, free: dimensions((1, 64))))
    #expect(
      try pattern("a[:]")
        == AccessPattern(tensor: a, rows: 128, free: dimensions((16, 4), (1, 16))))
    #expect(
      try pattern("a[32:64, 1, ::2]")
        == AccessPattern(tensor: a, rowStart: 32, rows: 32, offset: 16, free: dimensions((2, 8))))
    #expect(
      try pattern("a[5, 2:, 3]")
        == AccessPattern(tensor: a, rowStart: 5, rows: 1, offset: 35, free: dimensions((16, 2))))
    // In hbm the first dimension that is not dropped gives the rows.
    #expect(
      try pattern("x[3, 0:64, :]")
        == AccessPattern(
          tensor: x, rows: 64, rowStride: 64, offset: 3 * 128 * 64, free: dimensions((1, 64))))
    #expect(
      try pattern("x[1, 2, 3]")
        == AccessPattern(tensor: x, rows: 1, offset: 8192 + 128 + 3, free: FreeDimensions()))
    #expect(
      try pattern("x.ap( [[ 64, 0x10 ], [-1, 64]] , offset = 63 )")
        == AccessPattern(
          tensor: x, rows: 16, rowStride: 64, offset: 63, free: dimensions((-1, 64))))
    #expect(
      try pattern("a.ap([[0, 512]], rows=0:128)")
        == AccessPattern(tensor: a, rows: 128, free: dimensions((0, 512))))
  }
}
