import Formats
import ISA
import Machine
import Programs

// dst=float32@0x2000800[1][512](acc) stationary=bfloat16@0x37600[1][128](w.3)
//   moving=bfloat16@0x1000[1][512](x) accumulate 128*512

extension Program {
  /// Writes an instruction's operands as the profiler prints them.
  ///
  /// Tensors: `name=type@address[strides][sizes](tensor)`, dimensions innermost first in elements;
  /// PSUM addresses start at 0x2000000, HBM addresses are offsets into the tensor. A first partition
  /// other than 0 stands before the address. At the end, partitions*elements of what is written.
  func writeOperands(_ source: Int, to text: inout ProtoBuffer) {
    guard instructions.indices.contains(source) else { return }
    writeOperands(instructions[source].operation, to: &text)
  }

  private func writeOperands<Root: Operation>(_ operation: Root, to text: inout ProtoBuffer) {
    var written: AccessPattern?
    for field in Root.fields {
      switch field.get(operation) {
      case .absent: continue
      case .tile(let pattern):
        if field.role != .read && written == nil { written = pattern }
        space(&text)
        text.text(field.name)
        text.text("=")
        write(pattern, to: &text)
      case .number(let value):
        name(field.name, Float(exactly: value).map { "\($0)" } ?? "\(value)", to: &text)
      case .integer(let value): name(field.name, "\(value)", to: &text)
      case .flag(let value):
        guard value else { continue }
        space(&text)
        text.text(field.name)
      // What is left to the compiler is shown as the compiler chose.
      case .symbol(let value):
        if value != "none" && value != "unknown" { name(field.name, value, to: &text) }
      case .integers(let values):
        if !values.isEmpty { name(field.name, "\(values)", to: &text) }
      case .pairs(let steps):
        name(
          field.name, steps.map { "[\($0.step),\($0.count)]" }.joined(), to: &text)
      case .register(let number): name(field.name, "r\(number)", to: &text)
      case .text(let value): name(field.name, value, to: &text)
      }
    }
    guard let written else { return }
    space(&text)
    text.decimal(Int(written.rows))
    text.text("*")
    text.decimal(written.elementsPerRow)
  }

  private func space(_ text: inout ProtoBuffer) {
    if text.count > 0 { text.text(" ") }
  }

  private func name(_ name: String, _ value: String, to text: inout ProtoBuffer) {
    space(&text)
    text.text(name)
    text.text("=")
    text.text(value)
  }

  private func write(_ pattern: AccessPattern, to text: inout ProtoBuffer) {
    guard tensors.indices.contains(Int(pattern.tensor.index)) else { return }
    let tensor = tensors[Int(pattern.tensor.index)]
    text.text(tensor.dtype.name)
    text.text("@")
    let start = pattern.offset * tensor.dtype.size
    if tensor.space == .hbm {
      text.hexadecimal(start)
    } else {
      let partition = tensor.partition + Int(pattern.rowStart)
      if partition != 0 {
        text.text("p")
        text.decimal(partition)
        text.text(":")
      }
      // PSUM's place in the core's address space: operands in the profiler's instruction table.
      let base = tensor.space == .psum ? 0x200_0000 : 0
      text.hexadecimal(base + tensor.address + start)
    }
    text.text("[")
    for index in stride(from: pattern.free.count - 1, through: 0, by: -1) {
      text.decimal(Int(pattern.free[index].stride))
      if index > 0 { text.text(",") }
    }
    text.text("][")
    for index in stride(from: pattern.free.count - 1, through: 0, by: -1) {
      text.decimal(Int(pattern.free[index].size))
      if index > 0 { text.text(",") }
    }
    text.text("](")
    text.text(tensor.name)
    text.text(")")
  }
}
