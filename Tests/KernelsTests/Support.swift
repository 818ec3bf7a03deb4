import Device
import Diagnostics
import Formats
import Hardware
import ISA
import Kernels
import Machine
import Programs
import Testing
import Workloads

extension Geometry {
  /// trn2 with 192 KiB of SBUF per partition, as NKI's allocator sees it.
  static let test: Geometry = {
    guard let hardware = try? Hardware.load(named: "trn2") else { preconditionFailure("trn2") }
    var geometry = Geometry(hardware)
    geometry.sbufBytes = 196_608
    return geometry
  }()
}

/// One kernel with its settings, as the command line gives them.
struct Case: CustomTestStringConvertible, Sendable {
  let kernel: KernelName
  let settings: [String]

  init(_ kernel: KernelName, _ settings: String) {
    self.kernel = kernel
    self.settings = settings.split(separator: " ").map(String.init)
  }

  var testDescription: String { ([kernel.rawValue] + settings).joined(separator: " ") }

  func make() throws -> any BuiltKernel { try kernel.make(settings) }
}

/// Runs a program's instructions in their order and gives the outputs' values by name.
func execute(_ program: Program, _ inputs: [KernelTensor]) throws -> [String: [Double]] {
  var machine = Machine(geometry: .test, tensors: program.tensors)
  for (id, tensor) in program.givenTensors {
    let input = try #require(inputs.first { $0.name == tensor.name })
    machine.fill(id, bytes: input.bytes)
  }
  var interpreter = Interpreter(geometry: .test, machine: machine)
  do {
    try interpreter.run(program, upTo: program.instructions.count)
  } catch {
    var trap = error
    trap.location = trap.instruction.flatMap { program.instructions[$0].location }
    throw trap
  }
  var results: [String: [Double]] = [:]
  for (id, tensor) in program.returnedTensors {
    let (bytes, unwritten) = interpreter.machine.contents(of: id)
    #expect(unwritten == nil, "\(tensor.name) is not all written")
    results[tensor.name] =
      KernelTensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, bytes: bytes
      ).values
  }
  return results
}

/// The messages of the error that `body` throws.
func diagnostics(_ body: () throws -> Void) -> [Diagnostic] {
  do {
    try body()
    return []
  } catch {
    return (error as? DiagnosticError)?.diagnostics ?? []
  }
}

/// Bytes that a program's copies read from and write to HBM.
func trafficOfHBM(_ program: Program) -> (read: Int, written: Int) {
  var total = (read: 0, written: 0)
  for instruction in program.instructions {
    for (_, role, pattern) in instruction.operation.operands {
      let tensor = program.tensors[Int(pattern.tensor.index)]
      guard tensor.space == .hbm else { continue }
      let bytes = pattern.elements * tensor.dtype.size
      if role == .read { total.read += bytes } else { total.written += bytes }
    }
  }
  return total
}
