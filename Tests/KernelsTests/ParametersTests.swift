import Diagnostics
import Formats
import Kernels
import Testing
import Workloads

/// Settings of the form `name=value`, right and wrong.
struct ParametersTests {
  @Test func defaultsAreTheModels() throws {
    let router = try KernelName.expertRouter.make()
    #expect(router.inputs.map(\.shape) == [[128, 2048], [2048, 128]])
    #expect(router.outputs.map(\.shape) == [[128, 8], [128, 8]])
    let rope = try KernelName.rope.make(["tokens=5"])
    #expect(rope.inputs.map(\.shape) == [[5, 32, 128], [5, 4, 128], [5, 64], [5, 64]])
    #expect(router.values["dtype"] == .dtype(.bfloat16))
  }

  /// Every default is allowed by its own parameter, and every parameter says what it means.
  @Test(arguments: KernelName.allCases)
  func declarationsAreSound(_ name: KernelName) throws {
    let parameters = name.type.parameters
    #expect(Set(parameters.map(\.name)).count == parameters.count)
    for parameter in parameters {
      let setting = "\(parameter.name)=\(parameter.defaultValue)"
      let kernel = try name.make([setting])
      #expect(kernel.values[parameter.name] == parameter.defaultValue)
      #expect(!parameter.meaning.isEmpty)
    }
    #expect(name.type.name == name.rawValue)
    #expect(name.type.summary.count < 100)
  }

  @Test func everythingWrongIsReportedAtOnce() {
    let found = diagnostics {
      _ = try KernelName.matmul.make([
        "tile_kk=64", "m=0", "n=many", "dtype=int8", "evict=vectr", "k", "m=3", "lhs_layout=",
      ])
    }
    #expect(
      found.map(\.message) == [
        "there is no parameter 'tile_kk'", "parameter 'm' is 0, must be 1…1048576",
        "parameter 'n' is 'many', must be a whole number", "parameter 'dtype' cannot be 'int8'",
        "parameter 'evict' cannot be 'vectr'", "'k' is not a parameter",
        "parameter 'm' is given twice", "'lhs_layout=' is not a parameter",
      ])
    #expect(found[0].remedy == "did you mean 'tile_k'?")
    #expect(found[4].remedy == "did you mean 'vector'?")
  }

  @Test(arguments: [
    ("tile_k=256", "tile_k is 256, the PE array has rows for 128"),
    ("tile_m=129", "tile_m is 129, a stationary tile has columns for 128"),
  ])
  func tilesFitTheArray(_ setting: String, _ message: String) throws {
    let kernel = try KernelName.matmul.make([setting])
    let found = diagnostics { _ = try kernel.build(.test) }
    #expect(found.map(\.message) == [message])
  }

  @Test func movingTileFitsArrayAndBank() throws {
    let kernel = try KernelName.matmul.make(["tile_n=1024"])
    let found = diagnostics { _ = try kernel.build(.test) }
    #expect(
      found.map(\.message) == [
        "tile_n is 1024, a moving tile has columns for 512",
        "tile_n is 1024, a psum bank has float32 elements for 512",
      ])
  }

  @Test func rotaryHeadsAreChecked() throws {
    let kernel = try KernelName.rope.make(["head_dim=7"])
    #expect(
      diagnostics { _ = try kernel.build(.test) }.map(\.message) == [
        "head_dim is 7, must be even"
      ])
  }

  @Test func missingAndMisshapenInputsAreReported() throws {
    let kernel = try KernelName.rmsnorm.make(["tokens=2", "hidden=4"])
    let x = KernelTensor(
      name: "x", dtype: .bfloat16, shape: [4, 2], values: .init(repeating: 1, count: 8))
    #expect(
      diagnostics { _ = try kernel.reference([x]) }.map(\.message) == [
        "input 'x' has shape [4, 2], must have [2, 4]", "input 'gamma' is missing",
      ])
  }
}
