/// Bytes of protobuf messages under construction; appending to it allocates only to grow.
///
/// Encoding: protobuf.dev, "Encoding" (varints, length-delimited fields, fixed64).
struct ProtoBuffer: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 1 << 16) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }
  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: base, count: count) }

  mutating func removeAll() { count = 0 }

  /// Makes room for `more` bytes.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(count + more) }
  }

  @inline(never)
  private mutating func grow(_ needed: Int) {
    capacity = max(needed, capacity * 2)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    larger.update(from: base, count: count)
    base.deallocate()
    base = larger
  }

  // MARK: - Fields; each needs at most 20 bytes that were reserved

  /// Appends one byte.
  @inline(__always)
  mutating func byte(_ value: UInt8) {
    base[count] = value
    count += 1
  }

  /// Appends a variable-length integer.
  @inline(__always)
  mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      byte(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    byte(UInt8(truncatingIfNeeded: value))
  }

  /// Appends an integer field.
  @inline(__always)
  mutating func integer(_ field: UInt64, _ value: UInt64) {
    varint(field << 3)
    varint(value)
  }

  /// Appends a field of eight bytes.
  @inline(__always)
  mutating func fixed64(_ field: UInt64, _ value: UInt64) {
    varint(field << 3 | 1)
    UnsafeMutableRawPointer(base + count)
      .storeBytes(of: value.littleEndian, as: UInt64.self)
    count += 8
  }

  /// Appends a field of raw bytes, making room for it.
  mutating func string(_ field: UInt64, _ bytes: UnsafeBufferPointer<UInt8>) {
    reserve(bytes.count + 20)
    varint(field << 3 | 2)
    varint(UInt64(bytes.count))
    append(bytes)
  }

  /// Appends a field of text, making room for it.
  mutating func string(_ field: UInt64, _ text: String) {
    var text = text
    text.withUTF8 { string(field, $0) }
  }

  /// Appends raw bytes for which there is room.
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let start = bytes.baseAddress else { return }
    (base + count).update(from: start, count: bytes.count)
    count += bytes.count
  }

  /// Begins a nested message; `close` ends it.
  @inline(__always)
  mutating func open(_ field: UInt64) -> Int {
    varint(field << 3 | 2)
    // Nearly all messages are shorter than 128 bytes: one byte for the length.
    byte(0)
    return count
  }

  /// Ends the message that began at `start`.
  @inline(__always)
  mutating func close(_ start: Int) {
    let length = count - start
    if length < 0x80 {
      base[start - 1] = UInt8(truncatingIfNeeded: length)
    } else {
      closeLong(start, length)
    }
  }

  @inline(never)
  private mutating func closeLong(_ start: Int, _ length: Int) {
    var extra = 0
    var rest = length >> 7
    while rest > 0 {
      extra += 1
      rest >>= 7
    }
    reserve(extra)
    UnsafeMutableRawPointer(base + start + extra).copyMemory(from: base + start, byteCount: length)
    count = start - 1
    varint(UInt64(length))
    count += length
  }

  // MARK: - Text

  /// Appends text, making room for it.
  mutating func text(_ text: String) {
    var text = text
    text.withUTF8 {
      reserve($0.count)
      append($0)
    }
  }

  /// Appends text that is known when compiling.
  @inline(__always)
  mutating func text(_ text: StaticString) {
    reserve(text.utf8CodeUnitCount)
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends an integer in decimal.
  mutating func decimal(_ value: Int) {
    reserve(20)
    if value < 0 { byte(0x2d) }
    let start = count
    var rest = value.magnitude
    repeat {
      byte(UInt8(truncatingIfNeeded: rest % 10) + 0x30)
      rest /= 10
    } while rest > 0
    reverse(from: start)
  }

  /// Appends an integer in hexadecimal with `0x`.
  mutating func hexadecimal(_ value: Int) {
    reserve(20)
    byte(0x30)
    byte(0x78)
    let start = count
    var rest = UInt(bitPattern: value)
    repeat {
      let digit = UInt8(truncatingIfNeeded: rest & 15)
      byte(digit < 10 ? digit + 0x30 : digit + 0x57)
      rest >>= 4
    } while rest > 0
    reverse(from: start)
  }

  private mutating func reverse(from start: Int) {
    var (low, high) = (start, count - 1)
    while low < high {
      (base[low], base[high]) = (base[high], base[low])
      low += 1
      high -= 1
    }
  }
}
