import Foundation
import Kernels
import Testing
import Workloads

/// The references themselves, against NumPy (`Tests/Reference/make_kernels.py`).
struct ReferenceTests {
  struct Sample: Decodable, Sendable, CustomTestStringConvertible {
    let kernel: String
    let settings: [String]
    let inputs: [String: [Double]]
    let outputs: [String: [Double]]
    var testDescription: String { ([kernel] + settings).joined(separator: " ") }
  }

  struct File: Decodable {
    let fills: [String: [Double]]
    let samples: [Sample]
  }

  static func load() throws -> File {
    let url = try #require(
      Bundle.module.url(forResource: "kernels", withExtension: "json", subdirectory: "Data"))
    return try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
  }

  /// The inputs of a sample as the kernel takes them.
  private func tensors(_ sample: Sample, _ kernel: any Kernel) throws -> [KernelTensor] {
    try kernel.inputs.map { input in
      let values = try #require(sample.inputs[input.name])
      return KernelTensor(
        name: input.name, dtype: input.dtype, shape: input.shape, values: values.map { Float($0) })
    }
  }

  @Test func everyKernelHasSamples() throws {
    let found = Set(try Self.load().samples.map(\.kernel))
    #expect(found == Set(KernelName.allCases.map(\.rawValue)))
  }

  @Test func referencesAgreeWithNumPy() throws {
    for sample in try Self.load().samples {
      let kernel = try #require(KernelName(rawValue: sample.kernel)).make(sample.settings)
      let inputs = try tensors(sample, kernel)
      for input in inputs { #expect(input.values == sample.inputs[input.name]) }
      let reference = try kernel.reference(inputs)
      #expect(Set(reference.keys) == Set(sample.outputs.keys))
      for (name, wanted) in sample.outputs {
        let values = try #require(reference[name])
        let comparison = Tolerance(absolute: 1e-13, relative: 1e-13).compare(values, wanted)
        #expect(comparison.passes, "\(sample.testDescription) \(name): \(comparison)")
      }
    }
  }

  /// The machine on NumPy's inputs against NumPy's outputs, without the references between.
  @Test func kernelsAgreeWithNumPy() throws {
    for sample in try Self.load().samples {
      let kernel = try #require(KernelName(rawValue: sample.kernel)).make(sample.settings)
      let results = try execute(kernel.build(.test), tensors(sample, kernel))
      for output in kernel.outputs {
        let wanted = try #require(sample.outputs[output.name])
        let comparison = output.tolerance.compare(try #require(results[output.name]), wanted)
        #expect(comparison.passes, "\(sample.testDescription) \(output.name): \(comparison)")
      }
    }
  }

  // MARK: - Trial inputs

  @Test func trialInputsAgreeWithPython() throws {
    let fills = try Self.load().fills
    let norm = try KernelName.rmsnorm.make(["tokens=2", "hidden=8", "dtype=float32"])
    let x = try #require(norm.makeInputs(seed: 7).first { $0.name == "x" })
    // Two libraries' sin, cos and log may differ in the last bit of a float64.
    let rule = Tolerance(absolute: 1e-7, relative: 0x1p-23)
    #expect(rule.compare(x.values, try #require(fills["x"])).passes)
    let rope = try KernelName.rope.make(["tokens=4", "head_dim=8", "dtype=float32"])
    for tensor in rope.makeInputs(seed: 7) where tensor.name == "cos" || tensor.name == "sin" {
      #expect(rule.compare(tensor.values, try #require(fills[tensor.name])).passes)
    }
  }

  @Test func trialInputsHaveTheirDeviation() throws {
    let kernel = try KernelName.matmul.make(["m=64", "k=256", "n=64", "dtype=float32"])
    let inputs = kernel.makeInputs(seed: 3)
    #expect(inputs == kernel.makeInputs(seed: 3))
    #expect(inputs != kernel.makeInputs(seed: 4))
    for (tensor, deviation) in zip(inputs, [1, 1.0 / 16]) {
      let values = tensor.values
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      // 16 384 numbers: the mean is within 4/√n deviations, the deviation within 4/√(2n).
      #expect(abs(mean) < 0.032 * deviation)
      #expect(abs(variance.squareRoot() / deviation - 1) < 0.023)
    }
  }

  @Test func toleranceComparesElementByElement() {
    let rule = Tolerance(absolute: 0.5, relative: 0.25)
    let found = rule.compare([1, 2.6, 10, .nan, 3], [1, 2, 7, 0, 1])
    #expect(found.failures == 3)
    #expect(found.firstFailure == 2)
    #expect(found.maxDifference == .infinity && found.maxIndex == 3)
    #expect(!found.passes)
    #expect(Tolerance.equal.compare([1, 2], [1, 2]).passes)
    #expect(!Tolerance.equal.compare([1, 2], [1, 2.0001]).passes)
    #expect(rule.compare([.infinity], [.infinity]).passes)
  }
}
