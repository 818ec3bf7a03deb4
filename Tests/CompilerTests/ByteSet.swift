import Formats
import Hardware
import ISA
import Machine
import Programs

private let trn2: Geometry = {
  guard let hardware = try? Hardware.load(named: "trn2") else { preconditionFailure("trn2") }
  return Geometry(hardware)
}()

/// The bytes that an operand touches, one bit each: what footprints are judged by.
struct ByteSet {
  /// 0: sbuf, 1: psum, 2 + index: an HBM tensor.
  let memory: Int
  /// Partitions on chip; one for HBM.
  let partitions: Range<Int>
  /// Bytes of each partition.
  private(set) var words: [UInt64] = []

  init(_ pattern: AccessPattern, in program: Program) {
    let tensor = program.tensors[Int(pattern.tensor.index)]
    var starts: [Int]
    if tensor.space == .hbm {
      memory = 2 + Int(pattern.tensor.index)
      partitions = 0..<1
      starts = (0..<Int(pattern.rows)).map { pattern.offset + $0 * pattern.rowStride }
    } else {
      memory = tensor.space == .sbuf ? 0 : 1
      let first = tensor.partition + Int(pattern.rowStart)
      partitions = first..<first + Int(pattern.rows)
      starts = [pattern.offset]
    }
    for dimension in pattern.free {
      starts = starts.flatMap { start in
        (0..<Int(dimension.size)).map { start + $0 * Int(dimension.stride) }
      }
    }
    let size = tensor.dtype.size
    for start in starts {
      for byte in tensor.address + start * size..<tensor.address + (start + 1) * size {
        while words.count <= byte / 64 { words.append(0) }
        words[byte / 64] |= 1 << UInt64(byte % 64)
      }
    }
  }

  func meets(_ other: ByteSet) -> Bool {
    guard memory == other.memory, partitions.overlaps(other.partitions) else { return false }
    return zip(words, other.words).contains { $0 & $1 != 0 }
  }
}

/// What one instruction reads and writes.
struct Touched {
  var reads: [ByteSet] = []
  var writes: [ByteSet] = []

  enum Conflict { case rawHazard, other }

  /// How `later` conflicts with this one; `nil` when they share nothing that is written.
  func conflict(with later: Touched) -> Conflict? {
    if writes.contains(where: { mine in later.reads.contains { $0.meets(mine) } }) {
      return .rawHazard
    }
    let touched = reads + writes
    return touched.contains(where: { mine in later.writes.contains { $0.meets(mine) } })
      ? .other : nil
  }
}

extension Program {
  /// What each of the instruction's emissions touches, in order.
  func touched(_ index: Int) -> [Touched] {
    var emitter = Emitter(
      engine: instructions[index].resolvedEngine, tensors: tensors, geometry: trn2)
    instructions[index].operation.lower(into: &emitter)
    return emitter.emissions.map { emission in
      Touched(
        reads: emission.reads.map { ByteSet(emitter.operands[$0], in: self) },
        writes: emission.writes.map { ByteSet(emitter.operands[$0], in: self) })
    }
  }

  /// What the whole instruction touches.
  func touchedByAll(_ index: Int) -> Touched {
    var all = Touched()
    for emission in touched(index) {
      all.reads += emission.reads
      all.writes += emission.writes
    }
    return all
  }
}
