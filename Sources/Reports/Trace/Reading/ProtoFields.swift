/// The fields of a protobuf message, one after the other.
struct ProtoFields {
  /// A field's value.
  enum Value {
    case integer(UInt64)
    case bytes(UnsafeRawBufferPointer)

    var integer: UInt64 { if case .integer(let value) = self { value } else { 0 } }

    var bytes: UnsafeRawBufferPointer {
      guard case .bytes(let bytes) = self else {
        return UnsafeRawBufferPointer(start: nil, count: 0)
      }
      return bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  private let bytes: UnsafeRawBufferPointer
  /// Bytes that were read.
  private(set) var position = 0
  /// Whether what follows is no field.
  private(set) var isMalformed = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The next field; `nil` at the end, and where the bytes are none or end within one: `position` is then where it
  /// begins.
  @inline(__always)
  mutating func next() -> (field: UInt64, value: Value)? {
    let start = position
    guard position < bytes.count, let tag = varint() else { return fail(start) }
    switch tag & 7 {
    case 0:
      guard let value = varint() else { return fail(start) }
      return (tag >> 3, .integer(value))
    case 1, 5:
      let size = tag & 7 == 1 ? 8 : 4
      guard bytes.count - position >= size else { return fail(start) }
      defer { position += size }
      let value =
        size == 8
        ? UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        : UInt64(
          UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
      return (tag >> 3, .integer(value))
    case 2:
      guard let size = varint(), size <= UInt64(bytes.count - position) else { return fail(start) }
      defer { position += Int(size) }
      return (
        tag >> 3,
        .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(size)]))
      )
    default:
      isMalformed = true
      return fail(start)
    }
  }

  private mutating func fail(_ start: Int) -> (field: UInt64, value: Value)? {
    position = start
    return nil
  }

  @inline(__always)
  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count && shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    if shift >= 64 { isMalformed = true }
    return nil
  }
}
