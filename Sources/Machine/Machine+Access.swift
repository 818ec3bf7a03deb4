import Diagnostics
public import Formats

/// Where the rows of an operand start, in bytes of its memory, and how each row is walked.
struct ResolvedPattern {
  let bank: MemoryBank
  let dtype: DType
  /// Byte address of each row's first element.
  let rowAddresses: [Int]
  let runs: Runs
  let elementsPerRow: Int
  /// Lowest and highest element of a row relative to its first.
  let span: ClosedRange<Int>

  var elements: Int { rowAddresses.count * elementsPerRow }
}

extension Machine {
  /// Decodes an operand to fp32, row by row.
  ///
  /// - Parameter rowOffsets: for dynamic HBM addressing, each row's first element in the flat
  ///   tensor instead of the pattern's own.
  public func read(
    _ pattern: AccessPattern, _ operand: String, rowOffsets: [Int]? = nil
  ) throws(Trap) -> Tile<Float> {
    try gather(pattern, operand, rowOffsets, decode(_:stride:count:as:into:))
  }

  /// Reads an operand's bit patterns, extended to 32 bits (sign-extended for signed integers).
  public func readBits(
    _ pattern: AccessPattern, _ operand: String, rowOffsets: [Int]? = nil
  ) throws(Trap) -> Tile<UInt32> {
    try gather(pattern, operand, rowOffsets, decodeBits(_:stride:count:as:into:))
  }

  /// Reads an operand as integers, exactly for every integer type.
  public func readIntegers(
    _ pattern: AccessPattern, _ operand: String
  ) throws(Trap) -> Tile<Int64> {
    try gather(pattern, operand, nil, decodeInteger(_:stride:count:as:into:))
  }

  /// Rounds a tile to the operand's type and stores it.
  public mutating func write(
    _ tile: borrowing Tile<Float>, to pattern: AccessPattern, _ operand: String,
    rowOffsets: [Int]? = nil, byMatmul: Bool = false
  ) throws(Trap) {
    var rounding = self.rounding
    try scatter(tile, pattern, operand, rowOffsets, byMatmul: byMatmul) {
      encode($0, count: $1, as: $2, into: $3, stride: $4, rounding: &rounding)
    }
    self.rounding = rounding
  }

  /// Stores the low bits of a tile's patterns.
  public mutating func writeBits(
    _ tile: borrowing Tile<UInt32>, to pattern: AccessPattern, _ operand: String,
    rowOffsets: [Int]? = nil, byMatmul: Bool = false
  ) throws(Trap) {
    try scatter(
      tile, pattern, operand, rowOffsets, byMatmul: byMatmul,
      encodeBits(_:count:as:into:stride:))
  }

  /// Copies an operand's stored elements to another of the same type and number of elements, in row
  /// order, without changing a bit.
  public mutating func copyBits(
    _ source: AccessPattern, _ sourceName: String, to target: AccessPattern, _ targetName: String,
    sourceOffsets: [Int]? = nil, targetOffsets: [Int]? = nil
  ) throws(Trap) {
    let from = try resolve(source, sourceName, sourceOffsets)
    try forEachRun(from, sourceName, reading: true) { _, _, _ in }
    let to = try resolve(target, targetName, targetOffsets)
    // All is read before anything is written: where memories are the same, by way of a tile.
    guard from.runs.stride == 1, to.runs.stride == 1, !from.bank.overlaps(to.bank) else {
      let bits = try readBits(source, sourceName, rowOffsets: sourceOffsets)
      try writeBits(bits, to: target, targetName, rowOffsets: targetOffsets)
      return
    }
    Invariant.tileOfPattern.require(
      from.elements == to.elements, "\(from.elements) for \(to.elements) of '\(targetName)'")
    let size = from.dtype.size
    var row = 0
    var run = 0
    var done = 0
    try forEachRun(to, targetName, reading: false) { address, _, _ in
      var target = to.bank.memory + address
      var left = to.runs.length
      while left > 0 {
        let piece = min(left, from.runs.length - done)
        let start = from.rowAddresses[row] + (from.runs.starts[run] + done) * size
        target.copyMemory(from: from.bank.memory + start, byteCount: piece * size)
        target += piece * size
        left -= piece
        done += piece
        guard done == from.runs.length else { continue }
        done = 0
        run += 1
        guard run == from.runs.starts.count else { continue }
        run = 0
        row += 1
      }
    }
  }

  /// Stores integers, exactly into integer types and through fp32 into all others.
  public mutating func writeIntegers(
    _ tile: borrowing Tile<Int64>, to pattern: AccessPattern, _ operand: String
  ) throws(Trap) {
    try scatter(
      tile, pattern, operand, nil, byMatmul: false, encodeInteger(_:count:as:into:stride:))
  }

