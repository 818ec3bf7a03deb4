import Foundation
import Testing

/// How the help of each command is laid out.
@Suite struct HelpTests {
  /// Commands and their subcommands, as `--help` lists them; those of `help` are not asked for again.
  private func commands(of parent: [String], in scratch: Scratch) async throws -> [[String]] {
    let outcome = try await trnsim(parent + ["--help"], in: scratch)
    let sections = outcome.output.components(separatedBy: "SUBCOMMANDS:\n")
    guard sections.count > 1 else { return [parent] }
    var found = [parent]
    for line in sections[1].split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty { break }
      guard line.hasPrefix("  "), let name = line.dropFirst(2).split(separator: " ").first,
        line.dropFirst(2).first != " "
      else { continue }
      found += try await commands(of: parent + [String(name)], in: scratch)
    }
    return found
  }

  /// The library that prints help breaks lines of a screen's whole width once more, at the left edge.
  @Test(arguments: [80, 100]) func helpKeepsItsColumns(_ width: Int) async throws {
    let scratch = try Scratch()
    let commands = try await commands(of: [], in: scratch)
    #expect(commands.count > 25)
    for command in commands {
      let outcome = try await trnsim(
        command + ["--help"], in: scratch, environment: ["COLUMNS": "\(width)"])
      let examples =
        outcome.output.components(separatedBy: "\nEXAMPLES\n").dropFirst().first?
        .components(separatedBy: "\n\n").first ?? ""
      for line in examples.split(separator: "\n") {
        #expect(line.hasPrefix("  "), "\(command.joined(separator: " ")) --help: \(line)")
      }
    }
  }
}
