/// Whole numbers in as few bytes as they need, seven bits each, the lowest first; as text in base 64.
struct PackedBytes {
  private(set) var bytes: [UInt8] = []

  /// A number from 0 on.
  @inline(__always)
  mutating func append(_ value: some BinaryInteger) {
    var rest = UInt64(truncatingIfNeeded: value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// A number of either sign: 0, -1, 1, -2, … are 0, 1, 2, 3, ….
  @inline(__always)
  mutating func append(signed value: some BinaryInteger) {
    let wide = Int64(truncatingIfNeeded: value)
    append(UInt64(bitPattern: (wide << 1) ^ (wide >> 63)))
  }

  /// The bytes of others.
  mutating func append(contentsOf other: PackedBytes) { bytes += other.bytes }

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The bytes in base 64.
  var base64: [UInt8] {
    let alphabet = PackedBytes.alphabet
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let left = bytes.count - index
      let first = Int(bytes[index])
      let second = left > 1 ? Int(bytes[index + 1]) : 0
      let third = left > 2 ? Int(bytes[index + 2]) : 0
      out.append(alphabet[first >> 2])
      out.append(alphabet[(first & 3) << 4 | second >> 4])
      out.append(left > 1 ? alphabet[(second & 15) << 2 | third >> 6] : UInt8(ascii: "="))
      out.append(left > 2 ? alphabet[third & 63] : UInt8(ascii: "="))
      index += 3
    }
    return out
  }
}

/// Entries of numbers, of which one that came before is told by its number: loops repeat theirs.
///
/// 0 stands before an entry that is told; it gets the next number from 1 on, as long as there are fewer than `most`.
struct PackedEntries {
  private(set) var packed = PackedBytes()
  private(set) var count = 0
  private var numbers: [[UInt8]: Int] = [:]

  /// Entries that are remembered at most.
  static let most = 1 << 16

  mutating func add(_ entry: PackedBytes) {
    count += 1
    if let known = numbers[entry.bytes] {
      packed.append(known)
      return
    }
    packed.append(0)
    packed.append(contentsOf: entry)
    if numbers.count < PackedEntries.most { numbers[entry.bytes] = numbers.count + 1 }
  }
}
