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

@testable import Timing

/// Runs a program by itself.
func run(
  _ program: Program, on hardware: Hardware, inputs: [KernelTensor] = [],
  options: Simulation.Options = .init()
) throws -> CoreRun {
  try Simulation.run(ProgramSet(program), on: hardware, inputs: [inputs], options: options).cores[0]
}

/// Runs a kernel on all its cores, and compares it with its reference.
func checked(
  _ kernel: any Kernel, on hardware: Hardware, seed: UInt64 = 0,
  options: Simulation.Options = .init()
) throws -> Run {
  try Simulation.check(
    kernel.programs(Geometry(hardware)), of: kernel, on: hardware, seed: seed, options: options)
}

/// Everything that must hold for the timeline of any program.
func requireInvariants(_ run: CoreRun, _ comment: String = "") throws {
  let device = try #require(run.device)
  let timeline = try #require(run.timeline)
  try requireLives(device, timeline, comment)
  requireTransfers(device, timeline, run.hardware, comment)
  requireOrder(device, timeline, comment)
  let bounds = timeline.bounds
  for engine in Engine.allCases {
    #expect(timeline.total >= bounds.engines[Int(engine.rawValue)], "\(engine) \(comment)")
    #expect(timeline.total >= bounds.starts[Int(engine.rawValue)], "\(engine) \(comment)")
  }
  #expect(timeline.total >= bounds.rings, "rings \(comment)")
  #expect(timeline.total >= bounds.hbm, "HBM \(comment)")
  #expect(timeline.total >= bounds.dependencyChain, "chain \(comment)")
}

/// Lives are tiled by their reasons; engines begin in order and retire in order.
private func requireLives(
  _ device: DeviceProgram, _ timeline: Timeline, _ comment: String
) throws {
  #expect(timeline.instructions.count == device.instructions.count)
  var begun: [Engine: Picoseconds] = [:]
  for (index, instruction) in device.instructions.enumerated() {
    let timing = timeline.instructions[index]
    // A sequencer may run ahead of what waits in front of its engine.
    let before = begun[instruction.engine, default: 0]
    #expect(timing.head == min(before, timing.begin), "\(index) \(comment)")
    begun[instruction.engine] = timing.begin
    #expect(timing.begin < timing.end, "\(index) \(comment)")
    #expect(timing.end <= timeline.total)
    var now = timing.head
    for stall in timeline.stalls(index) {
      #expect(stall.begin == now && stall.end > stall.begin, "\(index) \(comment)")
      now = stall.end
      let waited = timing.producer >= 0 || timing.producerTransfer >= 0
      switch stall.reason {
      case .engineBusy: break
      case .weightLoad: #expect(instruction.engine == .tensor, "\(index) \(comment)")
      case .semaphore: #expect(timing.producer >= 0, "\(index) \(comment)")
      case .dma: #expect(timing.producerTransfer >= 0, "\(index) \(comment)")
      case .dispatch: #expect(waited, "\(index) \(comment)")
      }
    }
    #expect(now == timing.begin, "\(index) \(comment)")
  }
}

private func requireTransfers(
  _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware, _ comment: String
) {
  let prices = DescriptorPrices(hardware)
  var work: [Picoseconds] = Array(repeating: 0, count: timeline.ringBusy.count)
  for (index, transfer) in device.transfers.enumerated() {
    let timing = timeline.transfers[index]
    #expect(timing.trigger < timing.queued, "\(index) \(comment)")
    #expect(timing.queued <= timing.firstRead, "\(index) \(comment)")
    #expect(timing.firstRead < timing.lastRead, "\(index) \(comment)")
    // What cores exchange is there when it has been moved.
    #expect(
      transfer.exchange >= 0
        ? timing.lastRead == timing.complete : timing.lastRead < timing.complete,
      "\(index) \(comment)")
    let first = Int(transfer.firstRun)
    let runs = device.runs[first..<first + Int(transfer.runCount)]
    let hbmLoad = prices.hbmLoad(transfer, runs)
    for run in runs {
      work[Int(run.ring)] += prices.price(run, hbmLoad: hbmLoad) * Picoseconds(run.count)
    }
  }
  #expect(timeline.ringBusy == work, "rings are busy with their descriptors \(comment)")
  for busy in timeline.ringBusy { #expect(busy <= timeline.total) }
}

/// Nobody begins before what it waits for has completed.
private func requireOrder(_ device: DeviceProgram, _ timeline: Timeline, _ comment: String) {
  var completed: [Int32: [(value: Int32, end: Picoseconds)]] = [:]
  for (index, instruction) in device.instructions.enumerated() {
    for update in device.updates(of: instruction) {
      let value = (completed[update.semaphore]?.last?.value ?? 0) + update.amount
      completed[update.semaphore, default: []].append((value, timeline.instructions[index].end))
    }
  }
  for (index, transfer) in device.transfers.enumerated() {
    guard let update = transfer.completion else { continue }
    completed[update.semaphore] = [(update.amount, timeline.transfers[index].complete)]
  }
  for (index, instruction) in device.instructions.enumerated() {
    for wait in device.waits(of: instruction) {
      for update in completed[wait.semaphore] ?? [] where update.value <= wait.value {
        #expect(update.end <= timeline.instructions[index].begin, "\(index) \(comment)")
      }
    }
  }
}

/// Any bits as inputs of a program.
func inputs(_ program: Program, seed: UInt64) -> [KernelTensor] {
  var random = SeededGenerator(seed: seed)
  return program.tensors(.input).map { _, tensor in
    let values = (0..<tensor.elements).map { _ in Float.random(in: -2...2, using: &random) }
    return KernelTensor(
      name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, values: values)
  }
}

/// A random program for the machine.
func random(
  _ seed: UInt64, on hardware: Hardware, instructions: Int = 60, handsOn: Bool = false
) -> Program {
  var generator = RunnableGenerator(
    seed: seed, geometry: Geometry(hardware), handsOn: handsOn)
  return generator.program(instructions: instructions)
}
