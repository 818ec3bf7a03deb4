import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs

/// What the on-chip memories of a machine hold, and what operands in them may be.
struct MemoryLimits: Sendable {
  /// Bytes of a partition that kernels can use.
  var sbufBytes: Int
  var psumBytes: Int
  var bankBytes: Int
  /// Bytes that automatic addresses in SBUF are multiples of.
  var alignment: Int
  /// Free dimensions of an operand.
  var freeDimensions: Int
  /// Bytes of a partition that a DMA moves at most which passes of a loop share.
  var dmaBytes: Int
  /// Partitions of SBUF.
  var partitions: Int
  /// Whether hardware can make descriptors.
  var hasHardwareDGE: Bool
  /// float32 elements of a bank.
  var bankElements: Int { bankBytes / 4 }

  init(_ hardware: Hardware) {
    sbufBytes = hardware.sbuf.usableBytesPerPartition
    psumBytes = hardware.psum.bytesPerPartition
    bankBytes = hardware.psum.bankBytes
    alignment = hardware.sbuf.alignmentBytes
    freeDimensions = hardware.access.maxFreeDims
    dmaBytes = hardware.dma.packedDescriptorBytes
    partitions = hardware.sbuf.partitions
    hasHardwareDGE = hardware.dma.hwdge != nil
  }

  /// What kernels can use of a partition.
  func capacity(_ space: MemorySpace) -> Int { space == .psum ? psumBytes : sbufBytes }
}

/// The machine that a program is compiled for.
final class TargetMachine: Sendable {
  let hardware: Hardware
  let limits: MemoryLimits

  init(_ hardware: Hardware, limits: MemoryLimits? = nil) {
    self.hardware = hardware
    self.limits = limits ?? MemoryLimits(hardware)
  }
}

/// What passes work on: the program's tensors and scopes, and its instructions with their operands known.
struct Draft: Sendable {
  /// Head of the program: name, metadata, tensors, scopes; its instructions are `nodes`.
  private(set) var head: Program
  /// The instructions.
  var nodes: [Node]
  /// Numbers of the instructions' operations; `nil` where no pass compares instructions by them.
  var forms: OperationForms?
  /// Facts about tensors, by position.
  private(set) var tensors: [TensorFacts] = []
  /// The number that a scope's name has: equal for equal names.
  let scopeNames: [Int32]
  let machine: TargetMachine
  var limits: MemoryLimits { machine.limits }
  /// By scope: the scopes that it is in, outermost first, and itself.
  private let chains: [[Int]]
  /// Whether some instructions keep their order, so that only those around them may move.
  let hasOrder: Bool
  /// Engines on which an instruction goes on with accumulators that another one filled.
  private let continued: Set<Engine>
  /// The tensors' names, once one is declared.
  private var names: Set<String>?
  private var nextSuffix: [String: Int] = [:]

  /// What passes need to know of a tensor.
  struct TensorFacts: Sendable {
    var space: MemorySpace
    /// The tensor whose memory it is, or itself.
    var owner: Int
    var itemSize: Int
    /// Bytes of each partition.
    var freeBytes: Int
    var freeElements: Int
    var partitions: Int
    /// Where the author placed it.
    var place: OnChipPlace?
    /// Whether other tensors have its memory.
    var hasAliases = false
    /// The tile that was declared, of which it is one value; itself but for what `LiveRanges` adds.
    var tile: Int
    var role: Tensor.Role
    var isOnChip: Bool { space != .hbm }
  }

  /// What `place` made of the tensors: those that are left, and by tensor their numbers.
  private var placed: (tensors: [Tensor], numbers: [Int])?

  /// - Parameter numbersForms: whether passes compare instructions by their forms, as those that transform loops do.
  init(_ program: Program, _ machine: TargetMachine, numbersForms: Bool = true) {
    self.machine = machine
    var interned: [String: Int32] = [:]
    scopeNames = program.scopes.map { scope in
      let next = Int32(interned.count)
      return interned[scope.name]
        ?? {
          interned[scope.name] = next
          return next
        }()
    }
    var chains: [[Int]] = []
    for (index, scope) in program.scopes.enumerated() {
      chains.append((scope.parent < 0 ? [] : chains[Int(scope.parent)]) + [index])
    }
    self.chains = chains
    hasOrder = program.scopes.contains { $0.kind == .ordered }
    var lines = LineNumbers()
    var forms = numbersForms ? OperationForms() : nil
    nodes = program.instructions.map { instruction in
      Node(instruction, line: lines.number(of: instruction.location), &forms)
    }
    self.forms = forms
    continued = Set(nodes.lazy.filter { $0.accumulation == .goesOn }.map(\.resolvedEngine))
    head = program
    head.instructions = []
    tensors.reserveCapacity(program.tensors.count)
    for tensor in program.tensors { learn(tensor) }
  }

