import Device
import Formats
import Foundation
import ISA
import Machine
import Storage
import Testing

/// One sample of Data/isa.bin.zst, which Tests/Reference/make_isa_samples.py describes.
struct Sample: Sendable, Decodable, CustomTestStringConvertible {
  struct Memory: Sendable, Decodable {
    var name: String
    var space: String
    var dtype: String
    var shape: [Int]
    var partition: Int
    var address: Int
    var matmul: Bool
    var data: Int?
    var expected: Int?
  }
  struct Pattern: Sendable, Decodable {
    var tensor: Int
    var row: Int
    var rows: Int
    var rowStride: Int
    var offset: Int
    var free: [[Int]]
  }
  struct Value: Sendable, Decodable {
    var name: String
    var tile: Pattern?
    var number: Double?
    var integer: Int?
    var flag: Bool?
    var symbol: String?
    var integers: [Int]?
    var pairs: [[Int]]?
  }
  var operation: String
  var engine: String
  var tensors: [Memory]
  var fields: [Value]
  var ulp: Int
  var absolute: Double
  var generation: Int?

  var testDescription: String {
    let types = tensors.map { "\($0.dtype)\($0.shape)" }.joined(separator: " ")
    let symbols = fields.compactMap(\.symbol).joined(separator: " ")
    return "\(operation) \(symbols) \(engine): \(types)"
  }

  static let file: (samples: [Sample], block: [UInt8]) = {
    do { return try read() } catch {
      Issue.record("reference data: \(error)")
      return ([], [])
    }
  }()

  private static func read() throws -> ([Sample], [UInt8]) {
    let url = try #require(
      Bundle.module.url(forResource: "isa.bin", withExtension: "zst", subdirectory: "Data"))
    let bytes = try decompress([UInt8](Data(contentsOf: url)), limit: 1 << 24)
    let length = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    let samples = try JSONDecoder().decode([Sample].self, from: Data(bytes[4..<4 + length]))
    return (samples, Array(bytes[(4 + length)...]))
  }
}

extension Sample {
  /// The declarations of the tensors.
  func declarations() throws -> [Tensor] {
    try tensors.map { memory in
      Tensor(
        name: memory.name,
        space: try #require(MemorySpace.allCases.first { $0.name == memory.space }),
        dtype: try #require(DType(name: memory.dtype)), shape: memory.shape,
        partition: memory.partition, address: memory.address)
    }
  }

  /// The operation with its fields set.
  func makeOperation() throws -> any ISA.Operation {
    let type = try #require(Opcode(name: operation)).type
    var made: any ISA.Operation = type.init()
    let names = type.fieldDescriptions.map(\.name)
    for field in fields {
      let index = try #require(names.firstIndex(of: field.name), "no field \(field.name)")
      let accepted = made.setField(index, to: try #require(field.fieldValue))
      #expect(accepted, "field \(field.name)")
    }
    return made
  }

  /// A machine whose memories hold the tensors before the operation, or (`expected`) after it.
  func machine(_ declared: [Tensor], expected: Bool) throws -> Machine {
    var machine = Machine(geometry: geometry(), tensors: declared)
    for (index, memory) in tensors.enumerated() {
      guard let start = expected ? memory.expected ?? memory.data : memory.data else { continue }
      let tensor = declared[index]
      let whole = AccessPattern.whole(of: TensorID(index), tensor)
      let tile = machine.makeTile(
        rows: tensor.partitions, columns: tensor.freeElements, of: UInt32.self)
      Sample.file.block.withUnsafeBytes { block in
        guard let base = block.baseAddress else { return }
        decodeBits(
          base + start, stride: tensor.dtype.size, count: tile.count, as: tensor.dtype,
          into: tile.elements)
      }
      try machine.writeBits(tile, to: whole, memory.name, byMatmul: memory.matmul)
    }
    return machine
  }

  /// The patterns that show a tensor's result: all of it, or what was written if it was blank.
  func visible(_ index: Int, _ declared: [Tensor], _ operation: any ISA.Operation)
    -> [AccessPattern]
  {
    if tensors[index].data != nil { return [.whole(of: TensorID(index), declared[index])] }
    return operation.operands.filter { $0.role != .read && Int($0.pattern.tensor.index) == index }
      .map(\.pattern)
  }
}

extension Sample.Value {
  var fieldValue: FieldValue? {
    if let tile {
      let free = tile.free.map { AccessDimension(stride: $0[0], size: $0[1]) }
      return .tile(
        AccessPattern(
          tensor: TensorID(tile.tensor), rowStart: tile.row, rows: tile.rows,
          rowStride: tile.rowStride, offset: tile.offset, free: FreeDimensions(free)))
    }
    if let number { return .number(number) }
    if let integer { return .integer(integer) }
    if let flag { return .flag(flag) }
    if let symbol { return .symbol(symbol) }
    if let integers { return .integers(integers) }
    return pairs.map { .pairs($0.map { IndexStep(step: $0[0], count: $0[1]) }) }
  }
}

/// How far two stored elements are apart, in units in the last place; `nil` when incomparable.
func distance(_ a: UInt32, _ b: UInt32, _ dtype: DType) -> Int? {
  if a == b { return 0 }
  guard dtype.isFloat else {
    let difference = Int(Int32(bitPattern: a)) - Int(Int32(bitPattern: b))
    return abs(difference)
  }
  let (left, right) = (decodeElement(a, dtype), decodeElement(b, dtype))
  if left.isNaN || right.isNaN { return left.isNaN && right.isNaN ? 0 : nil }
  let sign = UInt32(1) << UInt32(8 * dtype.size - 1)
  func place(_ bits: UInt32) -> Int {
    let magnitude = Int(bits & (sign - 1))
    return bits & sign != 0 ? -magnitude - 1 : magnitude
  }
  let steps = abs(place(a) - place(b))
  return dtype == .tfloat32 ? (steps + 0x1fff) >> 13 : steps
}
