import Machine

/// Who produced or consumed bytes: a device instruction or a transfer.
struct Producer: Hashable {
  /// ≥ 0: device instruction; < 0: transfer `-1 - value`.
  var value: Int32

  static func instruction(_ index: Int) -> Producer { Producer(value: Int32(index)) }
  static func transfer(_ index: Int) -> Producer { Producer(value: -1 - Int32(index)) }

  var transfer: Int? { value < 0 ? Int(-1 - value) : nil }
}

/// What happened to each byte last: finds the instructions that a new one must come after.
///
/// Reads must follow writes, writes must follow reads and writes of the same bytes. Memory is cut
/// into buckets of the free axis, so that a look-up compares with neighbours only.
struct HazardTracker {
  private struct Access {
    var footprint: Footprint
    var producer: Producer
    var lane: UInt8
    var isWrite: Bool
  }

  private var buckets: [[Access]] = []
  private var firstBucket: [Int]
  private var bucketBytes: [Int]
  private let tensors: [Tensor]
  private let sbufBucket: Int
  private let psumBucket: Int
  private static let onChipBucketBytes = 2048
  private static let bucketsPerTensor = 64

  /// A tracker for the program's tensors; nothing was touched yet.
  init(tensors: [Tensor], sbufBytes: Int, psumBytes: Int) {
    self.tensors = tensors
    let unit = Self.onChipBucketBytes
    sbufBucket = 0
    psumBucket = sbufBytes / unit + 1
    var next = psumBucket + psumBytes / unit + 1
    firstBucket = []
    bucketBytes = []
    for tensor in tensors {
      switch tensor.space {
      case .sbuf:
        firstBucket.append(sbufBucket)
        bucketBytes.append(unit)
      case .psum:
        firstBucket.append(psumBucket)
        bucketBytes.append(unit)
      case .hbm:
        firstBucket.append(next)
        bucketBytes.append(
          max(1, (tensor.bytes + Self.bucketsPerTensor - 1) / Self.bucketsPerTensor))
        next += Self.bucketsPerTensor
      }
    }
    buckets = Array(repeating: [], count: next)
  }

  /// Calls `found(producer, lane, isRAW)` for everything that an access must come after.
  mutating func visit(
    _ pattern: AccessPattern, isWrite: Bool, _ found: (Producer, UInt8, Bool) -> Void
  ) {
    let tensor = Int(pattern.tensor.index)
    let footprint = Footprint(pattern, tensors[tensor])
    for bucket in range(tensor, footprint) {
      for access in buckets[bucket] where isWrite || access.isWrite {
        if access.footprint.overlaps(footprint) {
          found(access.producer, access.lane, !isWrite)
        }
      }
    }
  }

  /// Records an access; a write makes all that it covers irrelevant.
  mutating func record(
    _ pattern: AccessPattern, isWrite: Bool, by producer: Producer, lane: UInt8
  ) {
    let tensor = Int(pattern.tensor.index)
    let footprint = Footprint(pattern, tensors[tensor])
    for bucket in range(tensor, footprint) {
      if isWrite {
        buckets[bucket].removeAll { footprint.contains($0.footprint) }
      } else if producer.transfer == nil,
        let same = buckets[bucket].firstIndex(where: {
          !$0.isWrite && $0.lane == lane && $0.footprint == footprint && $0.producer.transfer == nil
        })
      {
        // The engine's later read of the same bytes stands for its earlier one.
        buckets[bucket][same].producer = producer
        continue
      }
      buckets[bucket].append(
        Access(footprint: footprint, producer: producer, lane: lane, isWrite: isWrite))
    }
  }

  private func range(_ tensor: Int, _ footprint: Footprint) -> ClosedRange<Int> {
    let unit = bucketBytes[tensor]
    let first = firstBucket[tensor]
    return first + footprint.low / unit...first + max(footprint.low, footprint.high - 1) / unit
  }
}
