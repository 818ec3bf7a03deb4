import Device
import Foundation
import Hardware
import Storage
import Testing
import Timing

/// Durations by opcode, type, memory and size over the captured runs, which are not part of the project.
@Suite struct DurationTests {
  static let table = "../shared/validation/instruction_durations.csv"
  static let hasTable = FileManager.default.fileExists(atPath: table)

  /// The opcodes whose price follows from what the table says of them.
  ///
  /// Left out: copies inside SBUF, whose strides the table does not give, and the tensor engine, whose
  /// rows mix the cold and the warm clock.
  private static let classes: [String: StreamClass] = [
    "ACTIVATE": .activation, "CAST": .cast, "COPY": .copy, "RECIPROCAL": .reciprocal,
    "TENSOR_REDUCE": .tensorReduce, "TENSOR_SCALAR": .tensorScalarPointer,
    "TENSOR_TENSOR": .tensorTensor,
  ]

  @Test(.enabled(if: hasTable, "needs \(table)"))
  func streamsTakeTheirCapturedMedians() throws {
    let hardware = try Hardware.load("trn2")
    let lines = String(decoding: try readFile(DurationTests.table), as: UTF8.self)
      .split(whereSeparator: \.isNewline).dropFirst()
    var compared = 0
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard cells.count == 16, cells[0] == "trn2", let engine = Engine(name: cells[1]),
        let streamClass = DurationTests.classes[cells[2]], let median = Double(cells[14]),
        let sources = Int(cells[7]), let results = Int(cells[8])
      else { continue }
      if cells[2] == "COPY" && cells[5] == "SBUF" { continue }
      let stream = Stream(
        streamClass, elements: max(sources, results), readsPSUM: cells[5] == "PSUM",
        sixteenBitInputs: cells[3].contains("16"), sixteenBitOutput: cells[4].contains("16"))
      var program = DeviceProgram()
      program.instructions = [
        DeviceInstruction(engine: engine, opcode: .tensorTensor, work: .stream(stream), source: 0)
      ]
      let timing = try Timing.run(program, on: hardware).instructions[0]
      let error = Double(timing.duration) / 1000 / median - 1
      #expect(abs(error) < 0.02, "\(line): \(timing.duration) ps")
      compared += 1
    }
    #expect(compared >= 15)
  }
}
