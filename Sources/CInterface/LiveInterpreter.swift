import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Simulation

/// The machine of a program that still grows: what a kernel's author looks at while it is traced.
final class LiveInterpreter {
  private let hardware: Hardware
  private let geometry: Geometry
  private var interpreter: Interpreter
  private var checked = 0
  /// What ended the execution; nothing after it can be computed.
  private var fault: Trap?

  init(_ hardware: Hardware, _ options: Simulation.Options) {
    self.hardware = hardware
    geometry = Geometry(hardware)
    let rounding = options.stochasticRoundingSeed.map { Rounding.stochastic(seed: $0) }
    interpreter = Interpreter(
      geometry: geometry,
      machine: Machine(geometry: geometry, tensors: [], rounding: rounding ?? .nearestEven))
  }

  /// How many of the program's tensors have memory here.
  var declared: Int { interpreter.machine.tensors.count }

  /// Checks and executes the instructions before `end` that have not been executed.
  /// - Parameter caller: Whose memory tensors get that are new, and who listens.
  func advance(_ program: Program, to end: Int, for caller: Simulation.Caller) throws {
    if let fault { throw fault }
    guard end <= program.instructions.count else {
      throw DiagnosticError(
        "instruction \(end) is beyond the program's \(program.instructions.count)")
    }
    let findings = program.check(
      geometry, tensorsFrom: declared, instructions: checked..<max(end, checked))
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    // Checked instructions alone have extents and operands that can be counted.
    if declared < program.tensors.count || checked < end {
      try Simulation.requireHostMemory(for: program, on: hardware)
    }
    for tensor in program.tensors[declared...] {
      if let memory = caller.memory[tensor.name] {
        try interpreter.machine.declare(tensor, in: memory)
      } else {
        interpreter.machine.declare(tensor)
      }
    }
    if let missing = interpreter.machine.missing {
      throw DiagnosticError(
        "the system has no memory for \(missing)", remedy: "use smaller shapes")
    }
    checked = max(end, checked)
    interpreter.onPrint(caller.onPrint)
    do throws(Trap) {
      try interpreter.run(program, upTo: end)
    } catch {
      let fault = Simulation.annotate(error, program)
      self.fault = fault
      throw fault
    }
  }

  /// Copies a tensor's contents, and for each element whether it was written.
  func copy(
    _ id: Int, into target: UnsafeMutableRawBufferPointer,
    written: UnsafeMutableBufferPointer<UInt8>?
  ) {
    interpreter.machine.copy(TensorID(id), into: target, written: written)
  }
}
