import Device
import Formats
import ISA
import Machine

extension Program {
  /// One screen about the program: tensors, memory, operations, engines.
  ///
  /// ```
  /// kernel rmsnorm: 3 instructions, 2 scopes, dependencies derived
  ///   tokens = 128
  ///
  /// memory      tensors        bytes
  ///   hbm             2      1048576
  ///   sbuf            1       524288  up to byte 4096 of a partition
  ///
  /// operations
  ///   dma_copy        2
  ///
  /// engines
  ///   sync            2
  /// ```
  public func summaryText() -> String {
    var lines = [
      "kernel \(name): \(instructions.count) instructions, \(scopes.count) scopes, "
        + "dependencies \(dependencies.rawValue)"
    ]
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(key) = \(value)")
    }
    lines += ["", Program.row("memory", "tensors", "bytes")]
    for space in MemorySpace.allCases { lines += summaryLines(space) }
    let names = instructions.map { Swift.type(of: $0.operation).name }
    lines += ["", "operations"] + Program.histogram(names, order: Opcode.names)
    let engines = instructions.map { $0.resolvedEngine.name }
    lines += ["", "engines"] + Program.histogram(engines, order: Engine.allCases.map(\.name))
    return lines.joined(separator: "\n") + "\n"
  }

  private func summaryLines(_ space: MemorySpace) -> [String] {
    let found = tensors.filter { $0.space == space }
    if found.isEmpty { return [] }
    // Sizes of unchecked programs may be absurd; sums stop at the largest integer.
    var bytes = 0
    var top = 0
    for tensor in found {
      var size = tensor.dtype.size
      for extent in tensor.shape { size = Program.product(size, extent) }
      bytes = Program.sum(bytes, size)
      var free = tensor.dtype.size
      for extent in tensor.shape.dropFirst() { free = Program.product(free, extent) }
      top = max(top, Program.sum(tensor.address, free))
    }
    let line = Program.row("  \(space.name)", "\(found.count)", "\(bytes)")
    if space != .hbm { return ["\(line)  up to byte \(top) of a partition"] }
    let roles = [Tensor.Role.input, .output, .inout].compactMap { role in
      let count = found.count { $0.role == role }
      return role == .inout && count == 0 ? nil : "\(count) \(role)"
    }
    return ["\(line)  \(roles.joined(separator: ", "))"]
  }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? Int.max : sum
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? Int.max : product
  }

  private static func row(_ first: String, _ second: String, _ third: String = "") -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(1, width - text.count)) + text
    }
    let left = first + String(repeating: " ", count: max(0, 26 - first.count))
    return left + right(second, 9) + (third.isEmpty ? "" : right(third, 16))
  }

  private static func histogram(_ names: [String], order: [String]) -> [String] {
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    return order.enumerated().compactMap { position, name in
      counts[name].map { (position: position, name: name, count: $0) }
    }
    .sorted { ($1.count, $0.position) < ($0.count, $1.position) }
    .map { row("  \($0.name)", "\($0.count)") }
  }
}
