import Accuracy
import Captures
import Device
import Foundation
import Hardware
import Kernels
import Testing
import Timing
import Workloads

/// Captured kernels simulated from source against the spans that were measured.
struct SourceTests {
  static let hardware = Result { try Hardware.load("trn2") }
  static let table = Result { try SourceTable(of: .builtIn, on: hardware.get()) }

  /// Captures beside the repository, where there are some.
  static let captures = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/validation/traces")

  /// Errors in percent when they were last looked at; none may become larger by more than half a
  /// percent.
  static let known: [String: Double] = [
    "vector_add_256k_tile1000": 0.2, "vector_add_256k_tile2000": 1.7,
    "transpose_1024_fp32": -4.2, "attention_fused_fp32_s512": -5.1,
    "attention_fused_bf16_s512": -6.9, "attention_3pass_fp32_s512": -3.7,
    "attention_3pass_bf16_s512": -3.5,
  ]

  @Test func errorsDoNotGrow() throws {
    let table = try Self.table.get()
    #expect(Set(table.rows.map(\.captured.name)) == Set(Self.known.keys))
    for row in table.rows {
      let known = try #require(Self.known[row.captured.name])
      #expect(abs(row.error) < abs(known) + 0.5, "\(row.captured.name): \(row.error) %")
    }
    #expect(table.medianError < 4.2)
    #expect(table.worstError < 7.4)
  }

  /// The instructions that do the work are those of the captured streams.
  @Test func theStreamsAreTheCapturedOnes() throws {
    func counts(_ name: String) throws -> [String: Int] {
      let captured = try #require(CapturedKernel.all.first { $0.name == name })
      let run = try SourceRun(captured, of: .builtIn, on: Self.hardware.get())
      var found: [String: Int] = [:]
      for instruction in run.device.instructions where instruction.opcode != .eventSemaphore {
        found["\(instruction.engine.displayName) \(instruction.opcode.name)", default: 0] += 1
      }
      return found
    }
    #expect(
      try counts("vector_add_256k_tile1000") == [
        "Sync DMA_DIRECT2D": 4, "GpSimd DMA_DIRECT2D": 2, "Vector TENSOR_TENSOR": 2,
        "GpSimd NOP": 2,
      ])
    #expect(
      try counts("transpose_1024_fp32") == [
        "Sync DMA_DIRECT2D": 64, "GpSimd DMA_DIRECT2D": 64, "Scalar COPY": 64,
        "Tensor LDWEIGHTS": 64, "Tensor MATMUL": 64, "Scalar ACT_TABLE_LOAD": 1, "GpSimd NOP": 64,
      ])
    #expect(
      try counts("attention_fused_fp32_s512") == [
        "GpSimd DMA_DIRECT2D": 4, "Scalar ACTIVATE": 4, "Scalar COPY": 4, "Tensor LDWEIGHTS": 60,
        "Tensor MATMUL": 60, "Vector COPY": 1, "Vector RECIPROCAL": 1, "Vector TENSOR_REDUCE": 10,
        "Vector TENSOR_SCALAR": 4, "Scalar ACT_TABLE_LOAD": 1, "GpSimd NOP": 1,
      ])
    // One more in the captures: the load of the transposes' identity on Sync.
    #expect(
      try counts("attention_3pass_fp32_s512") == [
        "GpSimd DMA_DIRECT2D": 4, "Scalar ACTIVATE": 4, "Scalar COPY": 10,
        "Scalar DMA_DIRECT2D": 4, "Sync DMA_DIRECT2D": 4, "Tensor LDWEIGHTS": 60,
        "Tensor MATMUL": 60, "Vector COPY": 3, "Vector RECIPROCAL": 1, "Vector TENSOR_REDUCE": 10,
        "Vector TENSOR_SCALAR": 4, "Scalar ACT_TABLE_LOAD": 1, "GpSimd NOP": 1,
      ])
  }

  /// The measured spans are what the captures say, to the ns that they are given with.
  @Test(.enabled(if: FileManager.default.fileExists(atPath: captures.path)))
  func spansAreTheCaptures() throws {
    for captured in CapturedKernel.all {
      let repeats =
        captured.measured.count == 3
        ? ["_a", "_b", "_c"] : Array(["", "_repeat"].prefix(captured.measured.count))
      for (suffix, span) in zip(repeats, captured.measured) {
        let path = Self.captures.appendingPathComponent(
          "\(captured.name)\(suffix).instr.csv.zst"
        ).path
        let found = Double(try Capture(contentsOf: path).userSpan) / 1_000_000
        #expect(abs(found - span) < 0.001, "\(captured.name)\(suffix)")
      }
    }
  }
}
