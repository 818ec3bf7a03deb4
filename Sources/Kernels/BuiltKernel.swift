import Device
import Diagnostics
import Formats
package import Machine
package import Programs
package import Workloads

/// A kernel of the Qwen3-30B-A3B MoE layer that is emitted through a builder.
package protocol BuiltKernel: Kernel {
  /// Emits the kernel's tensors and operations.
  func emit(into builder: KernelBuilder)
}

extension BuiltKernel {
  /// One program.
  package func programs(_ geometry: Geometry) throws -> ProgramSet {
    ProgramSet(try build(geometry))
  }

  /// The kernel, or the first core's part of it, as a program for a machine of this geometry.
  ///
  /// - Throws: `DiagnosticError` when parameters do not fit together or the tiles do not fit on chip.
  package func build(_ geometry: Geometry) throws -> Program {
    let findings = check(geometry) + checkDeviceMemory(geometry)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    let builder = KernelBuilder(
      Self.name, geometry: geometry, metadata: values.texts)
    emit(into: builder)
    return try builder.finish()
  }

  /// The complaint if inputs and outputs do not fit; known before anything is emitted.
  func checkDeviceMemory(_ geometry: Geometry) -> [Diagnostic] {
    let given = Set(inputs.map(\.name))
    let tensors =
      inputs.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }
      + outputs.filter { !given.contains($0.name) }
      .map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }
    // Extents are at most 2^20, so that no product of three overflows.
    let sizes = tensors.map { (name: $0.name, bytes: $0.shape.reduce($0.dtype.size, *)) }
    let bytes = sizes.reduce(0) { $0 + $1.bytes }
    guard bytes > geometry.hbmBytes else { return [] }
    let list = sizes.sorted { $0.bytes > $1.bytes }.map { "\($0.name) \($0.bytes)" }
    return [
      Diagnostic(
        .error,
        "inputs and outputs take \(bytes) bytes, hbm has \(geometry.hbmBytes): "
          + list.joined(separator: ", "), remedy: "use smaller shapes")
    ]
  }

  /// The inputs' declarations in a builder, by name; those that are outputs too are changed in place.
  func declareInputs(_ builder: KernelBuilder) -> [String: TensorView] {
    let returned = Set(outputs.map(\.name))
    return Dictionary(
      uniqueKeysWithValues: inputs.map { input in
        let view =
          returned.contains(input.name)
          ? builder.inout(input.name, input.dtype, input.shape)
          : builder.input(input.name, input.dtype, input.shape)
        return (input.name, view)
      })
  }
}
