import Device
import Diagnostics
import Formats
import Foundation
import Hardware
import ISA
import Machine
import Programs
import Timing

@testable import Simulation

/// The smallest run that has everything: two transfers, a matmul, a transpose, a copy, an activation.
///
/// Times in picoseconds, total 10 µs:
///
///     0 Sync    DMA_DIRECT2D    0 …  500,000   starts transfer 0 (load of w)
///     1 Tensor  LDWEIGHTS  3,041,700 … 3,140,000   waits for transfer 0
///     2 Tensor  MATMUL     3,055,000 … 3,400,000
///     3 Tensor  MATMUL     3,268,000 … 3,613,000   a transpose
///     4 Vector  COPY       3,650,000 … 4,200,000   waits for 3
///     5 Sync    DMA_DIRECT2D 4,232,500 … 4,732,500 waits for 4, starts transfer 1 (store of c)
///     6 Scalar  ACTIVATE   1,000,000 … 2,000,000
///     transfer 0 (hardware): trigger 0, reads 1,400,000 … 2,600,000, complete 3,000,000
///     transfer 1 (static): trigger 4,232,500, reads 5,600,000 … 8,600,000, complete 10,000,000
enum Fixture {
  static func run() throws -> Run {
    var run = Run(ProgramSet(program), on: try Hardware.load(named: "trn2"))
    run.cores[0].device = device
    run.cores[0].timeline = timeline
    run.checks = [
      NumericCheck(
        output: "c", maxAbsDifference: 0.00123, tolerance: 0.015625, rule: "2^-6 of the largest",
        passed: true),
      NumericCheck(
        output: "d", maxAbsDifference: .nan, tolerance: 0.5, rule: "absolute", passed: false),
    ]
    run.host.values = 0.25
    run.host.lowering = 0.125
    run.host.timing = 0.5
    return run
  }

