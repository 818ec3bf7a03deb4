import Device
public import Diagnostics
import Formats
import ISA
public import Machine

extension Program {
  /// Everything that is statically wrong with the program on a machine of this geometry.
  ///
  /// Tensors first (shape, capacity), then each instruction's operands and rules. A program without
  /// findings can be executed and lowered.
  /// - Parameter allowsUnplaced: whether tensors may still have no place, as before the compiler.
  public func check(_ geometry: Geometry, allowsUnplaced: Bool = false) -> [Diagnostic] {
    var found = checkTensors(geometry, from: 0, allowsUnplaced: allowsUnplaced)
    found += checkScopes()
    // An instruction's checks assume sound tensors.
    guard found.isEmpty else { return found }
    let flow = checkControlFlow()
    found += flow.found
    found += checkInstructions(geometry, instructions.indices, writtenRegisters: flow.written)
    return found
  }

  /// What is wrong with tensors and instructions that a growing program got since its last check.
  ///
  /// Loops may still be open and registers come later.
  public func check(
    _ geometry: Geometry, tensorsFrom first: Int, instructions range: Range<Int>,
    allowsUnplaced: Bool = false
  ) -> [Diagnostic] {
    let found = checkTensors(geometry, from: first, allowsUnplaced: allowsUnplaced)
    return found.isEmpty ? checkInstructions(geometry, range) : found
  }

  private func checkInstructions(
    _ geometry: Geometry, _ range: Range<Int>, writtenRegisters: Set<Int>? = nil
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var checker = Checker(geometry: geometry, tensors: tensors, engine: .tensor)
    for index in range {
      checker.begin(on: instructions[index].resolvedEngine)
      instructions[index].operation.checkAll(&checker)
      if let writtenRegisters, !checker.dynamicOperands.isEmpty {
        found += checkRegisters(of: checker.dynamicOperands, index, written: writtenRegisters)
      }
      for finding in checker.findings { found.append(diagnostic(finding, of: index)) }
      checkOrder(index, &found)
    }
    return found
  }

  private func checkTensors(
    _ geometry: Geometry, from start: Int, allowsUnplaced: Bool
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    var names: [String: Int] = [:]
    var deviceBytes = 0
    for (index, tensor) in tensors.enumerated() where index >= start || tensor.space == .hbm {
      if let first = names.updateValue(index, forKey: tensor.name) {
        found.append(
          Diagnostic(
            .error, "tensor '\(tensor.name)' is declared twice", at: tensor.location,
            remedy:
              "the first is \(tensors[first].location.map { "at \($0)" } ?? "tensor \(first)")"
          ))
      }
      found += check(tensor, index, geometry, &deviceBytes)
      if tensor.isUnplaced && !allowsUnplaced && index >= start {
        found += problem(
          tensor, "has no place in \(tensor.space.name) yet",
          "place it with 'at', or let the compiler do it: trnsim compile")
      }
    }
    if deviceBytes > geometry.hbmBytes {
      found.append(
        Diagnostic(
          .error, "the hbm tensors take \(deviceBytes) bytes, the device has \(geometry.hbmBytes)"))
    }
    return found
  }

  /// What an instruction comes after exists, and keeps program order where that is what counts.
  private func checkOrder(_ index: Int, _ found: inout [Diagnostic]) {
    for other in instructions[index].after {
      if !instructions.indices.contains(Int(other)) {
        found.append(
          Diagnostic(
            .error, "instruction \(index) comes after instruction \(other), which does not exist",
            at: instructions[index].location, instruction: index))
      } else if dependencies == .derived && other >= index {
        found.append(
          Diagnostic(
            .error,
            "instruction \(index) comes after instruction \(other), which is not before it; "
              + "derived dependencies keep program order", at: instructions[index].location,
            remedy: "move it, or declare explicit dependencies", instruction: index))
      }
    }
  }

  private func diagnostic(_ finding: Checker.Finding, of index: Int) -> Diagnostic {
    let name = Swift.type(of: instructions[index].operation).name
    return Diagnostic(
      .error, "\(name): \(finding.message)",
      at: instructions[index].location ?? SourceLocation(file: "instruction \(index)", line: 0),
      remedy: finding.remedy, instruction: index, topic: .operands)
  }

  /// Parents come before their children, and every scope that is named exists.
  private func checkScopes() -> [Diagnostic] {
    var found: [Diagnostic] = []
    var depths: [Int] = []
    for (index, scope) in scopes.enumerated() {
      let parent = Int(scope.parent)
      guard parent >= -1 && parent < index else {
        found.append(
          Diagnostic(
            .error,
            "scope \(index), '\(scope.name)', is in scope \(parent), must be in an earlier one",
            remedy: "list scopes before those that they contain"))
        depths.append(1)
        continue
      }
      depths.append(parent < 0 ? 1 : depths[parent] + 1)
      if depths[index] == Program.scopeDepthLimit + 1 {
        found.append(
          Diagnostic(
            .error,
            "scopes nest deeper than \(Program.scopeDepthLimit), at scope \(index), "
              + "'\(scope.name)'", remedy: "use fewer levels"))
      }
    }
    for index in instructions.indices {
      let scope = instructions[index].scope
      if scope == -1 || scopes.indices.contains(Int(scope)) { continue }
      found.append(
        Diagnostic(
          .error, "instruction \(index) is in scope \(scope), which does not exist",
          at: instructions[index].location))
    }
    return found
  }

