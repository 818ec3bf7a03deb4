import Diagnostics
import ISA
import Programs
import Reports

/// What is printed is printed in the program's order: work behind it waits for what it shows.
struct WithoutPrints: Rule {
  let key = "no_prints"
  let summary = "no device_print"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard program.isStream else { return [] }
    let prints = program.instructions.indices.filter {
      program.instructions[$0].operation is DevicePrint
    }
    guard !prints.isEmpty else { return [] }
    let removed = Set(prints)
    var changed = program
    changed.instructions = program.instructions.indices.filter { !removed.contains($0) }
      .map { program.instructions[$0] }
    let lines = Set(prints.compactMap { program.instructions[$0].location })
      .sorted { $0.description < $1.description }
    let places = lines.map(\.shortText).joined(separator: ", ")
    return [
      ProgramChange(
        "without device_print: \(counted(prints.count, "instruction")) less",
        how: places.isEmpty ? "remove device_print" : "remove device_print at \(places)",
        lines: lines, changed)
    ]
  }
}
