import Formats
import ISA
import Machine
import Programs
import Reports

/// bfloat16 in the place of float32, but for sums in PSUM.
///
/// Half of the bytes, and products at a quarter of the time. Values are rounded to 8 significant bits.
struct NarrowTypes: Rule {
  let key = "bfloat16"
  let summary = "bfloat16 in the place of float32 in HBM and SBUF"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    let wide = program.tensors.indices.filter {
      program.tensors[$0].dtype == .float32 && program.tensors[$0].space != .psum
    }
    // Bytes that are seen as another type are no longer what they were.
    let isSeenOtherwise = program.tensors.contains { tensor in
      tensor.base.map { program.tensors[Int($0.index)].dtype != tensor.dtype } ?? false
    }
    guard !wide.isEmpty, !isSeenOtherwise else { return [] }
    var changed = program
    for index in wide { changed.tensors[index].dtype = .bfloat16 }
    guard changed.isSound(evidence.geometry, changed.instructions.indices) else { return [] }
    let names = wide.filter {
      program.tensors[$0].role.isGiven && program.tensors[$0].space == .hbm
    }
    .map { program.tensors[$0].name }
    let inputs = names.isEmpty ? "" : ", inputs too (\(names.joined(separator: ", ")))"
    return [
      ProgramChange(
        "bfloat16 in the place of float32; values are rounded to 8 bits",
        how: "dtype=nl.bfloat16 for tensors in HBM and SBUF\(inputs)", changed)
    ]
  }
}
