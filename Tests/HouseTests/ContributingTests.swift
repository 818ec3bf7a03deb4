import Foundation
import ISA
import Kernels
import Testing

/// CONTRIBUTING.md says which files a change touches; these keep it true.
@Suite struct ContributingTests {
  /// Paths in `code`; NAME stands for a new file, whose folder must exist.
  @Test(arguments: ["CONTRIBUTING.md", "README.md", "docs/architecture.md", "ACCURACY.md"])
  func everyFileNamedExists(_ document: String) throws {
    let folders = [
      "Sources/", "Tests/", "Scripts/", "docs/", "hwconfigs/", "traces/", ".ci/", "./check",
      "./demo",
    ]
    var met = 0
    for span in Repository.codeSpans(try Repository.text(document))
    where folders.contains(where: span.hasPrefix) {
      // What follows a blank are a script's arguments.
      let path = String(span.prefix { $0 != " " })
      let parts = path.split(separator: "/")
      let isNew = parts.last?.contains("NAME") == true
      let existing = isNew ? parts.dropLast().joined(separator: "/") : path
      #expect(Repository.exists(existing), "\(document) names \(path)")
      met += 1
    }
    #expect(met > 0)
  }

  /// An operation is its file (and what it is split into), and two lines of Opcode.swift.
  @Test func anOperationIsOneFileAndTwoLines() throws {
    let list = try Repository.text("Sources/ISA/Opcode.swift").split(separator: "\n")
    let files = try Repository.swiftFiles("Sources/ISA/Operations")
    #expect(files.filter { !$0.contains("+") }.count == Opcode.allCases.count)
    for opcode in Opcode.allCases {
      let type = "\(opcode.type)"
      #expect(files.contains("Sources/ISA/Operations/\(type).swift"), "\(type)")
      let name = "\(opcode)"
      let lines = list.filter { line in
        words(line).contains { $0 == name || $0 == type }
      }
      #expect(lines.count == 2, "\(type): \(lines)")
    }
  }

  /// No other file of the simulator lists the operations.
  @Test func nothingElseListsOperations() throws {
    let types = Set(Opcode.allCases.map { "\($0.type)" })
    let rooms = [
      "Compiler/Lowering", "Device", "Machine", "Reports", "Simulation", "Timing", "trnsim",
    ]
    for file in try rooms.flatMap({ try Repository.swiftFiles("Sources/\($0)") }) {
      let text = try Repository.text(file)
      let met = types.filter { text.contains("\($0).self") }
      #expect(met.isEmpty, "\(file) names \(met.sorted())")
    }
  }

  /// Every operation has a sample with numbers of an independent reference.
  @Test func everyOperationHasASample() throws {
    let script = try Repository.files("Tests/Reference/isa_samples", suffix: ".py")
      .map(Repository.text).joined()
    // Registers, loops and prints change no tensor.
    for opcode in Opcode.allCases where !opcode.type.isControl && opcode != .devicePrint {
      let name = opcode.type.name
      #expect(script.contains("\"\(name)\""), "\(name)")
    }
  }

  /// A kernel is its file and two lines of KernelName.swift.
  @Test func aKernelIsOneFileAndTwoLines() throws {
    let list = try Repository.text("Sources/Kernels/KernelName.swift").split(separator: "\n")
    let files = try Repository.swiftFiles("Sources/Kernels")
    for kernel in KernelName.allCases {
      let type = "\(kernel.type)"
      #expect(files.contains { $0.hasSuffix("/\(type).swift") }, "\(type)")
      let lines = list.filter { line in
        words(line).contains { $0 == "\(kernel)" || $0 == type }
      }
      #expect(lines.count == 2, "\(type): \(lines)")
    }
  }

  private func words(_ line: Substring) -> [Substring] {
    line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
  }
}
