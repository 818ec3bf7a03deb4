/// Names numbered in the order of their first appearance, found by their bytes.
///
/// A parser asks it without making a `String`. Complexity: O(length) for each call.
struct NameTable: Sendable {
  private var slots: [Int32]
  private var starts: [Int] = [0]
  private var arena: [UInt8] = []

  /// Number of names.
  var count: Int { starts.count - 1 }

  init() { slots = [Int32](repeating: -1, count: 16) }

  /// A table of these names, numbered by position; they must differ.
  init(_ names: [String]) {
    self.init()
    for name in names { insert(name) }
  }

  /// The number of a name, which is added if it is new.
  @discardableResult
  mutating func insert(_ name: UnsafeBufferPointer<UInt8>) -> (index: Int, isNew: Bool) {
    var slot = self.slot(of: name)
    if slots[slot] >= 0 { return (Int(slots[slot]), false) }
    if (count + 1) * 2 > slots.count {
      grow()
      slot = self.slot(of: name)
    }
    slots[slot] = Int32(count)
    arena.append(contentsOf: name)
    starts.append(arena.count)
    return (count - 1, true)
  }

  /// The number of a name, which is added if it is new.
  @discardableResult
  mutating func insert(_ name: String) -> (index: Int, isNew: Bool) {
    let bytes = Array(name.utf8)
    return bytes.withUnsafeBufferPointer { insert($0) }
  }

  /// The number of a name, if it is there.
  func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
    let found = slots[slot(of: name)]
    return found < 0 ? nil : Int(found)
  }

  /// The name with this number.
  subscript(index: Int) -> String {
    String(decoding: arena[starts[index]..<starts[index + 1]], as: UTF8.self)
  }

  /// The slot that holds the name, or the empty one where it belongs.
  private func slot(of name: UnsafeBufferPointer<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = NameTable.hash(name) & mask
    while slots[slot] >= 0 {
      let start = starts[Int(slots[slot])]
      let end = starts[Int(slots[slot]) + 1]
      if end - start == name.count && isEqual(start, name) { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func isEqual(_ start: Int, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
    for i in 0..<name.count where arena[start + i] != name[i] { return false }
    return true
  }

  /// FNV-1a with a final mix, since the table's size is a power of two.
  private static func hash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    value ^= value >> 29
    return Int(truncatingIfNeeded: value >> 3)
  }

  private mutating func grow() {
    let old = slots
    slots = [Int32](repeating: -1, count: old.count * 2)
    for found in old where found >= 0 {
      let start = starts[Int(found)]
      let end = starts[Int(found) + 1]
      let place = arena[start..<end].withUnsafeBufferPointer { slot(of: $0) }
      slots[place] = found
    }
  }
}
