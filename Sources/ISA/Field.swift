public import Machine

/// What an operation does with an operand.
public enum FieldRole: Hashable, Sendable {
  case read
  case write
  case readWrite
  case immediate
}

/// One declared field of an operation: its text, binary, reference page and hazards come from here.
///
/// Fields are for loading, printing and checking only; `execute` and `lower` touch the stored
/// properties.
public struct Field<Root>: Sendable {
  /// Name as in NKI.
  public let name: String
  /// What the operation does with it.
  public let role: FieldRole
  /// What it takes.
  public let kind: FieldKind
  /// One line for the reference page.
  public let summary: String
  /// Whether texts must give it.
  public let isRequired: Bool
  /// Whether the field can be a tensor.
  public let isOperand: Bool
  /// Whether the field holds integers, which an instruction has 32 bits for.
  public let holdsIntegers: Bool
  /// Whether a number may be a whole one beyond fp32.
  public let isWide: Bool
  /// Whether the tensor has a few partitions in each quadrant, as scales of MX groups have.
  public let isSpread: Bool
  /// Whether the tensor has numbers of rows, which say at run time what another operand reaches.
  public let namesRows: Bool
  /// Element types that the tensor can have.
  public let types: ElementTypes
  /// Element types that it can have where the operation works on bit patterns.
  public let bitwiseTypes: ElementTypes
  /// Which closed set its names are of, such as `ALUOp`; `nil` where it takes no name.
  public let symbolSet: String?
  /// Reads the field.
  public let get: @Sendable (Root) -> FieldValue
  /// Reads the field if it is a tensor; `nil` for immediates and for what was not given.
  public let operand: @Sendable (Root) -> AccessPattern?
  /// Sets the field; `false` when the value is of the wrong kind.
  public let set: @Sendable (inout Root, FieldValue) -> Bool

  /// Declares a field.
  ///
  /// Tensor fields are required unless their type is optional.
  public init<Value: FieldConvertible>(
    _ role: FieldRole, _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable,
    _ summary: String, required: Bool? = nil, isSpread: Bool = false, namesRows: Bool = false,
    types: ElementTypes = .any, bitwise: ElementTypes? = nil
  ) {
    self.name = name
    self.role = role
    self.summary = summary
    kind = Value.fieldKind
    isRequired = required ?? (Value.self == AccessPattern.self)
    isOperand = Value.fieldKind == .tile || Value.fieldKind == .scalarOrTile
    holdsIntegers = [.integer, .integers, .pairs].contains(Value.fieldKind)
    isWide = Value.isWide
    self.isSpread = isSpread
    self.namesRows = namesRows
    self.types = types
    bitwiseTypes = bitwise ?? types
    symbolSet = Value.symbolSet
    // Key paths are slow. A stored property can be reached at its offset.
    if let offset = MemoryLayout<Root>.offset(of: path) {
      get = { Self.load(Value.self, from: $0, offset).fieldValue }
      operand = { Self.load(Value.self, from: $0, offset).operand }
      set = { root, value in
        guard let converted = Value(fieldValue: value) else { return false }
        Self.store(converted, in: &root, offset)
        return true
      }
    } else {
      get = { $0[keyPath: path].fieldValue }
      operand = { $0[keyPath: path].operand }
      set = { root, value in
        guard let converted = Value(fieldValue: value) else { return false }
        root[keyPath: path] = converted
        return true
      }
    }
  }

  /// The stored property of type `Value` at a byte offset.
  @inline(__always)
  private static func load<Value>(_ type: Value.Type, from root: Root, _ offset: Int) -> Value {
    withUnsafeBytes(of: root) { $0.load(fromByteOffset: offset, as: Value.self) }
  }

  /// Replaces the stored property of type `Value` at a byte offset.
  @inline(__always)
  private static func store<Value>(_ value: Value, in root: inout Root, _ offset: Int) {
    withUnsafeMutablePointer(to: &root) {
      UnsafeMutableRawPointer($0).advanced(by: offset).assumingMemoryBound(to: Value.self).pointee =
        value
    }
  }
}

/// A field's description without its operation's type, for tables and tools.
public struct FieldDescription: Sendable {
  /// Name as in NKI.
  public let name: String
  /// What the operation does with it.
  public let role: FieldRole
  /// What it takes.
  public let kind: FieldKind
  /// One line for the reference page.
  public let summary: String
  /// Whether texts must give it.
  public let isRequired: Bool
  /// Whether a number may be a whole one beyond fp32.
  public let isWide: Bool
  /// Element types that the tensor can have.
  public let types: ElementTypes
  /// Element types that it can have where the operation works on bit patterns.
  public let bitwiseTypes: ElementTypes
  /// Which closed set its names are of.
  public let symbolSet: String?
  /// The value when texts leave it out.
  public let defaultValue: FieldValue

  /// What the tensor's type must be or must not be; empty if it can be anything.
  ///
  ///     must be float32, must be an integer type for bitwise operations
  public var typeRule: String {
    let bitwise = bitwiseTypes == types ? "" : "\(bitwiseTypes.rule) for bitwise operations"
    return [types.rule, bitwise].filter { !$0.isEmpty }.joined(separator: ", ")
  }
}

extension Operation {
  /// The declared fields with their defaults.
  public static var fieldDescriptions: [FieldDescription] {
    let fresh = Self()
    return fields.map {
      FieldDescription(
        name: $0.name, role: $0.role, kind: $0.kind, summary: $0.summary,
        isRequired: $0.isRequired, isWide: $0.isWide, types: $0.types,
        bitwiseTypes: $0.bitwiseTypes,
        symbolSet: $0.symbolSet,
        defaultValue: $0.get(fresh))
    }
  }

  /// The values of all fields, in the order of their declaration.
  public var fieldValues: [FieldValue] { Self.fields.map { $0.get(self) } }

  /// The value of the field at `index`.
  public func fieldValue(_ index: Int) -> FieldValue { Self.fields[index].get(self) }

  /// The tensor that the field at `index` is; `nil` for immediates and for what was not given.
  public func operandPattern(_ index: Int) -> AccessPattern? { Self.fields[index].operand(self) }

  /// Sets the field at `index`; `false` when the value is of the wrong kind.
  public mutating func setField(_ index: Int, to value: FieldValue) -> Bool {
    Self.fields[index].set(&self, value)
  }

  /// The tensor operands with their roles, in the order of their declaration.
  public var operands: [(name: String, role: FieldRole, pattern: AccessPattern)] {
    var found: [(name: String, role: FieldRole, pattern: AccessPattern)] = []
    for field in Self.fields where field.isOperand {
      if let pattern = field.operand(self) { found.append((field.name, field.role, pattern)) }
    }
    return found
  }

  /// The operands that say at run time which rows of another one are reached.
  public var rowNumbers: [AccessPattern] {
    Self.fields.compactMap { $0.namesRows ? $0.operand(self) : nil }
  }
}
