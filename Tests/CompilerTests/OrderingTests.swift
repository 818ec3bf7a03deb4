import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs
import Testing

@testable import Compiler

/// The order in which engines start instructions, and who has those that are open.
struct OrderingTests: PassTesting {
  @Test func workWithMoreBehindItGoesFirst() throws {
    // The load that the long chain waits for is written second.
    let found = try compiled(
      """
      tensor x: hbm input float32 [128, 2048]
      tensor y: hbm output float32 [128, 2048]
      tensor z: hbm output float32 [128, 8]
      tensor a: sbuf float32 [128, 8]
      tensor b: sbuf float32 [128, 2048]
      dma_copy dst=a src=x[:, 0:8]
      dma_copy dst=b src=x
      tensor_scalar dst=b data=b op0=multiply operand0=3.0
      tensor_scalar dst=b data=b op0=add operand0=3.0
      tensor_scalar dst=b data=b op0=multiply operand0=3.0
      dma_copy dst=y src=b
      dma_copy dst=z src=a
      """)
    let first = try #require(found.program.instructions.first?.operation as? DMACopy)
    #expect(found.program.tensors[Int(first.dst.tensor.index)].name == "b")
  }

  /// Passes whose tiles fill half of trn2's SBUF: what the first makes for itself has room before the third loads.
  @Test func loadsLeaveRoomForResultsBeforeThem() throws {
    let columns = 10_000
    let lines =
      "tensor x: hbm input float32 [128, \(4 * columns)]\n"
      + "tensor y: hbm output float32 [128, \(4 * columns)]\n" + ownTiles(["a"], columns)
      + ownTiles(["b", "c", "d"], 5000)
      + passes { pass in
        let first = pass * columns
        return """
            dma_copy dst=a\(pass) src=x[:, \(first):\(first + columns)] @k.py:1
            activation dst=b\(pass) data=a\(pass)[:, 0:5000] op=exp @k.py:2
            activation dst=c\(pass) data=a\(pass)[:, 5000:10000] op=exp @k.py:3
            tensor_tensor dst=d\(pass) data1=b\(pass) data2=c\(pass) op=add @k.py:4
            dma_copy dst=y[:, \(first):\(first + 5000)] src=d\(pass) @k.py:5
          """
      }
    let order = try compiled(lines).program.instructions.compactMap { $0.location?.line }
    let loads = order.indices.filter { order[$0] == 1 }
    let sum = try #require(order.firstIndex(of: 4))
    #expect(loads.count == 4)
    #expect(loads[2] > sum)
  }

  @Test func anOrderedScopeKeepsItsOrder() throws {
    let lines = scaledPasses("affine ").replacing(
      "affine scope i=0 {", with: "ordered scope o {\naffine scope i=0 {")
    let found = try compiled(lines + "\n}")
    #expect(found.program.instructions.count == 12)
    let lineNumbers = found.program.instructions.map { $0.location?.line }
    #expect(lineNumbers == Array(repeating: [3, 4, 5], count: 4).flatMap { $0 })
  }

  /// Rows of products that take three banks: two of eight passes are one, and the four groups follow one another on each engine.
  ///
  /// Each pass has two products, the second of what Scalar makes of the first; without turns Tensor would make first products of later
  /// passes while it waits. Loads go ahead of all.
  @Test func enginesGoThroughGroupsOfPassesOneByOne() throws {
    var text = "tensor y: hbm output float32 [128, 4096]\n"
    for pass in 0..<8 {
      text +=
        "tensor x\(pass): hbm input float32 [128, 512]\ntensor a\(pass): sbuf float32 [128, 512] @k.py:1\n"
      for bank in 0..<3 { text += "tensor p\(pass)_\(bank): psum float32 [128, 512] @k.py:2\n" }
      text +=
        "tensor e\(pass): sbuf float32 [128, 1536] @k.py:3\ntensor q\(pass): psum float32 [128, 512] @k.py:4\n"
      text += "tensor o\(pass): sbuf float32 [128, 512] @k.py:5\n"
    }
    for pass in 0..<8 {
      text += "affine scope i=\(pass) {\ndma_copy dst=a\(pass) src=x\(pass) @k.py:6\n"
      for bank in 0..<3 {
        text += """
          nc_matmul dst=p\(pass)_\(bank) stationary=a\(pass)[:, 0:128] moving=a\(pass) @k.py:7
          activation dst=e\(pass)[:, \(512 * bank):\(512 * bank + 512)] op=exp data=p\(pass)_\(bank) @k.py:8

          """
      }
      text += """
        nc_matmul dst=q\(pass) stationary=e\(pass)[:, 0:128] moving=e\(pass)[:, 1024:1536] @k.py:9
        activation dst=o\(pass) op=exp data=q\(pass) @k.py:10
        dma_copy dst=y[:, \(512 * pass):\(512 * pass + 512)] src=o\(pass) @k.py:11
        }

        """
    }
    let found = try compiled(text).program
    for engine in [Engine.tensor, .scalar] {
      let groups = found.instructions.filter { $0.resolvedEngine == engine }.compactMap {
        instruction -> Int? in
        let written = instruction.operation.operands.first { $0.name == "dst" }
        // `p5_2` is of pass 5; what is merged has the first one's name.
        guard let written else { return nil }
        let name = found.tensors[Int(written.pattern.tensor.index)].name
        return Int(name.dropFirst().prefix { $0.isNumber }).map { $0 / 2 }
      }
      #expect(groups.count > 8)
      #expect(groups == groups.sorted())
    }
    let loads = found.instructions.prefix { $0.resolvedEngine != .scalar }
    #expect(loads.count { $0.operation is DMACopy } > 1)
  }

