public import Compiler
import Diagnostics
import Formats
public import Hardware
import ISA
import Machine
public import Programs
public import Workloads

extension Simulation {
  /// Requires that each pass kept the program sound and its values, bit for bit.
  ///
  /// Programs between passes have tensors without places: they are laid out side by side, in memories of whatever
  /// size that takes.
  /// - Parameter inputs: contents of all inputs.
  /// - Throws: `DiagnosticError` that names the first pass that did not, `Trap` if the program itself faults.
  public static func verify(
    _ compiled: Compiled, of program: Program, on hardware: Hardware, inputs: [KernelTensor]
  ) throws {
    let wanted = try valuesAlone(program, on: hardware, inputs)
    for pass in compiled.passes {
      guard let after = pass.program else {
        throw DiagnosticError("'\(pass.name)' cannot be verified: its program was not kept")
      }
      let findings = after.check(Geometry(hardware), allowsUnplaced: true)
      if let first = findings.first {
        throw DiagnosticError("after '\(pass.name)': \(first.message)", at: first.location)
      }
      let found: [KernelTensor]
      do {
        found = try valuesAlone(after, on: hardware, inputs)
      } catch let trap as Trap {
        throw DiagnosticError(
          "after '\(pass.name)': \(trap.message)", at: trap.location,
          remedy: "the program before it has no such fault: this is a mistake of the pass")
      }
      for (old, new) in zip(wanted, found) where old.bytes != new.bytes {
        let at = zip(old.bytes, new.bytes).enumerated().first { $0.element.0 != $0.element.1 }
        throw DiagnosticError(
          "'\(pass.name)' changes element \((at?.offset ?? 0) / old.dtype.size) of output '\(old.name)'",
          remedy:
            "this is a mistake of the pass: trnsim compile --after '\(pass.name)' shows the program"
        )
      }
    }
  }

  /// A program's outputs, with memories as large as it needs.
  private static func valuesAlone(
    _ program: Program, on hardware: Hardware, _ inputs: [KernelTensor]
  ) throws -> [KernelTensor] {
    var options = Options()
    options.mode = .valuesOnly
    options.compiler.schedule = .program
    options.compiler.allocation = .infinite
    let apart = try Compiler.compile(program, on: hardware, options: options.compiler).program
    let geometry = Geometry(hardware).grown(for: apart)
    let execution = try CoresExecution(ProgramSet(apart), geometry, [inputs], [], options)
    try execution.run()
    return try execution.outputs(of: 0)
  }
}
