public import Device
import Formats
public import Machine

/// Transpose by the DMA rings.
public struct DMATranspose: Operation {
  /// `dma_transpose`.
  public static let name = "dma_transpose"
  /// What it does.
  public static let summary = "dst[j, r] = src[r, j], bit by bit, by the DMA rings"
  /// Formula, rules and cost.
  public static let details = """
    src is a matrix in hbm or sbuf (several free dimensions count as one), dst is in sbuf with \
    one partition per column of src. axes=[2, 1, 0] and [3, 1, 2, 0] exchange the first and the \
    last of three or four dimensions, for which each operand has a pair of its own. Elements of 2 \
    or 4 bytes of one type. dge_mode=hwdge needs \
    16 rows, a multiple of 128 columns and 2-byte elements; swdge serves indirect transposes \
    only. Reaches at most 90 % of the DMA bandwidth from hbm and 50 % from sbuf (trn2 \
    architecture guide).
    """
  /// Queue that starts the DMA; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Yes: the rings move its operands.
  public static let reachesEverything = true
  /// Yes.
  public static let isDMA = true
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "src",
    optional: [
      Parameter(
        "axes", .axes, default: .absent, "[1, 0], [2, 1, 0] or [3, 1, 2, 0]; None: by the rank"),
      .frontEnd("priority", .field(.integer), "of the queue: changes no time here"), "dge_mode",
      .frontEnd(
        "oob_mode", .name(of: OutOfBoundsMode.self), default: .symbol("error"),
        "what an index beyond the tensor does"),
    ])
  /// The fields.
  public static let fields: [Field<DMATranspose>] = [
    Field(.write, "dst", \.dst, "[N, R] result in sbuf"),
    Field(.read, "src", \.src, "[R, N] source in hbm or sbuf"),
    Field(.immediate, "axes", \.axes, "[1, 0], [2, 1, 0] or [3, 1, 2, 0]; [] means the first"),
    Field(.immediate, "dge_mode", \.dgeMode, "who makes the descriptors"),
  ]

  /// [N, R] result in sbuf.
  public var dst = AccessPattern.unset
  /// [R, N] source in hbm or sbuf.
  public var src = AccessPattern.unset
  /// Order of the dimensions; empty for a matrix.
  public var axes: [Int] = []
  /// Who makes the descriptors.
  public var dgeMode = DGEChoice.unknown

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, src: AccessPattern, dgeMode: DGEChoice = .unknown) {
    self.dst = dst
    self.src = src
    self.dgeMode = dgeMode
  }

  /// Shapes, memories, types and modes.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.sbuf])
    check.requireSpace(src, "src", [.hbm, .sbuf])
    check.requireSameType(src, "src", dst, "dst")
    let dtype = check.tensor(src).dtype
    let size = dtype.size
    check.require(
      size == 2 || size == 4, "src",
      "'src' is \(dtype), dma_transpose moves elements of 2 or 4 bytes")
    let (rows, columns) = (Int(src.rows), src.elementsPerRow)
    if isMatrix {
      check.require(
        Int(dst.rows) == columns && dst.elementsPerRow == rows, "dst",
        "'dst' is \(dst.rows) × \(dst.elementsPerRow), the transpose of 'src' is "
          + "\(columns) × \(rows)")
    } else {
      checkAxes(&check)
    }
    check.requireDGE(dgeMode, indirect: false)
    check.require(
      dgeMode != .swdge, "dge_mode", "swdge serves indirect transposes only",
      remedy: "use dge_mode=unknown")
    check.require(
      dgeMode != .hwdge || rows == 16 && columns % 128 == 0 && size == 2, "dge_mode",
      "hwdge transposes 16 rows of a multiple of 128 elements of 2 bytes, 'src' is "
        + "\(rows) × \(columns) of \(size) bytes",
      remedy: "use dge_mode=unknown")
  }

  private var isMatrix: Bool { axes == [] || axes == [1, 0] }

  /// Three and four dimensions.
  private func checkAxes(_ check: inout Checker) {
    let known = axes == [2, 1, 0] || axes == [3, 1, 2, 0]
    check.require(
      known, "axes", "axes are \(axes)", remedy: "one of: [1, 0], [2, 1, 0], [3, 1, 2, 0]")
    guard known else { return }
    let from = [Int(src.rows)] + src.free.map { Int($0.size) }
    let to = [Int(dst.rows)] + dst.free.map { Int($0.size) }
    check.require(
      from.count == axes.count, "src", "'src' has \(from.count) dimensions, axes \(axes.count)")
    guard from.count == axes.count else { return }
    let wanted = axes.map { from[$0] }
    check.require(
      to == wanted, "dst", "'dst' is \(to), the transpose of 'src' is \(wanted)")
    check.require(
      dgeMode != .hwdge, "dge_mode", "hwdge transposes matrices only",
      remedy: "use dge_mode=unknown")
  }

  /// One DMA.
  public func lower(into emitter: inout Emitter) {
    let source = emitter.tensor(src)
    let elements = src.elements
    let bytes = source.dtype.size
    // One descriptor per contiguous piece of the source: assumed, nothing is published.
    let chunk = Swift.max(src.contiguousElements(in: source, rowByRow: true) ?? 1, 1)
    let mode: DGEMode? =
      switch dgeMode {
      case .none: DGEMode.none
      case .hwdge: .hwdge
      case .swdge: .swdge
      case .unknown: nil
      }
    var shape = TransferShape(
      descriptors: (elements + chunk - 1) / chunk, bytes: chunk * bytes, elements: chunk,
      kind: .transpose, hbmReadBytes: source.space == .hbm ? elements * bytes : 0,
      hbmWriteBytes: 0, mode: mode)
    // Elements that do not lie side by side in a partition are written in a piece each.
    if dst.contiguousElements(in: emitter.tensor(dst), rowByRow: true) == nil {
      shape.writtenPieces = chunk
    }
    emitter.emit(shape, reads: [src], writes: [dst])
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let bits = try machine.readBits(src, "src")
    if isMatrix {
      try machine.writeBits(machine.transposed(bits), to: dst, "dst")
      return
    }
    // The first and the last dimension change places; those between stay where they are.
    let (rows, last) = (bits.rows, Int(src.free[src.free.count - 1].size))
    let middle = bits.columns / last
    let result = machine.makeTile(rows: last, columns: middle * rows, of: UInt32.self)
    for row in 0..<rows {
      for between in 0..<middle {
        for column in 0..<last {
          result.row(column)[between * rows + row] = bits.row(row)[between * last + column]
        }
      }
    }
    try machine.writeBits(result, to: dst, "dst")
  }
}
