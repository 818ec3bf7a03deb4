import Programs
package import Simulation

/// The author's scopes, and which of them each instruction of a run's program is in.
package struct RunScopes {
  /// All of them; those around others come first.
  let scopes: [Scope]
  /// By instruction, where the compiler's order tears scopes apart.
  private let torn: [Int32]?

  package init(_ core: CoreRun) {
    if core.program.scopes.isEmpty {
      let source = core.scopes
      scopes = source.scopes
      torn = source.scopes.isEmpty ? nil : source.ofInstructions
    } else {
      scopes = core.program.scopes
      torn = nil
    }
  }

  /// Whether instructions of one scope stand among those of others.
  var areTorn: Bool { torn != nil }

  /// The number of the scope of an instruction; -1 for none.
  func number(of instruction: Int, in program: Program) -> Int {
    Int(torn?[instruction] ?? program.instructions[instruction].scope)
  }
}