  /// Reads all rows with `decode(source, stride in bytes, count, type, target)` for each run.
  @inline(__always)
  private func gather<Element: BitwiseCopyable>(
    _ pattern: AccessPattern, _ operand: String, _ rowOffsets: [Int]?,
    _ decode: (UnsafeRawPointer, Int, Int, DType, UnsafeMutablePointer<Element>) -> Void
  ) throws(Trap) -> Tile<Element> {
    let resolved = try resolve(pattern, operand, rowOffsets)
    let tile = makeTile(
      rows: resolved.rowAddresses.count, columns: resolved.elementsPerRow, of: Element.self)
    let stride = resolved.runs.stride * resolved.dtype.size
    try forEachRun(resolved, operand, reading: true) { address, row, first in
      decode(
        UnsafeRawPointer(resolved.bank.memory + address), stride, resolved.runs.length,
        resolved.dtype, tile.row(row) + first)
    }
    return tile
  }

  /// Stores all rows with `encode(source, count, type, target, stride in bytes)` for each run.
  @inline(__always)
  private func scatter<Element: BitwiseCopyable>(
    _ tile: borrowing Tile<Element>, _ pattern: AccessPattern, _ operand: String,
    _ rowOffsets: [Int]?, byMatmul: Bool,
    _ encode: (UnsafePointer<Element>, Int, DType, UnsafeMutableRawPointer, Int) -> Void
  ) throws(Trap) {
    let resolved = try resolve(pattern, operand, rowOffsets)
    Invariant.tileOfPattern.require(
      tile.count == resolved.elements, "\(tile.count) for \(resolved.elements) of '\(operand)'")
    let stride = resolved.runs.stride * resolved.dtype.size
    let elements = tile.elements
    try forEachRun(resolved, operand, reading: false, byMatmul: byMatmul) { address, row, first in
      encode(
        UnsafePointer(elements + row * resolved.elementsPerRow + first), resolved.runs.length,
        resolved.dtype, resolved.bank.memory + address, stride)
    }
  }

  /// A matmul's operand as a matrix in place, if it is of the given type and its rows are contiguous.
  ///
  /// - Returns: the first element and the distance between rows, in elements; `nil` where the operand
  ///   must be decoded or gathered with `read`.
  /// - Throws: when a byte of it was never written.
  public func matmulSource(
    _ pattern: AccessPattern, _ operand: String, as dtype: DType
  ) throws(Trap) -> (elements: UnsafeRawPointer, rowStride: Int)? {
    let resolved = try resolve(pattern, operand, nil)
    guard
      resolved.dtype == dtype, resolved.runs.starts.count == 1, resolved.runs.stride == 1,
      let first = resolved.rowAddresses.first
    else { return nil }
    let bytes = resolved.elementsPerRow * dtype.size
    if let bad = resolved.bank.firstUnwritten(inBlock: resolved.rowAddresses, bytes) {
      try readUndefined(resolved, bad, operand)
    }
    return (
      UnsafeRawPointer(resolved.bank.memory + first), resolved.bank.rowBytes / dtype.size
    )
  }

  /// Rows of fp32 PSUM that a matmul adds to or overwrites, as a matrix in place.
  ///
  /// - Returns: the first element and the distance between rows, in elements.
  /// - Throws: when `accumulating` onto bytes that were never written or not by a matmul.
  public mutating func matmulDestination(
    _ pattern: AccessPattern, _ operand: String, accumulating: Bool
  ) throws(Trap) -> (elements: UnsafeMutablePointer<Float>, rowStride: Int)? {
    let resolved = try resolve(pattern, operand, nil)
    guard
      resolved.dtype == .float32, resolved.runs.starts.count == 1, resolved.runs.stride == 1,
      let first = resolved.rowAddresses.first
    else { return nil }
    if accumulating {
      // Then it is marked already.
      try requireMatmulWritten(resolved, operand)
    } else {
      let bytes = resolved.elementsPerRow * 4
      for address in resolved.rowAddresses { resolved.bank.mark(address, bytes, byMatmul: true) }
    }
    return (
      (resolved.bank.memory + first).assumingMemoryBound(to: Float.self),
      resolved.bank.rowBytes / 4
    )
  }

  /// Traps unless every byte of the operand was last written by a matmul.
  public func requireMatmulWritten(
    _ pattern: AccessPattern, _ operand: String
  ) throws(Trap) {
    try requireMatmulWritten(resolve(pattern, operand, nil), operand)
  }

  private func requireMatmulWritten(
    _ resolved: ResolvedPattern, _ operand: String
  ) throws(Trap) {
    let size = resolved.dtype.size
    for address in resolved.rowAddresses {
      for start in resolved.runs.starts {
        let first = address + start * size
        let count = resolved.runs.stride == 1 ? resolved.runs.length * size : size
        if let bad = resolved.bank.firstUnwritten(first, count) {
          try readUndefined(resolved, bad, operand)
        }
        if resolved.bank.firstNotByMatmul(first, count) != nil {
          throw Trap(
            .undefinedResult,
            "accumulates onto PSUM that an instruction other than a matmul wrote",
            operand: operand,
            remedy: "start the accumulation group with accumulate=false")
        }
      }
    }
  }

