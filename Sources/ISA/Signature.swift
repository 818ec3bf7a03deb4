/// The `nki.isa` function that records an operation: its parameters in NKI's order.
///
/// Source: NKI documentation, `nki.isa` of NKI 0.6.
public struct Signature: Sendable {
  /// The parameters; `name`, which labels an instruction, is the last one where it is not listed.
  public let parameters: [Parameter]
  /// How many of them must be given.
  public let requiredCount: Int

  /// Makes a signature.
  public init(_ required: Parameter..., optional: [Parameter] = []) {
    var parameters = required + optional
    if !parameters.contains(where: { $0.name == "name" }) { parameters.append("name") }
    self.parameters = parameters
    requiredCount = required.count
  }
}

/// What a parameter takes that is no field of the operation.
public enum ParameterKind: Hashable, Sendable {
  /// What a field takes.
  case field(FieldKind)
  /// One of a closed set of names.
  case name(set: String, [String])
  /// An engine.
  case engine
  /// Dimensions of a tensor.
  case axes
  /// An element type.
  case dtype
  /// A list of tensors.
  case tiles
  /// A list of numbers.
  case numbers

  /// A name of the set.
  public static func name<Names: SymbolField>(of type: Names.Type) -> ParameterKind {
    .name(set: "\(type)", type.allCases.map(\.rawValue))
  }

  /// The kind as the reference page calls it.
  public var description: String {
    switch self {
    case .field(.symbol), .name: "name"
    case .field(let kind): kind.description
    case .engine: "engine"
    case .axes: "dimension, or [dimension, …]"
    case .dtype: "element type"
    case .tiles: "[tensor, …]"
    case .numbers: "[number, …]"
    }
  }
}

/// One parameter of an `nki.isa` function.
///
/// A text literal is the parameter of a field's name and default, or `engine`, or `name`.
public struct Parameter: Sendable, ExpressibleByStringLiteral {
  /// NKI's name.
  public let name: String
  /// The field that it sets; `nil` where the front end alone uses it.
  fileprivate let field: String?
  fileprivate let kind: ParameterKind?
  fileprivate let defaultValue: FieldValue?
  fileprivate let summary: String?

  /// The parameter of a field's name, `engine`, or `name`.
  public init(stringLiteral name: String) {
    self.name = name
    kind = name == "engine" ? .engine : name == "name" ? .field(.text) : nil
    field = kind == nil ? name : nil
    defaultValue = kind == nil ? nil : .absent
    summary =
      switch name {
      case "engine": "who runs it; None leaves it open"
      case "name": "a label for the instruction"
      default: nil
      }
  }

  /// A parameter whose default or meaning is not the field's.
  public init(
    _ name: String, of field: String? = nil, _ kind: ParameterKind? = nil,
    default value: FieldValue? = nil, _ summary: String? = nil
  ) {
    self.name = name
    self.field = field ?? name
    self.kind = kind
    defaultValue = value
    self.summary = summary
  }

  /// A parameter that is no field.
  public static func frontEnd(
    _ name: String, _ kind: ParameterKind, default value: FieldValue = .absent, _ summary: String
  ) -> Parameter {
    Parameter(name: name, kind: kind, defaultValue: value, summary: summary)
  }

  /// `engine` with a default.
  public static func engine(default name: String) -> Parameter {
    Parameter(
      name: "engine", kind: .engine, defaultValue: .symbol(name), summary: "who runs it")
  }

  private init(name: String, kind: ParameterKind, defaultValue: FieldValue, summary: String) {
    self.name = name
    field = nil
    self.kind = kind
    self.defaultValue = defaultValue
    self.summary = summary
  }
}

/// All that is known of a parameter: its own declaration, and its field's.
public struct ParameterDescription: Sendable {
  /// NKI's name.
  public let name: String
  /// The field that it sets.
  public let field: FieldDescription?
  /// What it takes.
  public let kind: ParameterKind
  /// Whether calls must give it.
  public let isRequired: Bool
  /// The value when calls leave it out.
  public let defaultValue: FieldValue
  /// One line for the reference page.
  public let summary: String

  /// `name` or `name=default`, as Python writes it.
  public var text: String { isRequired ? name : "\(name)=\(pythonText(defaultValue))" }
}

extension Operation {
  /// The parameters of its `nki.isa` function; `nil` if there is none.
  public static var parameterDescriptions: [ParameterDescription]? {
    guard let signature else { return nil }
    let fields = fieldDescriptions
    return signature.parameters.enumerated().map { position, parameter in
      let field = parameter.field.flatMap { name in fields.first { $0.name == name } }
      precondition(
        parameter.field == nil || field != nil, "\(name) has no field for '\(parameter.name)'")
      guard let kind = parameter.kind ?? field.map({ .field($0.kind) }),
        let summary = parameter.summary ?? field?.summary
      else { preconditionFailure("\(name): '\(parameter.name)' has no kind or no summary") }
      return ParameterDescription(
        name: parameter.name, field: field, kind: kind,
        isRequired: position < signature.requiredCount,
        defaultValue: parameter.defaultValue ?? field?.defaultValue ?? .absent, summary: summary)
    }
  }

  /// The machines that have it, by their generation: `trn1`, `trn2`, `trn3`.
  public static var machines: [String] { (generation...4).map { "trn\($0 - 1)" } }
}

/// A value as Python writes it.
private func pythonText(_ value: FieldValue) -> String {
  switch value {
  case .absent, .tile: "None"
  case .number(let number): "\(number)"
  case .integer(let number), .register(let number): "\(number)"
  case .flag(let flag): flag ? "True" : "False"
  case .symbol(let text), .text(let text): "'\(text)'"
  case .integers(let numbers): "(\(numbers.map(String.init).joined(separator: ", ")))"
  case .pairs(let steps):
    "[\(steps.map { "[\($0.step), \($0.count)]" }.joined(separator: ", "))]"
  }
}
