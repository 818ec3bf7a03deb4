import Foundation
import Testing

/// Kernels of several cores as program files: emitted, and run again.
@Suite struct CoresTests {
  private func report(_ outcome: Outcome) throws -> [String: Any] {
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
  }

  private static let parameters = [
    "--param", "tp=2", "--param", "lnc=2", "--param", "dtype=float32",
  ]

  /// A directory with `sum.trn`: the program of a rank, which adds up what all ranks have.
  private func withSum() throws -> Scratch {
    let scratch = try Scratch()
    let sum = """
      trnsim program 1
      kernel sum
      tensor x: hbm input float32 [4]
      tensor y: hbm output float32 [4]
      all_reduce dst=y src=x
      """
    try scratch.write(Array(sum.utf8), to: "sum.trn")
    return scratch
  }

  @Test func emittedProgramsTakeTheKernelsTime() async throws {
    let scratch = try Scratch()
    let emitted = try await trnsim(
      ["emit", "parallel_matmul", "-o", "pm.trn.zst"] + Self.parameters, in: scratch)
    try #require(emitted.code == 0, "\(emitted.errors)")
    let files = (0..<4).map { "pm.\($0).trn.zst" }
    #expect(scratch.files.keys.sorted() == files)
    let kernel = try report(
      await trnsim(
        ["run", "parallel_matmul", "--timing-only", "--json", "-"] + Self.parameters, in: scratch))
    let programs = try report(
      await trnsim(
        ["run"] + files + ["--lnc", "2", "--timing-only", "--json", "-"], in: scratch))
    #expect(kernel["total_time"] as? Double == programs["total_time"] as? Double)
    #expect((programs["cores"] as? [Any])?.count == 4)
    #expect(programs["ranks"] as? Int == 2)
  }

  /// A rank's input is its own, outputs come back rank by rank.
  @Test func ranksHaveInputsOfTheirOwn() async throws {
    let scratch = try withSum()
    try scratch.write(array([1, 2, 3, 4]), to: "a.npy")
    try scratch.write(array([10, 20, 30, 40]), to: "b.npy")
    let outcome = try await trnsim(
      [
        "run", "sum.trn", "sum.trn", "--input", "rank0/x=a.npy", "--input", "rank1/x=b.npy",
        "--output-dir", "out",
      ], in: scratch)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("sum on 2 ranks of 1 core"))
    for rank in 0...1 {
      let bytes = try scratch.read("out/rank\(rank)/y.npy").suffix(16)
      #expect(Array(bytes) == array([11, 22, 33, 44]).suffix(16))
    }
    let same = try await trnsim(
      ["run", "sum.trn", "sum.trn", "--input", "x=b.npy", "--output-dir", "same"], in: scratch)
    try #require(same.code == 0, "\(same.errors)")
    #expect(
      try scratch.read("same/rank1/y.npy").suffix(16) == array([20, 40, 60, 80]).suffix(16))
  }

  @Test(arguments: [
    ("run sum.trn --lnc 2", "--lnc needs a program file for each core"),
    ("run sum.trn sum.trn sum.trn --lnc 2", "3 program files are not a whole number of ranks"),
    ("run sum.trn sum.trn --lnc 3", "--lnc is 3, must be 1 or 2"),
    ("run softmax sum.trn", "'softmax' is a kernel, beside 'sum.trn'"),
    ("run sum.trn none.trn", "none.trn: error: cannot read"),
    ("run sum.trn sum.trn --input rank5/x=a.npy", "'rank5/x=a.npy' names no input"),
    ("run sum.trn sum.trn --input z=a.npy", "'z=a.npy' names no input"),
    ("emit parallel_matmul --param tp=2 -o -", "'parallel_matmul' is 2 programs"),
  ]) func mistakesAreNamed(_ arguments: String, _ message: String) async throws {
    let scratch = try withSum()
    let outcome = try await trnsim(arguments.split(separator: " ").map(String.init), in: scratch)
    #expect(outcome.code != 0)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  /// A float32 vector in NumPy's format, version 1.
  private func array(_ values: [Float]) -> [UInt8] {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(values.count),), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
      + values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }
}
