import Foundation
import Testing

/// Every mistake gets its exit code and its message, and leaves nothing behind.
@Suite struct BadInputTests {
  @Test(arguments: BadInput.texts) func texts(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.programs) func programs(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.faults) func faults(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.files) func files(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.kernels) func kernels(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.hardware) func hardware(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.arrays) func arrays(_ input: BadInput) async throws {
    try await check(input)
  }

  @Test(arguments: BadInput.comparisons) func comparisons(_ input: BadInput) async throws {
    try await check(input)
  }

  private func check(_ input: BadInput) async throws {
    let scratch = try Scratch()
    for file in input.files { try await make(file, in: scratch) }
    let before = scratch.files
    let outcome = try await trnsim(input.arguments, in: scratch)
    #expect(outcome.code == input.code, "\(outcome.errors)")
    for message in input.messages {
      #expect(outcome.errors.contains(message), "expected '\(message)' in:\n\(outcome.errors)")
    }
    // Of all but what the command line's own grammar refuses.
    if input.code != 64 {
      #expect(outcome.errors.contains("  see: trnsim explain "), "no topic in:\n\(outcome.errors)")
    }
    #expect(outcome.output == "", "nothing is printed before an error")
    #expect(outcome.files == before, "files were made or changed")
    #expect(outcome.errors.utf8.count < 1 << 18, "\(outcome.errors.utf8.count) bytes of messages")
    let controls = outcome.errors.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" }
    #expect(controls.isEmpty, "control characters reach the terminal")
  }

  private func make(_ file: BadInput.File, in scratch: Scratch) async throws {
    switch file.content {
    case .bytes(let bytes): try scratch.write(bytes, to: file.name)
    case .directory:
      try FileManager.default.createDirectory(
        atPath: "\(scratch.path)/\(file.name)", withIntermediateDirectories: true)
    case .zstd(let content, let change):
      try scratch.write(change(zstd(content, in: scratch)), to: file.name)
    case .emitted(let kernel, let change):
      let arguments = ["emit"] + kernel.split(separator: " ").map(String.init)
      let outcome = try await trnsim(arguments + ["-o", file.name], in: scratch)
      try #require(outcome.code == 0)
      try scratch.write(change(try scratch.read(file.name)), to: file.name)
    }
  }
}
