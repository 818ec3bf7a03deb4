import Device
import Diagnostics
import ISA
import Machine
import Programs
import Reports

/// An operation on another engine that can run it.
struct OtherEngine: Rule {
  let key = "other_engine"
  let summary = "operations on other engines"

  /// Most lines of the critical path that are tried.
  ///
  /// Assumed: what takes less of the time gives less; each try costs simulations.
  private static let mostLines = 6

  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange] {
    var found: [ProgramChange] = []
    var tried: Set<SourceLocation> = []
    for line in evidence.path.lines {
      guard let location = line.location, tried.count < OtherEngine.mostLines else { continue }
      let here = program.instructions.indices.filter {
        program.instructions[$0].location == location
          && !type(of: program.instructions[$0].operation).isDMA
          && type(of: program.instructions[$0].operation).engines.count > 1
      }
      guard let first = here.first else { continue }
      tried.insert(location)
      let operation = type(of: program.instructions[first].operation)
      let alike = here.filter { type(of: program.instructions[$0].operation) == operation }
      for engine in operation.engines {
        if let all = change(program, alike, operation.name, engine, location, evidence) {
          found.append(all)
        }
        let second = stride(from: 1, to: alike.count, by: 2).map { alike[$0] }
        guard !second.isEmpty else { continue }
        if let half = change(
          program, second, "every second \(operation.name)", engine, location, evidence)
        {
          found.append(half)
        }
      }
    }
    return found
  }

  private func change(
    _ program: Program, _ indices: [Int], _ name: String, _ engine: Engine,
    _ location: SourceLocation, _ evidence: Evidence
  ) -> ProgramChange? {
    var changed = program
    for index in indices { changed.instructions[index].engine = engine }
    // One that is there already is no change.
    guard indices.contains(where: { program.instructions[$0].engine != engine }),
      changed.isSound(evidence.geometry, indices)
    else { return nil }
    return ProgramChange(
      "\(name) at \(location.shortText) on \(engine.displayName)",
      how: "engine=nisa.engine.\(engine.name) for \(name) at \(location.shortText)",
      lines: [location], changed)
  }
}
