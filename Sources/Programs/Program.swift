public import Device
public import Diagnostics
public import ISA
public import Machine

/// One entry of a program: an operation with where it runs and where it came from.
public struct Instruction: Sendable {
  // In an order without padding: programs have millions.

  /// What to do.
  public var operation: any Operation
  /// Where it came from.
  public var location: SourceLocation?
  /// What few instructions have.
  private var links: Links?
  /// Index into `Program.scopes`; -1 for none.
  public var scope: Int32
  /// Engine chosen by the author; `nil` leaves it to the lowering.
  public var engine: Engine?
  /// Whether the compiler added it, because a memory on chip had no room for a tile.
  public var isSpill: Bool

  /// An instruction's label and the instructions that it names.
  private final class Links: Sendable {
    let label: String?
    let after: [Int32]

    /// `nil` where there is nothing to hold.
    init?(label: String?, after: [Int32]) {
      if label == nil && after.isEmpty { return nil }
      self.label = label
      self.after = after
    }
  }

  /// Name that `after` of other instructions may refer to.
  public var label: String? {
    get { links?.label }
    set { links = Links(label: newValue, after: after) }
  }

  /// Indices of instructions that must have completed first; may point forward in explicit programs.
  public var after: [Int32] {
    get { links?.after ?? [] }
    set { links = Links(label: label, after: newValue) }
  }

  /// Makes an instruction.
  public init(
    _ operation: any Operation, engine: Engine? = nil, label: String? = nil, after: [Int32] = [],
    scope: Int32 = -1, location: SourceLocation? = nil, isSpill: Bool = false
  ) {
    self.operation = operation
    self.engine = engine
    links = label == nil && after.isEmpty ? nil : Links(label: label, after: after)
    self.scope = scope
    self.location = location
    self.isSpill = isSpill
  }

  /// The engine that runs it: the author's choice, or the operation's default.
  public var resolvedEngine: Engine { engine ?? operation.defaultEngine }
}

/// A named part of a kernel, such as a loop iteration; scopes nest.
public struct Scope: Hashable, Sendable {
  /// What a scope says of its instructions to the compiler.
  public enum Kind: Hashable, Sendable {
    /// Nothing.
    case plain
    /// One pass of a loop whose passes do not depend on one another (`affine_range`).
    case affine
    /// They keep their order (`no_reorder`).
    case ordered
  }

  /// What it is called.
  public var name: String
  /// Index of the enclosing scope; -1 for none.
  public var parent: Int32
  /// What it says to the compiler.
  public var kind: Kind

  /// Makes a scope.
  public init(name: String, parent: Int32 = -1, kind: Kind = .plain) {
    self.name = name
    self.parent = parent
    self.kind = kind
  }
}

/// The scopes of a program whose instructions an order has torn out of them.
package struct SourceScopes: Sendable {
  /// The scopes as they were.
  package var scopes: [Scope]
  /// By instruction of the order: the scope that it was in; -1 for none.
  package var ofInstructions: [Int32]

  /// Keeps scopes.
  package init(_ scopes: [Scope], of instructions: [Int32]) {
    self.scopes = scopes
    ofInstructions = instructions
  }
}

/// A kernel as its author wrote it: tensors and a stream of operations on them.
///
/// A plain value.
public struct Program: Sendable {
  /// How the order of instructions on different engines is fixed.
  public enum Dependencies: String, CaseIterable, Sendable {
    /// From the access patterns, as the vendor's compiler does.
    case derived
    /// By `after` alone.
    case explicit
  }

  /// The kernel's name.
  public var name: String
  /// Free text about how it was made: parameters and the like, sorted by key.
  public var metadata: [String: String]
  /// How order between engines is fixed.
  public var dependencies: Dependencies
  /// All tensors; operands refer to them by position.
  public var tensors: [Tensor]
  /// All scopes.
  public var scopes: [Scope]
  /// The stream.
  public var instructions: [Instruction]

  /// Makes an empty program.
  public init(
    name: String, metadata: [String: String] = [:], dependencies: Dependencies = .derived
  ) {
    self.name = name
    self.metadata = metadata
    self.dependencies = dependencies
    tensors = []
    scopes = []
    instructions = []
  }

  /// The tensors of a role with their ids.
  public func tensors(_ role: Tensor.Role) -> [(id: TensorID, tensor: Tensor)] {
    tensors { $0 == role }
  }

  /// The tensors that the caller gives.
  public var givenTensors: [(id: TensorID, tensor: Tensor)] { tensors { $0.isGiven } }

  /// The tensors that the caller reads.
  public var returnedTensors: [(id: TensorID, tensor: Tensor)] { tensors { $0.isReturned } }

  private func tensors(_ holds: (Tensor.Role) -> Bool) -> [(id: TensorID, tensor: Tensor)] {
    tensors.enumerated().filter { $0.element.space == .hbm && holds($0.element.role) }
      .map { (TensorID($0.offset), $0.element) }
  }

  /// The highest byte of a partition of an on-chip memory that a tensor has.
  public func peakBytes(in space: MemorySpace) -> Int {
    tensors.lazy.filter { $0.space == space }.map { $0.address + $0.freeBytes }.max() ?? 0
  }

  /// The tensor whose memory a tensor is: its base or itself.
  public func owner(of id: TensorID) -> TensorID { tensors[Int(id.index)].base ?? id }
}
