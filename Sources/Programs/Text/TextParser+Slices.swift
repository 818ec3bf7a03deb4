import ISA
import Machine

extension TextParser {
  /// NumPy-like slices in brackets; dimensions that are left out are taken whole.
  mutating func slicedPattern(
    _ id: TensorID, _ layout: TensorLayout, _ name: ScannedName
  ) throws(Malformed) -> AccessPattern {
    at += 1
    var pattern = AccessPattern(tensor: id, rows: 1, free: FreeDimensions())
    var hasRows = layout.isOnChip
    var dimension = 0
    var isClosed = accept("]")
    if isClosed { throw fail("empty slice", at - 2, at, remedy: "write [:] for the whole tensor") }
    while dimension < layout.shape.count || !isClosed {
      if !isClosed { skipBlanks() }
      let start = at
      if dimension >= layout.shape.count {
        throw fail(
          "slice \(dimension + 1) of '\(string(name))', which has \(layout.shape.count) "
            + "dimensions", start, tokenEnd(start), remedy: "its shape is \(layout.shape)")
      }
      let extent = layout.shape[dimension]
      var selection = DimensionSelection(size: extent, isIndex: false)
      if !isClosed { selection = try slice(dimension, extent, name) }
      let place = start..<at
      if !isClosed {
        isClosed = accept("]")
        if !isClosed { try expect(",", "or ']' after a slice") }
      }
      try apply(selection, dimension, layout, to: &pattern, &hasRows, place)
      dimension += 1
    }
    return pattern
  }

  private mutating func apply(
    _ selection: DimensionSelection, _ dimension: Int, _ layout: TensorLayout,
    to pattern: inout AccessPattern, _ hasRows: inout Bool, _ place: Range<Int>
  ) throws(Malformed) {
    let distance = layout.strides[dimension]
    pattern.offset += selection.start * distance
    let isPartition = layout.isOnChip && dimension == 0
    if selection.isIndex && !isPartition { return }
    let (stride, overflow) = distance.multipliedReportingOverflow(by: selection.step)
    let isRow = isPartition || !hasRows
    guard !overflow, selection.size <= Int32.max, isRow || stride <= Int32.max else {
      throw fail(
        "this slice has \(selection.size) elements, \(stride) apart; patterns count in 32 bits",
        place.lowerBound, place.upperBound, remedy: "take a smaller slice")
    }
    if isPartition {
      guard selection.step == 1 else {
        throw fail(
          "partitions cannot be skipped, the step is \(selection.step)", place.lowerBound,
          place.upperBound, remedy: "use one instruction for each run of partitions")
      }
      guard selection.start <= Int32.max else {
        throw fail(
          "partition \(selection.start) does not fit into 32 bits", place.lowerBound,
          place.upperBound)
      }
      pattern.rowStart = Int32(selection.start)
      pattern.rows = Int32(selection.size)
    } else if !hasRows {
      hasRows = true
      pattern.rows = Int32(selection.size)
      pattern.rowStride = stride
    } else {
      guard pattern.free.count < FreeDimensions.maximum else {
        throw fail(
          "more than \(FreeDimensions.maximum) free dimensions", place.lowerBound,
          max(place.upperBound, place.lowerBound + 1),
          remedy: "index one of them, or use .ap([[stride, size], …])")
      }
      pattern.free.append(AccessDimension(stride: stride, size: selection.size))
    }
  }

  /// `i`, `:`, `a:b` or `a:b:step` within an extent.
  private mutating func slice(
    _ dimension: Int, _ extent: Int, _ name: ScannedName
  ) throws(Malformed) -> DimensionSelection {
    let start = at
    var first: Int?
    var stop: Int?
    var step = 1
    if byte != UInt8(ascii: ":") { first = try integer("an index") }
    guard accept(":") else {
      let index = first ?? 0
      guard (0..<extent).contains(index) else {
        throw fail(
          "index \(index) is outside dimension \(dimension) of '\(string(name))', "
            + "which has \(extent)", start, at, remedy: "indices go from 0 to \(extent - 1)")
      }
      return DimensionSelection(start: index)
    }
    skipBlanks()
    if byte != UInt8(ascii: ":") && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "]") {
      stop = try integer("the end of a slice")
    }
    if accept(":") {
      skipBlanks()
      let place = at
      step = try integer("the step of a slice")
      if step < 1 {
        throw fail(
          "the step of a slice is \(step)", place, at,
          remedy: "steps are positive; .ap([[stride, size], …]) can go backwards")
      }
    }
    let low = first ?? 0
    let high = stop ?? extent
    if low < 0 || high > extent || low > extent {
      throw fail(
        "slice \(low):\(high) exceeds dimension \(dimension) of '\(string(name))', "
          + "which has \(extent)", start, at, remedy: "shorten the slice, or mask the last tile")
    }
    if low >= high {
      throw fail(
        "slice \(low):\(high) is empty", start, at, remedy: "the end is the index after the last")
    }
    return DimensionSelection(
      start: low, size: (high - low - 1) / step + 1, step: step, isIndex: false)
  }
}
