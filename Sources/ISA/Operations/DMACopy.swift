public import Device
import Formats
public import Machine

/// What a DMA does with an index beyond the tensor.
public enum OutOfBoundsMode: String, SymbolField {
  case error
  case skip
}

/// Who makes a DMA's descriptors; `unknown` leaves it to the compiler.
public enum DGEChoice: String, SymbolField {
  case unknown
  case none
  case hwdge
  case swdge
}

/// Which operand of an indirect DMA is addressed dynamically.
public enum IndirectOperand: String, SymbolField {
  case src
  case dst
}

/// Copy by the DMA rings between HBM and SBUF, within either, with type conversion.
public struct DMACopy: Operation {
  /// `dma_copy`.
  public static let name = "dma_copy"
  /// What it does.
  public static let summary = "copies between hbm and sbuf, or within either, by the DMA rings"
  /// Formula, rules and cost.
  public static let details = """
    dst = src, element by element in row order; equal element counts, converted through fp32 when \
    the types differ. Indirect: scalar_offset (one integer) or vector_offset (one per row) is \
    multiplied by offset_stride elements (default: one row of the tensor) and added to the HBM \
    operand that `indirect` names; with oob_mode=skip rows beyond the tensor are left out. \
    Gathers and scatters by vector need swdge. Cost: ~1.3 µs fixed, then 32 bytes per cycle of \
    0.85 GHz plus 4 cycles per descriptor on each of 16 rings.
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
      .frontEnd("priority", .field(.integer), "of the queue: changes no time here"), "oob_mode",
      "dge_mode", "engine", "name",
      .frontEnd(
        "dst_rmw_op", .name(of: ALUOp.self), "add: dst += src, as dma_compute"),
      .frontEnd(
        "unique_indices", .field(.flag), default: .flag(true),
        "promise that no row of dst is named twice"),
    ])
  /// The fields.
  public static let fields: [Field<DMACopy>] = [
    Field(.write, "dst", \.dst, "destination"),
    Field(.read, "src", \.src, "source, same number of elements"),
    Field(
      .read, "scalar_offset", \.scalarOffset, "[1, 1] integer index, in sbuf",
      namesRows: true, types: [.int32, .uint32]),
    Field(
      .read, "vector_offset", \.vectorOffset, "[P, 1] integer indices, in sbuf",
      namesRows: true, types: [.int32, .uint32]),
    Field(.immediate, "indirect", \.indirect, "operand that the index moves"),
    Field(
      .immediate, "offset_stride", \.offsetStride,
      "elements per index; 0 means one row of the tensor"),
    Field(.immediate, "oob_mode", \.outOfBounds, "what an index beyond the tensor does"),
    Field(.immediate, "dge_mode", \.dgeMode, "who makes the descriptors"),
  ]

  /// Destination.
  public var dst = AccessPattern.unset
  /// Source.
  public var src = AccessPattern.unset
  /// One dynamic index for the whole copy.
  public var scalarOffset: AccessPattern?
  /// One dynamic index per row.
  public var vectorOffset: AccessPattern?
  /// The operand that the index moves.
  public var indirect = IndirectOperand.src
  /// Elements per index; 0 means the tensor's own row.
  public var offsetStride = 0
  /// What an index beyond the tensor does.
  public var outOfBounds = OutOfBoundsMode.error
  /// Who makes the descriptors.
  public var dgeMode = DGEChoice.unknown

  /// An operation with nothing set.
  public init() {}

  /// Makes a plain copy.
  public init(dst: AccessPattern, src: AccessPattern, dgeMode: DGEChoice = .unknown) {
    self.dst = dst
    self.src = src
    self.dgeMode = dgeMode
  }

  private var index: AccessPattern? { scalarOffset ?? vectorOffset }
  private var indirectPattern: AccessPattern { indirect == .src ? src : dst }

  /// Shapes, memories and modes.
  public func check(_ check: inout Checker) {
    check.require(
      src.elements == dst.elements, "dst",
      "'dst' has \(dst.elements) elements, 'src' has \(src.elements)",
      remedy: "both sides of a DMA move the same number of elements")
    for (pattern, name) in [(src, "src"), (dst, "dst")] {
      check.requireSpace(pattern, name, [.hbm, .sbuf])
    }
    check.requireConvertible(src, "src", dst, "dst")
    check.require(
      scalarOffset == nil || vectorOffset == nil, "vector_offset",
      "scalar_offset and vector_offset exclude each other")
    check.requireDGE(dgeMode, indirect: index != nil)
    // Products with a 32-bit index then fit into 64 bits.
    check.require(
      offsetStride.magnitude <= 1 << 31, "offset_stride",
      "offset_stride is \(offsetStride), at most \(1 << 31) elements are possible",
      remedy: "0 means one row of the tensor")
    guard let index else { return }
    let moved = indirectPattern
    check.requireSpace(index, "offset", [.sbuf])
    check.require(
      check.tensor(moved).space == .hbm, indirect.rawValue,
      "an indirect operand must be in hbm, '\(indirect.rawValue)' is not")
    if scalarOffset != nil {
      check.require(
        index.elements == 1, "scalar_offset",
        "scalar_offset has \(index.elements) elements, must have one")
    } else {
      check.require(
        index.elements == Int(moved.rows), "vector_offset",
        "vector_offset has \(index.elements) indices for \(moved.rows) rows")
      check.require(
        dgeMode == .unknown || dgeMode == .swdge, "dge_mode",
        "vector_offset needs dge_mode=swdge, not \(dgeMode.rawValue)")
    }
  }

  /// GpSimd where its software makes the descriptors, Sync otherwise.
  public var defaultEngine: Engine { vectorOffset != nil || dgeMode == .swdge ? .gpsimd : .sync }

  /// One DMA.
  public func lower(into emitter: inout Emitter) {
    let mode: DGEMode? =
      switch dgeMode {
      case .none: DGEMode.none
      case .hwdge: .hwdge
      case .swdge: .swdge
      case .unknown: vectorOffset != nil ? .swdge : nil
      }
    var reads = [src]
    if let index { reads.append(index) }
    let shape = TransferShape(
      from: src, to: dst, tensors: emitter.tensors, rowByRow: vectorOffset != nil, mode: mode)
    // Which rows an index names is known only at run time, so the whole tensor may be touched.
    var writes = [dst]
    if index != nil {
      if indirect == .src {
        reads[0] = .whole(of: src.tensor, emitter.tensor(src))
      } else {
        writes[0] = .whole(of: dst.tensor, emitter.tensor(dst))
      }
    }
    if let scalarOffset, emitter.engine == .gpsimd, mode == .swdge {
      emitAddress(of: scalarOffset, into: &emitter)
      reads.removeLast()
    }
    emitter.emit(shape, reads: reads, writes: writes)
  }

  /// The registers that the software's DMA takes its address from, anew each time.
  ///
  /// Decoded streams of two MoE kernels on trn2: a load, a multiplication for the index, an addition if there is an offset to
  /// add, a multiplication for the element size, and the address.
  private func emitAddress(of index: AccessPattern, into emitter: inout Emitter) {
    emitter.emit(.addressLoad, .control, reads: [index], writes: [])
    for _ in 0..<(indirectPattern.offset == 0 ? 2 : 3) {
      emitter.emit(.addressMove, .control, reads: [], writes: [])
    }
    emitter.emit(.addressALU, .control, reads: [], writes: [])
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    var source = src
    var target = dst
    var offsets: [Int]?
    if let index {
      let (kept, starts) = try dynamicRows(index, on: machine)
      if kept.isEmpty { return }
      try checkScatter(kept, starts, on: machine)
      offsets = starts
      if kept.count < Int(indirectPattern.rows) {
        // Skipped rows: go row by row, so that the rows that stay keep their partners.
        try executeRows(kept, starts, on: &machine)
        return
      }
    }
    let readOffsets = indirect == .src ? offsets : nil
    let writeOffsets = indirect == .dst ? offsets : nil
    if offsets != nil {
      // Row starts come from the index now.
      if indirect == .src { source.offset = 0 } else { target.offset = 0 }
    }
    try move(source, target, readOffsets, writeOffsets, on: &machine)
  }

  /// Tells of rows that an index sends to the same place.
  private func checkScatter(
    _ rows: [Int], _ starts: [Int], on machine: borrowing Machine
  ) throws(Trap) {
    guard indirect == .dst, vectorOffset != nil else { return }
    try machine.checkScatter(rows, starts, to: dst)
  }

  private func move(
    _ source: AccessPattern, _ target: AccessPattern, _ readOffsets: [Int]?,
    _ writeOffsets: [Int]?, on machine: inout Machine
  ) throws(Trap) {
    let from = machine.tensors[Int(source.tensor.index)].dtype
    let to = machine.tensors[Int(target.tensor.index)].dtype
    if from == to {
      try machine.copyBits(
        source, "src", to: target, "dst", sourceOffsets: readOffsets, targetOffsets: writeOffsets)
    } else {
      let values = try machine.read(source, "src", rowOffsets: readOffsets)
      try machine.write(values, to: target, "dst", rowOffsets: writeOffsets)
    }
  }

  private func executeRows(
    _ kept: [Int], _ starts: [Int], on machine: inout Machine
  ) throws(Trap) {
    for (position, row) in kept.enumerated() {
      var source = src
      var target = dst
      source.rows = 1
      target.rows = 1
      let start = [starts[position]]
      if indirect == .src {
        target.rowStart += Int32(row)
        target.offset += row * dst.rowStride
        try move(source, target, start, nil, on: &machine)
      } else {
        source.rowStart += Int32(row)
        source.offset += row * src.rowStride
        try move(source, target, nil, start, on: &machine)
      }
    }
  }

  /// The rows that take part and the flat element each starts at.
  private func dynamicRows(
    _ index: AccessPattern, on machine: borrowing Machine
  ) throws(Trap) -> (kept: [Int], starts: [Int]) {
    let pattern = indirectPattern
    let tensor = machine.tensors[Int(pattern.tensor.index)]
    let stride = offsetStride == 0 ? tensor.freeElements : offsetStride
    let bits = try machine.readBits(
      index, scalarOffset != nil ? "scalar_offset" : "vector_offset")
    let kind = machine.tensors[Int(index.tensor.index)].dtype
    let span = pattern.span
    var kept: [Int] = []
    var starts: [Int] = []
    for row in 0..<Int(pattern.rows) {
      let value = kind.index(bits.elements[scalarOffset != nil ? 0 : row])
      let start =
        pattern.offset + value * stride + (scalarOffset != nil ? row * pattern.rowStride : 0)
      let inside = start + span.lowerBound >= 0 && start + span.upperBound < tensor.elements
      if !inside && outOfBounds == .skip { continue }
      if !inside {
        throw Trap(
          .outOfBounds,
          "index \(value) of row \(row) reaches element \(start) of "
            + "'\(tensor.name)', which has \(tensor.elements)",
          operand: indirect.rawValue, remedy: "check the indices, or use oob_mode=skip")
      }
      kept.append(row)
      starts.append(start)
    }
    return (kept, starts)
  }
}

extension DType {
  /// An index that a tensor of this type holds; 32 bits without a sign reach beyond every tensor, and do not
  /// come in again from below.
  func index(_ bits: UInt32) -> Int { self == .uint32 ? Int(bits) : Int(Int32(bitPattern: bits)) }
}

extension Checker {
  /// Which engines can start a DMA in which mode: NKI documentation, descriptor generation engine.
  mutating func requireDGE(_ mode: DGEChoice, indirect: Bool) {
    let engine = engine
    let generation = geometry.generation
    require(
      mode != .hwdge || engine == .sync || engine == .scalar, "dge_mode",
      "hwdge is started by sync or scalar, not by \(engine.name)",
      remedy: "use engine=sync or engine=scalar")
    require(
      mode != .hwdge || generation >= 3, "dge_mode",
      "hwdge needs trn2 or later, this is NeuronCore-v\(generation)")
    require(
      mode != .swdge || engine == .gpsimd, "dge_mode",
      "swdge is started by gpsimd, not by \(engine.name)", remedy: "use engine=gpsimd")
    require(
      !indirect || mode != .none, "dge_mode",
      "an indirect DMA needs dge_mode hwdge or swdge, not none")
  }
}

extension Machine {
  /// Tells of rows of a scatter that go to the same place.
  ///
  /// - Parameters:
  ///   - rows: The rows that take part.
  ///   - starts: Where each begins, in elements of the tensor.
  func checkScatter(_ rows: [Int], _ starts: [Int], to pattern: AccessPattern) throws(Trap) {
    // Rows whose elements do not lie side by side may pass between each other.
    let runs = pattern.runs
    let reach = runs.starts.count == 1 && runs.stride == 1 ? runs.length : 1
    let order = starts.indices.sorted { (starts[$0], $0) < (starts[$1], $1) }
    for (one, next) in zip(order, order.dropFirst()) where starts[next] - starts[one] < reach {
      let name = tensors[Int(pattern.tensor.index)].name
      return try noteUndefinedResult(
        Trap(
          .undefinedResult,
          "rows \(rows[one]) and \(rows[next]) go to the same place, element \(starts[next]) of "
            + "'\(name)': which of them stays is not defined",
          operand: "dst", remedy: "give each row a place of its own"))
    }
  }
}

extension AccessPattern {
  /// All of a tensor, one row per outermost index.
  public static func whole(of id: TensorID, _ tensor: Tensor) -> AccessPattern {
    AccessPattern(
      tensor: id, rows: tensor.partitions,
      rowStride: tensor.space == .hbm ? tensor.freeElements : 0,
      free: FreeDimensions([AccessDimension(stride: 1, size: tensor.freeElements)]))
  }
}

extension TransferShape {
  /// Cuts a copy into descriptors: the longest pieces that are contiguous on both sides.
  ///
  /// Where a side's innermost stride is not 1 elements go one by one, in descriptors of up to 64 (measured:
  /// gathers of the CS149 conv2d captures on trn2). HBM is then written element by element even where they
  /// lie side by side, and SBUF in a piece for each where they do not.
  init(
    from source: AccessPattern, to target: AccessPattern, tensors: [Tensor], rowByRow: Bool,
    mode: DGEMode?
  ) {
    let from = tensors[Int(source.tensor.index)]
    let to = tensors[Int(target.tensor.index)]
    let elements = source.elements
    let size = Swift.max(from.dtype.size, to.dtype.size)
    let sourceChunk = source.contiguousElements(in: from, rowByRow: rowByRow)
    let targetChunk = target.contiguousElements(in: to, rowByRow: rowByRow)
    let kind: DescriptorKind
    var chunk: Int
    var pieces = 1
    if let sourceChunk, let targetChunk {
      kind = .contiguous
      chunk = Swift.min(sourceChunk, targetChunk)
      // Small pieces of a partition go together, as elements do.
      if to.space == .sbuf && targetChunk < sourceChunk && targetChunk * size <= 64 {
        let most = Swift.min(64, sourceChunk / targetChunk, target.elementsPerRow / targetChunk)
        pieces = (1...Swift.max(1, most)).last { elements % ($0 * targetChunk) == 0 } ?? 1
        chunk *= pieces
      }
    } else {
      kind = to.space == .hbm ? .elementWrite : .elementRead
      chunk = Swift.min(64, source.elementsPerRow, target.elementsPerRow)
      if targetChunk == nil && to.space == .sbuf { pieces = chunk }
    }
    let descriptors = (elements + chunk - 1) / Swift.max(chunk, 1)
    self.init(
      descriptors: descriptors, bytes: chunk * size, elements: chunk, kind: kind,
      hbmReadBytes: from.space == .hbm ? elements * from.dtype.size : 0,
      hbmWriteBytes: to.space == .hbm ? elements * to.dtype.size : 0, mode: mode,
      partitions: target.partitions(in: to) ?? source.partitions(in: from))
    writtenPieces = pieces
  }
}

extension AccessPattern {
  /// The partitions that it touches; `nil` in HBM.
  fileprivate func partitions(in tensor: Tensor) -> Range<Int>? {
    guard tensor.space != .hbm else { return nil }
    let first = tensor.partition + Int(rowStart)
    return first..<first + Int(rows)
  }

  /// Elements that lie side by side in memory at a time; `nil` when neighbours do not.
  func contiguousElements(in tensor: Tensor, rowByRow: Bool) -> Int? {
    let run = free.innermostRun
    guard run.stride == 1 || run.length == 1 else { return nil }
    // Rows that follow one another in HBM form one piece.
    if run.isAll && tensor.space == .hbm && !rowByRow && rowStride == run.length {
      return run.length * Int(rows)
    }
    return run.length
  }
}

extension FreeDimensions {
  /// The longest strided run that the innermost dimensions form, and whether it is all of a row.
  fileprivate var innermostRun: (length: Int, stride: Int, isAll: Bool) {
    var run: (length: Int, stride: Int)?
    for dimension in reversed() where dimension.size != 1 {
      let (stride, size) = (Int(dimension.stride), Int(dimension.size))
      guard let inner = run else {
        run = (size, stride)
        continue
      }
      guard stride == inner.stride * inner.length else {
        return (inner.length, inner.stride, false)
      }
      run = (inner.length * size, inner.stride)
    }
    return (run?.length ?? 1, run?.stride ?? 1, true)
  }
}