  // MARK: - Addresses

  func resolve(
    _ pattern: AccessPattern, _ operand: String, _ rowOffsets: [Int]?
  ) throws(Trap) -> ResolvedPattern {
    let tensor = tensors[Int(pattern.tensor.index)]
    let size = tensor.dtype.size
    let bank: MemoryBank
    var addresses: [Int] = []
    addresses.reserveCapacity(Int(pattern.rows))
    switch tensor.space {
    case .hbm:
      bank = device[Int(pattern.tensor.index)]
      if let rowOffsets {
        let span = pattern.span
        for (row, offset) in rowOffsets.enumerated() {
          if offset + span.lowerBound < 0 || offset + span.upperBound >= tensor.elements {
            throw Trap(
              .outOfBounds,
              "row \(row) reaches element \(offset + span.upperBound) of '\(tensor.name)', "
                + "which has \(tensor.elements)",
              operand: operand,
              remedy: "check the index tensor, or use oob_mode=skip")
          }
          addresses.append(offset * size)
        }
      } else {
        for row in 0..<Int(pattern.rows) {
          addresses.append((pattern.offset + row * pattern.rowStride) * size)
        }
      }
    case .sbuf, .psum:
      bank = onChip[tensor.space == .sbuf ? 0 : 1]
      let first = tensor.partition + Int(pattern.rowStart)
      let byte = tensor.address + pattern.offset * size
      for row in 0..<Int(pattern.rows) {
        addresses.append((first + row) * bank.rowBytes + byte)
      }
    }
    let span = pattern.span
    if rowOffsets == nil, let first = addresses.first, let last = addresses.last {
      // Rows are at one distance, so that the others lie between these; given ones were looked at one by one.
      let low = min(first, last) + span.lowerBound * size
      let end = max(first, last) + (span.upperBound + 1) * size
      Invariant.accessInMemory.require(
        low >= 0 && end <= bank.rows * bank.rowBytes,
        "bytes \(low) to \(end) of \(bank.rows * bank.rowBytes) by '\(operand)'")
    }
    return ResolvedPattern(
      bank: bank, dtype: tensor.dtype, rowAddresses: addresses, runs: pattern.runs,
      elementsPerRow: pattern.elementsPerRow, span: span)
  }

  /// Calls `body(address, row, first element)` for each run; checks or marks what it touches.
  private func forEachRun(
    _ resolved: ResolvedPattern, _ operand: String, reading: Bool, byMatmul: Bool = false,
    _ body: (Int, Int, Int) -> Void
  ) throws(Trap) {
    let size = resolved.dtype.size
    let runs = resolved.runs
    let bank = resolved.bank
    let isOneRun = runs.starts.count == 1 && runs.stride == 1
    for (row, rowAddress) in resolved.rowAddresses.enumerated() {
      // Most often all bytes between the elements of a row are as they should be already.
      let low = rowAddress + resolved.span.lowerBound * size
      let bytes = resolved.span.count * size
      let isSettled =
        !isOneRun
        && (reading
          ? bank.firstUnwritten(low, bytes) == nil : bank.isMarked(low, bytes, byMatmul: byMatmul))
      var first = 0
      for start in runs.starts {
        let address = rowAddress + start * size
        if !isSettled {
          if reading {
            if let bad = bank.firstUnwritten(
              address, size: size, stride: runs.stride, count: runs.length)
            {
              try readUndefined(resolved, bad, operand)
            }
          } else {
            bank.mark(
              address, size: size, stride: runs.stride, count: runs.length, byMatmul: byMatmul)
          }
        }
        body(address, row, first)
        first += runs.length
      }
    }
  }

  /// A read of bytes that nothing wrote: a fault, unless somebody is told of it.
  private func readUndefined(
    _ resolved: ResolvedPattern, _ byte: Int, _ operand: String
  ) throws(Trap) {
    let trap = uninitialized(resolved.bank, byte, operand)
    guard let onUndefinedRead else { throw trap }
    resolved.bank.fillUnwritten(
      with: (resolved.bank.rows > 1 ? .float32 : resolved.dtype).undefinedElement)
    resolved.bank.allowsUndefinedReads = true
    onUndefinedRead(trap)
  }

  private func uninitialized(_ bank: MemoryBank, _ byte: Int, _ operand: String) -> Trap {
    let place =
      bank.rows > 1
      ? "partition \(byte / bank.rowBytes), byte \(byte % bank.rowBytes)"
      : "byte \(byte)"
    return Trap(
      .uninitializedRead, "reads memory that was never written: \(place)", operand: operand,
      remedy: "write the whole operand first (memset, dma_copy) or read only what was written")
  }
}