  /// What copies PSUM is whoever is faster on the machine at hand.
  @Test(arguments: [("clocks.vector=0.05", Engine.scalar), ("clocks.scalar=0.05", Engine.vector)])
  func thePricesOfTheMachineDecideWhoCopies(_ setting: String, _ engine: Engine) throws {
    let hardware = try Hardware.load("trn2").overridden(by: [setting])
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
      """, on: hardware)
    let copy = try #require(found.program.instructions.first { $0.operation is TensorCopy })
    #expect(copy.resolvedEngine == engine)
  }

  @Test func copiesOfProductsGoToScalarAndVectorInTurn() throws {
    // A float32 product of 512 columns takes the PE array 0.86 us, longer than Scalar takes to copy it. The compiler takes it for
    // a quarter of that: Scalar is still busy when the next is there (captures of attention in float32: S V S V).
    var text = """
      tensor x: hbm input float32 [128, 512]
      tensor y: hbm output float32 [128, 4096]
      tensor a: sbuf float32 [128, 512]
      dma_copy dst=a src=x

      """
    for number in 0..<8 {
      text =
        "tensor p\(number): psum float32 [128, 512]\ntensor b\(number): sbuf float32 [128, 512]\n"
        + text
      text += """
        nc_matmul dst=p\(number) stationary=a[:, 0:128] moving=a @k.py:\(number + 3)
        tensor_copy dst=b\(number) src=p\(number)
        dma_copy dst=y[:, \(number * 512):\(number * 512 + 512)] src=b\(number)

        """
    }
    let engines = try compiled(text).program.instructions.compactMap {
      $0.operation is TensorCopy ? $0.resolvedEngine : nil
    }
    #expect(Array(engines.prefix(4)) == [.scalar, .vector, .scalar, .vector])
    #expect(engines.count { $0 == .vector } == 3)
  }

  /// Copies within SBUF are shared as well, but for whole numbers: Scalar computes in float32.
  @Test(arguments: [("float32", [Engine.scalar, .vector]), ("int32", [.vector])])
  func copiesWithinSBUFAreShared(_ type: String, _ engines: [Engine]) throws {
    var text = """
      tensor x: hbm input \(type) [128, 512]
      tensor y: hbm output \(type) [128, 4096]
      tensor a: sbuf \(type) [128, 512]
      dma_copy dst=a src=x

      """
    for number in 0..<8 {
      text = "tensor b\(number): sbuf \(type) [128, 512]\n" + text
      text += """
        tensor_copy dst=b\(number) src=a @k.py:\(number + 3)
        dma_copy dst=y[:, \(number * 512):\(number * 512 + 512)] src=b\(number)

        """
    }
    let found = try compiled(text).program.instructions.filter { $0.operation is TensorCopy }
    #expect(Set(found.map(\.resolvedEngine)) == Set(engines))
  }

  /// On trn2 the scheduler has the choice, and Scalar is slow here.
  @Test(arguments: [("trn1", Engine.scalar), ("trn2", Engine.vector)])
  func scalarScalesAndOnTheFirstMachineCopies(_ machine: String, _ copier: Engine) throws {
    let hardware = try Hardware.load(machine).overridden(by: ["clocks.scalar=0.05"])
    let found = try compiled(
      """
      tensor x: hbm input float32 [128, 128]
      tensor y: hbm output float32 [128, 512]
      tensor a: sbuf float32 [128, 128]
      tensor s: sbuf float32 [128, 1]
      tensor p: psum float32 [128, 128]
      tensor b: sbuf float32 [128, 512]
      dma_copy dst=a src=x
      dma_copy dst=s src=x[:, 0:1]
      nc_matmul dst=p stationary=a moving=a
      tensor_copy dst=b[:, 0:128] src=p
      tensor_scalar dst=b[:, 128:256] data=a op0=multiply operand0=s reverse0=true op1=add operand1=1.0
      tensor_scalar dst=b[:, 256:384] data=a op0=add operand0=1.0 engine=vector
      tensor_scalar dst=b[:, 384:512] data=a op0=maximum operand0=0.0
      dma_copy dst=y src=b
      """, on: hardware)
    let copy = try #require(found.program.instructions.first { $0.operation is TensorCopy })
    #expect(copy.resolvedEngine == copier)
    let scales = found.program.instructions.compactMap { instruction in
      (instruction.operation as? TensorScalar).map { ($0.dst.offset, instruction.resolvedEngine) }
    }.sorted { $0.0 < $1.0 }
    #expect(scales.map(\.1) == [.scalar, .vector, .vector])
  }
}
