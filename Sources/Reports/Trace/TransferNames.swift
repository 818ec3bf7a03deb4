import Device
import ISA
import Machine
import Programs

/// What transfers are called: the tensor, and where it goes.
struct TransferNames {
  /// Where a transfer's bytes go.
  enum Direction: Hashable {
    /// From HBM.
    case load
    /// Into HBM.
    case store
    /// Within HBM.
    case copy
    /// Within the chip.
    case move
  }

  /// A transfer's direction and tensors; -1 for none.
  struct Key: Hashable {
    var direction: Direction
    var from: Int32
    var to: Int32
  }

  private var cache = OperationCache<Key>()

  /// What the transfers of a program instruction are; `nil` if none is known.
  mutating func key(of source: Int32, in program: Program) -> Key? {
    guard program.instructions.indices.contains(Int(source)) else { return nil }
    if let key = cache.value(Int(source), in: program) { return key }
    var from: Int32 = -1
    var to: Int32 = -1
    for operand in program.instructions[Int(source)].operation.operands where operand.pattern.isSet
    {
      let tensor = operand.pattern.tensor.index
      guard program.tensors.indices.contains(Int(tensor)) else { continue }
      if operand.role == .read {
        if from < 0 { from = Int32(truncatingIfNeeded: tensor) }
      } else if to < 0 {
        to = Int32(truncatingIfNeeded: tensor)
      }
    }
    func isInHBM(_ tensor: Int32) -> Bool {
      tensor >= 0 && program.tensors[Int(tensor)].space == .hbm
    }
    let direction: Direction =
      switch (isInHBM(from), isInHBM(to)) {
      case (true, true): .copy
      case (true, false): .load
      case (false, true): .store
      case (false, false): .move
      }
    let key = Key(direction: direction, from: from, to: to)
    cache.store(key, Int(source), in: program)
    return key
  }

  /// `load x`, `store y`, `copy x to y`, `move a to b`.
  static func write(_ key: Key, of program: Program, to text: inout ProtoBuffer) {
    func name(_ tensor: Int32) -> String {
      tensor >= 0 ? program.tensors[Int(tensor)].name : "?"
    }
    switch key.direction {
    case .load:
      text.text("load ")
      text.text(name(key.from))
    case .store:
      text.text("store ")
      text.text(name(key.to))
    case .copy, .move:
      text.text(key.direction == .copy ? "copy " : "move ")
      text.text(name(key.from))
      text.text(" to ")
      text.text(name(key.to))
    }
  }
}

extension TransferNames.Direction {
  /// What its slices have in common, so that the viewer gives them one colour.
  var color: StaticString {
    switch self {
    case .load: "load"
    case .store: "store"
    case .copy: "copy"
    case .move: "move"
    }
  }
}
