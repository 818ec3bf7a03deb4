import Machine

/// Who produced or consumed bytes: a device instruction or a transfer.
struct Producer: Hashable {
  /// ≥ 0: device instruction; < 0: transfer `-1 - value`.
  var value: Int32

  static func instruction(_ index: Int) -> Producer { Producer(value: Int32(index)) }
  static func transfer(_ index: Int) -> Producer { Producer(value: -1 - Int32(index)) }

  var transfer: Int? { value < 0 ? Int(-1 - value) : nil }

  /// The device instruction itself, or the one that starts the transfer.
  func instruction(_ triggers: [Int]) -> Int { transfer.map { triggers[$0] } ?? Int(value) }
}

/// What happened to each byte last: finds the instructions that a new one must come after.
///
/// Reads must follow writes, writes must follow reads and writes of the same bytes. Memory is cut
/// into buckets of the free axis, so that a look-up compares with neighbours only.
struct HazardTracker {
  /// The lane of transfers; engines have their raw values.
  static let transferLane: UInt8 = 255

  /// One operand of the instruction at hand.
  struct Touch {
    var footprint: Footprint
    var buckets: Range<Int>
    var isWrite: Bool
    /// Whether later instructions can depend on it.
    var isTracked: Bool
    /// The tensor whose memory it is.
    var owner: Int32
    /// Its elements, where it has gaps between them and somebody looks for tensors that share bytes.
    var walk: ElementWalk?

    /// Whether nobody sees in its gaps what an access within its footprint wrote.
    fileprivate func replaces(_ access: Access) -> Bool {
      guard access.isWrite, let walk, walk != access.walk else { return true }
      return footprint.stride != 0 && walk.isDenseInside
    }
  }

  fileprivate struct Access {
    var footprint: Footprint
    var walk: ElementWalk?
    var producer: Producer
    var lane: UInt8
    var isWrite: Bool
    var owner: Int32
    /// Whether who comes after a later write comes after it too.
    var isOrdered = false
  }

  /// A tensor's part of the buckets.
  private struct Region {
    var place: TensorPlace
    var firstBucket: Int
    var bucketBytes: Int
    var owner: Int32
  }

  /// Whether somebody asks for `foreignWriter`.
  var looksForAliases = false
  private var buckets: [[Access]] = []
  private let regions: [Region]
  private static let onChipBucketBytes = 2048
  private static let bucketsPerTensor = 64

  /// A tracker for the program's tensors; nothing was touched yet.
  init(tensors: [Tensor], sbufBytes: Int, psumBytes: Int) {
    let unit = Self.onChipBucketBytes
    let psumBucket = sbufBytes / unit + 1
    var next = psumBucket + psumBytes / unit + 1
    var regions: [Region] = []
    for tensor in tensors {
      if let base = tensor.base {
        var region = regions[Int(base.index)]
        region.place = TensorPlace(tensor, role: region.place.role)
        region.owner = regions[Int(base.index)].owner
        regions.append(region)
        continue
      }
      let place = TensorPlace(tensor)
      let owner = Int32(regions.count)
      switch tensor.space {
      case .sbuf:
        regions.append(Region(place: place, firstBucket: 0, bucketBytes: unit, owner: owner))
      case .psum:
        regions.append(
          Region(place: place, firstBucket: psumBucket, bucketBytes: unit, owner: owner))
      case .hbm:
        let bytes = max(1, (tensor.bytes + Self.bucketsPerTensor - 1) / Self.bucketsPerTensor)
        regions.append(
          Region(place: place, firstBucket: next, bucketBytes: bytes, owner: owner))
        next += Self.bucketsPerTensor
      }
    }
    self.regions = regions
    buckets = Array(repeating: [], count: next)
  }

  /// Finds out which bytes an operand touches.
  func touch(_ pattern: AccessPattern, isWrite: Bool) -> Touch {
    let region = regions[Int(pattern.tensor.index)]
    let footprint = Footprint(pattern, region.place)
    let first = region.firstBucket + footprint.low / region.bucketBytes
    let last =
      region.firstBucket + max(footprint.low, footprint.high - 1) / region.bucketBytes
    // Reads of an HBM input that nothing writes order nothing.
    let isTracked = isWrite || region.place.space != .hbm || region.place.role != .input
    var walk: ElementWalk?
    if looksForAliases, region.place.space != .hbm, !pattern.isRun {
      let found = ElementWalk(pattern, region.place)
      if !found.isDense { walk = found }
    }
    return Touch(
      footprint: footprint, buckets: first..<last + 1, isWrite: isWrite, isTracked: isTracked,
      owner: region.owner, walk: walk)
  }