  private mutating func learn(_ tensor: Tensor) {
    let owner = tensor.base.map { Int($0.index) } ?? tensors.count
    if owner != tensors.count { tensors[owner].hasAliases = true }
    tensors.append(
      TensorFacts(
        space: tensor.space, owner: owner, itemSize: tensor.dtype.size,
        freeBytes: tensor.freeBytes, freeElements: tensor.freeElements,
        partitions: tensor.partitions,
        place: owner == tensors.count ? tensor.place : tensors[owner].place, tile: tensors.count,
        role: tensor.role))
  }

  /// Whether it uses registers of its engine that no operand shows, so that it keeps its place among those that do.
  ///
  /// Who fills accumulators is one of them where any instruction of the engine goes on with what it finds there.
  func isStateful(_ node: Node) -> Bool {
    node.isStateful || node.accumulation != .none && continued.contains(node.resolvedEngine)
  }

  /// Whether the author says what waits for what.
  var hasOwnDependencies: Bool {
    head.dependencies == .explicit || nodes.contains { !$0.after.isEmpty }
  }

  /// The declaration of a tensor.
  func declaration(_ index: Int) -> Tensor { head.tensors[index] }

  /// Declares a tensor; a number behind the name makes it unique.
  mutating func declare(_ tensor: Tensor) -> Int {
    var tensor = tensor
    var names = self.names ?? Set(head.tensors.map(\.name))
    self.names = nil
    if names.contains(tensor.name) {
      let wanted = tensor.name
      var suffix = nextSuffix[wanted] ?? 1
      while names.contains("\(wanted).\(suffix)") { suffix += 1 }
      nextSuffix[wanted] = suffix + 1
      tensor.name = "\(wanted).\(suffix)"
    }
    names.insert(tensor.name)
    self.names = names
    head.tensors.append(tensor)
    learn(tensor)
    return tensors.count - 1
  }

  /// Declares a tensor for a further value of a tile.
  mutating func declareValue(of tile: Int) -> Int {
    let value = declare(declaration(tile))
    tensors[value].tile = tensors[tile].tile
    return value
  }

  /// Lets a value of a tile be a tile of its own.
  mutating func separate(_ value: Int) { tensors[value].tile = value }

  /// The name of a tensor's memory under which it has the elements that `other` has of its own memory.
  mutating func alias(of tensor: Int, like other: Int) -> Int {
    guard tensors[other].owner != other else { return tensor }
    let like = declaration(other)
    let name = "\(declaration(tensor).name).as_\(like.dtype.name)"
    let known = tensors.indices.first { index in
      tensors[index].owner == tensor && index != tensor && declaration(index).dtype == like.dtype
        && declaration(index).shape == like.shape
    }
    if let known { return known }
    return declare(
      Tensor(
        name: name, space: like.space, dtype: like.dtype, shape: like.shape, place: nil,
        base: TensorID(tensor), location: like.location))
  }

  /// Gives tensors on chip their places in the program; those that nothing touches go, and aliases are where their bases are.
  mutating func place(_ places: [OnChipPlace?], keepsTensors: Bool) {
    var isUsed = tensors.map { keepsTensors || !$0.isOnChip }
    for node in nodes {
      for operand in node.operands { isUsed[Int(operand.pattern.tensor.index)] = true }
    }
    var numbers = [Int](repeating: -1, count: tensors.count)
    var kept: [Tensor] = []
    for (index, tensor) in head.tensors.enumerated() where isUsed[index] {
      var tensor = tensor
      if tensor.space != .hbm {
        tensor.place =
          tensor.place ?? tensors[index].place ?? places[tensors[index].owner] ?? OnChipPlace()
        tensor.base = nil
      } else if let base = tensor.base {
        tensor.base = TensorID(numbers[Int(base.index)])
      }
      numbers[index] = kept.count
      kept.append(tensor)
    }
    placed = (kept, numbers)
  }

  /// Changes what the program says of itself.
  mutating func note(_ key: String, _ value: String?) { head.metadata[key] = value }

  /// Facts about an operand's own tensor.
  func facts(_ pattern: AccessPattern) -> TensorFacts { tensors[Int(pattern.tensor.index)] }

