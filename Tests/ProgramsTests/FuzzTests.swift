import Hardware
import ISA
import Machine
import Programs
import Testing

@Suite struct FuzzTests {
  static let geometry = Result { Geometry(try Hardware.load(named: "trn2")) }

  @Test func randomProgramsAndDamagedFiles() throws {
    let fuzzer = ProgramFuzzer(geometry: try Self.geometry.get())
    var accepted = 0
    for seed in 1...UInt64(600) {
      let result = fuzzer.run(caseSeed: seed)
      accepted += result.accepted
      for failure in result.failures {
        Issue.record("\(failure)\n\(String(decoding: failure.input, as: UTF8.self))")
      }
      if !result.failures.isEmpty { break }
    }
    // Some damage must leave a program, or the fuzzer tests nothing but rejection.
    #expect(accepted > 50)
  }

  @Test(arguments: Opcode.allCases)
  func everyOperationSurvivesBothForms(_ opcode: Opcode) throws {
    for seed in 0..<UInt64(20) {
      var generator = ProgramGenerator(seed: seed)
      let program = generator.program(of: [opcode, opcode, opcode])
      let again = try Program(
        text: program.text, file: "t", options: ParseOptions(ownPlaces: false))
      #expect(program.difference(from: again) == nil)
      #expect(again.text == program.text)
    }
  }
}