  /// Who wrote last, through another tensor, what a read sees of a memory on chip; `nil` if nobody did, or where that cannot be
  /// said for certain.
  ///
  /// Operands with gaps are compared byte by byte, within a bucket.
  func foreignWriter(_ read: Touch) -> (producer: Producer, tensor: Int32)? {
    guard regions[Int(read.owner)].place.space != .hbm else { return nil }
    let unit = Self.onChipBucketBytes
    let base = regions[Int(read.owner)].firstBucket
    for bucket in read.buckets {
      // Later accesses are behind earlier ones.
      for index in buckets[bucket].indices
      where buckets[bucket][index].isWrite && buckets[bucket][index].owner != read.owner {
        let access = buckets[bucket][index]
        guard access.footprint.overlaps(read.footprint) else { continue }
        var box = access.footprint.common(read.footprint)
        box.low = max(box.low, (bucket - base) * unit)
        box.high = min(box.high, (bucket - base + 1) * unit)
        (box.stride, box.width) = (0, box.high - box.low)
        guard box.low < box.high else { continue }
        let later = buckets[bucket][(index + 1)...].filter {
          $0.isWrite && $0.footprint.overlaps(box)
        }
        if sees(read, access, of: box, behind: later) { return (access.producer, access.owner) }
      }
    }
    return nil
  }

  /// Whether a read sees a byte of a box that a write wrote and none of the later ones; `false` where there are too many elements.
  private func sees(_ read: Touch, _ write: Access, of box: Footprint, behind later: [Access])
    -> Bool
  {
    if read.walk == nil, write.walk == nil, later.allSatisfy({ $0.walk == nil }) {
      return !later.reduce([box]) { left, access in
        left.flatMap { $0.without(access.footprint) }
      }.isEmpty
    }
    let range = box.low..<box.high
    var seen = Array(repeating: true, count: range.count)
    for walk in [read.walk, write.walk] {
      guard let walk else { continue }
      guard let marks = walk.marks(in: range) else { return false }
      for byte in seen.indices where !marks[byte] { seen[byte] = false }
    }
    var covers: [(partitions: Range<Int32>, bytes: [Bool])] = []
    for access in later {
      var marks = Array(repeating: false, count: range.count)
      if let walk = access.walk {
        guard let found = walk.marks(in: range) else { return false }
        marks = found
      } else {
        for byte in range.clamped(to: access.footprint.low..<access.footprint.high) {
          marks[byte - range.lowerBound] = true
        }
      }
      covers.append((access.footprint.firstPartition..<access.footprint.endPartition, marks))
    }
    // Between two borders all partitions are alike.
    let partitions = box.firstPartition..<box.endPartition
    let borders = Set(
      [partitions.lowerBound]
        + covers.flatMap { [$0.partitions.lowerBound, $0.partitions.upperBound] })
    for first in borders where partitions.contains(first) {
      let above = covers.filter { $0.partitions.contains(first) }
      if seen.indices.contains(where: { byte in
        seen[byte] && !above.contains { $0.bytes[byte] }
      }) {
        return true
      }
    }
    return false
  }

  /// Appends to `found`, once each, whom an access by `lane` must come after.
  ///
  /// In-order engines read and write in order; on one engine only the read of a result that is still
  /// in the pipe must wait. Transfers have no order among themselves.
  func find(_ touch: Touch, lane: UInt8, into found: inout [Producer]) {
    let keepsOrder = touch.isWrite && lane != Self.transferLane
    for bucket in touch.buckets {
      for index in buckets[bucket].indices {
        let access = buckets[bucket][index]
        guard !access.isOrdered, touch.isWrite || access.isWrite,
          !(keepsOrder && access.lane == lane),
          access.footprint.overlaps(touch.footprint), !found.contains(access.producer)
        else { continue }
        found.append(access.producer)
      }
    }
  }

  /// Records an access.
  ///
  /// All that lies within a write's footprint is irrelevant for the order: it comes before the write, and what meets it meets the
  /// footprint, whose gaps count as written. A reader may still see it in a gap.
  mutating func record(_ touch: Touch, by producer: Producer, lane: UInt8) {
    guard touch.isTracked else { return }
    let access = Access(
      footprint: touch.footprint, walk: touch.walk, producer: producer, lane: lane,
      isWrite: touch.isWrite, owner: touch.owner)
    for bucket in touch.buckets {
      if touch.isWrite {
        if looksForAliases, touch.walk != nil {
          for index in buckets[bucket].indices.reversed()
          where touch.footprint.contains(buckets[bucket][index].footprint) {
            buckets[bucket][index].isOrdered = true
            if touch.replaces(buckets[bucket][index]) { buckets[bucket].remove(at: index) }
          }
        } else {
          buckets[bucket].removeAll { touch.footprint.contains($0.footprint) }
        }
      } else if lane != Self.transferLane,
        let same = buckets[bucket].firstIndex(where: {
          !$0.isWrite && $0.lane == lane && $0.footprint == touch.footprint
        })
      {
        // The engine's later read of the same bytes stands for its earlier one.
        buckets[bucket][same].producer = producer
        continue
      }
      buckets[bucket].append(access)
    }
  }
}

extension AccessPattern {
  /// Whether the elements of a row lie one behind the other: what most operands are.
  fileprivate var isRun: Bool {
    var isLong = false
    for dimension in free where dimension.size != 1 {
      if isLong || dimension.stride != 1 { return false }
      isLong = true
    }
    return true
  }
}
