package import Device
import Diagnostics
package import Machine
package import Programs
import Workloads

/// A kernel that several cores compute together: a program for each, which meet at exchanges.
///
/// `inputs` are the whole ones, before they are shared out; `outputs` are those of one rank.
package protocol MultiCoreKernel: BuiltKernel {
  /// Emits the tensors and operations of one core.
  ///
  /// The cores of a rank share its inputs and outputs, and what `KernelBuilder.shared` declares.
  func emit(into builder: KernelBuilder, on place: CorePlace)
}

extension MultiCoreKernel {
  /// Declares a rank's inputs in a builder, by name.
  func declareInputs(_ builder: KernelBuilder, of rank: Int) -> [String: TensorView] {
    Dictionary(
      uniqueKeysWithValues: inputs.map { input in
        let shape = shard(of: input, rank: rank)?.shape ?? input.shape
        return (input.name, builder.input(input.name, input.dtype, shape))
      })
  }

  /// They meet at exchanges.
  package static var exchanges: Bool { true }

  /// The first core's part.
  package func emit(into builder: KernelBuilder) {
    emit(into: builder, on: CorePlace(rank: 0, core: 0, layout: layout))
  }

  /// The programs of all cores.
  ///
  /// - Throws: `DiagnosticError` when parameters do not fit together or the tiles do not fit on chip.
  package func programs(_ geometry: Geometry) throws -> ProgramSet {
    // Of several ranks each has its part of the inputs.
    let findings = check(geometry) + (layout.count == 1 ? checkDeviceMemory(geometry) : [])
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    let programs = try layout.places.map { place in
      var metadata = values.texts
      if layout.count > 1 {
        metadata["core"] = "\(place.core)"
        metadata["rank"] = "\(place.rank)"
      }
      let builder = KernelBuilder(Self.name, geometry: geometry, metadata: metadata)
      emit(into: builder, on: place)
      return try builder.finish()
    }
    return ProgramSet(layout: layout, programs: programs)
  }
}

extension KernelParameter {
  /// `tp`: ranks of tensor parallelism.
  static let tensorParallel = KernelParameter.integer(
    "tp", 1...64, default: 1, "ranks of tensor parallelism")
  /// `lnc`: physical cores of a rank.
  static let logicalCore = KernelParameter.integer(
    "lnc", 1...2, default: 1, "physical cores of a rank, which share an HBM stack")
}
