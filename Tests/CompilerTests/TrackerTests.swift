import Formats
import Machine
import Programs
import Testing

@testable import Compiler

/// Whom the tracker finds, compared with every byte that operands of all shapes share.
struct TrackerTests {
  /// An access of the walk: by whom, what it touches, and whose completion it begins after.
  private struct Step {
    let lane: UInt8
    let isWrite: Bool
    let bytes: Set<Int>
    var done: Set<Int>
  }

  private func pattern(_ random: inout SeededGenerator) -> AccessPattern {
    var free = FreeDimensions()
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      free.append(
        AccessDimension(
          stride: [0, 1, 1, 2, 3, 5, 8, 40, -1, -4].randomElement(using: &random) ?? 1,
          size: Int.random(in: 1...5, using: &random)))
    }
    return AccessPattern(
      tensor: TensorID(0), rowStart: Int.random(in: 0...2, using: &random),
      rows: Int.random(in: 1...3, using: &random), rowStride: 0,
      offset: Int.random(in: 180...210, using: &random), free: free)
  }

  /// A write whose gaps count as written replaces what lies in them, but never the order of it.
  @Test(arguments: [false, true])
  func everyConflictIsOrdered(_ looksForAliases: Bool) {
    var random = SeededGenerator(seed: 16)
    let tensor = Tensor(name: "t", space: .sbuf, dtype: .bfloat16, shape: [8, 700], address: 1600)
    var conflicts = 0
    for _ in 0..<100 {
      var tracker = HazardTracker(tensors: [tensor], sbufBytes: 1 << 16, psumBytes: 1 << 14)
      tracker.looksForAliases = looksForAliases
      var steps: [Step] = []
      for index in 0..<24 {
        let lanes: [UInt8] = [0, 1, 2, HazardTracker.transferLane]
        let lane = lanes.randomElement(using: &random) ?? 0
        let pattern = pattern(&random)
        let isWrite = Bool.random(using: &random)
        let touch = tracker.touch(pattern, isWrite: isWrite)
        var found: [Producer] = []
        tracker.find(touch, lane: lane, into: &found)
        tracker.record(touch, by: .instruction(index), lane: lane)
        // Who has completed is known to all that begin later on the engine, and engines complete in order.
        var done = steps.last { $0.lane == lane && lane != HazardTracker.transferLane }?.done ?? []
        for producer in found {
          let other = Int(producer.value)
          done.formUnion(steps[other].done)
          done.insert(other)
          if steps[other].lane != HazardTracker.transferLane {
            for before in 0..<other where steps[before].lane == steps[other].lane {
              done.insert(before)
              done.formUnion(steps[before].done)
            }
          }
        }
        let step = Step(lane: lane, isWrite: isWrite, bytes: pattern.bytes(tensor), done: done)
        for (other, before) in steps.enumerated()
        where (isWrite || before.isWrite) && !before.bytes.isDisjoint(with: step.bytes) {
          // An engine reads and writes in order; a read waits for what is still in the pipe.
          if isWrite, lane == before.lane, lane != HazardTracker.transferLane { continue }
          conflicts += 1
          #expect(done.contains(other), "\(other) and \(index)")
        }
        steps.append(step)
      }
    }
    #expect(conflicts > 1500)
  }

  /// Whether somebody looks for tensors that share bytes changes nobody's waits.
  @Test func lookingForAliasesFindsTheSame() {
    var random = SeededGenerator(seed: 17)
    let tensor = Tensor(name: "t", space: .sbuf, dtype: .float32, shape: [8, 700], address: 1600)
    for _ in 0..<100 {
      var plain = HazardTracker(tensors: [tensor], sbufBytes: 1 << 16, psumBytes: 1 << 14)
      var looking = plain
      looking.looksForAliases = true
      for index in 0..<24 {
        let lanes: [UInt8] = [0, 1, HazardTracker.transferLane]
        let lane = lanes.randomElement(using: &random) ?? 0
        let pattern = pattern(&random)
        let isWrite = Bool.random(using: &random)
        func step(_ tracker: inout HazardTracker) -> [Producer] {
          let touch = tracker.touch(pattern, isWrite: isWrite)
          var found: [Producer] = []
          tracker.find(touch, lane: lane, into: &found)
          tracker.record(touch, by: .instruction(index), lane: lane)
          return found
        }
        #expect(step(&plain) == step(&looking))
      }
    }
  }
}
