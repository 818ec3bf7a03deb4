import Device
package import Diagnostics
package import Programs

// 1 instruction more, 0 fewer
//   + vector tensor_scalar dst=y … at rmsnorm.swift:61

/// Which instructions one program has and another has not.
package struct ProgramDifference: Sendable, Equatable {
  /// An instruction that only one of them has.
  package struct Change: Sendable, Equatable {
    /// Whether the later program has it.
    package var isAdded: Bool
    /// Its number in its program.
    package var index: Int
    /// Its engine and text.
    package var text: String
    /// Where it came from.
    package var location: SourceLocation?
  }

  /// The changes in program order.
  package var changes: [Change] = []
  /// Instructions added and removed; `changes` may have fewer if the programs differ widely.
  package var added = 0
  /// See `added`.
  package var removed = 0
  /// The first instruction that differs, by its number in the later program.
  package var firstDifference: Int?

  /// Longest middle parts for which a shortest edit is looked for: its cost grows with their length
  /// times the number of differences.
  private static let exactLimit = 3000

  /// Compares two programs by their instructions' texts; source places do not count.
  package init(from before: Program, to after: Program) {
    let (old, new) = (ProgramDifference.lines(before), ProgramDifference.lines(after))
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var (oldEnd, newEnd) = (old.count, new.count)
    while oldEnd > start, newEnd > start, old[oldEnd - 1] == new[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    guard oldEnd > start || newEnd > start else { return }
    firstDifference = start
    let middle = (old[start..<oldEnd], new[start..<newEnd])
    guard max(middle.0.count, middle.1.count) <= ProgramDifference.exactLimit else {
      added = max(0, new.count - old.count)
      removed = max(0, old.count - new.count)
      changes = [ProgramDifference.change(after, start, isAdded: true)].compactMap { $0 }
      return
    }
    for step in Array(middle.1).difference(from: Array(middle.0)) {
      switch step {
      case .insert(let offset, _, _):
        added += 1
        changes += [ProgramDifference.change(after, start + offset, isAdded: true)].compactMap {
          $0
        }
      case .remove(let offset, _, _):
        removed += 1
        changes += [ProgramDifference.change(before, start + offset, isAdded: false)]
          .compactMap { $0 }
      }
    }
    changes.sort { ($0.index, $0.isAdded ? 1 : 0) < ($1.index, $1.isAdded ? 1 : 0) }
  }

  private static func change(_ program: Program, _ index: Int, isAdded: Bool) -> Change? {
    guard program.instructions.indices.contains(index) else { return nil }
    let instruction = program.instructions[index]
    return Change(
      isAdded: isAdded, index: index,
      text: "\(instruction.resolvedEngine.displayName) \(program.instructionText(index))",
      location: instruction.location)
  }

  private static func lines(_ program: Program) -> [String] {
    program.instructions.indices.map { program.instructionText($0) }
  }

  /// What was added or removed in one sentence; `nil` if nothing was.
  package var summary: String? {
    guard firstDifference != nil else { return nil }
    var parts: [String] = []
    if added > 0 { parts.append("\(added) instruction\(added == 1 ? "" : "s") added") }
    if removed > 0 { parts.append("\(removed) removed") }
    var text = parts.isEmpty ? "the instructions differ" : parts.joined(separator: ", ")
    if let first = changes.first {
      text += ", first \(first.isAdded ? "+" : "-") \(first.text)"
      if let location = first.location { text += " at \(location)" }
    }
    return text
  }
}
