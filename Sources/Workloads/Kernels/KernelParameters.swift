package import Device
import Diagnostics
package import Formats

/// A complete set of parameter values of one kernel, each of its kind and within its range.
public struct KernelParameters: Hashable, Sendable {
  private var values: [String: ParameterValue]

  /// The defaults with the given settings, each of the form `name=value`.
  ///
  /// - Throws: `DiagnosticError` with everything that is wrong with the settings: not of the form,
  ///   unknown or repeated names, values of the wrong kind or out of range.
  public init(_ settings: [String], for declared: [KernelParameter]) throws {
    values = Dictionary(uniqueKeysWithValues: declared.map { ($0.name, $0.defaultValue) })
    var findings: [Diagnostic] = []
    var seen: Set<String> = []
    for setting in settings {
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        findings.append(
          Diagnostic(
            .error, "'\(setting)' is not a parameter", remedy: "write name=value",
            topic: .parameters))
        continue
      }
      let name = String(parts[0])
      guard let parameter = declared.first(where: { $0.name == name }) else {
        findings.append(
          Diagnostic(
            .error, "there is no parameter '\(name)'",
            remedy: remedyForUnknown(name, known: declared.map(\.name)), topic: .parameters))
        continue
      }
      guard seen.insert(name).inserted else {
        findings.append(
          Diagnostic(.error, "parameter '\(name)' is given twice", topic: .parameters))
        continue
      }
      switch parameter.parse(String(parts[1])) {
      case .success(let value): values[name] = value
      case .failure(let finding): findings.append(finding)
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
  }

  /// The value of a parameter.
  public subscript(name: String) -> ParameterValue? { values[name] }

  /// All values as texts, for a program's metadata.
  public var texts: [String: String] { values.mapValues(\.description) }

  // MARK: - Typed access by kernels to what they declared

  package func integer(_ name: String) -> Int {
    guard case .integer(let value)? = values[name] else { undeclared(name) }
    return value
  }

  package func number(_ name: String) -> Double {
    guard case .number(let value)? = values[name] else { undeclared(name) }
    return value
  }

  package func choice(_ name: String) -> String {
    guard case .choice(let value)? = values[name] else { undeclared(name) }
    return value
  }

  package func flag(_ name: String) -> Bool {
    guard case .flag(let value)? = values[name] else { undeclared(name) }
    return value
  }

  package func dtype(_ name: String) -> DType {
    guard case .dtype(let value)? = values[name] else { undeclared(name) }
    return value
  }

  package func engine(_ name: String) -> Engine {
    guard let engine = Engine(name: choice(name)) else { undeclared(name) }
    return engine
  }

  private func undeclared(_ name: String) -> Never {
    preconditionFailure("parameter '\(name)' was not declared with this kind")
  }
}

extension KernelParameter {
  /// The value that a text means.
  func parse(_ text: String) -> Result<ParameterValue, Diagnostic> {
    func failure(_ message: String, _ remedy: String? = nil) -> Result<ParameterValue, Diagnostic> {
      .failure(
        Diagnostic(
          .error, "parameter '\(name)' \(message)", remedy: remedy, topic: .parameters))
    }
    switch kind {
    case .integer(let range):
      guard let value = Int(text) else { return failure("is '\(text)', must be a whole number") }
      guard range.contains(value) else {
        return failure("is \(value), must be \(range.lowerBound)…\(range.upperBound)", meaning)
      }
      return .success(.integer(value))
    case .number(let range):
      guard let value = Double(text) else { return failure("is '\(text)', must be a number") }
      guard range.contains(value) else {
        return failure("is \(value), must be \(range.lowerBound)…\(range.upperBound)", meaning)
      }
      return .success(.number(value))
    case .flag:
      guard let value = Bool(text) else { return failure("is '\(text)', must be true or false") }
      return .success(.flag(value))
    case .choice(let names):
      guard names.contains(text) else {
        return failure("cannot be '\(text)'", remedyForUnknown(text, known: names))
      }
      return .success(.choice(text))
    case .dtype(let types):
      guard let dtype = DType(name: text), types.contains(dtype) else {
        return failure("cannot be '\(text)'", remedyForUnknown(text, known: types.map(\.name)))
      }
      return .success(.dtype(dtype))
    }
  }
}
