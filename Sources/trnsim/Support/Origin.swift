import Diagnostics
import Formats
import Kernels
import Machine
import Programs
import Simulation
import Workloads

/// What a program file tells of the kernel that it was emitted from.
enum Origin {
  /// The kernel that a program file was emitted from, if its inputs and outputs still are the same.
  static func kernel(of program: Program) -> (any Kernel)? {
    guard let name = KernelName(rawValue: program.name) else { return nil }
    let settings = program.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    guard let kernel = try? name.make(settings) else { return nil }
    let inputs = program.tensors(.input).map { Interface($0.tensor) }
    let outputs = program.tensors(.output).map { Interface($0.tensor) }
    guard
      inputs == kernel.inputs.map({ Interface(name: $0.name, dtype: $0.dtype, shape: $0.shape) }),
      outputs == kernel.outputs.map({ Interface(name: $0.name, dtype: $0.dtype, shape: $0.shape) })
    else { return nil }
    return kernel
  }

  private struct Interface: Equatable {
    var name: String
    var dtype: DType
    var shape: [Int]

    init(name: String, dtype: DType, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }

    init(_ tensor: Tensor) {
      self.init(name: tensor.name, dtype: tensor.dtype, shape: tensor.shape)
    }
  }
}

/// Trial contents for a program's inputs that the user did not give.
func trialInputs(_ declared: [Tensor], _ given: [KernelTensor], seed: UInt64) -> [KernelTensor] {
  var inputs = given
  for tensor in declared
  where !given.contains(where: { $0.name == tensor.name }) {
    let input = KernelInput(
      tensor.name, tensor.dtype, tensor.shape,
      .normal(mean: 0, deviation: tensor.dtype.isFloat ? 1 : 0))
    inputs.append(input.make(seed: seed))
    note(
      "note: input '\(tensor.name)' is not given: "
        + (tensor.dtype.isFloat ? "normal numbers of seed \(seed)" : "zeros"))
  }
  return inputs
}
