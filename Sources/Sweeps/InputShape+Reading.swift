import Diagnostics
package import Workloads
package import YAML

extension InputShape {
  /// Reads `inputs`; all that is wrong with them is reported.
  package static func read(_ node: Node, _ reader: inout SpecReader) -> [Setting] {
    var found: [Setting] = []
    for (name, _, value) in reader.entries(of: node, "'inputs'") {
      guard let text = reader.string(value, name) else { continue }
      do throws(DiagnosticError) {
        _ = try InputShape(name, text)
        found.append(Setting(name, text))
      } catch {
        reader.report(error, value)
      }
    }
    return found
  }
}
