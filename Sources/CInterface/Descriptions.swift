import Device
import Diagnostics
import Formats
import ISA
import Machine
import Programs
import Reports
import Simulation

extension JSON {
  /// Why there can be no wide types.
  init(_ error: NarrowTypesError) {
    self = .object([
      "severity": .string("error"), "kind": .string("narrow types"),
      "message": .string(error.reason), "rendered": .string("error: \(error.reason)\n"),
    ])
  }

  /// What a program consists of, without its instructions.
  init(_ program: Program) {
    let tensors = program.tensors.map { tensor in
      JSON.object([
        "name": .string(tensor.name), "space": .string(tensor.space.name),
        "dtype": .string(tensor.dtype.name), "shape": .array(tensor.shape.map(JSON.integer)),
        "role": .string("\(tensor.role)"),
        "partition": tensor.place.map { .integer($0.partition) } ?? .null,
        "address": tensor.place.map { .integer($0.byte) } ?? .null, "bytes": .integer(tensor.bytes),
        "base": tensor.base.map { .integer(Int($0.index)) } ?? .null,
      ])
    }
    self = .object([
      "name": .string(program.name), "dependencies": .string(program.dependencies.rawValue),
      "metadata": .object(program.metadata.mapValues(JSON.string)), "tensors": .array(tensors),
      "scopes": .integer(program.scopes.count),
      "instructions": .integer(program.instructions.count),
    ])
  }

  /// Everything that a front end must know to write programs.
  static var isa: JSON {
    func numbered<Value>(_ values: [Value], _ name: (Value) -> String, _ number: (Value) -> UInt8)
      -> JSON
    {
      .object(
        Dictionary(uniqueKeysWithValues: values.map { (name($0), .integer(Int(number($0)))) }))
    }
    return .object([
      "operations": .array(Opcode.allCases.map(operation)),
      "engines": numbered(Engine.allCases, \.name, \.rawValue),
      "dtypes": numbered(DType.allCases, \.name, \.rawValue),
      "spaces": numbered(MemorySpace.allCases, \.name, \.rawValue),
      "roles": numbered(Tensor.Role.allCases, { "\($0)" }, \.rawValue),
    ])
  }

  private static func operation(_ opcode: Opcode) -> JSON {
    let type = opcode.type
    return .object([
      "name": .string(type.name), "opcode": .integer(Int(opcode.rawValue)),
      "summary": .string(type.summary), "details": .string(type.details),
      "engines": .array(type.engines.map { .string($0.name) }),
      "generation": .integer(type.generation), "machines": .array(type.machines.map(JSON.string)),
      "instead": type.instead.map(JSON.string) ?? .null,
      "is_control": .bool(type.isControl),
      "fields": .array(type.fieldDescriptions.map(field)),
      "parameters": type.parameterDescriptions.map { .array($0.map(parameter)) } ?? .null,
    ])
  }

  private static func parameter(_ parameter: ParameterDescription) -> JSON {
    var object = kind(parameter.kind, set: parameter.field?.symbolSet)
    object["name"] = .string(parameter.name)
    object["field"] = parameter.field.map { .string($0.name) } ?? .null
    object["required"] = .bool(parameter.isRequired)
    object["default"] = value(parameter.defaultValue)
    object["summary"] = .string(parameter.summary)
    return .object(object)
  }

  /// What a field or a parameter takes.
  private static func kind(_ kind: ParameterKind, set: String?) -> [String: JSON] {
    func symbols(_ names: [String], _ set: String?) -> [String: JSON] {
      [
        "kind": .string("symbol"), "symbols": .array(names.map(JSON.string)),
        "set": set.map(JSON.string) ?? .null,
      ]
    }
    return switch kind {
    case .field(.symbol(let names)): symbols(names, set)
    case .name(let set, let names): symbols(names, set)
    case .field(let kind): ["kind": .string("\(kind)")]
    default: ["kind": .string("\(kind)")]
    }
  }

  private static func value(_ value: FieldValue) -> JSON {
    switch value {
    case .absent, .tile: .null
    case .number(let value): .real(value)
    case .integer(let value), .register(let value): .integer(value)
    case .flag(let value): .bool(value)
    case .symbol(let name), .text(let name): .string(name)
    case .integers(let values): .array(values.map(JSON.integer))
    case .pairs(let steps): .array(steps.map { .array([.integer($0.step), .integer($0.count)]) })
    }
  }

  private static func field(_ field: FieldDescription) -> JSON {
    var object = kind(.field(field.kind), set: field.symbolSet)
    object["name"] = .string(field.name)
    object["role"] = .string("\(field.role)")
    object["required"] = .bool(field.isRequired)
    object["default"] = value(field.defaultValue)
    object["summary"] = .string(field.summary)
    object["types"] = .array(field.types.types.map { .string($0.name) })
    object["bitwise_types"] = .array(field.bitwiseTypes.types.map { .string($0.name) })
    object["type_rule"] = .string(field.typeRule)
    return .object(object)
  }
}
