import Diagnostics
import ISA
import Machine
import Programs
import Reports

/// One DMA in the place of many that move neighbouring pieces between the same two tensors.
///
/// Each start takes its engine's time, each descriptor its ring's: a few bytes cost what 512 do.
struct LargerDMAs: Rule {
  let key = "larger_dmas"
  let summary = "one DMA in the place of many small ones"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard program.isStream else { return [] }
    var changed = program
    var removed: Set<Int> = []
    var lines: [SourceLocation] = []
    var texts: [String] = []
    for group in groups(program) where isFree(group, program) {
      let folded = fold(group.compactMap { program.plainCopy($0) }, program)
      guard folded.count < group.count else { continue }
      let loads = program.tensor(folded[0].dst).space != .hbm
      // A load is there when the first was, a store has its data when the last had.
      let places = loads ? group.prefix(folded.count) : group.suffix(folded.count)
      for (index, copy) in zip(places, folded) { changed.instructions[index].operation = copy }
      guard changed.isSound(evidence.geometry, places) else { return [] }
      removed.formUnion(Set(group).subtracting(places))
      if let line = program.instructions[group[0]].location { lines.append(line) }
      let shape = ([Int(folded[0].dst.rows)] + folded[0].dst.free.map { Int($0.size) })
      texts.append(
        "\(folded.count == 1 ? "one" : "\(folded.count)") of \(shape) in the place of "
          + "\(grouped(group.count)) \(program.placeText(group[0]))")
    }
    guard !removed.isEmpty else { return [] }
    changed.instructions = changed.instructions.indices.filter { !removed.contains($0) }
      .map { changed.instructions[$0] }
    let count = program.instructions.indices.count { program.plainCopy($0) != nil }
    return [
      ProgramChange(
        "\(grouped(count - removed.count)) larger DMAs in the place of \(grouped(count))",
        how: texts.joined(separator: "; "), lines: lines, changed)
    ]
  }

  private struct Key: Hashable {
    var location: SourceLocation?
    var source: TensorID
    var target: TensorID
    var rows: Int32
    var from: FreeDimensions
    var to: FreeDimensions
    var mode: DGEChoice
  }

  /// Copies of one line between the same tensors, in the order of the program.
  private func groups(_ program: Program) -> [[Int]] {
    var found: [Key: [Int]] = [:]
    for index in program.instructions.indices {
      guard let copy = program.plainCopy(index), copy.src.rows == copy.dst.rows,
        (program.tensor(copy.src).space == .hbm) != (program.tensor(copy.dst).space == .hbm)
      else { continue }
      let key = Key(
        location: program.instructions[index].location, source: copy.src.tensor,
        target: copy.dst.tensor, rows: copy.src.rows, from: copy.src.free, to: copy.dst.free,
        mode: copy.dgeMode)
      found[key, default: []].append(index)
    }
    return found.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// Whether nobody between the first and the last of some copies minds when they happen.
  private func isFree(_ group: [Int], _ program: Program) -> Bool {
    guard let first = group.first, let last = group.last, let copy = program.plainCopy(first) else {
      return false
    }
    let members = Set(group)
    let (target, source) = (program.owner(of: copy.dst.tensor), program.owner(of: copy.src.tensor))
    return (first...last).allSatisfy { index in
      members.contains(index)
        || program.instructions[index].operation.operands.allSatisfy { operand in
          let owner = program.owner(of: operand.pattern.tensor)
          return owner != target && (owner != source || operand.role == .read)
        }
    }
  }

  /// Copies with equal steps between them become one with a dimension more, as often as that goes.
  private func fold(_ copies: [DMACopy], _ program: Program) -> [DMACopy] {
    var copies = copies
    while true {
      var folded: [DMACopy] = []
      var index = 0
      while index < copies.count {
        var count = 1
        if index + 1 < copies.count {
          let step = Step(copies[index], copies[index + 1])
          while index + count < copies.count,
            Step(copies[index + count - 1], copies[index + count]) == step
          { count += 1 }
          if count > 1, let joined = join(copies[index], step, count, program) {
            folded.append(joined)
            index += count
            continue
          }
        }
        folded.append(copies[index])
        index += 1
      }
      guard folded.count < copies.count else { return folded }
      copies = folded
    }
  }

  /// From one copy to the next, if both have one shape.
  private struct Step: Equatable {
    var isAlike: Bool
    var source: (row: Int, offset: Int)
    var target: (row: Int, offset: Int)

    init(_ one: DMACopy, _ next: DMACopy) {
      func shape(_ pattern: AccessPattern) -> [Int] {
        [Int(pattern.rows), pattern.rowStride]
          + pattern.free.flatMap { [Int($0.stride), Int($0.size)] }
      }
      isAlike = shape(one.src) == shape(next.src) && shape(one.dst) == shape(next.dst)
      source = (
        Int(next.src.rowStart - one.src.rowStart), next.src.offset - one.src.offset
      )
      target = (
        Int(next.dst.rowStart - one.dst.rowStart), next.dst.offset - one.dst.offset
      )
    }

    static func == (left: Step, right: Step) -> Bool {
      left.isAlike && right.isAlike && left.source == right.source && left.target == right.target
    }
  }

  private func join(
    _ copy: DMACopy, _ step: Step, _ count: Int, _ program: Program
  ) -> DMACopy? {
    guard step.isAlike else { return nil }
    var joined = copy
    let isLoad = program.tensor(copy.src).space == .hbm
    let (flat, tile) = isLoad ? (step.source, step.target) : (step.target, step.source)
    var outside = isLoad ? copy.src : copy.dst
    var inside = isLoad ? copy.dst : copy.src
    let rows = Int(copy.src.rows)
    if tile.row == rows && tile.offset == 0 {
      guard rows == 1 || flat.offset == rows * outside.rowStride else { return nil }
      if rows == 1 { outside.rowStride = flat.offset }
      outside.rows *= Int32(count)
      inside.rows *= Int32(count)
    } else if tile.row == 0, (isLoad ? tile.offset : flat.offset) != 0 {
      guard let from = outside.free.extended(flat.offset, count),
        let to = inside.free.extended(tile.offset, count)
      else { return nil }
      outside.free = from
      inside.free = to
    } else {
      return nil
    }
    joined.src = isLoad ? outside : inside
    joined.dst = isLoad ? inside : outside
    return joined
  }
}

extension FreeDimensions {
  /// With one dimension more outside; `nil` if there are as many as may be.
  fileprivate func extended(_ step: Int, _ count: Int) -> FreeDimensions? {
    var dimensions = filter { $0.size != 1 }
    if let first = dimensions.first, step == Int(first.stride) * Int(first.size) {
      dimensions[0].size *= Int32(count)
      return FreeDimensions(dimensions)
    }
    dimensions.insert(AccessDimension(stride: step, size: count), at: 0)
    return dimensions.count <= FreeDimensions.maximum ? FreeDimensions(dimensions) : nil
  }
}
