import ArgumentParser
import Foundation
import Hardware
import Machine
import Programs
import Simulation

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "For developers: feed random and damaged programs to the readers.",
    discussion: """
      Random programs must survive print → parse → print and encode → decode; mutated ones must give
      a program or diagnostics, never a crash. The same seed runs the same cases.

      EXAMPLES
        trnsim fuzz --seconds 600 --seed 1
        trnsim fuzz --cases 1 --seed 28417
      """, shouldDisplay: false)

  @Option(help: "How long. (default: 10, without --cases)")
  var seconds: Double?
  @Option(help: "How many cases, instead of a time.")
  var cases: Int?
  @Option(help: "Where to start.")
  var seed: UInt64 = 1

  func validate() throws {
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be more than 0") }
    if let cases, cases < 1 { throw ValidationError("--cases must be 1 or more") }
  }

  func run() throws {
    try reporting {
      let geometry = Geometry(try Hardware.load("trn2"))
      let isTerminal = isatty(STDERR_FILENO) == 1
      let result = runFuzzer(
        seconds: seconds ?? (cases == nil ? 10 : nil), cases: cases, seed: seed, geometry: geometry
      ) { line in
        if isTerminal || !line.hasPrefix("cases from") { note(line) }
      }
      print(
        "\(result.cases) cases, \(result.inputs) inputs, \(result.accepted) accepted, "
          + "\(result.failures.count) failures")
      if !result.failures.isEmpty { throw ExitCode(1) }
    }
  }
}
