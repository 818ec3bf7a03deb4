public import Device
import Formats
public import Machine

/// Collects what is wrong with one operation.
public struct Checker {
  /// One complaint.
  public struct Finding: Hashable, Sendable {
    /// The field at fault.
    public var field: String?
    /// What is wrong.
    public var message: String
    /// What to do.
    public var remedy: String?
  }

  /// Sizes of the memories.
  public let geometry: Geometry
  /// The program's tensors.
  public let tensors: [Tensor]
  /// The engine that will run the operation.
  public private(set) var engine: Engine
  /// What was found.
  public private(set) var findings: [Finding] = []
  /// Operands whose place is in a register: the program knows which registers are written.
  public private(set) var dynamicOperands: [(name: String, register: Int)] = []
  private let places: [TensorPlace]
  /// Whether the operation's operands are moved by DMA rings or sequencers, which reach every byte.
  fileprivate(set) var reachesEverything = false
  /// Whether the operation moves bits, whatever they are.
  fileprivate(set) var takesOpaque = false

  /// Makes a checker.
  public init(geometry: Geometry, tensors: [Tensor], engine: Engine) {
    self.geometry = geometry
    self.tensors = tensors
    self.engine = engine
    places = tensors.map { tensor in
      TensorPlace(tensor, role: tensor.base.map { tensors[Int($0.index)].role })
    }
  }

  /// Forgets what was found: an operation on `engine` is next.
  public mutating func begin(on engine: Engine) {
    self.engine = engine
    if !findings.isEmpty { findings = [] }
    if !dynamicOperands.isEmpty { dynamicOperands = [] }
  }

  /// Reports unless `condition` holds.
  public mutating func require(
    _ condition: Bool, _ field: String?, _ message: @autoclosure () -> String,
    remedy: @autoclosure () -> String? = nil
  ) {
    if !condition {
      findings.append(Finding(field: field, message: message(), remedy: remedy()))
    }
  }

  /// The declaration of a pattern's tensor.
  public func tensor(_ pattern: AccessPattern) -> Tensor { tensors[Int(pattern.tensor.index)] }

  /// Memory, type and extents of a pattern's tensor.
  public func place(_ pattern: AccessPattern) -> TensorPlace { places[Int(pattern.tensor.index)] }

  /// Requires equal row and element counts.
  public mutating func requireSameShape(
    _ a: AccessPattern, _ aName: String, _ b: AccessPattern, _ bName: String
  ) {
    require(
      a.rows == b.rows, bName,
      "'\(bName)' has \(b.rows) partitions, '\(aName)' has \(a.rows)",
      remedy: "give both the same partition extent")
    require(
      a.elementsPerRow == b.elementsPerRow, bName,
      "'\(bName)' has \(b.elementsPerRow) elements per partition, "
        + "'\(aName)' has \(a.elementsPerRow)",
      remedy: "give both the same free size")
  }

  /// Requires an operand with one element per partition and as many partitions as `other`.
  public mutating func requirePerPartition(
    _ pattern: AccessPattern, _ name: String, like other: AccessPattern
  ) {
    require(
      pattern.elementsPerRow == 1 && pattern.rows == other.rows, name,
      "'\(name)' is \(pattern.rows) × \(pattern.elementsPerRow), needs \(other.rows) × 1",
      remedy: "pass one element per partition")
  }

  /// Requires the operand to be in one of the given memories.
  public mutating func requireSpace(
    _ pattern: AccessPattern, _ name: String, _ spaces: [MemorySpace]
  ) {
    let space = place(pattern).space
    require(
      spaces.contains(space), name,
      "'\(name)' is in \(space.name), must be in \(spaces.map(\.name).joined(separator: " or "))",
      remedy: "copy it there first")
  }

  /// Requires that at most one of the operands is in PSUM.
  public mutating func requireNotBothPSUM(
    _ a: AccessPattern, _ b: AccessPattern, _ bName: String
  ) {
    require(
      !(place(a).space == .psum && place(b).space == .psum), bName,
      "both tensor inputs are in psum",
      remedy: "copy one of them to sbuf first")
  }
}

extension Operation {
  /// All that is wrong with the operation: the rules common to all operands, then its own.
  public func findings(
    geometry: Geometry, tensors: [Tensor], engine: Engine
  ) -> [Checker.Finding] {
    var checker = Checker(geometry: geometry, tensors: tensors, engine: engine)
    checkAll(&checker)
    return checker.findings
  }

