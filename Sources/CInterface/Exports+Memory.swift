import Host

// The memory budget of the process, which callers draw on for what they keep: trnsim.h documents the functions.

/// Bytes of the budget that nobody uses.
@_cdecl("trnsim_memory_left")
public func memoryLeft() -> UInt64 { UInt64(MemoryBudget.left) }

/// Notes that the caller uses so many bytes more, or fewer where negative.
@_cdecl("trnsim_memory_note")
public func memoryNote(_ bytes: Int64) { MemoryBudget.note(Int(bytes)) }

/// Copies what the budget is, in words, into a caller's text; how many bytes it has without the 0 that ends it.
@_cdecl("trnsim_memory_limit")
public func memoryLimit(_ text: UnsafeMutablePointer<CChar>?, _ size: UInt64) -> UInt64 {
  let bytes = Array(MemoryBudget.limit.description.utf8CString)
  if let text, size > 0 {
    let count = min(bytes.count, Int(clamping: size))
    text.update(from: bytes, count: count)
    text[count - 1] = 0
  }
  return UInt64(bytes.count - 1)
}
