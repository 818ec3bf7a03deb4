import Device
import Diagnostics
import Formats
import Kernels
import Machine
import Programs
import Simulation
import Workloads

/// What a program file tells of the kernel that it was emitted from.
enum Origin {
  /// The kernel that program files were emitted from, if they are all of its cores' and their inputs and outputs still
  /// are the same.
  static func kernel(of set: ProgramSet) -> (any Kernel)? {
    var metadata = set.programs[0].metadata
    metadata["core"] = nil
    metadata["rank"] = nil
    let settings = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    guard let kernel = try? KernelCatalog.builtIn.make(set.name, settings),
      kernel.layout == set.layout
    else { return nil }
    for (place, program) in zip(set.layout.places, set.programs) {
      var own = program.metadata
      let isInPlace =
        set.layout.count == 1
        || own["core"] == "\(place.core)" && own["rank"] == "\(place.rank)"
      own["core"] = nil
      own["rank"] = nil
      guard isInPlace, program.name == set.name, own == metadata else { return nil }
    }
    for rank in 0..<set.layout.ranks {
      let programs = set.programs(of: rank)
      let inputs = kernel.inputs.map { input in
        Interface(
          name: input.name, dtype: input.dtype,
          shape: kernel.shard(of: input, rank: rank)?.shape ?? input.shape)
      }
      let outputs = kernel.outputs.map {
        Interface(name: $0.name, dtype: $0.dtype, shape: $0.shape)
      }
      guard Interface.all(programs.flatMap { $0.tensors(.input) }.map(\.tensor)) == Set(inputs),
        Interface.all(programs.flatMap { $0.tensors(.output) }.map(\.tensor)) == Set(outputs)
      else { return nil }
    }
    return kernel
  }

  private struct Interface: Hashable {
    var name: String
    var dtype: DType
    var shape: [Int]

    init(name: String, dtype: DType, shape: [Int]) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
    }

    /// What several cores declare under one name is one.
    static func all(_ tensors: [Tensor]) -> Set<Interface> { Set(tensors.map { Interface($0) }) }

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
