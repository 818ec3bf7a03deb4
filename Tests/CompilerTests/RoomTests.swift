import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Testing

@testable import Compiler

/// What SBUF has no room for, and where tiles lie.
struct RoomTests: PassTesting {
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
}
