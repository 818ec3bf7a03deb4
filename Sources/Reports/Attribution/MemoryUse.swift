import Device
package import Machine
import Programs
package import Timing

/// How full a memory on chip was over time, and which tensors held it.
package struct MemoryUse: Sendable {
  /// Tensors of one name that hold it at a moment.
  package struct Holder: Hashable, Sendable {
    /// Their name, without the numbers of tensors that loops and pools make.
    package var name: String
    /// How many of them.
    package var count: Int
    /// Bytes of the partition that they have.
    package var bytes: Int
    /// When the first of them was written.
    package var begin: Picoseconds
    /// When the last of them was used for the last time.
    package var end: Picoseconds
  }

  /// A moment.
  package struct Moment: Hashable, Sendable {
    /// When.
    package var time: Picoseconds
    /// Bytes of the fullest partition that tensors hold.
    package var bytes: Int
    /// By tensor name, in the order of `names`: their bytes of that partition.
    package var parts: [Int]
  }

  /// The memory.
  package let space: MemorySpace
  /// Bytes of a partition that there are.
  package let room: Int
  /// Most bytes of a partition that tensors hold at a time.
  package let peak: Int
  /// When that is for the first time.
  package let time: Picoseconds
  /// In which partition.
  package let partition: Int
  /// Who holds them then, most first.
  package let holders: [Holder]
  /// Names of tensors in the order in which they come; what hold little are the last, `others`.
  package let names: [String]
  /// The fullest moment of each stretch of time, where somebody else holds it than in the one before.
  package let moments: [Moment]

  /// Stretches of time.
  static let stretches = 128
  /// Names that moments tell apart.
  private static let mostNames = 12

  /// Measures a memory; `nil` if no tensor is in it.
  ///
  /// - Parameter room: Bytes of a partition.
  init?(
    _ space: MemorySpace, room: Int, _ program: Program, _ lives: TensorLives,
    until total: Picoseconds
  ) {
    let own = lives.lives.filter { program.tensors[$0.tensor].space == space }
    guard !own.isEmpty else { return nil }
    var sweep = Sweep(program, own, total)
    sweep.run()
    self.space = space
    self.room = room
    peak = sweep.peak.bytes
    time = sweep.peak.time
    partition = sweep.peak.partition
    let groups = TensorGroups(program)
    holders = MemoryUse.holders(sweep.peak, own, program, groups)
    // By name: the most that it holds at any of the moments.
    let found = sweep.fullest.map { moment in
      MemoryUse.holders(moment, own, program, groups).reduce(into: [String: Int]()) {
        $0[$1.name, default: 0] += $1.bytes
      }
    }
    var most: [String: Int] = [:]
    for parts in found { most.merge(parts, uniquingKeysWith: max) }
    let order = most.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    let shown =
      order.count > MemoryUse.mostNames ? Array(order.prefix(MemoryUse.mostNames - 1)) : order
    names = shown.count < order.count ? shown + ["others"] : shown
    var moments: [Moment] = []
    for (moment, parts) in zip(sweep.fullest, found) {
      var bytes = shown.map { parts[$0] ?? 0 }
      if shown.count < order.count { bytes.append(moment.bytes - bytes.reduce(0, +)) }
      guard moments.last?.parts != bytes else { continue }
      moments.append(Moment(time: moment.time, bytes: moment.bytes, parts: bytes))
    }
    self.moments = moments
  }

  /// Who holds a partition at a moment.
  private static func holders(
    _ moment: Sweep.Found, _ lives: [TensorLives.Life], _ program: Program, _ groups: TensorGroups
  ) -> [Holder] {
    var found: [Int: Holder] = [:]
    for life in lives where life.begin <= moment.time && moment.time < life.end {
      let tensor = program.tensors[life.tensor]
      guard tensor.heldPartitions.contains(moment.partition) else { continue }
      let group = groups.groups[life.tensor]
      var holder =
        found[group]
        ?? Holder(name: groups.names[group], count: 0, bytes: 0, begin: life.begin, end: life.end)
      holder.count += 1
      holder.bytes += tensor.freeBytes
      holder.begin = min(holder.begin, life.begin)
      holder.end = max(holder.end, life.end)
      found[group] = holder
    }
    return found.values.sorted { ($1.bytes, $0.begin, $0.name) < ($0.bytes, $1.begin, $1.name) }
  }

  /// Goes through the lives in the order of time.
  private struct Sweep {
    struct Found {
      var time: Picoseconds = 0
      var partition = 0
      var bytes = 0
    }

    private struct Change {
      var time: Picoseconds
      var tensor: Int
      var isEnd: Bool
    }

    private let program: Program
    private let changes: [Change]
    private let width: Picoseconds
    private var held: [Int]
    private(set) var peak = Found()
    /// The fullest moment of each stretch.
    private(set) var fullest: [Found] = []

    init(_ program: Program, _ lives: [TensorLives.Life], _ total: Picoseconds) {
      self.program = program
      // What ends makes room for what begins at the same time.
      changes = lives.flatMap {
        [
          Change(time: $0.begin, tensor: $0.tensor, isEnd: false),
          Change(time: $0.end, tensor: $0.tensor, isEnd: true),
        ]
      }.sorted {
        ($0.time, $0.isEnd ? 0 : 1, $0.tensor) < ($1.time, $1.isEnd ? 0 : 1, $1.tensor)
      }
      width = max(1, (total + Picoseconds(MemoryUse.stretches)) / Picoseconds(MemoryUse.stretches))
      let top = lives.map { program.tensors[$0.tensor].heldPartitions.upperBound }.max() ?? 0
      held = Array(repeating: 0, count: top)
    }

    mutating func run() {
      var next = 0
      for stretch in 0..<MemoryUse.stretches {
        let begin = Picoseconds(stretch) * width
        while next < changes.count, changes[next].time <= begin {
          apply(changes[next])
          next += 1
        }
        var found = fullestNow(begin)
        while next < changes.count, changes[next].time < begin + width {
          let change = changes[next]
          apply(change)
          next += 1
          guard !change.isEnd else { continue }
          for partition in program.tensors[change.tensor].heldPartitions
          where held[partition] > found.bytes {
            found = Found(time: change.time, partition: partition, bytes: held[partition])
          }
        }
        fullest.append(found)
        if found.bytes > peak.bytes { peak = found }
      }
    }

    private mutating func apply(_ change: Change) {
      let tensor = program.tensors[change.tensor]
      let bytes = change.isEnd ? -tensor.freeBytes : tensor.freeBytes
      for partition in tensor.heldPartitions { held[partition] += bytes }
    }

    private func fullestNow(_ time: Picoseconds) -> Found {
      var found = Found(time: time)
      for (partition, bytes) in held.enumerated() where bytes > found.bytes {
        found.partition = partition
        found.bytes = bytes
      }
      return found
    }
  }
}

extension Tensor {
  /// The partitions that it is in.
  fileprivate var heldPartitions: Range<Int> { partition..<partition + max(0, partitions) }
}
