public import Device
public import Diagnostics
public import Machine
public import Programs

/// A kernel with all its parameters chosen, whoever makes its programs.
///
/// What it takes, what it computes (`reference`, straight from the definition and independent of the
/// machine), and the programs that compute it.
public protocol Kernel: Sendable {
  /// Its name in the list of kernels.
  static var name: String { get }
  /// What it computes, in one line.
  static var summary: String { get }
  /// The formula and the strategy.
  static var details: String { get }
  /// Whether cores exchange data where several compute it.
  static var exchanges: Bool { get }
  /// What can be chosen, in the order of help texts.
  static var parameters: [KernelParameter] { get }

  /// The kernel with these values of its declared parameters.
  init(_ values: KernelParameters)

  /// All values, as given to `init`.
  var values: KernelParameters { get }
  /// The inputs, in the order of their declaration.
  var inputs: [KernelInput] { get }
  /// The outputs, in the order of their declaration.
  var outputs: [KernelOutput] { get }

  /// The cores that compute it together.
  var layout: CoreLayout { get }

  /// What is wrong with the combination of values on this machine.
  func check(_ geometry: Geometry) -> [Diagnostic]

  /// A program for each core, on a machine of this geometry.
  ///
  /// - Throws: `DiagnosticError` when parameters do not fit together or the tiles do not fit on chip.
  func programs(_ geometry: Geometry) throws -> ProgramSet

  /// Which part of an input a rank gets; `nil` for all of it.
  func shard(of input: KernelInput, rank: Int) -> TensorShard?

  /// What a rank has of the outputs of the whole: of what `reference` gives.
  func outputs(_ whole: [String: [Double]], of rank: Int) -> [String: [Double]]

  /// The outputs by name, from the inputs' values by name, in float64.
  func reference(_ inputs: [String: [Double]]) -> [String: [Double]]

  /// The outputs by name, from inputs of which parts can be asked for.
  ///
  /// - Parameter results: The simulated outputs. Where rounding alone decides between two experts,
  ///   the reference of what depends on them follows the simulated choice.
  func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]]

  /// What else a comparison found, in sentences.
  ///
  /// - Parameter reference: What `reference` gave; it may have more than the outputs.
  func remarks(_ reference: [String: [Double]]) -> [String]
}

extension Kernel {
  /// What needs all of its inputs.
  public func reference(
    _ inputs: ReferenceInputs, results: [String: [Double]]
  ) -> [String: [Double]] { reference(inputs.all) }

  /// Nothing.
  public func remarks(_ reference: [String: [Double]]) -> [String] { [] }
}

extension Kernel {
  /// They compute by themselves.
  public static var exchanges: Bool { false }

  /// One core.
  public var layout: CoreLayout { CoreLayout() }

  /// All of it: each rank has its copy.
  public func shard(of input: KernelInput, rank: Int) -> TensorShard? { nil }

  /// All of them.
  public func outputs(_ whole: [String: [Double]], of rank: Int) -> [String: [Double]] { whole }

  /// What a rank gets of whole inputs.
  public func inputs(_ whole: [KernelTensor], of rank: Int) -> [KernelTensor] {
    inputs.compactMap { input in
      guard let tensor = whole.first(where: { $0.name == input.name }) else { return nil }
      return shard(of: input, rank: rank)?.cut(tensor) ?? tensor
    }
  }

  /// What a rank gets of an input whose trial contents are made when they are read.
  public func contents(of input: KernelInput, rank: Int, seed: UInt64) -> LazyContents {
    shard(of: input, rank: rank)?.contents(of: input, seed: seed) ?? input.contents(seed: seed)
  }
}

extension Kernel {
  /// No rules beyond those of the single parameters.
  public func check(_ geometry: Geometry) -> [Diagnostic] { [] }

  /// Trial contents of all inputs.
  public func makeInputs(seed: UInt64) -> [KernelTensor] { inputs.map { $0.make(seed: seed) } }

  /// The reference outputs by name for these inputs.
  ///
  /// - Throws: `DiagnosticError` when an input is missing or has another shape.
  public func reference(_ tensors: [KernelTensor]) throws -> [String: [Double]] {
    var byName: [String: [Double]] = [:]
    var findings: [Diagnostic] = []
    for input in inputs {
      guard let tensor = tensors.first(where: { $0.name == input.name }) else {
        findings.append(Diagnostic(.error, "input '\(input.name)' is missing", topic: .inputs))
        continue
      }
      if tensor.shape != input.shape {
        findings.append(
          Diagnostic(
            .error, "input '\(input.name)' has shape \(tensor.shape), must have \(input.shape)",
            topic: .inputs))
      }
      byName[input.name] = tensor.values
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
    return reference(byName)
  }
}
