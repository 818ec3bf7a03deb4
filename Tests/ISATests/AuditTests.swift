import Device
import Formats
import ISA
import Machine
import Testing

@Suite struct AuditTests {
  @Test(arguments: Opcode.allCases)
  func declarationIsComplete(_ opcode: Opcode) {
    let type = opcode.type
    #expect(!type.name.isEmpty && !type.summary.isEmpty && !type.details.isEmpty)
    #expect(!type.summary.hasSuffix("."))
    #expect(!type.engines.isEmpty && Set(type.engines).count == type.engines.count)
    #expect(type.engines.contains(type.init().defaultEngine))
    let fields = type.fieldDescriptions
    #expect(Set(fields.map(\.name)).count == fields.count)
    #expect(fields.allSatisfy { !$0.summary.isEmpty && $0.summary.count <= 80 })
    let hasResult = fields.contains { $0.role == .write || $0.role == .readWrite }
    #expect(hasResult || Self.withoutResult.contains(opcode))
    #expect(Opcode(name: type.name) == opcode)
    #expect(Opcode(of: type.init()) == opcode)
  }

  /// The `nki.isa` function of an operation has a parameter for every tensor that it must have, each of them once, and
  /// none after one with a default lacks one.
  @Test(arguments: Opcode.allCases)
  func signatureCoversTheFields(_ opcode: Opcode) throws {
    guard let parameters = opcode.type.parameterDescriptions else {
      #expect(Self.withoutFunction.contains(opcode))
      return
    }
    #expect(!Self.withoutFunction.contains(opcode))
    let names = parameters.map(\.name)
    #expect(Set(names).count == names.count && names.contains("name"))
    #expect(parameters.drop { $0.isRequired }.allSatisfy { !$0.isRequired })
    #expect(parameters.allSatisfy { !$0.summary.isEmpty && $0.summary.count <= 80 })
    let set = Set(parameters.compactMap { $0.field?.name })
    for field in opcode.type.fieldDescriptions where field.isRequired {
      // The summands of dma_compute are one list.
      #expect(set.contains(field.name) || names.contains("srcs"), "\(field.name)")
    }
    let text = referenceText(for: opcode)
    #expect(text.contains("nki.isa: \(opcode.type.name)("))
    #expect(
      parameters.allSatisfy { text.contains($0.summary) || $0.field != nil || $0.name == "name" })
  }

  /// Operations that kernels reach by nki.language, by nki.collectives or by operators.
  private static let withoutFunction: Set<Opcode> = [
    .registerALU, .loop, .whileLoop, .endLoop, .devicePrint, .allReduce, .allGather, .reduceScatter,
    .allToAll,
    .collectivePermute,
  ]

  /// A declared element type is demanded of the operand, on the machine that has the operation.
  @Test(arguments: Opcode.allCases)
  func declaredTypesAreDemanded(_ opcode: Opcode) throws {
    var bench = Bench()
    for (index, field) in opcode.type.fieldDescriptions.enumerated() where !field.types.rule.isEmpty
    {
      for type in DType.allCases where !type.isOpaque || opcode.type.takesOpaque {
        var operation: any ISA.Operation = opcode.type.init()
        let isSet = operation.setField(index, to: .tile(bench.tile(4, 8, type)))
        #expect(isSet)
        let rule = bench.findings(operation, generation: 4).filter {
          $0.field == field.name && $0.message == "'\(field.name)' is \(type), \(field.types.rule)"
        }
        #expect(rule.isEmpty == field.types.contains(type), "\(field.name) \(type)")
      }
    }
  }

  /// So is one of operations on bit patterns.
  @Test(arguments: [
    TensorTensor(dst: .unset, data1: .unset, data2: .unset, op: .bitwiseXor) as any ISA.Operation,
    TensorScalar(dst: .unset, data: .unset, op0: .bitwiseAnd),
    TensorReduce(dst: .unset, op: .bitwiseOr, data: .unset, axes: []),
    TensorPartitionReduce(dst: .unset, op: .bitwiseOr, data: .unset),
  ])
  func typesOfBitPatternsAreDemanded(_ operation: any ISA.Operation) throws {
    var bench = Bench()
    let fields = type(of: operation).fieldDescriptions
    for (index, field) in fields.enumerated() where field.role != .immediate {
      #expect(field.bitwiseTypes == .integers, "\(field.name)")
      #expect(field.typeRule.hasSuffix("must be an integer type for bitwise operations"))
      for type in [DType.float32, .bfloat16, .int32, .uint8] {
        var operation = operation
        let isSet = operation.setField(index, to: .tile(bench.tile(4, 8, type)))
        #expect(isSet)
        let rule = bench.findings(operation).filter {
          $0.field == field.name
            && $0.message
              == "'\(field.name)' is \(type), must be an integer type for bitwise operations"
        }
        #expect(rule.isEmpty == type.isInteger, "\(field.name) \(type)")
      }
    }
  }

  /// Operations that write nothing.
  private static let withoutResult: Set<Opcode> = [
    .whileLoop, .endLoop, .devicePrint, .setRNGSeed, .randSetState,
  ]

  @Test func namesAndNumbersAreUnique() {
    #expect(Set(Opcode.names).count == Opcode.allCases.count)
    #expect(Opcode.allCases.map(\.rawValue) == Array(0..<UInt8(Opcode.allCases.count)))
  }

  /// Every field gives back what was set, and refuses a value of another kind.
  @Test(arguments: Opcode.allCases)
  func fieldsRoundTrip(_ opcode: Opcode) {
    var operation: any Operation = opcode.type.init()
    let pattern = AccessPattern(
      tensor: TensorID(3), rows: 5, offset: 2,
      free: FreeDimensions([AccessDimension(stride: 2, size: 7)]))
    for (index, field) in opcode.type.fieldDescriptions.enumerated() {
      let before = operation.fieldValues[index]
      #expect(before == field.defaultValue, "\(field.name)")
      if before != .absent {
        let beforeTaken = operation.setField(index, to: before)
        #expect(beforeTaken, "\(field.name)")
        #expect(operation.fieldValues[index] == before, "\(field.name)")
      }
      let (value, wrong): (FieldValue, FieldValue) =
        switch field.kind {
        case .tile, .scalarOrTile: (.tile(pattern), .flag(true))
        case .number: (.number(2.5), .symbol("x"))
        case .integer: (.integer(-7), .number(0.5))
        case .flag: (.flag(true), .integer(1))
        case .symbol(let names): (.symbol(names.last ?? ""), .symbol("no_such_name"))
        case .integers: (.integers([3, 1]), .integer(3))
        case .pairs: (.pairs([IndexStep(step: -2, count: 3)]), .integers([1]))
        case .register, .registerOrInteger: (.register(7), .symbol("x"))
        case .text: (.text("a b"), .integer(1))
        }
      let valueTaken = operation.setField(index, to: value)
      #expect(valueTaken, "\(field.name)")
      #expect(operation.fieldValues[index] == value, "\(field.name)")
      let wrongTaken = operation.setField(index, to: wrong)
      #expect(!wrongTaken, "\(field.name)")
      #expect(operation.fieldValues[index] == value, "\(field.name)")
    }
  }

  @Test func immediatesKeepIntegers() {
    #expect(ScalarOperand(fieldValue: .integer(1 << 24)) == .immediate(16_777_216))
    #expect(ScalarOperand(fieldValue: .integer(0x7fff_ffff)) == nil)
    #expect(ScalarOperand(fieldValue: .integer(-1 << 31)) == .immediate(-2_147_483_648))
  }

  /// A missing operand is reported by its name.
  @Test(arguments: Opcode.allCases)
  func requiredFieldsAreRequired(_ opcode: Opcode) {
    let operation: any Operation = opcode.type.init()
    let messages = Bench().findings(operation).map(\.message)
    for field in opcode.type.fieldDescriptions where field.isRequired {
      #expect(messages.contains("operand '\(field.name)' is missing"))
    }
    #expect(!messages.isEmpty || opcode == .endLoop)
  }

  /// What the samples of an operation read and write is among its declared operands.
  @Test(arguments: Sample.file.samples)
  func loweringNamesDeclaredOperands(_ sample: Sample) throws {
    let operation = try sample.makeOperation()
    let engine = try #require(Engine(name: sample.engine))
    let tensors = try sample.declarations()
    var emitter = Emitter(engine: engine, tensors: tensors, geometry: geometry())
    operation.lower(into: &emitter)
    #expect(!emitter.emissions.isEmpty)
    // Which rows a dynamic index names is open, so the whole tensor stands for its operand.
    let isIndirect = operation.operands.contains { $0.name.hasSuffix("_offset") }
    // Scales of MX groups are touched in some partitions of their operand.
    let isSpread = operation.operands.contains { $0.name.hasSuffix("_scale") }
    func key(_ pattern: AccessPattern) -> AccessPattern {
      isIndirect || isSpread
        ? .whole(of: pattern.tensor, tensors[Int(pattern.tensor.index)]) : pattern
    }
    let operands = operation.operands
    let readable = Set(operands.filter { $0.role != .write }.map { key($0.pattern) })
    let writable = Set(
      operands.filter { $0.role == .write || $0.role == .readWrite }.map { key($0.pattern) })
    let reads = Set(emitter.emissions.flatMap { emitter.operands[$0.reads] }.map(key))
    let writes = Set(emitter.emissions.flatMap { emitter.operands[$0.writes] }.map(key))
    #expect(writes == writable)
    #expect(reads.isSubset(of: readable))
    let mustRead = operands.filter { $0.role == .read }.map { key($0.pattern) }
    #expect(Set(mustRead).isSubset(of: reads))
  }

  @Test(arguments: Opcode.allCases)
  func referencePageShowsEveryField(_ opcode: Opcode) {
    let text = referenceText(for: opcode)
    #expect(text.hasPrefix("\(opcode.type.name): \(opcode.type.summary)\n"))
    for field in opcode.type.fieldDescriptions {
      #expect(text.contains("\n\(field.name) "), "\(field.name)")
      #expect(text.contains(field.summary), "\(field.name)")
    }
    #expect(referenceIndex().contains(opcode.type.summary))
  }
}
