import Device
import Formats
import ISA
import Machine
import Testing

@Suite struct ExecutionTests {
  @Test(arguments: Sample.file.samples)
  func agreesWithReference(_ sample: Sample) throws {
    let declared = try sample.declarations()
    let operation = try sample.makeOperation()
    let engine = try #require(Engine(name: sample.engine))
    let findings = operation.findings(
      geometry: geometry(generation: sample.generation ?? 3), tensors: declared, engine: engine)
    #expect(findings.isEmpty, "\(findings.map(\.message))")
    guard findings.isEmpty else { return }
    var machine = try sample.machine(declared, expected: false)
    let reference = try sample.machine(declared, expected: true)
    try operation.execute(on: &machine, engine: engine)
    var compared = 0
    for (index, tensor) in declared.enumerated() {
      for pattern in sample.visible(index, declared, operation) {
        let got = try machine.readBits(pattern, tensor.name)
        let wanted = try reference.readBits(pattern, tensor.name)
        let values = try machine.read(pattern, tensor.name)
        let exact = try reference.read(pattern, tensor.name)
        compared += got.count
        for i in 0..<got.count {
          let apart = distance(got.elements[i], wanted.elements[i], tensor.dtype)
          let difference = Double(abs(values.elements[i] - exact.elements[i]))
          let isClose = (apart ?? .max) <= sample.ulp || difference <= sample.absolute
          #expect(
            isClose,
            """
            \(tensor.name)[\(i / got.columns), \(i % got.columns)] is \(values.elements[i]), \
            the reference has \(exact.elements[i])
            """)
          if !isClose { return }
        }
      }
    }
    #expect(compared > 0)
  }

  /// A number out of all proportion is a finding, or the operation runs with it.
  @Test(arguments: Sample.file.samples)
  func extremeNumbersAreFindingsOrRun(_ sample: Sample) throws {
    let declared = try sample.declarations()
    let operation = try sample.makeOperation()
    let engine = try #require(Engine(name: sample.engine))
    let fields = type(of: operation).fieldDescriptions
    for (index, field) in fields.enumerated() {
      for extreme in [Int.min, -1 << 62, -1 << 31, 1 << 31, 1 << 32, 1 << 62, .max] {
        let value: FieldValue? =
          switch (field.kind, operation.fieldValues[index]) {
          case (.integer, _), (.registerOrInteger, _): .integer(extreme)
          case (.integers, .integers(let values)) where !values.isEmpty:
            .integers([extreme] + values.dropFirst())
          case (.pairs, .pairs(let steps)) where !steps.isEmpty:
            .pairs([IndexStep(step: extreme, count: steps[0].count)] + steps.dropFirst())
          case (.number, _), (.scalarOrTile, .number): .number(Double(extreme))
          default: nil
          }
        guard let value else { continue }
        var changed = operation
        guard changed.setField(index, to: value) else { continue }
        let findings = changed.findings(
          geometry: geometry(generation: sample.generation ?? 3), tensors: declared, engine: engine)
        guard findings.isEmpty else { continue }
        var emitter = Emitter(engine: engine, tensors: declared, geometry: geometry())
        changed.lower(into: &emitter)
        var machine = try sample.machine(declared, expected: false)
        do throws(Trap) {
          try changed.execute(on: &machine, engine: engine)
        } catch {
          #expect(!error.message.isEmpty)
        }
      }
    }
  }

  @Test func everyOperationHasSamples() {
    let sampled = Dictionary(grouping: Sample.file.samples, by: \.operation)
    // Registers, loops and prints change no tensor: ProgramsTests has them.
    for opcode in Opcode.allCases where !opcode.type.isControl && opcode != .devicePrint {
      let name = opcode.type.name
      #expect((sampled[name]?.count ?? 0) >= 4, "\(name)")
    }
    #expect(sampled.keys.allSatisfy { Opcode(name: $0) != nil })
  }

  @Test func everyOperatorAndFunctionIsSampled() {
    let symbols = Set(Sample.file.samples.flatMap { $0.fields.compactMap(\.symbol) })
    for op in ALUOp.allCases { #expect(symbols.contains(op.rawValue), "\(op.rawValue)") }
    for op in ActivationFunction.allCases {
      #expect(symbols.contains(op.rawValue), "\(op.rawValue)")
    }
    for op in PartitionReduceOp.allCases {
      #expect(symbols.contains(op.rawValue), "\(op.rawValue)")
    }
  }
}
