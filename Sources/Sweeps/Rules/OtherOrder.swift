import Compiler
import Programs
import Reports

/// Instructions in the order that the compiler's scheduler finds.
struct OtherOrder: Rule {
  let key = "order"
  let summary = "instructions in the compiler's order"

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    guard evidence.schedule == .program, program.isStream else { return [] }
    return [
      ProgramChange(
        "instructions in the order that the compiler's scheduler finds",
        how: "--schedule compiler; 'trnsim compile --schedule compiler' prints the order", program,
        schedule: .compiler)
    ]
  }
}
