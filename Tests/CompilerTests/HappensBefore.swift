import Device
import Testing

/// Which events of a device program come before which, from its queues and semaphores alone.
///
/// Events: an instruction begins, an instruction has completed, a transfer has completed. Engines
/// begin in order and retire in order; a weight load is done when the matmul after it begins.
struct HappensBefore {
  private let count: Int
  private var sets: [Set<Int>]

  static func begin(_ instruction: Int) -> Int { 3 * instruction }
  static func done(_ instruction: Int) -> Int { 3 * instruction + 1 }

  /// The completion of an instruction's bytes: its own, or its transfer's.
  static func completion(_ index: Int, _ device: DeviceProgram) -> Int {
    if case .trigger = device.instructions[index].work { return 3 * index + 2 }
    return done(index)
  }

  /// - Parameter omitted: a wait, by its index in `device.waits`, that is left out.
  init(_ device: DeviceProgram, omitting omitted: Int? = nil) {
    count = device.instructions.count
    sets = Array(repeating: [], count: 3 * count)
    let updates = Self.updates(device)
    var lastBegun: [Engine: Int] = [:]
    var lastRetired: [Engine: Int] = [:]
    var weights: Int?
    for (index, instruction) in device.instructions.enumerated() {
      let begin = Self.begin(index)
      if let last = lastBegun[instruction.engine] { add(Self.begin(last), before: begin) }
      lastBegun[instruction.engine] = index
      for wait in 0..<Int(instruction.waitCount) {
        let position = Int(instruction.firstWait) + wait
        guard position != omitted else { continue }
        let awaited = device.waits[position]
        var reached: Int32 = 0
        for update in updates[Int(awaited.semaphore)] where reached < awaited.value {
          reached += update.amount
          add(update.event, before: begin)
        }
        #expect(reached >= awaited.value, "instruction \(index) waits for ever")
      }
      if case .matmul = instruction.work, let load = weights { add(Self.done(load), before: begin) }
      add(begin, before: Self.done(index))
      add(begin, before: 3 * index + 2)
      switch instruction.work {
      case .loadWeights: weights = index
      case .trigger: break
      case .matmul, .stream, .control:
        if let last = lastRetired[instruction.engine] {
          add(Self.done(last), before: Self.done(index))
        }
        lastRetired[instruction.engine] = index
      }
    }
  }

  func isOrdered(_ first: Int, _ second: Int) -> Bool { sets[second].contains(first) }

  private mutating func add(_ first: Int, before second: Int) {
    sets[second].insert(first)
    sets[second].formUnion(sets[first])
  }

  /// The updates of each semaphore in the order in which they happen.
  private static func updates(
    _ device: DeviceProgram
  ) -> [[(event: Int, amount: Int32)]] {
    var found = Array(repeating: [(event: Int, amount: Int32)](), count: device.semaphores)
    var engines: [Int32: Set<Engine>] = [:]
    for (index, instruction) in device.instructions.enumerated() {
      for update in device.updates(of: instruction) {
        found[Int(update.semaphore)].append((done(index), update.amount))
        engines[update.semaphore, default: []].insert(instruction.engine)
        if case .loadWeights = instruction.work {
          Issue.record("the weight load \(index) signals")
        }
      }
      if case .trigger(let transfer) = instruction.work,
        let update = device.transfers[Int(transfer)].completion
      {
        #expect(found[Int(update.semaphore)].isEmpty, "two transfers on one semaphore")
        found[Int(update.semaphore)].append((3 * index + 2, update.amount))
      }
    }
    // Updates of one engine happen in its order, so that a value says which have happened.
    for (semaphore, set) in engines { #expect(set.count == 1, "semaphore \(semaphore)") }
    return found
  }
}
