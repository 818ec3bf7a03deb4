import Diagnostics
import Sweeps

/// Reads `name=value` texts; all mistakes at once.
///
/// - Parameter option: What the user wrote before each, for messages.
func settings(_ texts: [String], of option: String) throws -> [Setting] {
  try allOrErrors(texts) { text in
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
      throw DiagnosticError(
        "'\(option) \(text)' has no '='", remedy: "write \(option) name=value")
    }
    return Setting(String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

/// Maps all, and throws what is wrong with any of them at once.
@discardableResult
func allOrErrors<Input, Output>(
  _ inputs: [Input], _ body: (Input) throws -> Output
) throws -> [Output] {
  var findings: [Diagnostic] = []
  var outputs: [Output] = []
  for input in inputs {
    do {
      outputs.append(try body(input))
    } catch let error as DiagnosticError {
      findings += error.diagnostics
    }
  }
  guard findings.isEmpty else { throw DiagnosticError(findings) }
  return outputs
}
