public import Device
import Formats
public import Machine

/// Transpose of partitions and free elements, on the PE array or on Vector.
public struct NCTranspose: Operation {
  /// `nc_transpose`.
  public static let name = "nc_transpose"
  /// What it does.
  public static let summary = "dst[j, p] = data[p, j], bit by bit"
  /// Formula, rules and cost.
  public static let details = """
    Several free dimensions count as one. On Tensor: data up to 128 × 128 in sbuf becomes the \
    stationary operand of a product with the identity, dst is in psum; lowers to LDWEIGHTS + \
    MATMUL. On Vector: up to 128 × 128, sbuf or psum on both sides, in blocks of 32 × 32. dst has data's type. trn1's PE \
    array spreads NaN and infinity; from trn2 on the transpose is bit-exact, and so it is here.
    """
  /// Tensor by default.
  public static let engines: [Engine] = [.tensor, .vector]
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "data",
    optional: [
      "engine"
    ])
  /// The fields.
  public static let fields: [Field<NCTranspose>] = [
    Field(.write, "dst", \.dst, "[N, P] result; in psum on Tensor"),
    Field(.read, "data", \.data, "[P, N] input"),
  ]

  /// [N, P] result; in psum on Tensor.
  public var dst = AccessPattern.unset
  /// [P, N] input.
  public var data = AccessPattern.unset

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, data: AccessPattern) {
    self.dst = dst
    self.data = data
  }

  /// Rows and columns of the blocks that the vector engine transposes (NKI ISA reference).
  private static let block = 32

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireSameType(data, "data", dst, "dst")
    check.require(
      Int(dst.rows) == data.elementsPerRow && dst.elementsPerRow == Int(data.rows), "dst",
      "'dst' is \(dst.rows) × \(dst.elementsPerRow), the transpose of 'data' is "
        + "\(data.elementsPerRow) × \(data.rows)")
    let limit: Int
    let engine = check.engine
    if engine == .tensor {
      limit = check.geometry.stationaryMax
      check.requireSpace(dst, "dst", [.psum])
      check.requireSpace(data, "data", [.sbuf])
      check.requireOneBank(dst, "dst")
    } else {
      limit = check.geometry.partitions
      check.requireOnChip([(dst, "dst"), (data, "data")])
    }
    check.require(
      Int(data.rows) <= limit && data.elementsPerRow <= limit, "data",
      "'data' is \(data.rows) × \(data.elementsPerRow), the \(engine.name) engine "
        + "transposes up to \(limit) × \(limit)",
      remedy: engine == .vector ? "use engine=tensor" : "split it")
  }

  /// LDWEIGHTS and MATMUL on Tensor, one pass on Vector.
  public func lower(into emitter: inout Emitter) {
    guard emitter.engine == .tensor else {
      // Assumed: a pass for each 32 partitions.
      let passes = (Int(data.rows) + NCTranspose.block - 1) / NCTranspose.block
      emitter.stream(
        .transpose, .transpose32, inputs: [data], output: dst,
        elements: passes * max(data.elementsPerRow, dst.elementsPerRow / passes))
      return
    }
    let dtype = emitter.place(data).dtype
    emitter.emit(
      .ldweights,
      .loadWeights(
        LoadWeights(
          rows: Int(data.rows), columns: data.elementsPerRow, fourByte: dtype.size == 4,
          transpose: true, strideBytes: abs(data.innermostStride) * dtype.size)),
      reads: [data], writes: [])
    emitter.emit(
      .matmul,
      .matmul(
        Matmul(
          rows: Int(data.rows), columns: data.elementsPerRow, moving: Int(data.rows),
          rate: dtype.size == 4 ? .float32Pass : MatmulRate(moving: dtype),
          transpose: true)),
      reads: [], writes: [dst])
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let bits = try machine.readBits(data, "data")
    let result = machine.transposed(bits)
    try machine.writeBits(result, to: dst, "dst", byMatmul: true)
  }
}

extension Machine {
  /// The transpose of a tile, in blocks that stay in the cache.
  func transposed(_ tile: borrowing Tile<UInt32>) -> Tile<UInt32> {
    let (rows, columns) = (tile.rows, tile.columns)
    let result = makeTile(rows: columns, columns: rows, of: UInt32.self)
    let (from, to) = (tile.elements, result.elements)
    let block = 16
    for top in stride(from: 0, to: rows, by: block) {
      for left in stride(from: 0, to: columns, by: block) {
        for row in top..<Swift.min(top + block, rows) {
          for column in left..<Swift.min(left + block, columns) {
            to[column * rows + row] = from[row * columns + column]
          }
        }
      }
    }
    return result
  }
}

extension Checker {
  /// Requires a PSUM operand within one bank, as results of the PE array are before NeuronCore-v4.
  mutating func requireOneBank(_ pattern: AccessPattern, _ name: String) {
    let target = place(pattern)
    // From v4 on a product may fill all banks (NKI ISA reference, nc_matmul, "Tile size").
    guard target.space == .psum, geometry.generation < 4 else { return }
    let bank = geometry.psumBankBytes
    let size = target.dtype.size
    let span = pattern.span
    let low = (target.address + (pattern.offset + span.lowerBound) * size) / bank
    let high = (target.address + (pattern.offset + span.upperBound + 1) * size - 1) / bank
    require(
      low == high, name, "'\(name)' spans psum banks \(low) to \(high), must fit into one",
      remedy: "a bank holds \(bank) bytes per partition")
  }
}
