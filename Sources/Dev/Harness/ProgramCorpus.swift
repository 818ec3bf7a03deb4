import Device
import Diagnostics
import Formats
import FoundationEssentials
import ISA
import Machine
import Programs
import Storage

/// Small programs that run: those of the project's files, and one for each sample of an operation.
struct ProgramCorpus {
  /// All of them.
  let programs: [Program]

  /// Bytes of a text that has more than a few instructions.
  private static let largestText = 6000

  /// Reads the files.
  init(_ place: FuzzPlace) throws {
    var programs: [Program] = []
    for name in try fileNames(in: "\(place.root)/traces").sorted() where name.hasSuffix(".trn") {
      let bytes = try readFile("\(place.root)/traces/\(name)")
      guard bytes.count <= ProgramCorpus.largestText else { continue }
      programs.append(try Program(utf8: bytes, file: name))
    }
    programs += try ISASamples.programs("\(place.root)/Tests/ISATests/Data/isa.bin.zst")
    self.programs = programs
  }
}

/// Programs of one instruction each, from the samples that the operations' values are tested with.
private struct ISASamples: Decodable {
  private struct Memory: Decodable {
    var name: String
    var space: String
    var dtype: String
    var shape: [Int]
    var partition: Int
    var address: Int
    var data: Int?
  }
  private struct Pattern: Decodable {
    var tensor: Int
    var row: Int
    var rows: Int
    var rowStride: Int
    var offset: Int
    var free: [[Int]]

    var pattern: AccessPattern {
      AccessPattern(
        tensor: TensorID(tensor), rowStart: row, rows: rows, rowStride: rowStride, offset: offset,
        free: FreeDimensions(free.map { AccessDimension(stride: $0[0], size: $0[1]) }))
    }
  }
  private struct Value: Decodable {
    var name: String
    var tile: Pattern?
    var number: Double?
    var integer: Int?
    var flag: Bool?
    var symbol: String?
    var integers: [Int]?
    var pairs: [[Int]]?

    var value: FieldValue? {
      if let tile { return .tile(tile.pattern) }
      if let number { return .number(number) }
      if let integer { return .integer(integer) }
      if let flag { return .flag(flag) }
      if let symbol { return .symbol(symbol) }
      if let integers { return .integers(integers) }
      return pairs.map { .pairs($0.map { IndexStep(step: $0[0], count: $0[1]) }) }
    }
  }
  private var operation: String
  private var engine: String
  private var tensors: [Memory]
  private var fields: [Value]
  private var generation: Int?

  static func programs(_ path: String) throws -> [Program] {
    let bytes = try decompress(readFile(path), limit: 1 << 24)
    let length = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let samples = try JSONDecoder().decode([ISASamples].self, from: Data(bytes[4..<4 + length]))
    // Some have large tensors, whose values take the time of many small ones.
    return samples.compactMap { sample in
      let elements = sample.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }
      return elements <= 1 << 15 ? sample.program : nil
    }
  }

  /// The sample's instruction, with what its operands held as inputs and what they hold then as outputs.
  private var program: Program? {
    guard let type = Opcode(name: operation)?.type, let engine = Engine(name: engine) else {
      return nil
    }
    var made: any Operation = type.init()
    let names = type.fieldDescriptions.map(\.name)
    for field in fields {
      guard let index = names.firstIndex(of: field.name), let value = field.value,
        made.setField(index, to: value)
      else { return nil }
    }
    var program = Program(name: operation)
    for memory in tensors {
      guard let space = MemorySpace.allCases.first(where: { $0.name == memory.space }),
        let dtype = DType(name: memory.dtype)
      else { return nil }
      program.tensors.append(
        Tensor(
          name: memory.name, space: space, dtype: dtype, shape: memory.shape,
          partition: memory.partition, address: memory.address))
    }
    var stores: [Instruction] = []
    for (index, memory) in tensors.enumerated() {
      let tensor = program.tensors[index]
      if tensor.space == .hbm {
        program.tensors[index].role = memory.data == nil ? .output : .inout
        continue
      }
      var outside = tensor
      (outside.space, outside.place) = (.hbm, nil)
      let inside = AccessPattern.whole(of: TensorID(index), tensor)
      func add(_ name: String, _ role: Tensor.Role) -> AccessPattern {
        (outside.name, outside.role) = (name, role)
        program.tensors.append(outside)
        return .whole(of: TensorID(program.tensors.count - 1), outside)
      }
      if memory.data != nil {
        program.instructions.append(
          Instruction(DMACopy(dst: inside, src: add("in_\(memory.name)", .input))))
      }
      stores.append(Instruction(DMACopy(dst: add("out_\(memory.name)", .output), src: inside)))
    }
    program.instructions.append(Instruction(made, engine: engine))
    program.instructions += stores
    return program
  }
}
