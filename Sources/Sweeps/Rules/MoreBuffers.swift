import Diagnostics
import ISA
import Machine
import Programs
import Reports

/// A second buffer for a tile that is filled anew in each pass, so that the next fill need not wait for the last use.
struct MoreBuffers: Rule {
  let key = "more_buffers"
  let summary = "one more buffer for tiles that are filled again"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard program.isStream else { return [] }
    let shared = Set(program.tensors.compactMap(\.base))
    var tiles: [(tensor: TensorID, fills: [Int])] = []
    for (index, tensor) in program.tensors.enumerated()
    where tensor.space != .hbm && tensor.place == nil && tensor.base == nil {
      let id = TensorID(index)
      guard !shared.contains(id), let fills = fills(of: id, tensor, program) else { continue }
      tiles.append((id, fills))
    }
    var found = tiles.compactMap { change(program, [$0]) }
    if tiles.count > 1, let all = change(program, tiles) { found.append(all) }
    return found
  }

  /// Where a tile is wholly written anew, if all it holds comes from there; `nil` if it is filled once.
  private func fills(of id: TensorID, _ tensor: Tensor, _ program: Program) -> [Int]? {
    var fills: [Int] = []
    var isHeld = false
    for (index, instruction) in program.instructions.enumerated() {
      let touching = instruction.operation.operands.filter { $0.pattern.tensor == id }
      guard !touching.isEmpty else { continue }
      let isWhole = touching.allSatisfy { operand in
        operand.role == .write && operand.pattern == .whole(of: id, tensor)
      }
      if isWhole && !instruction.operation.usesState {
        fills.append(index)
        isHeld = true
      } else if !isHeld {
        return nil
      }
    }
    return fills.count > 1 ? fills : nil
  }

  private func change(
    _ program: Program, _ tiles: [(tensor: TensorID, fills: [Int])]
  ) -> ProgramChange? {
    var changed = program
    for (id, fills) in tiles {
      let tensor = program.tensors[Int(id.index)]
      var second = tensor
      var name = "\(tensor.name).second"
      while program.tensors.contains(where: { $0.name == name }) { name += "_" }
      second.name = name
      changed.tensors.append(second)
      let other = TensorID(changed.tensors.count - 1)
      for (fill, begin) in fills.enumerated() where fill % 2 == 1 {
        let end = fill + 1 < fills.count ? fills[fill + 1] : program.instructions.count
        for index in begin..<end {
          changed.instructions[index] = changed.instructions[index].renaming([id: other])
        }
      }
    }
    let names = tiles.map { program.tensors[Int($0.tensor.index)].name }
    let lines = tiles.compactMap { program.instructions[$0.fills[0]].location }
    let listed = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and others" : "")
    return ProgramChange(
      "one more buffer for \(listed)",
      how: "declare a tile in each pass, or use two in turn, for \(listed)", lines: lines, changed)
  }
}

extension Operation {
  /// Whether what it writes depends on more than its operands.
  fileprivate var usesState: Bool { Self.usesEngineState && !replacesResult }
}
