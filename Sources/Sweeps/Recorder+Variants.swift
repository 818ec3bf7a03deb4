package import Diagnostics
package import Workloads

extension Recorder {
  /// Starts Python if one of the variants is a kernel of a script, so that a missing Python is told before anything runs.
  package func open(
    for variants: [Variant], beside file: String = ""
  ) throws(DiagnosticError) {
    for variant in variants where variant.isScript {
      guard let call = try variant.call(beside: file) else { continue }
      try open(for: call)
      return
    }
  }
}
