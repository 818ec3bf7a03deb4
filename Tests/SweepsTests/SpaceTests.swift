import Diagnostics
import Kernels
import Testing
import Workloads

@testable import Sweeps

/// Axes, ranges and combinations.
@Suite struct SpaceTests {
  @Test(arguments: [
    "n=1,2,4": ["1", "2", "4"], "n=1..4": ["1", "2", "3", "4"],
    "n=64..512*2": ["64", "128", "256", "512"],
    "n=16..64+24": ["16", "40", "64"], "n=1,8..16*2": ["1", "8", "16"], "n=5..5": ["5"],
    "n=0.5,bf16": ["0.5", "bf16"], "n=[1,2],(3,4),5": ["[1,2]", "(3,4)", "5"],
    "n=1..9223372036854775807*4611686018427387904": ["1", "4611686018427387904"],
  ]) func valuesAreListsAndRanges(_ text: String, _ values: [String]) throws {
    let axis = try Axis(parsing: text)
    #expect(axis.values == values)
    #expect(axis.target == .parameter("n"))
  }

  @Test(arguments: [
    "n": "does not say what to vary", "=1": "does not say what to vary", "n=": "empty value",
    "n=1,,2": "empty value", "n=1,1": "takes the value 1 twice", "n=4..1": "is not a range",
    "n=1..8*1": "is not a range", "n=0..8*2": "is not a range", "n=1..x": "is not a range",
    "n=1..8+0": "is not a range", "n=1..1000000": "more than 65536 values",
    "n=1..60000,100000..160000": "more than 65536 values",
  ]) func badAxes(_ text: String, _ message: String) {
    let error = #expect(throws: DiagnosticError.self) { try Axis(parsing: text) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
  }

  @Test func targets() throws {
    #expect(try Axis(parsing: "set:dma.rings=8,16").target == .override("dma.rings"))
    #expect(try Axis(parsing: "hardware=trn1,trn2").target == .hardware)
    #expect(try Axis(parsing: "kernel=silu,softmax").target == .subject)
  }

  @Test func theLastAxisChangesFastest() throws {
    let space = try Space(
      Variant("matmul", [Setting("m", "128")]),
      [
        Axis(.parameter("tile_n"), ["64", "128"]), Axis(.override("dma.rings"), ["4", "8", "16"]),
      ],
      of: .builtIn)
    #expect(space.count == 6)
    #expect(space[0].key == "matmul m=128 tile_n=64 | trn2 dma.rings=4")
    #expect(space[1].key == "matmul m=128 tile_n=64 | trn2 dma.rings=8")
    #expect(space[5].key == "matmul m=128 tile_n=128 | trn2 dma.rings=16")
    #expect(Set((0..<6).map { space[$0].key }).count == 6)
  }

  /// All mistakes at once.
  @Test func badSpaces() {
    let error = #expect(throws: DiagnosticError.self) {
      try Space(
        Variant("matmul", [Setting("m", "128")]),
        [
          Axis(.parameter("m"), ["1", "2"]), Axis(.parameter("tile_x"), ["1"]),
          Axis(.parameter("tile_n"), ["0", "many"]), Axis(.override("dma.ring"), ["1"]),
          Axis(.parameter("tile_x"), ["2"]),
        ], of: .builtIn)
    }
    let text = error?.description ?? ""
    for part in [
      "'m' is both fixed and varied", "there is no parameter 'tile_x'", "'tile_n' is 0",
      "'tile_n' is 'many'", "unknown value 'dma.ring'", "'tile_x' is varied twice",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(throws: DiagnosticError.self) {
      try Space(
        Variant("matmul"),
        ["m", "n", "k"].map { Axis(.parameter($0), (1...2048).map { "\($0)" }) }, of: .builtIn)
    }
    #expect(throws: DiagnosticError.self) {
      try Space(Variant("silu", on: "trn9"), [], of: .builtIn)
    }
  }
}
