import Diagnostics
import Machine
import Programs

/// The caller's memory of one rank's HBM tensors.
///
/// Each piece belongs to the program of the core that it was bound for, and ends with it.
struct Bindings {
  private struct Lent {
    var memory: UnsafeMutableRawBufferPointer
    /// Id of the core.
    var core: Int
  }

  private var lent: [String: Lent] = [:]
  /// Tensors whose memory went with a program, and that were not bound again.
  private var ended: Set<String> = []

  /// By name, all that is bound now.
  var memory: [String: UnsafeMutableRawBufferPointer] { lent.mapValues(\.memory) }

  /// Takes memory, in place of what was bound under this name; `nil` takes it back.
  mutating func bind(_ name: String, _ memory: UnsafeMutableRawBufferPointer?, for core: Int) {
    ended.remove(name)
    lent[name] = memory.map { Lent(memory: $0, core: core) }
  }

  /// Ends what was bound for a core's program.
  mutating func end(of core: Int) {
    for (name, piece) in lent where piece.core == core {
      lent[name] = nil
      ended.insert(name)
    }
  }

  /// Ends all that is bound.
  mutating func endAll() {
    ended.formUnion(lent.keys)
    lent = [:]
  }

  /// Refuses to go on without memory that a program needs and that went with the one before.
  func requireNoneEnded(of programs: [Program]) throws(DiagnosticError) {
    let missing = ended.filter { name in
      programs.contains { $0.tensors.contains { $0.name == name && $0.hasOwnMemory } }
    }
    guard missing.isEmpty else {
      throw DiagnosticError(
        missing.sorted().map { name in
          Diagnostic(
            .error, "what '\(name)' was bound to belonged to the program before this one",
            remedy: "bind it after the program is loaded; null and 0 bytes bind nothing")
        })
    }
  }
}
