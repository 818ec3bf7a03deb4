import Diagnostics
import ISA
import Machine
import Programs
import Reports

/// Tiles that are loaded again and again are loaded once, and stay in SBUF.
struct LoadOnce: Rule {
  let key = "load_once"
  let summary = "loads of the same data hoisted out of loops"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard program.isStream else { return [] }
    let repeated = repeated(program)
    let sources = Set(repeated.map { $0.source }).sorted { $0.index < $1.index }
    var found = sources.compactMap { source in
      change(program, repeated.filter { $0.source == source }, evidence)
    }
    if sources.count > 1, let all = change(program, repeated, evidence) { found.append(all) }
    return found
  }

  /// Loads of one piece of an input into tiles of their own.
  private struct Repeated {
    var source: TensorID
    var loads: [Int]
  }

  private func repeated(_ program: Program) -> [Repeated] {
    // Tiles that are written once, by one load, and are nobody's memory but their own.
    var writers: [TensorID: Int] = [:]
    var shared: Set<TensorID> = []
    for tensor in program.tensors { if let base = tensor.base { shared.insert(base) } }
    var written: Set<TensorID> = []
    for (index, instruction) in program.instructions.enumerated() {
      for operand in instruction.operation.operands where operand.role != .read {
        let tensor = operand.pattern.tensor
        if writers.updateValue(index, forKey: tensor) != nil { shared.insert(tensor) }
        written.insert(program.owner(of: tensor))
      }
    }
    struct Key: Hashable {
      var from: AccessPattern
      var to: AccessPattern
      var shape: [Int]
    }
    var found: [Key: [Int]] = [:]
    for index in program.instructions.indices {
      guard let copy = program.plainCopy(index) else { continue }
      let (from, to) = (program.tensor(copy.src), program.tensor(copy.dst))
      guard from.role == .input, from.space == .hbm, to.space == .sbuf, to.base == nil,
        to.place == nil, !shared.contains(copy.dst.tensor),
        !written.contains(program.owner(of: copy.src.tensor))
      else { continue }
      var target = copy.dst
      target.tensor = .unset
      found[Key(from: copy.src, to: target, shape: to.shape), default: []].append(index)
    }
    return found.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }.compactMap { loads in
      program.plainCopy(loads[0]).map { Repeated(source: $0.src.tensor, loads: loads) }
    }
  }

  private func change(
    _ program: Program, _ repeated: [Repeated], _ evidence: Evidence
  ) -> ProgramChange? {
    var renamed: [TensorID: TensorID] = [:]
    var removed: Set<Int> = []
    for group in repeated {
      guard let first = program.plainCopy(group.loads[0]) else { continue }
      for load in group.loads.dropFirst() {
        guard let copy = program.plainCopy(load) else { continue }
        renamed[copy.dst.tensor] = first.dst.tensor
        removed.insert(load)
      }
    }
    guard !removed.isEmpty else { return nil }
    var changed = program
    changed.instructions = program.instructions.indices.filter { !removed.contains($0) }.map {
      index in
      program.instructions[index].renaming(renamed)
    }
    let names = Set(repeated.map { program.tensors[Int($0.source.index)].name }).sorted()
    let lines = Set(removed.compactMap { program.instructions[$0].location })
      .sorted { $0.description < $1.description }
    let loads = repeated.reduce(0) { $0 + $1.loads.count }
    return ProgramChange(
      "\(names.joined(separator: " and ")) loaded once and kept in SBUF: \(grouped(repeated.count)) "
        + "loads instead of \(grouped(loads))",
      how: "load before the loops, into tiles of their own, what dma_copy loads at "
        + lines.map(\.shortText).joined(separator: ", "),
      lines: lines, changed)
  }
}

extension Instruction {
  /// The instruction with some tensors in the place of others.
  func renaming(_ names: [TensorID: TensorID]) -> Instruction {
    guard operation.operands.contains(where: { names[$0.pattern.tensor] != nil }) else {
      return self
    }
    var changed = self
    changed.operation = operation.renaming(names)
    return changed
  }
}

extension Operation {
  /// The operation with some tensors in the place of others.
  fileprivate func renaming(_ names: [TensorID: TensorID]) -> Self {
    var changed = self
    for index in Self.fields.indices {
      guard var pattern = operandPattern(index), let name = names[pattern.tensor] else { continue }
      pattern.tensor = name
      _ = changed.setField(index, to: .tile(pattern))
    }
    return changed
  }
}
