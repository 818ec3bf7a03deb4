import Formats
import Machine
import Programs
import Testing

@testable import Compiler

/// Reads of what was written last through another tensor, compared with every byte's last writer.
struct AliasTests {
  private func tensor(_ name: String, _ address: Int) -> Tensor {
    Tensor(name: name, space: .sbuf, dtype: .float32, shape: [8, 600], address: address)
  }

  private func pattern(_ random: inout SeededGenerator, _ tensor: Int) -> AccessPattern {
    var free = FreeDimensions()
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      free.append(
        AccessDimension(
          stride: [0, 1, 1, 2, 3, 5, 8, 40, -1, -4].randomElement(using: &random) ?? 1,
          size: Int.random(in: 1...5, using: &random)))
    }
    return AccessPattern(
      tensor: TensorID(tensor), rowStart: Int.random(in: 0...3, using: &random),
      rows: Int.random(in: 1...5, using: &random), rowStride: 0,
      offset: Int.random(in: 170...190, using: &random), free: free)
  }

  @Test func tellsOfAllThatIsSoAndOfNothingElse() {
    var random = SeededGenerator(seed: 4)
    var found = 0
    for _ in 0..<400 {
      // The second bucket begins at byte 2048, within what the patterns reach.
      let tensors = [tensor("a", 1200), tensor("b", 1200 + 8)]
      var tracker = HazardTracker(tensors: tensors, sbufBytes: 1 << 16, psumBytes: 1 << 14)
      tracker.looksForAliases = true
      var writers: [Int: Int] = [:]
      for step in 0..<12 {
        let which = Int.random(in: 0...1, using: &random)
        let pattern = pattern(&random, which)
        let isWrite = step < 4 || Bool.random(using: &random)
        let touch = tracker.touch(pattern, isWrite: isWrite)
        let bytes = pattern.bytes(tensors[which])
        if isWrite {
          for byte in bytes { writers[byte] = which }
          tracker.record(touch, by: .instruction(step), lane: 0)
          continue
        }
        let isForeign = bytes.contains { writers[$0] == 1 - which }
        let told = tracker.foreignWriter(touch)
        #expect((told != nil) == isForeign)
        #expect(told == nil || told?.tensor == Int32(1 - which))
        if isForeign { found += 1 }
      }
    }
    #expect(found > 500)
  }
}
