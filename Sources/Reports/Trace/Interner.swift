/// Numbers equal texts equally, from 1 on, and keeps them in one block of memory.
struct Interner: ~Copyable {
  private var arena = ProtoBuffer()
  /// Indices into `entries`, or -1; a power of two of them.
  private var slots: [Int32]
  private var entries: [Entry] = []

  private struct Entry {
    var hash: UInt64
    var start: Int
    var length: Int
  }

  init() { slots = Array(repeating: -1, count: 1 << 12) }

  /// Forgets everything.
  mutating func removeAll() {
    arena.removeAll()
    entries.removeAll(keepingCapacity: true)
    for index in slots.indices { slots[index] = -1 }
  }

  /// The number of a text, and whether it is its first time.
  mutating func number(of text: UnsafeBufferPointer<UInt8>) -> (number: UInt64, isNew: Bool) {
    let hash = Interner.hash(text)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let entry = entries[Int(slots[slot])]
      if entry.hash == hash && entry.length == text.count && equal(entry, text) {
        return (UInt64(slots[slot]) + 1, false)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Int32(truncatingIfNeeded: entries.count)
    entries.append(Entry(hash: hash, start: arena.count, length: text.count))
    arena.reserve(text.count)
    arena.append(text)
    if entries.count * 2 > slots.count { rehash() }
    return (UInt64(entries.count), true)
  }

  private func equal(_ entry: Entry, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for index in 0..<entry.length where arena.base[entry.start + index] != text[index] {
      return false
    }
    return true
  }

  private mutating func rehash() {
    slots = Array(repeating: -1, count: slots.count * 2)
    for (index, entry) in entries.enumerated() {
      var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(truncatingIfNeeded: index)
    }
  }

  /// FNV-1a with a final mix: the low bits choose the slot.
  private static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return hash ^ hash >> 29
  }
}
