import Device
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Simulation
import Testing
import Workloads

@testable import Compiler

/// Waits that come from queues, outputs, and the one semaphore that an instruction waits for.
struct QueueTests {
  func lowered(_ kernel: KernelName, _ settings: String) throws -> DeviceProgram {
    let hardware = try Hardware.load("trn2")
    let kernel = try kernel.make(settings.split(separator: " ").map(String.init))
    return try Lowering.lower(kernel.build(Geometry(hardware)), on: hardware)
  }

  private func transfer(awaitedBy wait: SemaphoreWait, _ device: DeviceProgram) -> Int? {
    device.transfers.firstIndex { $0.completion?.semaphore == wait.semaphore }
  }

  @Test(arguments: [
    (KernelName.transpose, "rows=512 dge=none"), (.attention, "form=three_pass"),
    (.rmsnorm, "tokens=2048 hidden=64"),
  ])
  func instructionsWaitForOneSemaphore(_ kernel: KernelName, _ settings: String) throws {
    let device = try lowered(kernel, settings)
    #expect(device.instructions.allSatisfy { $0.waitCount <= 1 })
    let events = device.instructions.indices.filter {
      device.instructions[$0].opcode == .eventSemaphore
    }
    #expect(!events.isEmpty)
    for event in events {
      #expect(device.instructions[event].waitCount == 1)
      #expect(device.instructions[event + 1].engine == device.instructions[event].engine)
      #expect(device.instructions[event + 1].source == device.instructions[event].source)
      #expect(device.instructions[event + 1].waitCount == 1)
    }
  }

  /// The matmul that waits for a load and a copy: the event takes the load, as in the captures.
  @Test func theLoadIsAwaitedByTheEvent() throws {
    let device = try lowered(.transpose, "rows=512 dge=none")
    let events = device.instructions.filter { $0.opcode == .eventSemaphore && $0.engine == .tensor }
    #expect(events.count == 24)
    for event in events {
      #expect(device.waits(of: event).allSatisfy { transfer(awaitedBy: $0, device) != nil })
    }
  }

  /// The 17th trigger of a queue waits for the first transfer, and so on.
  @Test func sixteenTransfersOfAQueueAreUnderWay() throws {
    let device = try lowered(.transpose, "rows=512 dge=none")
    for engine in [Engine.sync, .gpsimd] {
      let triggers = device.instructions.indices.filter { index in
        guard case .trigger = device.instructions[index].work else { return false }
        return device.instructions[index].engine == engine
      }
      #expect(triggers.count == 32)
      let numbers = triggers.map { index -> Int in
        guard case .trigger(let number) = device.instructions[index].work else { return -1 }
        return Int(number)
      }
      for (place, index) in triggers.enumerated() where index > 0 {
        // Its own wait, or that of the event before it.
        let waits = device.instructions[index - 1...index].filter {
          $0.source == device.instructions[index].source
        }.flatMap { device.waits(of: $0) }
        let awaited = waits.compactMap { transfer(awaitedBy: $0, device) }
        #expect(awaited == (place < 16 ? [] : [numbers[place - 16]]), "\(engine) \(place)")
      }
    }
  }

  @Test func outputsAreAwaitedAtTheEnd() throws {
    let device = try lowered(.vectorAdd, "elements=1024 tile_free=2 dge=none")
    let last = device.instructions.suffix(4)
    #expect(last.allSatisfy { $0.opcode == .nop && $0.engine == .gpsimd })
    let awaited = last.flatMap { device.waits(of: $0) }.compactMap {
      transfer(awaitedBy: $0, device)
    }
    #expect(awaited.count == 4)
    #expect(awaited == awaited.sorted())
    for number in awaited { #expect(device.transfers[number].hbmWriteBytes == 128 * 2 * 4) }
    #expect(device.instructions.count { $0.opcode == .nop } == 4)
  }

  /// Scores and weights that pass through HBM are awaited by who loads them, not at the end.
  @Test func whatIsReadAgainIsNotAwaitedAtTheEnd() throws {
    let device = try lowered(.attention, "form=three_pass")
    #expect(device.instructions.count { $0.opcode == .nop } == 1)
    #expect(device.transfers.count { $0.hbmWriteBytes > 0 } == 5)
  }
}

extension QueueTests {
  /// Eight rows of 512 B are one prepared descriptor, rows of 4000 B one each.
  @Test func aRingsShareIsPackedWhenItIsSmall() throws {
    let tiles = try lowered(.transpose, "rows=256 columns=256 dge=none")
    #expect(!tiles.runs.isEmpty)
    for run in tiles.runs { #expect(run.count == 1 && run.bytes == 4096 && run.pieces == 8) }
    #expect(tiles.transfers.allSatisfy { $0.descriptors == 16 })
    let rows = try lowered(.vectorAdd, "tile_free=1000 dge=none")
    for run in rows.runs { #expect(run.count == 8 && run.bytes == 4000 && run.pieces == 1) }
    let generated = try lowered(.transpose, "rows=256 columns=256")
    for run in generated.runs { #expect(run.count == 8 && run.bytes == 512 && run.pieces == 1) }
  }
}
