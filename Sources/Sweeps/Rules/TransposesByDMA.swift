import Diagnostics
import ISA
import Machine
import Programs
import Reports

/// Transposes by the DMA rings in the place of an engine's and the copies out of PSUM behind them.
struct TransposesByDMA: Rule {
  let key = "dma_transposes"
  let summary = "transposes by DMA in the place of an engine's"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard program.isStream else { return [] }
    var changed = program
    var removed: Set<Int> = []
    var replaced: [Int] = []
    let uses = uses(program)
    for index in program.instructions.indices {
      guard let transpose = program.instructions[index].operation as? NCTranspose,
        program.tensor(transpose.data).space == .sbuf
      else { continue }
      var copy = index
      var target = transpose.dst
      if program.tensor(target).space == .psum {
        // A tile of its own, that one copy takes out whole, as it was.
        guard uses[target.tensor] == 2,
          let next = program.instructions[index...].firstIndex(where: {
            ($0.operation as? TensorCopy)?.src == target
          }), let out = program.instructions[next].operation as? TensorCopy,
          program.tensor(out.dst).space == .sbuf,
          isUntouched(transpose.data, from: index + 1, to: next, program)
        else { continue }
        removed.insert(index)
        copy = next
        target = out.dst
      }
      var operation = DMATranspose(dst: target, src: transpose.data)
      var place = copy
      // What is loaded for nothing else is turned on its way.
      if uses[transpose.data.tensor] == 2,
        let load = program.instructions[..<index].lastIndex(where: {
          $0.operation.operands.contains { $0.pattern.tensor == transpose.data.tensor }
        }), let loaded = program.plainCopy(load), loaded.dst == transpose.data,
        program.tensor(loaded.src).role == .input, loaded.src.elements == loaded.dst.elements,
        program.tensor(loaded.src).dtype == program.tensor(loaded.dst).dtype,
        isUnused(target, from: load + 1, to: copy, program)
      {
        operation.src = loaded.src
        removed.insert(copy)
        place = load
      }
      changed.instructions[place].operation = operation
      changed.instructions[place].engine = nil
      replaced.append(place)
    }
    guard !replaced.isEmpty, changed.isSound(evidence.geometry, replaced) else { return [] }
    let lines = Set(replaced.compactMap { program.instructions[$0].location })
      .sorted { $0.description < $1.description }
    changed.instructions = changed.instructions.indices.filter { !removed.contains($0) }
      .map { changed.instructions[$0] }
    return [
      ProgramChange(
        "\(grouped(replaced.count)) transposes by DMA",
        how: "dma_transpose in the place of nc_transpose"
          + (lines.isEmpty ? "" : ", for " + lines.map(\.shortText).joined(separator: ", ")),
        lines: lines, changed)
    ]
  }

  /// By tensor: how many operands are it.
  private func uses(_ program: Program) -> [TensorID: Int] {
    var uses: [TensorID: Int] = [:]
    for instruction in program.instructions {
      for operand in instruction.operation.operands {
        uses[operand.pattern.tensor, default: 0] += 1
      }
    }
    // What is seen under another name is used there.
    for tensor in program.tensors { if let base = tensor.base { uses[base, default: 0] += 2 } }
    return uses
  }

  /// Whether nobody touches a tile between two instructions.
  private func isUnused(
    _ pattern: AccessPattern, from first: Int, to last: Int, _ program: Program
  ) -> Bool {
    let owner = program.owner(of: pattern.tensor)
    return (first..<max(first, last)).allSatisfy { index in
      program.instructions[index].operation.operands.allSatisfy {
        program.owner(of: $0.pattern.tensor) != owner
      }
    }
  }

  /// Whether nobody writes a tile between two instructions.
  private func isUntouched(
    _ pattern: AccessPattern, from first: Int, to last: Int, _ program: Program
  ) -> Bool {
    let owner = program.owner(of: pattern.tensor)
    return (first..<max(first, last)).allSatisfy { index in
      program.instructions[index].operation.operands.allSatisfy {
        $0.role == .read || program.owner(of: $0.pattern.tensor) != owner
      }
    }
  }
}
