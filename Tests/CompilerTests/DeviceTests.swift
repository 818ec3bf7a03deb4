import Device
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

/// ACT tables and transfers.
struct DeviceTests {
  private func program(_ operations: [(any Operation, Engine?)]) -> Program {
    var program = Program(name: "p")
    program.tensors = [
      Tensor(name: "x", space: .hbm, dtype: .bfloat16, shape: [128, 4096], role: .input),
      Tensor(name: "t", space: .sbuf, dtype: .bfloat16, shape: [128, 4096]),
    ]
    program.instructions = operations.map { Instruction($0.0, engine: $0.1) }
    return program
  }

  private func tile(rows: Int = 128, columns: Int = 64) -> AccessPattern {
    AccessPattern(
      tensor: TensorID(1), rows: rows,
      free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
  }

  private func source(rows: Int = 128, columns: Int = 64) -> AccessPattern {
    AccessPattern(
      tensor: TensorID(0), rows: rows, rowStride: 4096,
      free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
  }

  // MARK: - ACT tables

  /// For each instruction of ScalarE, whether a table is loaded before it.
  private func loads(_ functions: [ActivationFunction]) throws -> [Bool] {
    let hardware = try Hardware.load("trn2")
    let device = try Lowering.lower(
      program(functions.map { (Activation(dst: tile(), op: $0, data: tile()), nil) }),
      on: hardware)
    var found: [Bool] = []
    var pending = false
    for instruction in device.instructions {
      if instruction.opcode == .actTableLoad {
        #expect(!pending)
        #expect(instruction.engine == .scalar)
        pending = true
      } else {
        found.append(pending)
        pending = false
      }
    }
    return found
  }

  @Test func theFirstInstructionLoadsATable() throws {
    #expect(try loads([.exp, .exp]) == [true, false])
    #expect(try loads([.copy, .square]) == [true, false])
  }

  @Test func copiesTakeTheTableOfTheFirstFunction() throws {
    #expect(try loads([.copy, .relu, .exp, .exp]) == [true, false, false, false])
    #expect(try loads([.copy, .exp, .gelu]) == [true, false, true])
  }

  @Test func functionsOfOneSetShareATable() throws {
    // sigmoid, silu and tanh are in one set; square is in all.
    #expect(try loads([.sigmoid, .tanh, .square, .silu]) == [true, false, false, false])
    #expect(try loads([.exp, .sigmoid, .exp]) == [true, true, true])
  }

  @Test func aCopyOnScalarPaysToo() throws {
    let device = try Lowering.lower(
      program([(TensorCopy(dst: tile(), src: tile()), .scalar)]), on: Hardware.load("trn2"))
    #expect(device.instructions.map(\.opcode) == [.actTableLoad, .tensorCopy])
    let transfer = try Lowering.lower(
      program([(DMACopy(dst: tile(), src: source()), .scalar)]), on: Hardware.load("trn2"))
    #expect(transfer.instructions.map(\.opcode) == [.dmaTrigger])
  }

  // MARK: - Transfers

  private func transfer(
    rows: Int, columns: Int, on engine: Engine = .sync, mode: DGEChoice = .unknown,
    hardware: String = "trn2", overrides: [String] = []
  ) throws -> (DeviceProgram, Transfer) {
    var copy = DMACopy(
      dst: tile(rows: rows, columns: columns), src: source(rows: rows, columns: columns))
    copy.dgeMode = mode
    let device = try Lowering.lower(
      program([(copy, engine)]), on: Hardware.load(hardware, overrides: overrides))
    return (device, try #require(device.transfers.first))
  }

  @Test func rowsGoToAllRings() throws {
    let (device, transfer) = try transfer(rows: 128, columns: 1024)
    #expect(device.runs.map(\.ring) == Array(0..<16))
    #expect(device.runs.allSatisfy { $0.count == 8 && $0.bytes == 2048 && !$0.writesHBM })
    #expect(transfer.descriptors == 128)
    #expect(transfer.bytes == 128 * 2048)
    #expect(transfer.hbmReadBytes == 128 * 2048 && transfer.hbmWriteBytes == 0)
  }

  /// A ring has eight partitions (NKI documentation, introduction to DMA: a load of 4 rows is one engine's).
  @Test(arguments: [
    (1, [1]), (4, [4]), (16, [8, 8]), (17, [8, 8, 1]), (100, Array(repeating: 8, count: 12) + [4]),
  ])
  func aRingMovesItsPartitions(_ rows: Int, _ expected: [Int]) throws {
    let (device, transfer) = try transfer(rows: rows, columns: 1024)
    #expect(device.runs.map { Int($0.ring) } == Array(expected.indices))
    #expect(device.runs.map { Int($0.count) } == expected)
    #expect(Int(transfer.runCount) == device.runs.count)
  }

  @Test func ringsFollowThePartition() throws {
    var copy = DMACopy(dst: tile(rows: 128, columns: 512), src: source(rows: 40, columns: 512))
    copy.dst.rows = 40
    copy.dst.rowStart = 64
    let device = try Lowering.lower(program([(copy, .sync)]), on: Hardware.load("trn2"))
    #expect(device.runs.map(\.ring) == [8, 9, 10, 11, 12])
    #expect(device.runs.allSatisfy { $0.count == 8 })
  }

  @Test(arguments: [64, 1000, 1024, 4096])
  func longDescriptorsAreCut(_ columns: Int) throws {
    let limit = 2048
    let (device, transfer) = try transfer(
      rows: 128, columns: columns, overrides: ["dma.max_descriptor_bytes=\(limit)"])
    #expect(device.runs.allSatisfy { $0.bytes <= Int32(limit) })
    let pieces = (columns * 2 + limit - 1) / limit
    #expect(transfer.descriptors == Int32(128 * pieces))
    let moved = device.runs.reduce(0) { $0 + Int($1.bytes) * Int($1.count) }
    #expect(moved == 128 * columns * 2)
    #expect(transfer.bytes == moved)
  }

  @Test func enginesHaveTheirModesAndQueues() throws {
    let expected: [(Engine, DGEMode, String)] = [
      (.sync, .hwdge, "qSyncDynamicHW"), (.scalar, .hwdge, "qScalarDynamicHW"),
      (.gpsimd, .swdge, "qGpSimdDynamic"), (.vector, .none, "qVectorIO0"),
      (.tensor, .none, "qTensorIO0"),
    ]
    for (engine, mode, queue) in expected {
      let (device, transfer) = try transfer(rows: 128, columns: 64, on: engine)
      #expect(transfer.mode == mode && device.queues == [queue])
    }
    #expect(try transfer(rows: 128, columns: 64, mode: .none).1.mode == .none)
    let (device, old) = try transfer(rows: 128, columns: 64, hardware: "trn1")
    #expect(old.mode == .none && device.queues == ["qSyncIO0"])
    #expect(try transfer(rows: 128, columns: 64, on: .gpsimd, hardware: "trn1").1.mode == .swdge)
  }

  @Test func transfersOfOneEngineShareAQueue() throws {
    let copy = DMACopy(dst: tile(), src: source())
    let device = try Lowering.lower(
      program([(copy, .sync), (copy, .sync), (copy, .scalar), (copy, .sync)]),
      on: Hardware.load("trn2"))
    #expect(device.transfers.map(\.queue) == [0, 0, 1, 0])
    // Each overwrites the one before, which must have completed.
    #expect(device.waits.map(\.semaphore) == [25, 26, 27])
    #expect(device.transfers.map { $0.completion != nil } == [true, true, true, false])
  }
}
