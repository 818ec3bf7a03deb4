import Hardware
import ISA
import Machine
import Programs
import Testing

@testable import Compiler

/// Passes of affine loops that are made one, as far as memory has room.
struct MergingTests: PassTesting {
  @Test func passesOfAffineLoopsAreMerged() throws {
    // 128 float32 are 512 bytes: a DMA takes 4096 bytes of a partition, an engine 512 elements.
    let found = try compiled(scaledPasses("affine "))
    #expect(names(found.program) == ["dma_copy", "tensor_scalar", "dma_copy"])
    #expect(count("merged", "merge", found) == 9)
  }

  /// How much of a partition the passes of a loop move at once is the machine's.
  @Test(arguments: [(512, 4), (1024, 2), (2048, 1)])
  func theMachineSaysHowManyLoadsAreMerged(_ bytes: Int, _ loads: Int) throws {
    let hardware = try Hardware.load("trn2").overridden(by: ["dma.packed_descriptor_bytes=\(bytes)"]
    )
    let found = try compiled(scaledPasses("affine "), on: hardware)
    let sources = found.program.instructions.compactMap { ($0.operation as? DMACopy)?.src.tensor }
    #expect(sources.count { found.program.tensors[Int($0.index)].name == "x" } == loads)
  }

  /// Passes of a loop whose body has a product of its own and a row in SBUF, as far as memory has room for them.
  ///
  /// A copy of one column would be merged in up to 512 passes.
  private func roomy(_ passes: Int, banks: Int = 0, rowBytes: Int = 4) -> String {
    var text = tiles + "tensor s: sbuf float32 [128, \(passes)]\n"
    for pass in 0..<passes {
      text += "tensor t\(pass): sbuf float32 [128, \(rowBytes / 4)]\n"
      for bank in 0..<banks { text += "tensor p\(pass)_\(bank): psum float32 [128, 512] @k.py:1\n" }
    }
    for pass in 0..<passes {
      text += "affine scope i=\(pass) {\n"
      for bank in 0..<banks { text += "memset dst=p\(pass)_\(bank) value=0.0 @k.py:2\n" }
      text += "memset dst=t\(pass) value=\(pass).0 engine=vector @k.py:3\n"
      text +=
        "tensor_scalar dst=s[:, \(pass):\(pass + 1)] data=t\(pass)[:, 0:1] op0=maximum operand0=2.0 @k.py:4\n}\n"
    }
    return text + "dma_copy dst=y[:, 0:\(passes)] src=s @k.py:5\n"
  }

  /// Captures of attention: with two of eight banks for a line four of eight passes are merged, without PSUM all eight.
  @Test(arguments: [(8, 0, 8), (8, 2, 4), (8, 4, 2), (8, 8, 1), (6, 4, 2), (7, 2, 1)])
  func passesAreMergedAsPSUMHasRoom(_ passes: Int, _ banks: Int, _ merged: Int) throws {
    let program = try Program(
      text: "trnsim program 1\nkernel k\ndependencies derived\n" + roomy(passes, banks: banks),
      file: "k.trn")
    let room = LoopRoom(Draft(program, TargetMachine(try Hardware.load("trn2"))))
    #expect(program.scopes.indices.map(room.passes) == Array(repeating: merged, count: passes))
  }

  /// Rows of 16 KiB: twelve fit in SBUF's 192 KiB, the largest divisor of 32 below that is eight, of twelve all.
  @Test(arguments: [(32, 16384, 8), (12, 16384, 12), (16, 8192, 16), (4, 131072, 1)])
  func passesAreMergedAsSBUFHasRoom(_ passes: Int, _ bytes: Int, _ merged: Int) throws {
    let program = try Program(
      text: "trnsim program 1\nkernel k\ndependencies derived\n" + roomy(passes, rowBytes: bytes),
      file: "k.trn")
    let room = LoopRoom(Draft(program, TargetMachine(try Hardware.load("trn2"))))
    #expect(program.scopes.indices.map(room.passes) == Array(repeating: merged, count: passes))
  }

  /// Mamba's variants: a sum in SBUF that one pass hands to the next, and one that each pass has for itself.
  @Test(arguments: [("s[:, 0:1]", 1), ("s[:, PASS:NEXT]", 4)])
  func passesThatAddToOneSumAreNotMerged(_ place: String, _ merged: Int) throws {
    var text = "trnsim program 1\nkernel k\ndependencies derived\n"
    text += "tensor y: hbm output float32 [128, 4]\ntensor s: sbuf float32 [128, 4]\n"
    for pass in 0..<4 { text += "tensor t\(pass): sbuf float32 [128, 1] @k.py:2\n" }
    text += "memset dst=s value=0.0 @k.py:1\n"
    for pass in 0..<4 {
      let sum = place.replacing("PASS", with: "\(pass)").replacing("NEXT", with: "\(pass + 1)")
      text += "affine scope i=\(pass) {\nmemset dst=t\(pass) value=\(pass).0 @k.py:2\n"
      text += "tensor_tensor dst=\(sum) data1=\(sum) data2=t\(pass) op=add @k.py:3\n}\n"
    }
    text += "dma_copy dst=y src=s @k.py:4\n"
    let room = LoopRoom(
      Draft(try Program(text: text, file: "k.trn"), TargetMachine(try Hardware.load("trn2"))))
    #expect((0..<4).map(room.passes) == Array(repeating: merged, count: 4))
  }

  @Test func mergingAsksForRoom() throws {
    // Eight passes of 8 KiB each of PSUM: two at a time, so four instructions are left of eight.
    let found = try compiled(roomy(8, banks: 4))
    #expect(names(found.program).count { $0 == "tensor_scalar" } == 4)
    #expect(names(try compiled(roomy(8)).program).count { $0 == "tensor_scalar" } == 1)
  }

  @Test func passesOfOtherLoopsStayApart() throws {
    #expect(names(try compiled(scaledPasses("")).program).count == 12)
  }

  @Test func theMiddleEndCanBeSkipped() throws {
    let found = try compiled(scaledPasses("affine ")) { $0.transformsLoops = false }
    #expect(names(found.program).count == 12)
    #expect(!found.passes.contains { $0.name == "merge" })
  }
}
