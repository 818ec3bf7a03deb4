public import Compiler
import Diagnostics
public import Hardware
import ISA
import Machine
public import Programs

extension Simulation {
  /// The program that the machine gets: checked, in the order that the options ask for, every tensor placed.
  ///
  /// A program that is placed and keeps its order comes back as it is.
  /// - Throws: `DiagnosticError` for what is statically wrong with it, or has no room.
  public static func compiled(
    _ program: Program, on hardware: Hardware, options: CompilerOptions = CompilerOptions()
  ) throws -> Compiled {
    let geometry = Geometry(hardware)
    let findings = program.check(geometry, allowsUnplaced: true)
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    let isScheduled = Pipeline(options.schedule, metadata: program.metadata) != .programOrder
    let draw = try draw(
      isScheduled ? program.instructions.count : 0, compilerBytes, for: "the compiler's passes")
    defer { withExtendedLifetime(draw) {} }
    let compiled = try Compiler.compile(program, on: hardware, options: options)
    guard !compiled.passes.isEmpty else { return compiled }
    // Rules about banks and places hold for what the compiler chose, too.
    let later = compiled.program.check(
      options.allocation == .infinite ? geometry.grown(for: compiled.program) : geometry)
    guard later.isEmpty else { throw DiagnosticError(later) }
    return compiled
  }
}
