import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Compiler

/// Each pass has a test here that fails without it.
struct PassTests {
  /// What the first generation's compiler makes of the lines of a program.
  private func compiled(
    _ lines: String, on hardware: Hardware? = nil,
    _ change: (inout CompilerOptions) -> Void = { _ in }
  ) throws -> Compiled {
    var options = CompilerOptions()
    options.schedule = .compiler
    options.keepsPrograms = true
    change(&options)
    let text = "trnsim program 1\nkernel k\ndependencies derived\n" + lines
    let program = try Program(text: text, file: "k.trn")
    return try Simulation.compiled(
      program, on: hardware ?? Hardware.load("trn2"), options: options)
  }

  private func names(_ program: Program) -> [String] {
    program.instructions.map { Swift.type(of: $0.operation).name }
  }

  private func count(_ what: String, _ pass: String, _ compiled: Compiled) -> Int? {
    compiled.passes.last { $0.name == pass }?.changes.first { $0.what == what }?.count
  }

  /// Four passes of an affine loop, each with tiles of its own.
  private func passes(_ body: (Int) -> String, kind: String = "affine ") -> String {
    (0..<4).map { "\(kind)scope i=\($0) {\n\(body($0))\n}" }.joined(separator: "\n")
  }

  private let tiles = """
    tensor x: hbm input float32 [128, 512]
    tensor y: hbm output float32 [128, 512]

    """

  private func ownTiles(_ names: [String], _ columns: Int = 128) -> String {
    names.flatMap { name in
      (0..<4).map { "tensor \(name)\($0): sbuf float32 [128, \(columns)]\n" }
    }.joined()
  }

