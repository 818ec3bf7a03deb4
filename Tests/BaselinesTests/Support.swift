import Foundation
import Kernels
import Programs
import Sweeps
import Workloads

@testable import Baselines

/// A directory that goes away with the value that holds it.
final class Folder: Sendable {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "trnsim-\(UUID().uuidString)"
      ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  var names: [String] {
    ((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []).sorted()
  }
}

/// A program of three engines that the tests change by an instruction.
///
/// x is loaded, squared on Scalar, doubled on Vector and stored.
func threeSteps(extra: String = "", width: Int = 512) -> String {
  """
  trnsim program 1
  kernel three_steps
  tensor x: hbm input float32 [128, \(width)]
  tensor y: hbm output float32 [128, \(width)]
  tensor a: sbuf float32 [128, \(width)] at byte 0
  tensor b: sbuf float32 [128, \(width)] at byte \(4 * width)
  dma_copy dst=a src=x engine=sync
  activation dst=b data=a op=square
  \(extra)tensor_tensor dst=a data1=b data2=b op=add engine=vector
  dma_copy dst=y src=a engine=sync

  """
}

/// A suite of that program and a kernel, with its baseline accepted.
struct Accepted {
  let folder: Folder
  let suite: SuiteFile
  let baseline: Baseline

  init(_ suite: String = Accepted.suite, program: String = threeSteps()) throws {
    folder = try Folder()
    try folder.write(program, to: "steps.trn")
    let path = try folder.write(suite, to: "s.yaml")
    self.suite = try SuiteFile(path: path, of: .builtIn)
    let check = try Check(self.suite, against: Baseline())
    try check.writeBaseline(reason: "first")
    baseline = try Baseline.read(Baseline.path(of: self.suite))
  }

  static let suite = """
    suite: test
    entries:
      - program: steps.trn
      - kernel: rmsnorm
        parameters: {tokens: [1, 8], hidden: 256}
    """

  /// The suite run again, with what its files hold now.
  func check(strict: Bool = false) throws -> Check {
    try Check(
      SuiteFile(path: suite.path, of: .builtIn), against: Baseline.read(Baseline.path(of: suite)))
  }
}
