import ArgumentParser
import Dev
import Glibc
import Hardware
import Machine
import Programs
import Simulation

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "For developers: feed random and damaged programs to the readers.",
    discussion: help(
      """
      Random programs must survive print → parse → print and encode → decode; mutated ones must give
      a program or diagnostics, never a crash. With --sessions random sequences of calls of the C
      interface must touch no memory but what they were lent. The same seed runs the same cases.

      EXAMPLES
        trnsim fuzz --seconds 600 --seed 1
        trnsim fuzz --cases 1 --seed 28417
        trnsim fuzz --sessions --cases 1000
      """), shouldDisplay: false)

  @Option(help: "How long. (default: 10, without --cases)")
  var seconds: Double?
  @Option(help: "How many cases, instead of a time.")
  var cases: Int?
  @Option(help: "Where to start.")
  var seed: UInt64 = 1
  @Flag(help: "Call the C interface, instead of reading programs.")
  var sessions = false

  func validate() throws {
    if let seconds, !(seconds > 0) { throw ValidationError("--seconds must be more than 0") }
    if let cases, cases < 1 { throw ValidationError("--cases must be 1 or more") }
  }

  func run() throws {
    try reporting {
      let run: (UInt64) -> FuzzResult
      if sessions {
        run = try SessionFuzzer().run
      } else {
        run = ProgramFuzzer(geometry: Geometry(try Hardware.load("trn2"))).run
      }
      let isTerminal = isatty(STDERR_FILENO) == 1
      let report = { (line: String) in
        if isTerminal || !line.hasPrefix("cases from") { note(line) }
      }
      let result = runFuzzer(
        seconds: seconds ?? (cases == nil ? 10 : nil), cases: cases, seed: seed, report: report,
        run: run)
      print(
        "\(result.cases) cases, \(result.inputs) \(sessions ? "calls" : "inputs"), "
          + "\(result.accepted) accepted, \(result.failures.count) failures")
      if !result.failures.isEmpty { throw ExitCode(1) }
    }
  }
}
