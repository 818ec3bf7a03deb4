import Diagnostics

/// A memory without room, by tensor over program order: addresses up to the instruction where there is none, and below
/// what all tensors need.
struct MemoryPicture {
  private static let width = 960.0
  private static let left = 84.0
  private static let right = 16.0
  private static let map = 300.0
  private static let curve = 90.0
  /// Where the map's top is: what has no room is above it.
  private static let most = 110.0

  private let shortage: MemoryShortage

  init(_ shortage: MemoryShortage) { self.shortage = shortage }

  private func x(_ instruction: Int) -> Double {
    let room = MemoryPicture.width - MemoryPicture.left - MemoryPicture.right
    return MemoryPicture.left + room * Double(instruction) / Double(max(1, shortage.instructions))
  }

  private func height(_ bytes: Int) -> Double {
    MemoryPicture.map * Double(bytes) / Double(max(1, shortage.capacity))
  }

  /// Room above the map for the tensor that has none.
  private var top: Double { 34 + min(MemoryPicture.most, max(14, height(shortage.wanted.bytes))) }

  private func told(_ tensor: MemoryShortage.Tensor) -> String {
    let from = (tensor.from ?? tensor.location)?.shortText ?? "instruction \(tensor.first)"
    let until = tensor.until?.shortText ?? "instruction \(tensor.last)"
    return "\(tensor.name): \(grouped(tensor.bytes)) bytes, \(from) to \(until)"
  }

  var html: String {
    let bottom = top + MemoryPicture.map
    let floor = bottom + 34 + MemoryPicture.curve
    let memory = shortage.memory.uppercased()
    var svg = SVG(
      width: Int(MemoryPicture.width), height: Int(floor + 30),
      label:
        "\(memory) by tensor over program order: \(shortage.wanted.name) has no room at instruction \(shortage.instruction)"
    )
    let edge = MemoryPicture.width - MemoryPicture.right
    svg.text("bytes", x: MemoryPicture.left - 8, y: top - 8, "faint", anchor: "end")
    svg.rectangle(
      x: MemoryPicture.left, y: top, width: edge - MemoryPicture.left, height: MemoryPicture.map,
      "ground")
    let placed = shortage.others.map { ($0, "gone") } + shortage.alive.map { ($0, "alive") }
    for (tensor, kind) in placed {
      guard let byte = tensor.byte else { continue }
      draw(
        tensor, kind, y: bottom - height(byte) - height(tensor.bytes), height(tensor.bytes), &svg)
    }
    let wanted = min(MemoryPicture.most, max(14, height(shortage.wanted.bytes)))
    draw(shortage.wanted, "wanted", y: top - wanted - 4, wanted, &svg)
    svg.line((MemoryPicture.left, top), (edge, top), "limit")
    let here = x(shortage.instruction)
    svg.line((here, 22), (here, floor), "here")
    svg.text(
      "instruction \(grouped(shortage.instruction))", x: here, y: 16, "",
      anchor: here > MemoryPicture.width / 2 ? "end" : "start")
    svg.text(grouped(shortage.capacity), x: MemoryPicture.left - 8, y: top + 10, anchor: "end")
    svg.text("0", x: MemoryPicture.left - 8, y: bottom, anchor: "end")
    needs(&svg, floor: floor, edge: edge)
    svg.text("0", x: MemoryPicture.left, y: floor + 18)
    svg.text(
      "program order, \(grouped(shortage.instructions)) instructions", x: edge, y: floor + 18,
      anchor: "end")
    return svg.html
  }

  private func draw(
    _ tensor: MemoryShortage.Tensor, _ kind: String, y: Double, _ height: Double, _ svg: inout SVG
  ) {
    let begin = x(tensor.first)
    let width = max(1, x(tensor.last + 1) - begin)
    svg.rectangle(x: begin, y: y, width: width, height: height, kind, title: told(tensor))
    let name = fitted(tensor.name, into: width - 8)
    if height >= 12 && !name.isEmpty {
      svg.text(name, x: begin + 4, y: y + min(height / 2 + 4, 14), "\(kind)-name")
    }
  }

  /// What all tensors need, as a curve of steps, with the memory's size.
  private func needs(_ svg: inout SVG, floor: Double, edge: Double) {
    let most = max(shortage.peak.bytes, shortage.capacity, 1)
    func y(_ bytes: Int) -> Double {
      floor - MemoryPicture.curve * Double(bytes) / Double(most)
    }
    var data = "M\(SVG.number(MemoryPicture.left)) \(SVG.number(floor))"
    for need in shortage.needs {
      data += "H\(SVG.number(x(need.instruction)))V\(SVG.number(y(need.bytes)))"
    }
    data += "H\(SVG.number(edge))V\(SVG.number(floor))Z"
    svg.path(
      data, "needs",
      title:
        "all tensors need \(grouped(shortage.peak.bytes)) bytes at instruction \(shortage.peak.instruction), where they need most"
    )
    let limit = y(shortage.capacity)
    svg.line((MemoryPicture.left, limit), (edge, limit), "limit")
    svg.text(
      "needed", x: MemoryPicture.left - 8, y: y(most) - 4, "faint", anchor: "end")
    svg.text(grouped(most), x: MemoryPicture.left - 8, y: y(most) + 10, anchor: "end")
  }
}