  /// The tensor whose memory an operand touches.
  func owner(_ pattern: AccessPattern) -> Int { tensors[Int(pattern.tensor.index)].owner }

  /// Whether a pattern is all of its tensor on chip.
  func isWhole(_ pattern: AccessPattern) -> Bool {
    let owner = tensors[owner(pattern)]
    return !pattern.isDynamic && Int(pattern.rows) == owner.partitions
      && !pattern.free.contains { $0.stride == 0 }
      && pattern.elementsPerRow * facts(pattern).itemSize == owner.freeBytes
  }

  /// All of a tensor.
  func whole(_ tensor: Int) -> AccessPattern {
    let facts = tensors[tensor]
    return AccessPattern(
      tensor: TensorID(tensor), rows: facts.partitions,
      rowStride: facts.isOnChip ? 0 : facts.freeElements,
      free: FreeDimensions([AccessDimension(stride: 1, size: facts.freeElements)]))
  }

  /// The tiles of a memory that an instruction touches, and whether it replaces all of each.
  func touched(_ node: Node, in space: MemorySpace) -> [(tensor: Int, replaces: Bool)] {
    var found: [(tensor: Int, replaces: Bool)] = []
    for operand in node.operands {
      let owner = owner(operand.pattern)
      guard tensors[owner].space == space else { continue }
      let replaces = operand.role == .write && isWhole(operand.pattern)
      if let known = found.firstIndex(where: { $0.tensor == owner }) {
        found[known].replaces = replaces && found[known].replaces
      } else {
        found.append((owner, replaces))
      }
    }
    return found
  }

  /// Whether the compiler chooses the engine: Scalar or Vector copies, whichever is free.
  ///
  /// Captured convolutions on trn2 copy weights within SBUF by both in turn (18 and 18 copies of 36 in float32, 12 and 24 in
  /// float16), and a product in bfloat16 parts, whose casts take 4.5 ms of Scalar in its record's counters, has none of them on
  /// Vector. On trn1 nothing is known but of PSUM. Whole numbers stay with Vector: Scalar computes in float32.
  func isOpen(_ node: Node) -> Bool {
    guard node.opcode == .tensorCopy, node.engine == nil,
      let copy = node.operation as? TensorCopy
    else { return false }
    if facts(copy.src).space == .psum { return true }
    return machine.hardware.core.generation > 2
      && declaration(owner(copy.src)).dtype.isFloat && declaration(owner(copy.dst)).dtype.isFloat
  }

  /// The passes of loops that a node is in, outermost first.
  func loops(_ node: Node) -> [Int] { node.scope < 0 ? [] : scopeChain(Int(node.scope)) }

  /// The scopes that a scope is in, outermost first, and itself.
  func scopeChain(_ scope: Int) -> [Int] { chains[scope] }

  /// The ranges of instructions that keep their order.
  func orderedRanges() -> [Range<Int>] {
    guard hasOrder else { return [] }
    var found: [Range<Int>] = []
    var current: (scope: Int, start: Int)?
    for (index, node) in nodes.enumerated() {
      let scope = loops(node).first { head.scopes[$0].kind == .ordered }
      if let open = current, open.scope != scope {
        found.append(open.start..<index)
        current = nil
      }
      if current == nil, let scope { current = (scope, index) }
    }
    if let current { found.append(current.start..<nodes.count) }
    return found
  }

  /// The program, with its scopes or without: an order in which they are torn apart has none.
  func program(keepsScopes: Bool) -> Program {
    var program = head
    if !keepsScopes { program.scopes = [] }
    if let placed, placed.tensors.count < head.tensors.count {
      program.instructions = nodes.map {
        $0.instruction(scope: keepsScopes ? $0.scope : -1, tensors: placed.numbers)
      }
    } else {
      program.instructions = nodes.map { $0.instruction(scope: keepsScopes ? $0.scope : -1) }
    }
    if let placed { program.tensors = placed.tensors }
    return program
  }
}

/// Lines of the user's source as numbers.
struct LineNumbers {
  private var known: [SourceLocation: Int32] = [:]
  private var last: (location: SourceLocation?, number: Int32) = (nil, -1)

  /// The number of a line, whatever its column; -1 for none.
  mutating func number(of location: SourceLocation?) -> Int32 {
    guard var line = location else { return -1 }
    line.column = 0
    if line == last.location { return last.number }
    let number = known[line] ?? Int32(known.count)
    known[line] = number
    last = (line, number)
    return number
  }
}
