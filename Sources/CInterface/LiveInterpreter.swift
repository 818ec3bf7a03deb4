import Diagnostics
import Formats
import Hardware
import ISA
import Machine
import Programs
import Simulation

/// The machine of a program that still grows: what a kernel's author looks at while it is traced.
final class LiveInterpreter {
  private let geometry: Geometry
  private let bindings: [String: UnsafeMutableRawBufferPointer]
  private var interpreter: Interpreter
  private var declared = 0
  private var checked = 0

  init(
    _ hardware: Hardware, _ options: Simulation.Options,
    _ bindings: [String: UnsafeMutableRawBufferPointer],
    _ onPrint: ((Int, PrintedValue) -> Void)?
  ) {
    geometry = Geometry(hardware)
    self.bindings = bindings
    let rounding = options.stochasticRoundingSeed.map { Rounding.stochastic(seed: $0) }
    interpreter = Interpreter(
      geometry: geometry,
      machine: Machine(geometry: geometry, tensors: [], rounding: rounding ?? .nearestEven))
    interpreter.onPrint(onPrint)
  }

  /// Checks and executes the instructions before `end` that have not been executed.
  func advance(_ program: Program, to end: Int) throws {
    guard end <= program.instructions.count else {
      throw DiagnosticError(
        "instruction \(end) is beyond the program's \(program.instructions.count)")
    }
    let findings = program.check(
      geometry, tensorsFrom: declared, instructions: checked..<max(end, checked))
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    for tensor in program.tensors[declared...] {
      interpreter.machine.declare(tensor, in: bindings[tensor.name]?.baseAddress)
    }
    declared = program.tensors.count
    checked = max(end, checked)
    do throws(Trap) {
      try interpreter.run(program, upTo: end)
    } catch {
      throw Simulation.annotate(error, program)
    }
  }

  /// Copies a tensor's contents, and for each element whether it was written.
  func read(
    _ id: Int, into target: UnsafeMutableRawBufferPointer, written: UnsafeMutablePointer<UInt8>?
  ) throws {
    guard id < declared else {
      throw DiagnosticError("tensor \(id) is newer than the last advance", remedy: "advance first")
    }
    interpreter.machine.copy(TensorID(id), into: target, written: written)
  }
}
