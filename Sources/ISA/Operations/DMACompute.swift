public import Device
import Formats
public import Machine

/// Sums tensors by the DMA rings.
public struct DMACompute: Operation {
  /// `dma_compute`.
  public static let name = "dma_compute"
  /// What it does.
  public static let summary =
    "dst = the sum of up to 16 tensors, computed by the DMA rings"
  /// Formula, rules and cost.
  public static let details = """
    dst = src0 + src1 + … in fp32, rounded once to dst's type; operands in hbm or sbuf with equal \
    numbers of elements. With vector_offset (one index per row, times offset_stride elements) a \
    read-modify-write: indirect=dst adds to the rows of dst that the indices name, where the \
    summand that is dst's tensor moves along; indirect=src gathers the summands in hbm. Rows are \
    added one after the other, so equal indices add up (the device leaves their order open). \
    GpSimd's software makes the descriptors of indirect ones. Cost: half a copy's bandwidth (trn3 \
    architecture guide, before trn3).
    """
  /// Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Yes: the rings move its operands.
  public static let reachesEverything = true
  /// Yes.
  public static let isDMA = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", .frontEnd("srcs", .tiles, "what is added, up to 16"), "reduce_op",
    optional: [
      .frontEnd("scales", .numbers, "1.0 for each of srcs, or None"),
      .frontEnd(
        "unique_indices", .field(.flag), default: .flag(true),
        "promise that no row of dst is named twice"), "oob_mode",
    ])
  /// The fields.
  public static let fields: [Field<DMACompute>] = [
    Field(.write, "dst", \.dst, "destination"),
    Field(.read, "src0", \.src0, "first summand"),
    Field(.read, "src1", \.src1, "further summand"),
    Field(.read, "src2", \.src2, "further summand"),
    Field(.read, "src3", \.src3, "further summand"),
    Field(.read, "src4", \.src4, "further summand"),
    Field(.read, "src5", \.src5, "further summand"),
    Field(.read, "src6", \.src6, "further summand"),
    Field(.read, "src7", \.src7, "further summand"),
    Field(.read, "src8", \.src8, "further summand"),
    Field(.read, "src9", \.src9, "further summand"),
    Field(.read, "src10", \.src10, "further summand"),
    Field(.read, "src11", \.src11, "further summand"),
    Field(.read, "src12", \.src12, "further summand"),
    Field(.read, "src13", \.src13, "further summand"),
    Field(.read, "src14", \.src14, "further summand"),
    Field(.read, "src15", \.src15, "further summand"),
    Field(
      .read, "vector_offset", \.vectorOffset, "[P, 1] integer indices, in sbuf",
      namesRows: true, types: [.int32, .uint32]),
    Field(.immediate, "indirect", \.indirect, "operand that the index moves"),
    Field(
      .immediate, "offset_stride", \.offsetStride,
      "elements per index; 0 means one row of the tensor"),
    Field(.immediate, "oob_mode", \.outOfBounds, "what an index beyond the tensor does"),
    Field(.immediate, "reduce_op", \.reduceOp, "add"),
  ]

  /// Destination.
  public var dst = AccessPattern.unset
  /// First summand.
  public var src0 = AccessPattern.unset
  /// Further summand.
  public var src1: AccessPattern?
  /// Further summand.
  public var src2: AccessPattern?
  /// Further summand.
  public var src3: AccessPattern?
  /// Further summand.
  public var src4: AccessPattern?
  /// Further summand.
  public var src5: AccessPattern?
  /// Further summand.
  public var src6: AccessPattern?
  /// Further summand.
  public var src7: AccessPattern?
  /// Further summand.
  public var src8: AccessPattern?
  /// Further summand.
  public var src9: AccessPattern?
  /// Further summand.
  public var src10: AccessPattern?
  /// Further summand.
  public var src11: AccessPattern?
  /// Further summand.
  public var src12: AccessPattern?
  /// Further summand.
  public var src13: AccessPattern?
  /// Further summand.
  public var src14: AccessPattern?
  /// Further summand.
  public var src15: AccessPattern?
  /// [P, 1] integer indices, in sbuf.
  public var vectorOffset: AccessPattern?
  /// Operand that the index moves.
  public var indirect = IndirectOperand.src
  /// Elements per index; 0 means one row of the tensor.
  public var offsetStride: Int = 0
  /// What an index beyond the tensor does.
  public var outOfBounds = OutOfBoundsMode.error
  /// Add.
  public var reduceOp = ALUOp.add

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, src0: AccessPattern, src1: AccessPattern? = nil, src2: AccessPattern? = nil,
    src3: AccessPattern? = nil, src4: AccessPattern? = nil, src5: AccessPattern? = nil,
    src6: AccessPattern? = nil, src7: AccessPattern? = nil, src8: AccessPattern? = nil,
    src9: AccessPattern? = nil, src10: AccessPattern? = nil, src11: AccessPattern? = nil,
    src12: AccessPattern? = nil, src13: AccessPattern? = nil, src14: AccessPattern? = nil,
    src15: AccessPattern? = nil, vectorOffset: AccessPattern? = nil,
    indirect: IndirectOperand = .src, offsetStride: Int = 0, outOfBounds: OutOfBoundsMode = .error,
    reduceOp: ALUOp = .add
  ) {
    self.dst = dst
    self.src0 = src0
    self.src1 = src1
    self.src2 = src2
    self.src3 = src3
    self.src4 = src4
    self.src5 = src5
    self.src6 = src6
    self.src7 = src7
    self.src8 = src8
    self.src9 = src9
    self.src10 = src10
    self.src11 = src11
    self.src12 = src12
    self.src13 = src13
    self.src14 = src14
    self.src15 = src15
    self.vectorOffset = vectorOffset
    self.indirect = indirect
    self.offsetStride = offsetStride
    self.outOfBounds = outOfBounds
    self.reduceOp = reduceOp
  }

  /// The summands that were given.
  private var summands: [(pattern: AccessPattern, name: String)] {
    let all = [
      src0, src1, src2, src3, src4, src5, src6, src7, src8, src9, src10, src11, src12, src13, src14,
      src15,
    ]
    return all.enumerated().compactMap { index, pattern in pattern.map { ($0, "src\(index)") } }
  }

  /// GpSimd where its software makes the descriptors, Sync otherwise.
  public var defaultEngine: Engine { vectorOffset != nil ? .gpsimd : .sync }

  /// Shapes, memories and modes.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.hbm, .sbuf])
    let limit = check.geometry.limits.dmaComputeSources
    check.require(
      summands.count <= limit, nil, "\(summands.count) summands, at most \(limit)",
      remedy: "add the rest with another dma_compute")
    for (pattern, name) in summands {
      check.requireSpace(pattern, name, [.hbm, .sbuf])
      check.require(
        pattern.elements == dst.elements, name,
        "'\(name)' has \(pattern.elements) elements, 'dst' has \(dst.elements)")
    }
    check.require(
      reduceOp == .add, "reduce_op", "reduce_op is \(reduceOp.rawValue), must be add")
    check.require(
      offsetStride.magnitude <= 1 << 31, "offset_stride", "offset_stride is \(offsetStride)")
    guard let vectorOffset else { return }
    check.requireSpace(vectorOffset, "vector_offset", [.sbuf])
    check.require(
      vectorOffset.elements == Int(dst.rows), "vector_offset",
      "vector_offset has \(vectorOffset.elements) indices for \(dst.rows) rows")
    for (pattern, name) in summands {
      check.requireSameRows(dst, "dst", pattern, name)
      check.require(
        pattern.elementsPerRow == dst.elementsPerRow, name,
        "'\(name)' has \(pattern.elementsPerRow) elements per row, 'dst' has "
          + "\(dst.elementsPerRow)")
    }
    check.require(
      indirect == .src || check.place(dst).space == .hbm, "dst", "an indirect dst must be in hbm")
    let engine = check.engine
    check.require(
      engine == .gpsimd, "engine",
      "an indirect dma_compute is started by gpsimd, not by \(engine.name)",
      remedy: "use engine=gpsimd")
  }

  /// One DMA that reads all summands.
  public func lower(into emitter: inout Emitter) {
    let read = summands.map(\.pattern)
    var shape = TransferShape(
      from: read[0], to: dst, tensors: emitter.tensors, rowByRow: vectorOffset != nil,
      mode: vectorOffset != nil ? .swdge : nil)
    shape.kind = .compute
    shape.bytes *= read.count
    shape.elements *= read.count
    shape.hbmReadBytes = read.filter { emitter.place($0).space == .hbm }
      .reduce(0) { $0 + $1.elements * emitter.place($1).dtype.size }
    var touched = read
    var written = dst
    if let vectorOffset {
      // Which rows an index names is known only at run time, so the whole tensor may be touched.
      touched = touched.map { isMoved($0, emitter.place($0)) ? whole($0, emitter) : $0 }
      if indirect == .dst { written = whole(dst, emitter) }
      touched.append(vectorOffset)
    }
    emitter.emit(shape, reads: touched, writes: [written])
  }

  private func whole(_ pattern: AccessPattern, _ emitter: Emitter) -> AccessPattern {
    .whole(of: pattern.tensor, emitter.tensor(pattern))
  }

  /// Whether the index moves a summand.
  private func isMoved(_ pattern: AccessPattern, _ place: TensorPlace) -> Bool {
    indirect == .src ? place.space == .hbm : pattern.tensor == dst.tensor
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    guard let vectorOffset else {
      let sum = try machine.read(src0, "src0")
      for (pattern, name) in summands.dropFirst() {
        let next = try machine.read(pattern, name)
        for i in 0..<sum.count { sum.elements[i] += next.elements[i] }
      }
      try machine.write(sum, to: dst, "dst")
      return
    }
    let indices = try machine.readBits(vectorOffset, "vector_offset")
    let kind = machine.tensors[Int(vectorOffset.tensor.index)].dtype
    if indirect == .dst {
      var rows: [Int] = []
      var starts: [Int] = []
      for row in 0..<Int(dst.rows) {
        let index = kind.index(indices.elements[row])
        guard let start = try start(dst, row, index, on: machine) else { continue }
        rows.append(row)
        starts.append(start)
      }
      try machine.checkScatter(rows, starts, to: dst)
    }
    for row in 0..<Int(dst.rows) {
      let index = kind.index(indices.elements[row])
      let sum = machine.makeTile(rows: 1, columns: dst.elementsPerRow)
      sum.elements.update(repeating: 0, count: sum.count)
      var isSkipped = false
      for (pattern, name) in summands {
        let moves =
          indirect == .src
          ? machine.tensors[Int(pattern.tensor.index)].space == .hbm : pattern.tensor == dst.tensor
        guard let start = try start(pattern, row, moves ? index : nil, on: machine) else {
          isSkipped = true
          break
        }
        let onChip = machine.tensors[Int(pattern.tensor.index)].space != .hbm
        let next = try machine.read(
          pattern.row(row, onChip: onChip), name, rowOffsets: onChip ? nil : [start])
        for i in 0..<sum.count { sum.elements[i] += next.elements[i] }
      }
      guard !isSkipped,
        let start = try start(dst, row, indirect == .dst ? index : nil, on: machine)
      else { continue }
      let onChip = machine.tensors[Int(dst.tensor.index)].space != .hbm
      try machine.write(
        sum, to: dst.row(row, onChip: onChip), "dst", rowOffsets: onChip ? nil : [start])
    }
  }

  /// Where a row begins, in elements of a tensor in hbm; `nil` for one that is left out.
  private func start(
    _ pattern: AccessPattern, _ row: Int, _ index: Int?, on machine: borrowing Machine
  ) throws(Trap) -> Int? {
    let tensor = machine.tensors[Int(pattern.tensor.index)]
    guard let index else { return pattern.offset + row * pattern.rowStride }
    let stride = offsetStride == 0 ? tensor.freeElements : offsetStride
    let start = pattern.offset + index * stride
    let span = pattern.span
    if start + span.lowerBound >= 0 && start + span.upperBound < tensor.elements { return start }
    if outOfBounds == .skip { return nil }
    throw Trap(
      .outOfBounds,
      "index \(index) of row \(row) reaches element \(start) of '\(tensor.name)', which has "
        + "\(tensor.elements)",
      operand: "vector_offset", remedy: "check the indices, or use oob_mode=skip")
  }
}

extension AccessPattern {
  /// One of the rows; where rows begin in hbm is said elsewhere.
  func row(_ row: Int, onChip: Bool) -> AccessPattern {
    var one = self
    if onChip { one.rowStart += Int32(row) }
    one.rows = 1
    return one
  }
}
