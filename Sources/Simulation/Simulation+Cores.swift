import Compiler
import Device
import Diagnostics
public import Hardware
import Machine
public import Programs
import Timing

extension Simulation {
  /// Computes the values of programs that need not be whole: each core runs as far as it comes.
  /// - Parameter callers: By rank: what the caller lends and listens to; all inputs, above all.
  public static func values(
    of set: ProgramSet, on hardware: Hardware, options: Options = Options(), callers: [Caller]
  ) throws -> CoresValues {
    let geometry = Geometry(hardware)
    var options = options
    options.compiler.schedule = .program
    options.compiler.keepsTensors = true
    let (set, _) = try Self.compiled(set, on: hardware, options.compiler)
    try requireHostMemory(for: set, on: hardware)
    options.mode = .valuesOnly
    let execution = try CoresExecution(set, geometry, [], callers, options)
    try execution.runWhilePossible()
    return CoresValues(execution)
  }

  /// The programs that the cores get, with what was done to each; all findings at once.
  static func compiled(
    _ set: ProgramSet, on hardware: Hardware, _ options: CompilerOptions
  ) throws -> (set: ProgramSet, compiled: [Compiled]) {
    var findings = set.check()
    var result = set
    var all: [Compiled] = []
    for (index, place) in set.layout.places.enumerated() {
      do {
        let compiled = try Self.compiled(set.programs[index], on: hardware, options: options)
        result.programs[index] = compiled.program
        all.append(compiled)
      } catch let error as DiagnosticError {
        findings += error.diagnostics.map { finding in
          var finding = finding
          if set.layout.count > 1 {
            finding.message = "\(place.description): \(finding.message)"
            finding.shortage?.core = place.description
          }
          return finding
        }
      }
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return (result, all)
  }

  static func describe(_ error: CoresTimingError, _ run: Run) -> any Error {
    let places = run.layout.places
    func source(_ core: Int, _ transfer: Int) -> (index: Int, text: String)? {
      guard let device = run.cores[core].device,
        let trigger = device.instructions.first(where: {
          if case .trigger(let started) = $0.work { Int(started) == transfer } else { false }
        })
      else { return nil }
      let index = Int(trigger.source)
      return (index, run.cores[core].program.instructionText(index))
    }
    switch error {
    case .core(let core, let error):
      let one = run.cores[core]
      guard let device = one.device else { return error }
      let described = describe(error, device, one.program)
      return (described as? Trap).map { places[core].named($0) } ?? described
    case .stuck(let missing):
      var trap = Trap(.deadlock, "\(missing.count) exchange(s) wait for cores that never come")
      for (core, transfer, absent) in missing {
        let names = absent.map { places[$0].description }.joined(separator: ", ")
        trap.notes.append(
          "\(places[core].description) is at \(source(core, transfer)?.text ?? "an exchange") and "
            + "waits for \(names)")
      }
      trap.waits = WaitGraph(
        members: places.map { place in
          guard let one = missing.first(where: { $0.core == place.id }),
            let found = source(one.core, one.transfer)
          else { return WaitGraph.Member(place.description) }
          return WaitGraph.Member(
            place.description, at: found.index, text: found.text,
            location: run.cores[one.core].program.instructions[found.index].location)
        },
        waits: missing.flatMap { core, transfer, absent in
          absent.map {
            WaitGraph.Wait(of: core, for: $0, source(core, transfer)?.text ?? "an exchange")
          }
        })
      return trap
    case .mismatch(let core, let transfer, let other, let message):
      var trap = Trap(
        .mismatch, message,
        remedy: "all who take part must call the same exchange in the same order")
      trap.instruction = source(core, transfer)?.index
      if let other {
        trap.notes = [
          "\(places[other.core].description): \(source(other.core, other.transfer)?.text ?? "")"
        ]
      }
      return places[core].named(annotate(trap, run.cores[core].program))
    }
  }
}

extension CorePlace {
  /// A fault with the core's name.
  func named(_ trap: Trap) -> Trap {
    var trap = trap
    if layout.count > 1 { trap.notes.insert("on \(description)", at: 0) }
    return trap
  }
}
