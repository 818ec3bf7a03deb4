import Device
import Hardware

@testable import Timing

/// A device program written by hand, one queue entry after the other.
struct Bench {
  var program = DeviceProgram()
  private var open: [Int: (waits: [SemaphoreWait], updates: [SemaphoreUpdate])] = [:]

  /// Appends an instruction; returns its index.
  @discardableResult
  mutating func add(
    _ engine: Engine, _ work: Work, waits: [(Int, Int)] = [], signals: [Int] = [],
    opcode given: DeviceOpcode? = nil
  ) -> Int {
    var instruction = DeviceInstruction(
      engine: engine, opcode: given ?? opcode(work), work: work, source: program.instructions.count)
    instruction.firstWait = Int32(program.waits.count)
    instruction.waitCount = UInt16(waits.count)
    instruction.firstUpdate = Int32(program.updates.count)
    instruction.updateCount = UInt16(signals.count)
    for (semaphore, value) in waits {
      program.waits.append(SemaphoreWait(semaphore: Int32(semaphore), value: Int32(value)))
      program.semaphores = max(program.semaphores, semaphore + 1)
    }
    for semaphore in signals {
      program.updates.append(SemaphoreUpdate(semaphore: Int32(semaphore), amount: 1))
      program.semaphores = max(program.semaphores, semaphore + 1)
    }
    program.instructions.append(instruction)
    return program.instructions.count - 1
  }

  /// Appends a DMA of `rows` descriptors of `bytes` on 16 rings; returns its trigger's index.
  @discardableResult
  mutating func dma(
    _ engine: Engine, _ mode: DGEMode, rows: Int, bytes: Int, queue: Int = 0, signals: Int? = nil,
    writesHBM: Bool = false, kind: DescriptorKind = .contiguous, elements: Int = 0,
    waits: [(Int, Int)] = []
  ) -> Int {
    let first = program.runs.count
    let rings = min(16, rows)
    for ring in 0..<rings {
      program.runs.append(
        DescriptorRun(
          ring: ring, count: rows * (ring + 1) / rings - rows * ring / rings, bytes: bytes,
          elements: elements, kind: kind, writesHBM: writesHBM))
    }
    var transfer = Transfer(
      firstRun: first, runCount: rings, bytes: rows * bytes,
      hbmReadBytes: writesHBM ? 0 : rows * bytes, hbmWriteBytes: writesHBM ? rows * bytes : 0,
      descriptors: rows, queue: queue, mode: mode)
    if let signals {
      transfer.completion = SemaphoreUpdate(semaphore: Int32(signals), amount: 16)
      program.semaphores = max(program.semaphores, signals + 1)
    }
    program.transfers.append(transfer)
    return add(
      engine, .trigger(transfer: Int32(program.transfers.count - 1)), waits: waits)
  }

  /// Appends a weight load and its matmul; returns the matmul's index.
  @discardableResult
  mutating func matmul(
    moving: Int, rate: MatmulRate = .single, transpose: Bool = false, fourByte: Bool = false,
    rows: Int = 128, columns: Int = 128, waits: [(Int, Int)] = [], signals: [Int] = []
  ) -> Int {
    add(
      .tensor,
      .loadWeights(
        LoadWeights(
          rows: rows, columns: columns, fourByte: fourByte, transpose: transpose,
          strideBytes: fourByte ? 4 : 2)), waits: waits)
    return add(
      .tensor,
      .matmul(
        Matmul(rows: rows, columns: columns, moving: moving, rate: rate, transpose: transpose)),
      signals: signals)
  }

  /// Runs the program with the given overrides.
  func run(_ overrides: [String] = [], on machine: String = "trn2") throws -> Timeline {
    try Timing.run(program, on: Hardware.load(machine, overrides: overrides))
  }

  private func opcode(_ work: Work) -> DeviceOpcode {
    switch work {
    case .control: .eventSemaphore
    case .loadWeights: .ldweights
    case .matmul: .matmul
    case .stream: .tensorTensor
    case .trigger: .dmaTrigger
    }
  }
}

/// Nanoseconds of cycles at a clock in GHz, in picoseconds.
func cycles(_ count: Double, at clock: Double, plus nanoseconds: Double = 0) -> Picoseconds {
  Picoseconds((count * 1000 / clock).rounded()) + Picoseconds((nanoseconds * 1000).rounded())
}
