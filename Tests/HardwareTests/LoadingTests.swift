import Diagnostics
import Foundation
import Testing

@testable import Hardware

/// The package's directory, from this file's place in it.
let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

@Suite struct LoadingTests {
  @Test(arguments: ["trn1", "trn2", "trn3"])
  func builtinsLoad(name: String) throws {
    let hardware = try Hardware.load(named: name)
    #expect(hardware.name == name)
    #expect(!hardware.description.isEmpty)
    #expect(hardware.tensor.rows == 128)
  }
}
