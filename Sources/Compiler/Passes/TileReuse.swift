import Device
import Formats
import ISA
import Machine
import Programs

/// Tiles that engines make for one another get the memory of one that the source is done with, before instructions are ordered.
///
/// So a tile of a loop's pass that is made, read and forgotten has one buffer, and passes wait for one another. AWS's six published
/// convolutions take the reduction's time on GpSimd plus that of the instructions that make its operand (6.2, 5.8 and 10.7 µs per
/// pass for 5.0, 5.0 and 9.7 µs). In two decoded MoE streams the sixteen results of one partition that go to HBM lie at one address,
/// and each waits for the store before (24 of 262 µs). What DMAs load is not reused so (78 and 146 addresses for 128 and 512
/// weight tiles), nor what they store from more partitions: AWS's gelu runs at the DMAs' speed.
struct TileReuse {
  /// Tiles that can stand for each other.
  private struct Form: Hashable {
    var dtype: DType
    var shape: [Int]
  }

  /// Lets tiles share tensors.
  ///
  /// - Returns: how many tiles got the memory of another one.
  @discardableResult
  static func run(_ draft: inout Draft) -> Int {
    guard !draft.nodes.contains(where: \.isBarrier) else { return 0 }
    let lives = draft.lifetimes()
    let isOwn = made(draft)
    var starts: [Int: [Int]] = [:]
    var ends: [Int: [Int]] = [:]
    for (tensor, life) in lives.enumerated() {
      guard let life, isOwn[tensor] else { continue }
      starts[life.lowerBound, default: []].append(tensor)
      ends[life.upperBound, default: []].append(tensor)
    }
    var free: [Form: [Int]] = [:]
    var stands = Array(draft.tensors.indices)
    var count = 0
    for index in draft.nodes.indices {
      for tensor in starts[index] ?? [] {
        let declaration = draft.declaration(tensor)
        let form = Form(dtype: declaration.dtype, shape: declaration.shape)
        guard let other = free[form]?.popLast() else { continue }
        stands[tensor] = other
        count += 1
      }
      for tensor in ends[index] ?? [] {
        let declaration = draft.declaration(tensor)
        free[Form(dtype: declaration.dtype, shape: declaration.shape), default: []]
          .append(stands[tensor])
      }
    }
    guard count > 0 else { return 0 }
    draft.nodes = draft.nodes.map { node in
      var changed: [(field: Int, pattern: AccessPattern)] = []
      for operand in node.operands {
        let tensor = Int(operand.pattern.tensor.index)
        guard stands[tensor] != tensor else { continue }
        var pattern = operand.pattern
        pattern.tensor = TensorID(stands[tensor])
        changed.append((operand.field, pattern))
      }
      return changed.isEmpty ? node : node.with(changed)
    }
    return count
  }

  /// By tensor: whether it is a tile in SBUF that engines alone touch, all of it written before they read it, under one name.
  private static func made(_ draft: Draft) -> [Bool] {
    var result = draft.tensors.indices.map { index in
      let tensor = draft.tensors[index]
      return tensor.space == .sbuf && tensor.owner == index && !tensor.hasAliases
        && tensor.place == nil
    }
    var written: [Int: [(rows: Range<Int>, columns: Range<Int>)]] = [:]
    for node in draft.nodes {
      for operand in node.operands where operand.isRead {
        let owner = draft.owner(operand.pattern)
        guard result[owner] else { continue }
        let box = box(operand.pattern)
        let isKnown = written[owner]?.contains { own in
          own.rows.lowerBound <= box.rows.lowerBound && box.rows.upperBound <= own.rows.upperBound
            && own.columns.lowerBound <= box.columns.lowerBound
            && box.columns.upperBound <= own.columns.upperBound
        }
        let isStored = node.isDMA && draft.tensors[owner].partitions > 1
        if isKnown != true || operand.pattern.isDynamic || isStored { result[owner] = false }
      }
      for operand in node.operands where operand.isWritten {
        let owner = draft.owner(operand.pattern)
        guard result[owner] else { continue }
        if node.isDMA || written[owner]?.count ?? 0 >= mostParts { result[owner] = false }
        let box = box(operand.pattern)
        let isSolid =
          operand.pattern.elementsPerRow == box.columns.count && !operand.pattern.isDynamic
        if isSolid, written[owner]?.contains(where: { $0 == box }) != true {
          written[owner, default: []].append(box)
        }
      }
    }
    return result
  }

  /// Tiles that are written in more different parts keep their memory: that they are written whole costs too much to find out.
  private static let mostParts = 64

  private static func box(_ pattern: AccessPattern) -> (rows: Range<Int>, columns: Range<Int>) {
    let span = pattern.span
    let first = Int(pattern.rowStart)
    return (
      first..<first + Int(pattern.rows),
      pattern.offset + span.lowerBound..<pattern.offset + span.upperBound + 1
    )
  }
}
