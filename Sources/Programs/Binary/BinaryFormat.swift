import Device
import ISA

/// What writer and reader of binary programs share.
///
/// A binary program is a zstd stream of: the magic, the version as a varint, then records, each a tag
/// byte, the payload's length as a varint, and the payload. Integers are LEB128 varints, signed ones
/// zigzag. Strings, operations and files are introduced by records of their own before their first
/// use and then named by number, so that a reader needs no table of this version's fields: a field is
/// found by its name. The last record counts the instructions; without it the file was cut.
enum BinaryFormat {
  /// The first bytes within the zstd frame.
  static let magic = Array("trnprog\n".utf8)

  /// Version that is written; others are rejected.
  static let version = 1

  /// Largest decompressed size that is read: 4 GiB.
  static let sizeLimit = 1 << 32

  /// What a record is about.
  ///
  /// Raw values are the wire format: append only, never renumber.
  enum Tag: UInt8 {
    /// Number of instructions; the last record.
    case end = 0
    /// UTF-8 bytes; numbered from 0.
    case string = 1
    /// Name, dependencies.
    case program = 2
    /// Key, value.
    case metadata = 3
    /// Name, space, dtype, role, shape, partition, address, location.
    case tensor = 4
    /// Name, parent, kind unless it is plain.
    case scope = 5
    /// Opcode, operation's name, names of its fields.
    case operation = 6
    /// Opcode, attributes, values of the operation's fields.
    case instruction = 7
  }

  /// What kind of value follows.
  ///
  /// Raw values are the wire format: append only, never renumber.
  enum ValueTag: UInt8 {
    case absent = 0
    case tile = 1
    /// Four bytes, little endian: fp32.
    case number = 2
    case integer = 3
    case no = 4
    case yes = 5
    case symbol = 6
    case integers = 7
    case pairs = 8
    /// Eight bytes, little endian: fp64.
    case wideNumber = 9
    case register = 10
    case text = 11
  }

  /// Bits of the byte that ends a tensor's record; what they announce follows in this order.
  enum TensorExtra {
    static let location: UInt8 = 1
    static let base: UInt8 = 2
    /// On chip, to be placed by the compiler; partition and byte are 0.
    static let unplaced: UInt8 = 4
    static let all: UInt8 = 7
  }

  /// Added to a pattern's number of free dimensions if a register and its stride follow them.
  static let dynamicPattern = 8

  /// Bits of an instruction's attribute byte.
  enum Attribute {
    static let engine: UInt8 = 1
    static let label: UInt8 = 2
    static let after: UInt8 = 4
    static let scope: UInt8 = 8
    static let location: UInt8 = 16
    /// Nothing follows.
    static let spill: UInt8 = 32
    static let all: UInt8 = 63
  }

  /// Wire form of what a scope says of its instructions: append only.
  static let scopeKinds: [Scope.Kind] = [.plain, .affine, .ordered]

  /// Wire form of how order is fixed: append only.
  static let dependencies: [Program.Dependencies] = [.derived, .explicit]
}