  /// Reports all that is wrong with the operation.
  public func checkAll(_ check: inout Checker) {
    let engine = check.engine
    let isThere = check.requireGeneration(
      Self.generation, for: Self.name, instead: Self.instead)
    check.reachesEverything = Self.reachesEverything
    check.takesOpaque = Self.takesOpaque
    check.require(
      Self.engines.contains(engine), "engine",
      "\(Self.name) cannot run on the \(engine.name) engine",
      remedy: "one of: \(Self.engines.map(\.name).joined(separator: ", "))")
    var complete = true
    let fields = Self.fields
    let isBitwise = isBitwise
    for index in fields.indices {
      let name = fields[index].name
      guard fields[index].isOperand else {
        if fields[index].isRequired && fields[index].get(self) == .absent {
          check.requireGiven(name)
          complete = false
        }
        if fields[index].holdsIntegers, !check.requireWords(fields[index].get(self), name) {
          complete = false
        }
        continue
      }
      if let pattern = fields[index].operand(self) {
        let isFit = check.checkOperand(
          pattern, name, isWritten: fields[index].role != .read, isSpread: fields[index].isSpread)
        if isFit {
          check.requireType(
            pattern, name, isBitwise ? fields[index].bitwiseTypes : fields[index].types,
            isWritten: fields[index].role != .read, isBitwise: isBitwise)
        } else {
          complete = false
        }
      } else if fields[index].isRequired {
        check.requireGiven(name)
        complete = false
      }
    }
    // An operation's own rules may assume that its operands exist and lie within their tensors, and
    // that its integers are no larger than instructions have room for.
    if complete && isThere { self.check(&check) }
  }
}

extension Checker {
  /// Reports an operand that is missing.
  fileprivate mutating func requireGiven(_ name: String) {
    require(false, name, "operand '\(name)' is missing", remedy: "add \(name)=…")
  }

  /// Reports an integer that an instruction has no room for; `false` if there is one.
  ///
  /// Source: `assumed` from the 32-bit offsets and counts that NKI documents; no document has the
  /// instructions' encodings.
  fileprivate mutating func requireWords(_ value: FieldValue, _ name: String) -> Bool {
    let words = Int(Int32.min)...Int(UInt32.max)
    let wrong: Int? =
      switch value {
      case .integer(let number): words.contains(number) ? nil : number
      case .integers(let numbers): numbers.first { !words.contains($0) }
      case .pairs(let steps):
        steps.lazy.flatMap { [$0.step, $0.count] }.first { !words.contains($0) }
      default: nil
      }
    guard let wrong else { return true }
    require(false, name, "\(name): \(wrong) does not fit into 32 bits")
    return false
  }

  /// The rules common to all operands; `false` when the operand cannot be used at all.
  mutating func checkOperand(
    _ pattern: AccessPattern, _ name: String, isWritten: Bool = false, isSpread: Bool = false
  ) -> Bool {
    if pattern.isDynamic { dynamicOperands.append((name, Int(pattern.register))) }
    guard tensors.indices.contains(Int(pattern.tensor.index)) else {
      require(false, name, "operand '\(name)' names no tensor")
      return false
    }
    let tensor = place(pattern)
    let before = findings.count
    require(pattern.rows >= 1, name, "operand '\(name)' has \(pattern.rows) partitions")
    for dimension in pattern.free {
      require(
        dimension.size >= 1, name, "operand '\(name)' has a dimension of size \(dimension.size)")
    }
    guard findings.count == before else { return false }
    guard pattern.isCountable else {
      require(
        false, name, "operand '\(name)' reaches beyond any memory",
        remedy: "check its strides, sizes and offset")
      return false
    }
    let tensors = tensors
    require(
      !(isWritten && tensor.role == .input), name,
      "'\(name)' is the input '\(tensors[Int(pattern.tensor.index)].name)', which cannot be written",
      remedy: "declare it as inout")
    require(
      takesOpaque || !tensor.dtype.isOpaque, name,
      "'\(name)' is \(tensor.dtype), whose elements have no value of their own",
      remedy: "copies, quantize_mx and nc_matmul_mx take it; view it as an integer to see its bits")
    if tensor.space == .hbm {
      checkBoundsInHBM(pattern, name, tensor)
    } else {
      checkOnChip(pattern, name, tensor, isSpread: isSpread)
    }
    return findings.count == before
  }

