package import Diagnostics
import Storage
package import Workloads

extension Variant {
  /// The types, shapes and files of a script's inputs; all that is wrong with them.
  func inputShapes() throws(DiagnosticError) -> [InputShape]? {
    guard let inputs else { return nil }
    var findings: [Diagnostic] = []
    var found: [InputShape] = []
    for input in inputs {
      do throws(DiagnosticError) {
        found.append(try InputShape(input.name, input.value))
      } catch {
        findings += error.diagnostics
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return found
  }

  /// How Python is asked for a script's kernel; `nil` if the variant is none of a script.
  ///
  /// - Parameter file: The suite or spec from whose folder on files are named.
  package func call(beside file: String = "") throws(DiagnosticError) -> ScriptCall? {
    guard case .script(let script, let function) = Workload(script: subject) else { return nil }
    let values = Dictionary(parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let shapes = try inputShapes()
    let sizes = Set((shapes ?? []).flatMap(\.sizes))
    var inputs: [ScriptCall.Input]?
    if let shapes {
      var found: [ScriptCall.Input] = []
      for shape in shapes {
        if let path = shape.file {
          found.append(ScriptCall.Input(name: shape.name, file: pathBeside(file, path)))
          continue
        }
        var extents: [Int] = []
        for extent in shape.extents {
          guard let number = Int(extent) ?? values[extent].flatMap({ Int($0) }), number >= 1 else {
            throw Variant.missingSize(extent, of: shape.name, given: values[extent])
          }
          extents.append(number)
        }
        found.append(ScriptCall.Input(name: shape.name, dtype: shape.dtype, shape: extents))
      }
      inputs = found
    }
    var call = ScriptCall(
      script: pathBeside(file, script), function: function, inputs: inputs,
      arguments: values.filter { !sizes.contains($0.key) }, hardware: hardware)
    call.scriptArguments = scriptArguments
    return call
  }

  private static func missingSize(
    _ name: String, of input: String, given value: String?
  ) -> DiagnosticError {
    guard let value else {
      return DiagnosticError(
        "nothing says what '\(name)' is in the shape of input '\(input)'",
        remedy: "give a size: \(name)=128")
    }
    return DiagnosticError("size '\(name)' is '\(value)', not a whole number from 1 on")
  }
}
