import ISA
import Machine

extension TextPrinter {
  mutating func appendValue(_ value: FieldValue) {
    switch value {
    case .absent: append("absent")
    case .tile(let pattern): appendOperand(pattern)
    case .number(let number): append(TextSyntax.number(number))
    case .integer(let integer): append(integer)
    case .flag(let flag): append(flag ? "true" : "false" as StaticString)
    case .symbol(let name): append(TextSyntax.name(name))
    case .integers(let values):
      append("[")
      for (position, value) in values.enumerated() {
        if position > 0 { append(", ") }
        append(value)
      }
      append("]")
    case .pairs(let steps):
      append("[")
      for (position, step) in steps.enumerated() {
        if position > 0 { append(", ") }
        appendPair(step.step, step.count)
      }
      append("]")
    case .register(let number):
      append("r")
      append(number)
    case .text(let text): append(TextSyntax.quoted(text))
    }
  }

  private mutating func appendPair(_ first: Int, _ second: Int) {
    append("[")
    append(first)
    append(", ")
    append(second)
    append("]")
  }

  /// The shortest form that denotes exactly this pattern.
  mutating func appendOperand(_ pattern: AccessPattern) {
    appendTensorName(pattern.tensor)
    let index = Int(pattern.tensor.index)
    let layout = layouts.indices.contains(index) ? layouts[index] : nil
    if let layout {
      if layout.whole == pattern { return }
      if layout.slices(of: pattern, into: &selections) {
        appendSlices(layout)
        return
      }
    }
    appendGeneral(pattern, isOnChip: layout?.isOnChip ?? true, partitions: layout?.shape[0])
  }

  private mutating func appendSlices(_ layout: TensorLayout) {
    append("[")
    for (position, selection) in selections.enumerated() {
      if position > 0 { append(", ") }
      if selection.isIndex {
        append(selection.start)
        continue
      }
      let isFull =
        selection.start == 0 && selection.step == 1 && selection.size == layout.shape[position]
      if !isFull { append(selection.start) }
      append(":")
      if !isFull { append(selection.start + (selection.size - 1) * selection.step + 1) }
      if selection.step != 1 {
        append(":")
        append(selection.step)
      }
    }
    append("]")
  }

  private mutating func appendGeneral(
    _ pattern: AccessPattern, isOnChip: Bool, partitions: Int?
  ) {
    append(".ap([")
    if !isOnChip { appendPair(pattern.rowStride, Int(pattern.rows)) }
    for (position, dimension) in pattern.free.enumerated() {
      if position > 0 || !isOnChip { append(", ") }
      appendPair(Int(dimension.stride), Int(dimension.size))
    }
    append("]")
    let start = Int(pattern.rowStart)
    if isOnChip {
      if start != 0 || Int(pattern.rows) != partitions {
        append(", rows=")
        append(start)
        append(":")
        append(start + Int(pattern.rows))
      }
      if pattern.rowStride != 0 { append(", row_stride=\(pattern.rowStride)") }
    } else if start != 0 {
      append(", row_start=\(start)")
    }
    if pattern.offset != 0 {
      append(", offset=")
      append(pattern.offset)
    }
    if pattern.isDynamic {
      append(", moved=[r")
      append(Int(pattern.register))
      append(", ")
      append(Int(pattern.registerStride))
      append("]")
    }
    append(")")
  }
}