  private mutating func checkBoundsInHBM(
    _ pattern: AccessPattern, _ name: String, _ tensor: TensorPlace
  ) {
    let tensors = tensors
    let span = pattern.span
    let reach = pattern.rowStride.multipliedReportingOverflow(by: Int(pattern.rows) - 1)
    guard !reach.overflow, reach.partialValue.magnitude < 1 << 61,
      pattern.offset.magnitude < 1 << 61
    else {
      require(false, name, "operand '\(name)' reaches beyond any memory")
      return
    }
    let low = pattern.offset + span.lowerBound + min(0, reach.partialValue)
    let high = pattern.offset + span.upperBound + max(0, reach.partialValue)
    require(
      pattern.isDynamic || low >= 0 && high < tensor.elements, name,
      "operand '\(name)' reaches elements \(low)...\(high) of '\(tensors[Int(pattern.tensor.index)].name)', "
        + "which has \(tensor.elements)",
      remedy: "shorten the slice, or mask the last tile")
  }

  private mutating func checkOnChip(
    _ pattern: AccessPattern, _ name: String, _ tensor: TensorPlace, isSpread: Bool
  ) {
    let tensors = tensors
    let span = pattern.span
    let low = pattern.offset + span.lowerBound
    let high = pattern.offset + span.upperBound
    require(
      pattern.isDynamic || low >= 0 && high < tensor.freeElements, name,
      "operand '\(name)' reaches elements \(low)...\(high) of a partition of '\(tensors[Int(pattern.tensor.index)].name)', "
        + "which has \(tensor.freeElements)",
      remedy: "shorten the slice, or mask the last tile")
    let last = Int(pattern.rowStart) + Int(pattern.rows)
    require(
      pattern.rowStart >= 0 && last <= tensor.partitions, name,
      "operand '\(name)' reaches partitions \(pattern.rowStart)..<\(last) of '\(tensors[Int(pattern.tensor.index)].name)', "
        + "which has \(tensor.partitions)")
    if reachesEverything { return }
    let start = tensor.partition + Int(pattern.rowStart)
    let rows = Int(pattern.rows)
    if isSpread {
      require(
        MXGroup.scaleStarts.contains(start % MXGroup.quadrant)
          && start + rows <= geometry.partitions, name,
        "operand '\(name)' starts at partition \(start); scales start at partition 0, 4, 8 or 12 of "
          + "a quadrant of \(MXGroup.quadrant)", remedy: "move the tensor")
    } else {
      let isStart = geometry.startPartitions.allow(start, count: rows)
      if !isStart || start + rows > geometry.partitions {
        let expectation = geometry.startPartitions.expectation(
          count: rows, of: geometry.partitions)
        require(
          false, name,
          "operand '\(name)' has \(rows) partitions from partition \(start) on; "
            + "\(rows) partitions must start \(expectation)",
          remedy: "move the tensor, or split the instruction")
      }
    }
    let dimensions = geometry.freeDimensions
    require(
      pattern.free.count <= dimensions, name,
      "operand '\(name)' has \(pattern.free.count) free dimensions, at most \(dimensions)",
      remedy: "split the instruction, or copy the tensor first")
    // All of a PSUM partition has no more elements than its operands may have. Repeating some by a stride of 0 is no more of it (nki-library's layernorm_tkg repeats the
    // mean of a row 5,160 times).
    let limit = tensor.space == .psum ? geometry.psumFreeElements : geometry.sbufFreeElements
    var elements = pattern.elementsPerRow
    if tensor.space == .psum {
      elements = pattern.free.reduce(1) { $1.stride == 0 ? $0 : $0 * Int($1.size) }
    }
    require(
      elements <= limit, name,
      "operand '\(name)' has \(elements) elements per partition, "
        + "\(tensor.space.name) operands have at most \(limit)",
      remedy: "split the instruction")
    require(
      !(engine == .gpsimd && tensor.space == .psum), name,
      "the gpsimd engine cannot access psum (operand '\(name)')",
      remedy: "run it on the vector or scalar engine, or copy to sbuf first")
  }
}

extension AccessPattern {
  /// Whether sums and products of the pattern's numbers, all sizes at least 1, fit into an `Int`.
  var isCountable: Bool {
    let limit = 1 << 48
    var elements = Int(rows)
    for dimension in free {
      let reach = Int(dimension.stride).magnitude * (Int(dimension.size) - 1).magnitude
      guard reach <= limit, Int(dimension.size) <= limit / elements else { return false }
      elements *= Int(dimension.size)
    }
    return offset.magnitude <= limit && rowStride.magnitude <= limit / Int(rows)
  }
}
