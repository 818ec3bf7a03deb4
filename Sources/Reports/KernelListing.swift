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

  /// A row for each kernel.
  package static func blocks(of kernels: KernelCatalog) -> [Block] {
    [
      .table(
        Table(
          [Table.Column("kernel", .text, isKey: true), Table.Column("what it computes", .text)],
          kernels.all.map { [.text($0.name), .text($0.summary)] }))
    ]
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
  package var blocks: [Block] {
    let type = type(of: kernel)
    let values = kernel.values.texts
    func table(_ names: [String], _ rows: [[String]]) -> Block {
      .table(
        Table(
          names.enumerated().map { Table.Column($1, .text, isKey: $0 == 0) },
          rows.map { $0.map { .text($0) } }))
    }
    return [
      .heading("\(type.name): \(type.summary)")
    ] + type.details.split(separator: "\n").map { .sentence(Phrase(String($0))) } + [
      .heading("parameters"),
      table(
        ["name", "value", "allowed", "meaning"],
        type.parameters.map {
          [$0.name, values[$0.name] ?? "", $0.kind.description, $0.meaning]
        }),
      .heading("inputs"),
      table(
        ["name", "type", "shape"], kernel.inputs.map { [$0.name, $0.dtype.name, "\($0.shape)"] }),
      .heading("outputs"),
      table(
        ["name", "type", "shape", "allowed"],
        kernel.outputs.map {
          [$0.name, $0.dtype.name, "\($0.shape)", $0.tolerance.description]
        }),
    ]
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
