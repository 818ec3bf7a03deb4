import Formats
import Hardware
import ISA
import Machine
import Programs
import Testing

@testable import Compiler

/// Who must follow whom, against a reference that compares elements, not boxes.
struct DependencyTests {
  /// Random instructions on twelve tiles and two tensors in HBM.
  private func program(_ random: inout SeededGenerator, _ count: Int) -> Program {
    var program = Program(name: "random")
    for index in 0..<12 {
      program.tensors.append(
        Tensor(name: "t\(index)", space: .sbuf, dtype: .float32, shape: [128, 64], place: nil))
    }
    for index in 12..<14 {
      program.tensors.append(
        Tensor(name: "t\(index)", space: .hbm, dtype: .float32, shape: [64, 4096]))
    }
    let free = FreeDimensions([AccessDimension(stride: 1, size: 16)])
    for _ in 0..<count {
      let isDMA = random.once(in: 4)
      func operand() -> AccessPattern {
        let tensor = random.pick(0...(isDMA ? 13 : 11))
        let start = random.pick([0, 8, 16, 32])
        if tensor < 12 {
          return AccessPattern(
            tensor: TensorID(tensor), rowStart: random.pick([0, 32, 64]), rows: 32, offset: start,
            free: free)
        }
        let pitch = random.pick([64, 512, 4096])
        return AccessPattern(
          tensor: TensorID(tensor), rows: 8, rowStride: pitch,
          offset: pitch * random.pick(0...8) + start, free: free)
      }
      let operation: any Operation
      switch (isDMA, random.once(in: 2)) {
      case (true, _): operation = DMACopy(dst: operand(), src: operand())
      case (false, true): operation = TensorCopy(dst: operand(), src: operand())
      default:
        operation = TensorTensor(dst: operand(), data1: operand(), data2: operand(), op: .add)
      }
      program.instructions.append(Instruction(operation))
    }
    return program
  }

  /// Every element that a pattern touches: (row, element) on chip, (0, element) in HBM.
  private func elements(_ pattern: AccessPattern) -> Set<[Int]> {
    var found: Set<[Int]> = []
    let isOnChip = pattern.tensor.index < 12
    for row in 0..<Int(pattern.rows) {
      for column in 0..<16 {
        let at = pattern.offset + column
        found.insert(
          isOnChip ? [Int(pattern.rowStart) + row, at] : [0, at + row * pattern.rowStride])
      }
    }
    return found
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func everyConflictIsOrdered(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let program = program(&random, 60)
    let draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    let before = draft.predecessors()
    var reach: [Set<Int32>] = []
    for index in 0..<before.count {
      reach.append(before[index].reduce(into: Set(before[index])) { $0.formUnion(reach[Int($1)]) })
    }
    let touched = draft.nodes.map { node in
      node.operands.map { ($0.isWritten, $0.pattern.tensor, elements($0.pattern)) }
    }
    for later in touched.indices {
      for earlier in 0..<later {
        let conflicts = touched[earlier].contains { a, x, mine in
          touched[later].contains { b, y, theirs in
            (a || b) && x == y && !mine.isDisjoint(with: theirs)
          }
        }
        #expect(!conflicts || reach[later].contains(Int32(earlier)), "\(earlier), \(later)")
      }
    }
  }

  @Test(arguments: 0..<6 as Range<UInt64>, [0.75, 0.0001])
  func theScheduledOrderKeepsDependencies(_ seed: UInt64, _ share: Double) throws {
    var random = SeededGenerator(seed: seed)
    var program = program(&random, 200)
    for index in program.instructions.indices { program.instructions[index].label = "\(index)" }
    let draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    let before = draft.predecessors()
    var ordered = draft
    Ordering.run(&ordered, Ordering.Problem(ordered, isWhole: false), share: share)
    var position = [Int](repeating: -1, count: 200)
    for (place, node) in ordered.nodes.enumerated() {
      position[Int(node.label ?? "") ?? 0] = place
    }
    #expect(position.sorted() == Array(0..<200))
    for index in 0..<before.count {
      #expect(before[index].allSatisfy { position[Int($0)] < position[index] })
    }
  }

  @Test func columnsInHBMAreApart() throws {
    var program = Program(name: "k")
    program.tensors = [
      Tensor(name: "x", space: .hbm, dtype: .float32, shape: [64, 4096]),
      Tensor(name: "t", space: .sbuf, dtype: .float32, shape: [64, 512], place: nil),
    ]
    let draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    func box(_ rows: Int, _ columns: Int, _ offset: Int) -> Box {
      draft.box(
        AccessPattern(
          tensor: TensorID(0), rows: rows, rowStride: 4096, offset: offset,
          free: FreeDimensions([AccessDimension(stride: 1, size: columns)]))
      ).box
    }
    let boxes = (0..<8).map { box(64, 512, $0 * 512) }
    for (index, a) in boxes.enumerated() {
      #expect(!boxes[..<index].contains { $0.overlaps(a) })
    }
    let rows = box(4, 4096, 8 * 4096)
    #expect(boxes.allSatisfy { rows.overlaps($0) })
  }
}
