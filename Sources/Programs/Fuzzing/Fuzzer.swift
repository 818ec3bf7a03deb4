import Diagnostics
import Glibc
public import Machine
import Storage

/// Something that a fuzzer found.
public struct FuzzFailure: Sendable, CustomStringConvertible {
  /// Reproduces it: `run(caseSeed:)` of the fuzzer.
  public var seed: UInt64
  /// What did not hold.
  public var message: String
  /// The input, if it is a damaged one.
  public var input: [UInt8]

  /// Makes a failure of the case of this seed.
  public init(seed: UInt64, message: String, input: [UInt8] = []) {
    self.seed = seed
    self.message = message
    self.input = input
  }

  /// Seed and message.
  public var description: String { "case \(seed): \(message)" }
}

/// What a run of the fuzzer did.
public struct FuzzResult: Sendable {
  /// Cases that were run.
  public var cases = 0
  /// Damaged inputs that were read.
  public var inputs = 0
  /// Damaged inputs that still were programs.
  public var accepted = 0
  /// What was found, at most 20.
  public var failures: [FuzzFailure] = []

  /// Nothing yet.
  public init() {}
}

/// Tests the file forms with random programs and damaged files.
///
/// Each case makes a program from the declared fields of the operations and requires: the text and
/// the binary form read back to the same program; their damaged forms give a program, which again
/// reads back, or diagnostics, within a second; `check` and `summaryText` return; `check` and both
/// readers refuse an HBM tensor with a place on chip.
public struct ProgramFuzzer: Sendable {
  /// The machine that `check` is asked about.
  public var geometry: Geometry

  /// Makes a fuzzer.
  public init(geometry: Geometry) { self.geometry = geometry }

  /// Seconds of this thread's work, whatever else the machine does, after which reading a small input counts as hanging.
  private static let patience = 1.0

  private static var secondsOfWork: Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }

  /// Runs the case of one seed.
  public func run(caseSeed seed: UInt64) -> FuzzResult {
    var result = FuzzResult()
    result.cases = 1
    var generator = ProgramGenerator(seed: seed)
    let program = generator.program()
    func fail(_ message: String, _ input: [UInt8] = []) {
      result.failures.append(FuzzFailure(seed: seed, message: message, input: input))
    }
    let text = Array(program.text.utf8)
    let binary = program.records
    if let problem = difference(program, text) { fail("text: \(problem)", text) }
    if let problem = difference(program, binary) { fail("binary: \(problem)", binary) }
    use(program)
    if let wrong = generator.misplaced(program) {
      if wrong.check(geometry).isEmpty { fail("check: an hbm tensor with a place on chip") }
      for form in [Array(wrong.text.utf8), wrong.records] where difference(wrong, form) == nil {
        fail("read: an hbm tensor with a place on chip", form)
      }
    }
    var mutation = Mutation(random: SeededGenerator(seed: seed ^ 0x6d75_7461_7465))
    for round in 0..<6 {
      let isText = round % 2 == 0
      let input = mutation.mutate(isText ? text : binary, isText: isText)
      result.inputs += 1
      let start = Self.secondsOfWork
      do throws(DiagnosticError) {
        let damaged = try read(input, isText: isText)
        result.accepted += 1
        use(damaged)
        if let problem = difference(damaged, Array(damaged.text.utf8)) {
          fail("text of a damaged program: \(problem)", input)
        }
        if let problem = difference(damaged, damaged.records) {
          fail("binary of a damaged program: \(problem)", input)
        }
      } catch {
        if error.diagnostics.isEmpty { fail("rejected without a diagnostic", input) }
        for diagnostic in error.diagnostics where diagnostic.location == nil {
          fail("a diagnostic without a place: \(diagnostic.message)", input)
        }
        _ = error.description
      }
      if Self.secondsOfWork - start > Self.patience { fail("took too long", input) }
    }
    return result
  }

  private func read(_ bytes: [UInt8], isText: Bool) throws(DiagnosticError) -> Program {
    if isText {
      return try Program(utf8: bytes, file: "fuzz", options: ParseOptions(ownPlaces: false))
    }
    return try ProgramFile.decodeRecords(bytes, file: "fuzz")
  }

  /// How a program differs from what its file form is read as; `nil` if it does not.
  private func difference(_ program: Program, _ form: [UInt8]) -> String? {
    let isText = !form.starts(with: BinaryFormat.magic)
    do throws(DiagnosticError) {
      let again = try read(form, isText: isText)
      if let difference = program.difference(from: again) { return difference }
      let second = isText ? Array(again.text.utf8) : again.records
      return second == form ? nil : "printed differently the second time"
    } catch {
      return error.description
    }
  }

  /// Calls what must never crash.
  private func use(_ program: Program) {
    _ = program.check(geometry)
    _ = program.summaryText()
    if let last = program.instructions.indices.last { _ = program.instructionText(last) }
  }
}

extension Program {
  /// The content of the program's binary file.
  package var records: [UInt8] {
    var whole: [UInt8] = []
    writeRecords { whole += $0 }
    return whole
  }
}
