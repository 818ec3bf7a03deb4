import Device
import Hardware
import ISA
import Machine
import Programs
import Simulation
import Testing

@testable import Compiler

struct HazardTests {
  static let hardware = Result { try Hardware.load("trn2") }

  static func random(_ seed: UInt64, instructions: Int = 40) throws -> Program {
    var generator = RunnableGenerator(seed: seed, geometry: Geometry(try hardware.get()))
    return generator.program(instructions: instructions)
  }

  /// Emissions of a device program: for each instruction that touches operands, which.
  private func touched(_ device: DeviceProgram, _ program: Program) -> [Int: Touched] {
    var found: [Int: Touched] = [:]
    var next: [Int32: Int] = [:]
    let bare: Set<DeviceOpcode> = [.actTableLoad, .eventSemaphore, .nop]
    for (index, instruction) in device.instructions.enumerated()
    where !bare.contains(instruction.opcode) {
      let position = next[instruction.source, default: 0]
      next[instruction.source] = position + 1
      found[index] = program.touched(Int(instruction.source))[position]
    }
    return found
  }

  @Test(arguments: 1...UInt64(12))
  func everyConflictIsOrdered(_ seed: UInt64) throws {
    let program = try Self.random(seed)
    let device = try Lowering.lower(program, on: try Self.hardware.get())
    let order = HappensBefore(device)
    let touched = touched(device, program)
    var conflicts = 0
    for later in device.instructions.indices {
      guard let mine = touched[later] else { continue }
      for earlier in 0..<later {
        guard let theirs = touched[earlier], let conflict = theirs.conflict(with: mine) else {
          continue
        }
        let sameEngine =
          device.instructions[earlier].engine == device.instructions[later].engine
        let moves = [earlier, later].contains {
          device.instructions[$0].opcode == .dmaTrigger
        }
        // An engine reads and writes in order; only what is still in the pipe cannot be read.
        if sameEngine && !moves && conflict == .other { continue }
        conflicts += 1
        #expect(
          order.isOrdered(
            HappensBefore.completion(earlier, device), HappensBefore.begin(later)),
          "seed \(seed): instructions \(earlier) and \(later) of the device")
      }
    }
    #expect(conflicts > 100)
  }

  /// A wait for an instruction tells its engine something new, and a transfer is awaited once.
  @Test(arguments: 1...UInt64(6))
  func noWaitIsImplied(_ seed: UInt64) throws {
    let device = try Lowering.lower(Self.random(seed), on: try Self.hardware.get())
    var awaited: Set<[Int32]> = []
    var engineWaits = 0
    // A NOP at the end waits for an output, whatever is known about it.
    for (index, instruction) in device.instructions.enumerated() where instruction.opcode != .nop {
      for offset in 0..<Int32(instruction.waitCount) {
        let position = Int(instruction.firstWait + offset)
        let wait = device.waits[position]
        let key = [Int32(instruction.engine.rawValue), wait.semaphore, wait.value]
        #expect(awaited.insert(key).inserted, "the same wait twice on one engine")
        let producer = device.producer(of: wait)
        guard case .instruction(let producer)? = producer else { continue }
        engineWaits += 1
        let rest = HappensBefore(device, omitting: position)
        let isImplied = rest.isOrdered(HappensBefore.done(producer), HappensBefore.begin(index))
        #expect(
          !isImplied,
          "wait \(offset) of \(instruction.opcode.name) \(index) is implied")
      }
    }
    #expect(engineWaits > 10)
  }

  /// Values of waits rise on each engine, and every semaphore that is updated is awaited.
  @Test(arguments: 1...UInt64(4))
  func everyUpdateIsAwaited(_ seed: UInt64) throws {
    let device = try Lowering.lower(Self.random(seed), on: try Self.hardware.get())
    let awaited = Set(device.waits)
    var totals: [Int32: Int32] = [:]
    for update in device.updates {
      totals[update.semaphore, default: 0] += update.amount
      let total = totals[update.semaphore, default: 0]
      #expect(awaited.contains(SemaphoreWait(semaphore: update.semaphore, value: total)))
    }
    for transfer in device.transfers {
      guard let update = transfer.completion else { continue }
      #expect(
        awaited.contains(SemaphoreWait(semaphore: update.semaphore, value: update.amount)))
    }
  }
}

extension DeviceProgram {
  enum Awaited { case instruction(Int), transfer(Int) }

  /// Whose completion makes a semaphore reach the value.
  func producer(of wait: SemaphoreWait) -> Awaited? {
    var value: Int32 = 0
    for (index, instruction) in instructions.enumerated() {
      for update in updates(of: instruction) where update.semaphore == wait.semaphore {
        value += update.amount
        if value == wait.value { return .instruction(index) }
      }
    }
    return transfers.firstIndex { $0.completion?.semaphore == wait.semaphore }
      .map { .transfer($0) }
  }
}