  private func problem(
    _ tensor: Tensor, _ message: String, _ remedy: String? = nil
  ) -> [Diagnostic] {
    [
      Diagnostic(
        .error, "tensor '\(tensor.name)' \(message)", at: tensor.location, remedy: remedy)
    ]
  }

  /// The tensors that take most of an on-chip memory, if there are several.
  private func largest(in space: MemorySpace) -> String {
    // Sizes that no check has seen yet may overflow.
    let sizes = tensors.filter { $0.space == space }.map { tensor in
      let bytes = tensor.shape.dropFirst().reduce(Double(tensor.dtype.size)) { $0 * Double($1) }
      return (name: tensor.name, bytes: bytes)
    }
    guard sizes.count > 1 else { return "" }
    let list = sizes.sorted { $0.bytes > $1.bytes }.prefix(5).map {
      "\($0.name) \(Int(exactly: $0.bytes).map { "\($0)" } ?? "\($0.bytes)")"
    }
    return "; most of each partition is taken by \(list.joined(separator: ", "))"
  }

  /// What is wrong with a tensor that has another's memory.
  private func baseProblem(_ tensor: Tensor, _ index: Int) -> String? {
    guard let base = tensor.base else { return nil }
    guard (0..<index).contains(Int(base.index)) else {
      return "has the memory of tensor \(base.index), which is not declared before it"
    }
    let owner = tensors[Int(base.index)]
    if owner.base != nil { return "has the memory of '\(owner.name)', which has none of its own" }
    if tensor.space != owner.space {
      return
        "is in \(tensor.space.name) and has the memory of '\(owner.name)' in \(owner.space.name)"
    }
    if tensor.place != nil {
      return "has the memory of '\(owner.name)' and cannot have a place of its own"
    }
    if tensor.space != .hbm {
      return tensor.partitions > owner.partitions || tensor.freeBytes > owner.freeBytes
        ? "needs \(tensor.freeBytes) bytes of \(tensor.partitions) partitions, '\(owner.name)' has "
          + "\(owner.freeBytes) of \(owner.partitions)" : nil
    }
    if tensor.role != .scratch { return "has the memory of '\(owner.name)' and cannot have a role" }
    return tensor.bytes > owner.bytes
      ? "needs \(tensor.bytes) bytes, '\(owner.name)' has \(owner.bytes)" : nil
  }

  private func check(
    _ tensor: Tensor, _ index: Int, _ geometry: Geometry, _ deviceBytes: inout Int
  ) -> [Diagnostic] {
    func problem(_ message: String, _ remedy: String? = nil) -> [Diagnostic] {
      self.problem(tensor, message, remedy)
    }
    var elements = tensor.dtype.size
    for extent in tensor.shape {
      if extent < 1 { return problem("has an extent of \(extent)", "extents start at 1") }
      let product = elements.multipliedReportingOverflow(by: extent)
      if product.overflow || product.partialValue > 1 << 46 {
        return problem("of shape \(tensor.shape) is larger than any memory")
      }
      elements = product.partialValue
    }
    if tensor.shape.isEmpty { return problem("has no dimensions", "a scalar is [1, 1]") }
    // Sums with such numbers cannot overflow.
    let places = 0...(1 << 48)
    guard places.contains(tensor.partition), places.contains(tensor.address) else {
      return problem(
        "is placed at partition \(tensor.partition), byte \(tensor.address), which does not exist")
    }
    if tensor.space == .hbm && tensor.place != nil {
      return problem(
        "is in hbm and has no place on chip, but names partition \(tensor.partition), byte "
          + "\(tensor.address)", "leave both 0, or declare it in sbuf or psum")
    }
    let capacity: Int
    if let problem = baseProblem(tensor, index) { return self.problem(tensor, problem) }
    switch tensor.space {
    case .hbm:
      if tensor.base != nil { return [] }
      deviceBytes =
        deviceBytes.addingReportingOverflow(tensor.bytes).overflow
        ? Int.max : deviceBytes + tensor.bytes
      return []
    case .sbuf: capacity = geometry.sbufBytes
    case .psum: capacity = geometry.psumBytes
    }
    if tensor.role != .scratch { return problem("is on chip and cannot be an input or output") }
    if tensor.partition < 0 || tensor.partition + tensor.partitions > geometry.partitions {
      return problem(
        "uses partitions \(tensor.partition)..<\(tensor.partition + tensor.partitions), "
          + "\(tensor.space.name) has \(geometry.partitions)", "split the first dimension")
    }
    if tensor.address < 0 || tensor.address + tensor.freeBytes > capacity {
      return problem(
        "needs bytes \(tensor.address)..<\(tensor.address + tensor.freeBytes) of each partition, "
          + "\(tensor.space.name) has \(capacity)",
        "use smaller tiles or fewer buffers" + largest(in: tensor.space))
    }
    if tensor.address % tensor.dtype.size != 0 {
      return problem("starts at byte \(tensor.address), not a multiple of \(tensor.dtype.size)")
    }
    return []
  }
}