  static var program: Program {
    var program = Program(name: "tiny", metadata: ["n": "512", "k": "128"])
    program.tensors = [
      Tensor(name: "x", space: .hbm, dtype: .bfloat16, shape: [128, 256], role: .input),
      Tensor(name: "c", space: .hbm, dtype: .bfloat16, shape: [128, 128], role: .output),
      Tensor(name: "w.3", space: .sbuf, dtype: .bfloat16, shape: [128, 256], address: 4096),
      Tensor(name: "acc", space: .psum, dtype: .float32, shape: [128, 512], address: 2048),
      Tensor(name: "y", space: .sbuf, dtype: .bfloat16, shape: [32, 128], partition: 32),
    ]
    func onChip(_ tensor: Int, _ rows: Int, _ columns: Int, offset: Int = 0) -> AccessPattern {
      AccessPattern(
        tensor: TensorID(tensor), rows: rows, offset: offset,
        free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
    }
    func flat(_ tensor: Int, _ columns: Int) -> AccessPattern {
      AccessPattern(
        tensor: TensorID(tensor), rows: 128, rowStride: columns,
        free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
    }
    let matmul = NCMatmul(
      dst: onChip(3, 128, 512), stationary: onChip(2, 128, 128),
      moving: onChip(2, 128, 128, offset: 128), accumulate: true)
    func place(_ line: Int) -> SourceLocation { SourceLocation(file: "tiny.swift", line: line) }
    program.scopes = [Scope(name: "rows"), Scope(name: "columns", parent: 0)]
    program.instructions = [
      Instruction(DMACopy(dst: onChip(2, 128, 256), src: flat(0, 256)), location: place(10)),
      Instruction(matmul, scope: 1, location: place(12)),
      Instruction(
        TensorCopy(dst: onChip(4, 32, 128), src: onChip(3, 32, 128)), location: place(14)),
      Instruction(DMACopy(dst: flat(1, 128), src: onChip(4, 32, 128)), location: place(16)),
      Instruction(Activation(dst: onChip(4, 32, 128), op: .exp, data: onChip(4, 32, 128))),
    ]
    return program
  }

  static var device: DeviceProgram {
    var device = DeviceProgram()
    device.queues = ["qSyncDynamicHW", "qSyncIO0"]
    func add(_ engine: Engine, _ opcode: DeviceOpcode, _ work: Work, _ source: Int) {
      device.instructions.append(
        DeviceInstruction(engine: engine, opcode: opcode, work: work, source: source))
    }
    func matmul(transpose: Bool) -> Work {
      .matmul(
        Matmul(rows: 128, columns: 128, moving: 512, rate: .single, transpose: transpose))
    }
    add(.sync, .dmaTrigger, .trigger(transfer: 0), 0)
    add(
      .tensor, .ldweights,
      .loadWeights(
        LoadWeights(rows: 128, columns: 128, fourByte: false, transpose: false, strideBytes: 2)), 1)
    add(.tensor, .matmul, matmul(transpose: false), 1)
    add(.tensor, .matmul, matmul(transpose: true), 1)
    add(.vector, .tensorCopy, .stream(Stream(.copy, elements: 128)), 2)
    add(.sync, .dmaTrigger, .trigger(transfer: 1), 3)
    add(.scalar, .activate, .stream(Stream(.activation, elements: 128)), 4)
    var load = Transfer(
      firstRun: 0, runCount: 0, bytes: 65536, hbmReadBytes: 65536, hbmWriteBytes: 0,
      descriptors: 128, queue: 0, mode: .hwdge)
    load.completion = SemaphoreUpdate(semaphore: 25, amount: 16)
    let store = Transfer(
      firstRun: 0, runCount: 0, bytes: 32768, hbmReadBytes: 0, hbmWriteBytes: 32768,
      descriptors: 32, queue: 1, mode: .none)
    device.transfers = [load, store]
    device.waits = [
      SemaphoreWait(semaphore: 25, value: 16), SemaphoreWait(semaphore: 1, value: 1),
      SemaphoreWait(semaphore: 9, value: 1),
    ]
    device.updates = [
      SemaphoreUpdate(semaphore: 1, amount: 1), SemaphoreUpdate(semaphore: 9, amount: 1),
    ]
    for (index, wait) in [(1, 0), (4, 1), (5, 2)] {
      device.instructions[index].firstWait = Int32(wait)
      device.instructions[index].waitCount = 1
    }
    for (index, update) in [(3, 0), (4, 1)] {
      device.instructions[index].firstUpdate = Int32(update)
      device.instructions[index].updateCount = 1
    }
    return device
  }

  static var timeline: Timeline {
    var timeline = Timeline()
    func add(
      _ head: Int64, _ free: Int64, _ signalled: Int64, _ begin: Int64, _ end: Int64,
      producer: Int32 = -1, transfer: Int32 = -1, weights: Bool = false
    ) {
      timeline.instructions.append(
        InstructionTiming(
          head: head, free: free, signalled: signalled, begin: begin, end: end,
          producer: producer, producerTransfer: transfer, isCold: true,
          waitedForWeights: weights))
    }
    add(0, 0, 0, 0, 500_000)
    add(0, 0, 3_000_000, 3_041_700, 3_140_000, transfer: 0)
    add(3_041_700, 3_041_700, 0, 3_055_000, 3_400_000, weights: true)
    add(3_055_000, 3_268_000, 0, 3_268_000, 3_613_000)
    add(0, 0, 3_627_200, 3_650_000, 4_200_000, producer: 3)
    add(0, 500_000, 4_210_000, 4_232_500, 4_732_500, producer: 4)
    add(1_000_000, 1_000_000, 0, 1_000_000, 2_000_000)
    timeline.transfers = [
      TransferTiming(
        trigger: 0, queued: 1_300_000, firstRead: 1_400_000, lastRead: 2_600_000,
        complete: 3_000_000),
      TransferTiming(
        trigger: 4_232_500, queued: 5_500_000, firstRead: 5_600_000, lastRead: 8_600_000,
        complete: 10_000_000),
    ]
    timeline.ringBusy = [4_200_000, 3_000_000]
    timeline.clockChanges = [(time: 3_300_000, warm: true)]
    timeline.total = 10_000_000
    timeline.bounds.engines = [500_000, 550_000, 1_000_000, 0, 1_000_000]
    timeline.bounds.rings = 6_000_000
    timeline.bounds.hbm = 274_592
    timeline.bounds.dependencyChain = 9_500_000
    return timeline
  }
}

/// Compares a text with the committed one; `RECORD_GOLDENS=1` rewrites it.
func golden(_ name: String, _ text: String) throws -> (expected: String, actual: String) {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Goldens/\(name)")
  if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil {
    try text.write(to: file, atomically: true, encoding: .utf8)
  }
  return (try String(contentsOf: file, encoding: .utf8), text)
}
