import Machine
import Programs

/// Tensors of one program that have one name but for numbers at its end, which loops and pools give them.
struct TensorGroups {
  /// Names without those numbers, by group; a group of one tensor has the tensor's own.
  private(set) var names: [String] = []
  /// Tensors of each group.
  private(set) var counts: [Int] = []
  /// Bytes of the tensors of each group.
  private(set) var sizes: [Int] = []
  /// By tensor: the group of the memory that it is.
  private(set) var groups: [Int] = []

  private struct Key: Hashable {
    var space: MemorySpace
    var role: Tensor.Role
    var name: Substring
  }

  init(_ program: Program) {
    var numbers: [Key: Int] = [:]
    groups = program.tensors.map { tensor in
      // Tensors in HBM are the caller's, or have names of their own.
      let name = tensor.space == .hbm ? tensor.name[...] : TensorGroups.stem(tensor.name)
      let key = Key(space: tensor.space, role: tensor.role, name: name)
      guard tensor.base == nil else { return -1 }
      if let known = numbers[key] {
        counts[known] += 1
        sizes[known] += tensor.bytes
        names[known] = String(name)
        return known
      }
      numbers[key] = names.count
      names.append(tensor.name)
      counts.append(1)
      sizes.append(tensor.bytes)
      return names.count - 1
    }
    for index in groups.indices where groups[index] < 0 {
      groups[index] = groups[Int(program.owner(of: TensorID(index)).index)]
    }
  }

  /// `lhs_tile.0` is one of `lhs_tile`.
  static func stem(_ name: String) -> Substring {
    var stem = name[...]
    while let dot = stem.lastIndex(of: "."), dot > stem.startIndex,
      stem.index(after: dot) < stem.endIndex,
      stem[stem.index(after: dot)...].allSatisfy({ $0.isASCII && $0.isNumber })
    {
      stem = stem[..<dot]
    }
    return stem
  }
}