  /// Activations with `reduce_res`, for which the first generation's compiler is known to make again what leads to them.
  @Test func sumsInsideActivationsAreNoted() throws {
    func sums(_ generation: String, _ activation: String) throws -> String? {
      try compiled(
        "meta nki = \(generation)\n" + tiles
          + """
          tensor a: sbuf float32 [128, 512]
          tensor b: sbuf float32 [128, 512]
          tensor r: sbuf float32 [128, 1]
          dma_copy dst=a src=x
          \(activation)
          dma_copy dst=y src=b
          """
      ).program.metadata[Pipeline.rowSumsKey]
    }
    let summed = "activation dst=b data=a op=exp reduce_op=add reduce_res=r reduce_cmd=reset_reduce"
    #expect(try sums("1", summed) == "1")
    #expect(
      try sums("1", "activation_reduce dst=b op=exp data=a reduce_op=add reduce_res=r") == "1")
    #expect(try sums("1", "activation dst=b data=a op=exp") == nil)
    #expect(try sums("2", summed) == nil)
  }

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

  private func scaledPasses(_ kind: String) -> String {
    tiles + ownTiles(["a", "b"])
      + passes(
        { pass in
          let columns = "\(pass * 128):\(pass * 128 + 128)"
          return """
              dma_copy dst=a\(pass) src=x[:, \(columns)] @k.py:3
              tensor_scalar dst=b\(pass) data=a\(pass) op0=multiply operand0=3.0 @k.py:4
              dma_copy dst=y[:, \(columns)] src=b\(pass) @k.py:5
            """
        }, kind: kind)
  }

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

  @Test func mergingAsksForRoom() throws {
    // Eight passes of 8 KiB each of PSUM: two at a time, so four instructions are left of eight.
    let found = try compiled(roomy(8, banks: 4))
    #expect(names(found.program).count { $0 == "tensor_scalar" } == 4)
    #expect(names(try compiled(roomy(8)).program).count { $0 == "tensor_scalar" } == 1)
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

  @Test func passesOfOtherLoopsStayApart() throws {
    #expect(names(try compiled(scaledPasses("")).program).count == 12)
  }

  @Test func theMiddleEndCanBeSkipped() throws {
    let found = try compiled(scaledPasses("affine ")) { $0.transformsLoops = false }
    #expect(names(found.program).count == 12)
    #expect(!found.passes.contains { $0.name == "merge" })
  }

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

  @Test func anOrderedScopeKeepsItsOrder() throws {
    let lines = scaledPasses("affine ").replacing(
      "affine scope i=0 {", with: "ordered scope o {\naffine scope i=0 {")
    let found = try compiled(lines + "\n}")
    #expect(found.program.instructions.count == 12)
    let lineNumbers = found.program.instructions.map { $0.location?.line }
    #expect(lineNumbers == Array(repeating: [3, 4, 5], count: 4).flatMap { $0 })
  }

  /// Tiles of 64 KiB of a partition; SBUF of trn2 has room for three.
  private let crowded = """
    tensor x: hbm input float32 [128, 16384]
    tensor y: hbm output float32 [128, 16384]
    tensor a: sbuf float32 [128, 16384]
    tensor b: sbuf float32 [128, 16384]
    tensor c: sbuf float32 [128, 16384]
    tensor d: sbuf float32 [128, 16384]
    dma_copy dst=a src=x
    tensor_scalar dst=b data=a op0=add operand0=1.0
    tensor_scalar dst=c data=a op0=add operand0=2.0
    tensor_scalar dst=d data=a op0=add operand0=3.0
    tensor_tensor dst=c data1=c data2=d op=add
    tensor_tensor dst=c data1=c data2=b op=add
    tensor_tensor dst=c data1=c data2=a op=add
    dma_copy dst=y src=c
    """

  @Test func tilesThatSBUFHasNoRoomForGoToHBMAndComeBack() throws {
    let found = try compiled(crowded)
    // 75 % of SBUF hold two tiles. `b` goes for `c`, `c` for `d`, `a` for the first sum; `c`, `b` and `a` come back.
    let bytes = 3 * 128 * 65536
    #expect(count("save_bytes", "spill", found) == bytes)
    #expect(count("reload_bytes", "spill", found) == bytes)
    // What was added says so: DMAs between the tile and its place in HBM, and nothing else.
    for instruction in found.program.instructions {
      let touched = instruction.operation.operands.map {
        found.program.tensors[Int($0.pattern.tensor.index)].name
      }
      #expect(instruction.isSpill == touched.contains { $0.hasSuffix(".spill") }, "\(touched)")
    }
    let device = try Lowering.lower(found.program, on: Hardware.load("trn2"))
    #expect(device.transfers.count(where: \.isSpill) == 6)
    #expect(device.transfers.filter(\.isSpill).allSatisfy { $0.bytes == 128 * 65536 })
    #expect(found.program.metadata["spill_save_bytes"] == "\(bytes)")
  }

  @Test func withoutSpillingAFullSBUFIsAnErrorThatNamesWhoHasIt() throws {
    let error = #expect(throws: DiagnosticError.self) {
      try compiled(crowded) { $0.allowsSpills = false }
    }
    let messages = error?.diagnostics.map(\.message) ?? []
    #expect(
      messages.first
        == "'d' needs 65536 bytes of each partition, sbuf has 212728 and 16120 of them are free: 49416 too few"
    )
    #expect(messages.count == 1)
    let shortage = try #require(error?.diagnostics.first?.shortage)
    #expect(shortage.memory == "sbuf" && shortage.capacity == 212_728 && shortage.free == 16_120)
    #expect(shortage.wanted.name == "d" && shortage.location?.line == 13)
    #expect(shortage.alive.map(\.name) == ["a", "b", "c"])
    #expect(shortage.alive.map(\.from?.line) == [10, 11, 12])
    #expect(shortage.alive.map(\.until?.line) == [16, 15, 17])
    #expect(shortage.alive.map(\.lastOperation) == ["tensor_tensor", "tensor_tensor", "dma_copy"])
    #expect(shortage.others.isEmpty && shortage.peak.bytes == 4 * 65536)
    // 'a' and 'c' are needed together with 'd' further down; 'b' is not.
    #expect(
      error?.diagnostics.first?.remedy
        == "'b' with at most 16064 bytes instead of 65536, or not needed any more here, would make room"
    )
    #expect(error?.diagnostics.first?.location?.line == 9)
  }

  @Test func aNewTileTakesWhatHasBeenFreeForLongest() throws {
    let lines = """
      tensor x: hbm input float32 [128, 16]
      tensor y: hbm output float32 [128, 16]
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      tensor p: psum float32 [16, 16]
      tensor q: psum float32 [16, 16]
      dma_copy dst=a src=x
      tensor_scalar dst=b data=a op0=add operand0=1.0
      nc_matmul dst=p stationary=b moving=b
      nc_matmul dst=q stationary=b moving=b
      dma_copy dst=y src=b
      """
    func places(_ policy: AllocationPolicy) throws -> [String: OnChipPlace?] {
      let found = try compiled(lines) {
        $0.schedule = .program
        $0.allocation = policy
      }
      return Dictionary(uniqueKeysWithValues: found.program.tensors.map { ($0.name, $0.place) })
    }
    // 64 bytes each; products are a bank apart.
    #expect(try places(.rotate)["b"] == OnChipPlace(byte: 64))
    #expect(try places(.rotate)["q"] == OnChipPlace(byte: 2048))
    // `a` and `b` are alive at once, `p` is not needed any more when `q` is made.
    #expect(try places(.firstFit)["b"] == OnChipPlace(byte: 64))
    #expect(try places(.firstFit)["q"] == OnChipPlace(byte: 0))
    #expect(try places(.infinite)["q"] == OnChipPlace(byte: 2048))
  }

  @Test func aliasesAreWhereTheirTensorsAre() throws {
    let found = try compiled(
      """
      tensor y: hbm output uint8 [128, 64]
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      tensor b.as_uint8: sbuf uint8 [128, 64] of b
      memset dst=a value=1.0 engine=vector
      tensor_copy dst=b src=a
      dma_copy dst=y src=b.as_uint8
      """)
    let places = Dictionary(
      uniqueKeysWithValues: found.program.tensors.map { ($0.name, $0.place) })
    #expect(places["b"] == places["b.as_uint8"] && places["b"] != nil)
    #expect(found.program.tensors.allSatisfy { $0.space == .hbm || $0.base == nil })
  }

  @Test func descriptorsCanBeTheDevices() throws {
    let lines = """
      tensor x: hbm input float32 [128, 16]
      tensor h: hbm float32 [128, 16]
      tensor y: hbm output float32 [128, 16]
      tensor a: sbuf float32 [128, 16]
      dma_copy dst=a src=x dge_mode=none
      dma_copy dst=h src=a dge_mode=none
      dma_copy dst=a src=h dge_mode=none
      dma_copy dst=y src=a dge_mode=none
      """
    let found = try compiled(lines) { $0.descriptors = .generated }
    let modes = found.program.instructions.map {
      "\(($0.operation as? DMACopy)?.dgeMode.rawValue ?? "") \($0.resolvedEngine)"
    }
    #expect(modes == ["swdge gpsimd", "hwdge scalar", "hwdge sync", "swdge gpsimd"])
  }

  @Test func givenAddressesAndExplicitDependenciesAreNeverChanged() throws {
    let text = """
      trnsim program 1
      kernel k
      dependencies explicit
      tensor y: hbm output float32 [128, 16]
      tensor a: sbuf float32 [128, 16] at partition 0 byte 0x40
      one: memset dst=a value=1.0 engine=vector
      dma_copy dst=y src=a after=[one]
      """
    let program = try Program(text: text, file: "k.trn")
    let found = try Simulation.compiled(program, on: Hardware.load("trn2"))
    #expect(found.passes.isEmpty && found.program == program)
  }

  @Test func aKernelOfAScriptIsCompiledOnce() throws {
    let found = try compiled("meta nki = 1\n" + scaledPasses("affine ")) { $0.schedule = nil }
    #expect(names(found.program).count == 3)
    let again = try Simulation.compiled(found.program, on: Hardware.load("trn2"))
    #expect(again.passes.isEmpty && again.program == found.program)
  }

  /// A blocked product whose phases each go over all results: clear, add, store.
  private func phases(_ results: Int) -> String {
    let tensors = (0..<results).map { "tensor r\($0): sbuf float32 [128, 2048]\n" }.joined()
    let clears = (0..<results).map { "memset dst=r\($0) value=0.0 engine=vector\n" }.joined()
    let adds = (0..<results)
      .map { result in
        """
        nc_matmul dst=p stationary=w[:, 0:128] moving=w
        tensor_tensor dst=r\(result)[:, 0:512] data1=r\(result)[:, 0:512] data2=p op=add

        """
      }.joined()
    let stores = (0..<results)
      .map { "dma_copy dst=y[:, \($0 * 2048):\(($0 + 1) * 2048)] src=r\($0)\n" }.joined()
    return """
      meta nki = 2
      tensor x: hbm input float32 [128, 512]
      tensor y: hbm output float32 [128, \(results * 2048)]
      tensor w: sbuf float32 [128, 512]
      tensor p: psum float32 [128, 512]
      \(tensors)dma_copy dst=w src=x
      \(clears)\(adds)\(stores)
      """
  }

  @Test func phasesThatHaveNoRoomFinishOneResultAfterTheOther() throws {
    // 32 results of 8 KiB of a partition are 256 KiB, SBUF has 208.
    let head = "trnsim program 1\nkernel k\ndependencies derived\n"
    let program = try Program(text: head + phases(32), file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    #expect(DepthFirst.run(&draft) > 0)
    let order = names(draft.program(keepsScopes: false))
    #expect(order.prefix(5) == ["dma_copy", "memset", "nc_matmul", "tensor_tensor", "dma_copy"])
    // And the whole pipeline does not refuse it.
    let found = try compiled(phases(32)) { $0.schedule = nil }
    #expect(names(found.program).count { $0 == "nc_matmul" } == 32)
  }

  @Test func ordersOfTheAuthorsOwnStay() throws {
    let lines = phases(2).replacing("src=r1", with: "src=r1 after=[0]")
    let head = "trnsim program 1\nkernel k\ndependencies derived\n"
    let program = try Program(text: head + lines, file: "k.trn")
    var draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    #expect(DepthFirst.run(&draft) == 0)
  }

  @Test func theSecondGenerationSplitsTilesAndDropsLoads() throws {
    let lines = """
      meta nki = 2
      tensor x: hbm input float32 [128, 16]
      tensor y: hbm output float32 [128, 32]
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      tensor c: sbuf float32 [128, 16]
      dma_copy dst=a src=x
      tensor_scalar dst=c data=a op0=add operand0=1.0
      dma_copy dst=y[:, 0:16] src=c
      dma_copy dst=b src=x
      tensor_scalar dst=c data=b op0=add operand0=2.0
      dma_copy dst=y[:, 16:32] src=c
      """
    let found = try compiled(lines) { $0.schedule = nil }
    #expect(count("removed", "loads", found) == 1)
    #expect(count("split", "ranges", found) == 1)
    // Program order stays what it is.
    let own = try compiled(lines) { $0.schedule = .program }
    #expect(names(own.program).count == 6)
    #expect(!own.passes.contains { $0.name == "ranges" || $0.name == "loads" })
  }

  /// Random programs with hazards everywhere: every pass keeps their values, bit for bit.
  @Test(arguments: 0..<24 as Range<UInt64>)
  func passesKeepValues(_ seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    var generator = RunnableGenerator(
      seed: seed, geometry: Geometry(hardware), handsOn: seed % 2 == 1)
    var program = generator.program(instructions: 60)
    // Placed tensors overlap; without places each is memory of its own, which is another program.
    if seed % 3 != 0 {
      for index in program.tensors.indices { program.tensors[index].place = nil }
    }
    var options = CompilerOptions()
    options.schedule = .compiler
    options.keepsPrograms = true
    let inputs = program.givenTensors.map { _, tensor in
      KernelInput(tensor.name, tensor.dtype, tensor.shape, .normal(mean: 0, deviation: 1))
        .make(seed: seed)
    }
    let compiled = try Simulation.compiled(program, on: hardware, options: options)
    #expect(compiled.passes.contains { $0.name == "order" })
    try Simulation.verify(compiled, of: program, on: hardware, inputs: inputs)
  }

  /// The verifier finds a pass that reads what is not there yet.
  @Test func verificationFindsAnOrderThatIsWrong() throws {
    let found = try compiled(scaledPasses(""))
    let text = "trnsim program 1\nkernel k\ndependencies derived\n" + scaledPasses("")
    let program = try Program(text: text, file: "k.trn")
    let hardware = try Hardware.load("trn2")
    var draft = Draft(program, TargetMachine(hardware))
    draft.nodes.swapAt(0, 1)
    let wrong = PassResult(name: "swap", changes: [], keepsScopes: true, draft: draft)
    let input = KernelInput("x", .float32, [128, 512], .normal(mean: 0, deviation: 1))
    let inputs = [input.make(seed: 1)]
    try Simulation.verify(found, of: program, on: hardware, inputs: inputs)
    let error = #expect(throws: DiagnosticError.self) {
      try Simulation.verify(
        Compiled(program: program, passes: [wrong]), of: program, on: hardware, inputs: inputs)
    }
    #expect(error?.diagnostics.first?.message.hasPrefix("after 'swap'") == true)
  }
}
