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
    let own = lives.indices.filter { isOwn[$0] && lives[$0] != nil }
    let starts = Groups(own, count: draft.nodes.count) { lives[$0]?.lowerBound ?? 0 }
    let ends = Groups(own, count: draft.nodes.count) { lives[$0]?.upperBound ?? 0 }
    // By tensor: the number of its form.
    var forms = [Int](repeating: -1, count: lives.count)
    var numbers: [Form: Int] = [:]
    for tensor in own {
      let declaration = draft.declaration(tensor)
      let form = Form(dtype: declaration.dtype, shape: declaration.shape)
      forms[tensor] = numbers[form] ?? numbers.count
      if forms[tensor] == numbers.count { numbers[form] = forms[tensor] }
    }
    var free = [[Int]](repeating: [], count: numbers.count)
    var stands = Array(draft.tensors.indices)
    var count = 0
    for index in draft.nodes.indices {
      for tensor in starts[index] {
        guard let other = free[forms[tensor]].popLast() else { continue }
        stands[tensor] = other
        count += 1
      }
      for tensor in ends[index] { free[forms[tensor]].append(stands[tensor]) }
    }
    guard count > 0 else { return 0 }
    draft.nodes = draft.nodes.map { node in
      node.changing { pattern in
        let tensor = stands[Int(pattern.tensor.index)]
        guard tensor != Int(pattern.tensor.index) else { return false }
        pattern.tensor = TensorID(tensor)
        return true
      }
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
    // By tensor: parts that are written whole.
    var written = [[Rectangle]](repeating: [], count: result.count)
    for node in draft.nodes {
      for operand in node.operands where operand.isRead {
        let owner = draft.owner(operand.pattern)
        guard result[owner] else { continue }
        let box = Rectangle(operand.pattern, draft)
        let isKnown = written[owner].contains { $0.covers(box) }
        let isStored = node.isDMA && draft.tensors[owner].partitions > 1
        if !isKnown || operand.pattern.isDynamic || isStored { result[owner] = false }
      }
      for operand in node.operands where operand.isWritten {
        let owner = draft.owner(operand.pattern)
        guard result[owner] else { continue }
        if node.isDMA || written[owner].count >= mostParts {
          result[owner] = false
          continue
        }
        let box = Rectangle(operand.pattern, draft)
        let isSolid =
          operand.pattern.elementsPerRow == box.columns.count && !operand.pattern.isDynamic
        if isSolid, !written[owner].contains(box) { written[owner].append(box) }
      }
    }
    return result
  }

  /// Tiles that are written in more different parts keep their memory: that they are written whole costs too much to find out.
  private static let mostParts = 64
}

/// Tensors by an instruction of each, all in one array.
private struct Groups {
  private var starts: [Int32]
  private var tensors: [Int32]

  /// - Parameters:
  ///   - tensors: in rising order, which they keep within each group.
  ///   - count: how many instructions there are.
  init(_ tensors: [Int], count: Int, by index: (Int) -> Int) {
    starts = [Int32](repeating: 0, count: count + 1)
    for tensor in tensors { starts[index(tensor) + 1] += 1 }
    for index in 0..<count { starts[index + 1] += starts[index] }
    self.tensors = [Int32](repeating: 0, count: tensors.count)
    var next = starts
    for tensor in tensors {
      let index = index(tensor)
      self.tensors[Int(next[index])] = Int32(tensor)
      next[index] += 1
    }
  }

  subscript(index: Int) -> some Sequence<Int> {
    tensors[Int(starts[index])..<Int(starts[index + 1])].lazy.map { Int($0) }
  }
}
