import Device
import Diagnostics
import Hardware
import Machine
import Programs

extension Lowering {
  /// Turns waits into semaphores: one per pair of engines that counts, one per awaited transfer.
  ///
  /// A device instruction waits for one semaphore at most; what else it must wait for becomes an
  /// EVENT_SEMAPHORE before it (trn2.3xlarge captures).
  mutating func finish() -> DeviceProgram {
    awaitOutputs()
    let values = addUpdates()
    var nextSemaphore = Int32(Engine.allCases.count * Engine.allCases.count)
    var instructions: [DeviceInstruction] = []
    // Exactly: an array that grows would be there twice, and a third time as what it is made of.
    instructions.reserveCapacity(device.instructions.count + events())
    device.waits.reserveCapacity(pendingWaits.count)
    for wait in pendingWaits { wait.requireLookingBack(triggers) }
    var producers: [Producer] = []
    var next = 0
    // Waits were found in the order of their instructions.
    for index in device.instructions.indices {
      var instruction = device.instructions[index]
      producers.removeAll(keepingCapacity: true)
      while next < pendingWaits.count && pendingWaits[next].instruction == index {
        producers.append(pendingWaits[next].producer)
        next += 1
      }
      if producers.count > 1 {
        let made = device.instructions
        producers.sort { Lowering.rank($0, in: made) > Lowering.rank($1, in: made) }
      }
      for (position, producer) in producers.enumerated() {
        let place = Int32(device.waits.count)
        let wait = semaphoreWait(producer, instruction.engine, values, &nextSemaphore)
        device.waits.append(wait)
        if position + 1 == producers.count {
          instruction.firstWait = place
          instruction.waitCount = 1
        } else {
          var event = DeviceInstruction(
            engine: instruction.engine, opcode: .eventSemaphore, work: .control,
            source: Int(instruction.source))
          event.isSpill = instruction.isSpill
          event.firstWait = place
          event.waitCount = 1
          instructions.append(event)
        }
      }
      instructions.append(instruction)
    }
    device.instructions = instructions
    device.semaphores = Int(nextSemaphore)
    return device
  }

  /// How many waits are instructions of their own: all but the last of each instruction's.
  private func events() -> Int {
    var count = 0
    for next in pendingWaits.indices.dropFirst()
    where pendingWaits[next].instruction == pendingWaits[next - 1].instruction {
      count += 1
    }
    return count
  }

  /// A kernel has ended when its outputs are in HBM: the engines that started those transfers wait for
  /// each of them with a NOP, as in all trn2 captures.
  private mutating func awaitOutputs() {
    for transfer in outputTransfers {
      let trigger = device.instructions[triggers[transfer]]
      let nop = append(
        DeviceInstruction(
          engine: trigger.engine, opcode: .nop, work: .control, source: Int(trigger.source)))
      pendingWaits.append(
        PendingWait(instruction: Int32(nop), producer: .transfer(transfer)))
    }
  }

  /// The order of an instruction's waits: the one with the lowest number stays with it.
  ///
  /// The compiler numbers Scalar's, Tensor's and Vector's semaphores before those of DMAs, and the
  /// instruction itself waits for its lowest (trn2.3xlarge captures).
  private static func rank(_ producer: Producer, in instructions: [DeviceInstruction]) -> Int {
    let engines = Engine.allCases.count
    if let transfer = producer.transfer { return engines + transfer }
    return switch instructions[Int(producer.value)].engine {
    case .scalar: 0
    case .tensor: 1
    case .vector: 2
    case .gpsimd: 3
    case .sync: 4
    }
  }

  /// Adds the updates of everything that is waited for.
  ///
  /// - Returns: the value of the semaphore after each update.
  private mutating func addUpdates() -> [Int32] {
    let engines = Engine.allCases.count
    var counts = Array(repeating: Int32(0), count: engines * engines)
    var values: [Int32] = []
    for index in device.instructions.indices where waiters[index] != 0 {
      device.instructions[index].firstUpdate = Int32(device.updates.count)
      let lane = Int(device.instructions[index].engine.rawValue)
      for engine in 0..<engines where waiters[index] & (1 << UInt8(engine)) != 0 {
        let semaphore = lane * engines + engine
        counts[semaphore] += 1
        values.append(counts[semaphore])
        device.updates.append(SemaphoreUpdate(semaphore: Int32(semaphore), amount: 1))
        device.instructions[index].updateCount += 1
      }
    }
    return values
  }

  private mutating func semaphoreWait(
    _ producer: Producer, _ engine: Engine, _ values: [Int32], _ nextSemaphore: inout Int32
  ) -> SemaphoreWait {
    if let transfer = producer.transfer {
      let rings = Int32(hardware.dma.rings)
      let known = device.transfers[transfer].completion?.semaphore
      if known == nil {
        device.transfers[transfer].completion = SemaphoreUpdate(
          semaphore: nextSemaphore, amount: rings)
        nextSemaphore += 1
      }
      return SemaphoreWait(semaphore: known ?? nextSemaphore - 1, value: rings)
    }
    let instruction = device.instructions[Int(producer.value)]
    let engines = Engine.allCases.count
    // An instruction's updates are in the order of the engines that wait.
    let before = waiters[Int(producer.value)] & ((1 << engine.rawValue) - 1)
    let update = Int(instruction.firstUpdate) + before.nonzeroBitCount
    return SemaphoreWait(
      semaphore: Int32(Int(instruction.engine.rawValue) * engines + Int(engine.rawValue)),
      value: values[update])
  }
}
