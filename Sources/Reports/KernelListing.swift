import Formats
public import Workloads

// rmsnorm: x / sqrt(mean(x²) + eps) · gamma
//
// parameters
//   tokens   128       1…65536            rows of x
// inputs
//   x        bfloat16  [128, 2048]

/// What `trnsim kernels` shows of one kernel with its parameters chosen.
public struct KernelListing: Sendable {
  private let kernel: any Kernel

  /// Describes a kernel.
  public init(_ kernel: any Kernel) { self.kernel = kernel }

  /// One line per kernel.
  public static func text(of kernels: KernelCatalog) -> String {
    let width = kernels.names.map(\.count).max() ?? 0
    return kernels.all.map { "\($0.name.left(width))  \($0.summary)" }.joined(separator: "\n")
  }

  /// The names and summaries of all kernels.
  public static func json(of kernels: KernelCatalog) -> String {
    JSON.array(
      kernels.all.map {
        .object(["name": .string($0.name), "summary": .string($0.summary)])
      }
    ).text()
  }

  /// Summary, parameters, inputs and outputs.
  public var text: String {
    let type = type(of: kernel)
    var lines = ["\(type.name): \(type.summary)", ""]
    lines += type.details.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines += ["", "parameters (name, value, allowed, meaning)"]
    let values = kernel.values.texts
    lines += table(
      type.parameters.map {
        [$0.name, values[$0.name] ?? "", $0.kind.description, $0.meaning]
      })
    lines += ["", "inputs"]
    lines += table(kernel.inputs.map { [$0.name, $0.dtype.name, "\($0.shape)"] })
    lines += ["", "outputs"]
    lines += table(
      kernel.outputs.map { [$0.name, $0.dtype.name, "\($0.shape)", $0.tolerance.description] })
    return lines.joined(separator: "\n")
  }

  /// `parameters` (name, value, default, range, meaning), `inputs` and `outputs` (name, shape, dtype).
  public var json: String {
    let type = type(of: kernel)
    let values = kernel.values.texts
    return JSON.object([
      "name": .string(type.name),
      "summary": .string(type.summary),
      "parameters": .array(
        type.parameters.map {
          .object([
            "name": .string($0.name), "default": JSON($0.defaultValue),
            "value": .string(values[$0.name] ?? ""), "meaning": .string($0.meaning),
            "range": .string($0.kind.description),
          ])
        }),
      "inputs": .array(kernel.inputs.map { tensor($0.name, $0.dtype.name, $0.shape) }),
      "outputs": .array(kernel.outputs.map { tensor($0.name, $0.dtype.name, $0.shape) }),
    ]).text()
  }

  private func tensor(_ name: String, _ dtype: String, _ shape: [Int]) -> JSON {
    .object([
      "name": .string(name), "dtype": .string(dtype), "shape": .array(shape.map { .integer($0) }),
    ])
  }

  private func table(_ rows: [[String]]) -> [String] {
    aligned(rows) { _ in true }.map { "  " + $0 }
  }
}

extension JSON {
  /// A parameter's value in its own type.
  fileprivate init(_ value: ParameterValue) {
    switch value {
    case .integer(let number): self = .integer(number)
    case .number(let number): self = .real(number)
    case .flag(let flag): self = .bool(flag)
    case .choice, .dtype: self = .string(value.description)
    }
  }
}
