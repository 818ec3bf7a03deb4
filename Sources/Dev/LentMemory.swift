import Programs

/// Memory that a caller lends to a session, between bytes that nobody may touch.
final class LentMemory {
  /// Id of the core for whose program it was lent.
  let core: Int
  let name: String
  let isInput: Bool
  let count: Int
  /// What its floats were at first.
  let value: Float
  private let whole: UnsafeMutableRawPointer
  private static let fence = 4096
  private static let pattern: UInt8 = 0xC3
  private static let alignment = 64
  /// Whether the session has lost it.
  private(set) var isTakenBack = false
  private(set) var isFreed = false

  /// `count` bytes of one number, as many floats of it as have room.
  init(_ name: String, count: Int, value: Float, isInput: Bool, core: Int) {
    self.name = name
    self.count = count
    self.value = value
    self.isInput = isInput
    self.core = core
    whole = .allocate(byteCount: count + 2 * Self.fence, alignment: Self.alignment)
    whole.initializeMemory(as: UInt8.self, repeating: Self.pattern, count: count + 2 * Self.fence)
    fill(value)
  }

  deinit { if !isFreed { whole.deallocate() } }

  var start: UnsafeMutableRawPointer { whole + Self.fence }

  private func fill(_ value: Float) {
    for i in 0..<count / 4 {
      start.storeBytes(of: value, toByteOffset: 4 * i, as: Float.self)
    }
  }

  /// Whether all floats are this.
  func holds(_ value: Float) -> Bool {
    (0..<count / 4).allSatisfy { start.load(fromByteOffset: 4 * $0, as: Float.self) == value }
  }

  /// Ends the loan: freed, so that an address sanitizer finds who still uses it, or kept and watched.
  func takeBack(frees: Bool) {
    guard !isTakenBack else { return }
    isTakenBack = true
    if frees {
      whole.deallocate()
      isFreed = true
    } else {
      fill(-1)
    }
  }

  /// What has been touched that must not be.
  var problem: String? {
    if isFreed { return nil }
    let bytes = UnsafeRawBufferPointer(start: whole, count: count + 2 * Self.fence)
    if bytes.prefix(Self.fence).contains(where: { $0 != Self.pattern }) {
      return "bytes before '\(name)' were written"
    }
    if bytes.suffix(Self.fence).contains(where: { $0 != Self.pattern }) {
      return "bytes behind '\(name)' were written"
    }
    if isTakenBack && !holds(-1) { return "'\(name)' was written after its binding ended" }
    return !isTakenBack && isInput && !holds(value) ? "the input '\(name)' was written" : nil
  }
}
