import CMicrokernels
public import Device
import Formats
public import Machine

/// How the PE array is fed.
public enum PerformanceMode: String, SymbolField {
  case none
  /// float8 with 256 rows of K as `[128, 2, ·]`.
  case doubleRow = "double_row"
}

/// Matrix product of a stationary and a moving operand into PSUM.
public struct NCMatmul: Operation {
  /// `nc_matmul`.
  public static let name = "nc_matmul"
  /// What it does.
  public static let summary = "dst[M,N] (+)= stationary[K,M]ᵀ · moving[K,N] on the PE array"
  /// Formula, rules and cost.
  public static let details = """
    K is the partition dimension of both inputs (≤ 128), M ≤ 128, N ≤ 512; dst is fp32 in one PSUM \
    bank. From trn3 on dst is fp32 (N ≤ 4096) or bfloat16 (N ≤ 8192), in any number of banks; \
    sums within an instruction and the addition to dst are fp32. accumulate=true adds to what earlier matmuls left there. Products are exact, sums are \
    fp32. fp32 inputs take two passes of two cycles per column. perf_mode=double_row takes float8 \
    inputs of shape [128, 2, ·] in the time of one. With is_transpose and one operand that only \
    picks rows of the other (an identity, a permutation) data passes through bit-exactly, NaN and \
    infinity too; other operands are multiplied. \
    Lowers to LDWEIGHTS + MATMUL (two of each for fp32).
    """
  /// The PE array.
  public static let engines: [Engine] = [.tensor]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "stationary", "moving",
    optional: [
      "is_stationary_onezero", "is_moving_onezero", "is_transpose",
      Parameter(
        "accumulate", default: .absent,
        "add to dst instead of overwriting it; None: if a product wrote it before"),
      "tile_position", "tile_size", "perf_mode",
    ])
  /// The fields.
  public static let fields: [Field<NCMatmul>] = [
    Field(.readWrite, "dst", \.dst, "[M, N] in psum", types: .floats),
    Field(
      .read, "stationary", \.stationary, "[K, M] in sbuf; becomes the weights", types: .floats),
    Field(.read, "moving", \.moving, "[K, N] in sbuf; streams through", types: .floats),
    Field(.immediate, "accumulate", \.accumulate, "add to dst instead of overwriting it"),
    Field(.immediate, "is_transpose", \.isTranspose, "moving data passes through unchanged"),
    Field(.immediate, "perf_mode", \.performanceMode, "double_row for float8"),
    Field(
      .immediate, "is_stationary_onezero", \.isStationaryOneZero,
      "promise: 'stationary' holds ones and zeros only"),
    Field(
      .immediate, "is_moving_onezero", \.isMovingOneZero,
      "promise: 'moving' holds ones and zeros only"),
    Field(.immediate, "tile_position", \.tilePosition, "[row, column] of the PE tile; [] for all"),
    Field(.immediate, "tile_size", \.tileSize, "[rows, columns] of the PE tile; [] for all"),
  ]

  /// Result in PSUM.
  public var dst = AccessPattern.unset
  /// Weights.
  public var stationary = AccessPattern.unset
  /// What streams through.
  public var moving = AccessPattern.unset
  /// Whether to add to `dst`.
  public var accumulate = false
  /// Whether this is a transpose.
  public var isTranspose = false
  /// How the array is fed.
  public var performanceMode = PerformanceMode.none

  /// Promise that `stationary` holds ones and zeros only; changes no value.
  public var isStationaryOneZero: Bool = false
  /// Promise that `moving` holds ones and zeros only; changes no value.
  public var isMovingOneZero: Bool = false
  /// Row and column at which the PE tile begins; empty for the whole array.
  public var tilePosition: [Int] = []
  /// Rows and columns of the PE tile; empty for the whole array.
  public var tileSize: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, stationary: AccessPattern, moving: AccessPattern,
    accumulate: Bool = false, isTranspose: Bool = false,
    performanceMode: PerformanceMode = .none
  ) {
    self.dst = dst
    self.stationary = stationary
    self.moving = moving
    self.accumulate = accumulate
    self.isTranspose = isTranspose
    self.performanceMode = performanceMode
  }

  /// Unless it adds: a product that starts a sum.
  public var replacesResult: Bool { !accumulate }

  private var rowsPerPass: Int { performanceMode == .doubleRow ? 2 : 1 }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.psum])
    check.requireSpace(stationary, "stationary", [.sbuf])
    check.requireSpace(moving, "moving", [.sbuf])
    check.requireProductShape(dst, stationary, moving, fold: rowsPerPass)
    check.requireOneBank(dst, "dst")
    checkTypes(&check)
    let whole = [check.geometry.peRows, check.geometry.peColumns]
    check.requirePETile(
      at: tilePosition, size: tileSize, rows: Int(stationary.rows),
      columns: stationary.elementsPerRow / rowsPerPass)
    check.require(
      performanceMode == .none || tileSize == [] || tileSize == whole, "perf_mode",
      "double_row takes the whole PE array, not a tile of \(tileSize)")
  }

  private func checkTypes(_ check: inout Checker) {
    let weights = check.place(stationary).dtype
    let streamed = check.place(moving).dtype
    let target = check.place(dst).dtype
    check.requirePEType(weights, "stationary")
    check.requirePEType(streamed, "moving")
    let mixesFloat8 =
      weights == .float8_e4m3 && streamed == .float8_e4m3fn
      || weights == .float8_e4m3fn && streamed == .float8_e4m3
    check.require(
      !mixesFloat8, "moving",
      "'moving' is \(streamed) and 'stationary' is \(weights): the two e4m3 formats do not mix",
      remedy: "convert one of them")
    check.require(
      (weights.size == 4) == (streamed.size == 4), "moving",
      "'moving' is \(streamed) and 'stationary' is \(weights): "
        + "float32 and tfloat32 pair with each other only",
      remedy: "convert one of them")
    if isTranspose {
      check.require(
        !target.isFloat || target == streamed || target == weights || target == .float32, "dst",
        "'dst' is \(target), a transpose of \(streamed) gives \(streamed)")
    } else {
      let takesBFloat16 = check.geometry.generation >= 4
      check.require(
        !target.isFloat || target == .float32 || takesBFloat16 && target == .bfloat16, "dst",
        "'dst' is \(target), must be float32\(takesBFloat16 ? " or bfloat16" : "")",
        remedy: "declare the psum tensor as float32")
    }
    if performanceMode == .doubleRow {
      check.require(
        weights.size == 1 && streamed.size == 1, "perf_mode",
        "double_row takes float8, not \(weights) and \(streamed)")
      check.require(!isTranspose, "perf_mode", "double_row cannot transpose")
      check.require(
        stationary.free.count >= 2 && stationary.free[0].size == 2
          && moving.free.count >= 2 && moving.free[0].size == 2, "perf_mode",
        "double_row needs operands of shape [K, 2, ·]")
    }
  }

  /// LDWEIGHTS and MATMUL; two of each for fp32.
  public func lower(into emitter: inout Emitter) {
    let weights = emitter.place(stationary)
    let rate =
      performanceMode == .doubleRow
      ? .doubleRow : MatmulRate(moving: emitter.place(moving).dtype)
    let passes = rate == .float32Pass && !isTranspose ? emitter.geometry.float32Passes : 1
    for pass in 0..<passes {
      emitter.emit(
        .ldweights,
        .loadWeights(
          LoadWeights(
            rows: Int(stationary.rows), columns: stationary.elementsPerRow / rowsPerPass,
            fourByte: weights.dtype == .float32, transpose: isTranspose,
            strideBytes: abs(stationary.innermostStride) * weights.dtype.size)),
        reads: [stationary], writes: [])
      emitter.emit(
        .matmul,
        .matmul(
          Matmul(
            rows: Int(moving.rows), columns: Int(dst.rows),
            moving: moving.elementsPerRow / rowsPerPass, rate: rate, transpose: isTranspose,
            misalignedRows: emitter.misalignedRows(moving))),
        reads: [moving], writes: [dst], accumulates: accumulate || pass > 0)
    }
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    if isTranspose && !accumulate, try passThrough(on: &machine) { return }
    let stored = machine.tensors[Int(moving.tensor.index)].dtype
    if stored == .float32 || stored == .bfloat16,
      let weights = try machine.matmulSource(stationary, "stationary", as: stored),
      let streamed = try machine.matmulSource(moving, "moving", as: stored),
      let (target, rowStride) = try machine.matmulDestination(
        dst, "dst", accumulating: accumulate)
    {
      trnsim_sgemm_tn(
        UInt32(stored.rawValue), weights.elements, weights.rowStride, streamed.elements,
        streamed.rowStride, target, rowStride, Int(dst.rows), dst.elementsPerRow,
        Int(stationary.rows), accumulate ? 1 : 0)
      return
    }
    let weights = try machine.read(stationary, "stationary")
    let streamed = try machine.read(moving, "moving")
    guard
      let (target, rowStride) = try machine.matmulDestination(
        dst, "dst", accumulating: accumulate)
    else {
      try executeStrided(weights, streamed, on: &machine)
      return
    }
    for fold in 0..<rowsPerPass {
      multiply(weights, streamed, fold, into: target, rowStride)
    }
  }

  /// A destination that is not plain rows of fp32: computed aside, then stored.
  private func executeStrided(
    _ weights: borrowing Tile<Float>, _ streamed: borrowing Tile<Float>,
    on machine: inout Machine
  ) throws(Trap) {
    if accumulate { try machine.requireMatmulWritten(dst, "dst") }
    let result =
      accumulate
      ? try machine.read(dst, "dst")
      : machine.makeTile(rows: Int(dst.rows), columns: dst.elementsPerRow)
    for fold in 0..<rowsPerPass {
      multiply(weights, streamed, fold, into: result.elements, result.columns)
    }
    try machine.write(result, to: dst, "dst", byMatmul: true)
  }

  /// The product of one row of K in each partition.
  private func multiply(
    _ weights: borrowing Tile<Float>, _ streamed: borrowing Tile<Float>, _ fold: Int,
    into target: UnsafeMutablePointer<Float>, _ rowStride: Int
  ) {
    let m = Int(dst.rows)
    let n = dst.elementsPerRow
    trnsim_sgemm_tn(
      UInt32(DType.float32.rawValue), weights.elements + fold * m, weights.columns,
      streamed.elements + fold * n, streamed.columns, target, rowStride, m, n,
      Int(stationary.rows), accumulate || fold > 0 ? 1 : 0)
  }
}

extension Checker {
  /// Requires the shapes of dst[M, N] = stationary[K, M]ᵀ · moving[K, N], with M and N within what a
  /// product may have.
  ///
  /// - Parameter fold: rows of K in each partition.
  mutating func requireProductShape(
    _ dst: AccessPattern, _ stationary: AccessPattern, _ moving: AccessPattern, fold: Int = 1
  ) {
    let columns = stationary.elementsPerRow / fold
    let streamed = moving.elementsPerRow / fold
    require(
      stationary.rows == moving.rows, "moving",
      "'moving' has \(moving.rows) partitions, 'stationary' has \(stationary.rows)",
      remedy: "K is the partition dimension of both")
    let columnsMax = geometry.stationaryMax
    require(
      columns <= columnsMax, "stationary",
      "'stationary' has \(columns) columns, at most \(columnsMax)", remedy: "split M")
    let streamedMax =
      place(dst).dtype == .bfloat16 ? geometry.movingMaxBF16 : geometry.movingMax
    require(
      streamed <= streamedMax, "moving", "'moving' has \(streamed) columns, at most \(streamedMax)",
      remedy: "split N")
    require(dst.rows == columns, "dst", "'dst' has \(dst.rows) partitions, needs M = \(columns)")
    require(
      dst.elementsPerRow == streamed, "dst",
      "'dst' has \(dst.elementsPerRow) elements per partition, needs N = \(streamed)")
  }

  /// Requires a tile of the PE array that holds `rows` × `columns` weights, or none: both lists empty.
  ///
  /// Source: NKI documentation, nc_matmul tiling mode (tiles of
  /// NeuronCore-v3 have 32, 64 or 128 rows and columns and begin at multiples of them).
  mutating func requirePETile(at position: [Int], size: [Int], rows: Int, columns: Int) {
    guard position != [] || size != [] else { return }
    guard position.count == 2, size.count == 2 else {
      require(
        false, "tile_position", "tile_position and tile_size are [row, column] and come together")
      return
    }
    let axes = [
      ("rows", rows, geometry.peRows), ("columns", columns, geometry.peColumns),
    ]
    for ((name, needed, extent), (first, count)) in zip(axes, zip(position, size)) {
      // Each twice as large as the one before.
      var sizes = [geometry.peTile]
      while let last = sizes.last, 2 * last <= extent { sizes.append(2 * last) }
      let isSize = sizes.contains(count)
      let texts = sizes.map { "\($0)" }
      require(
        isSize, "tile_size",
        "the PE tile has \(count) \(name), must have "
          + (texts.dropLast().joined(separator: ", ") + (texts.count > 1 ? " or " : ""))
          + (texts.last ?? ""))
      guard isSize else { continue }
      require(
        first >= 0 && first % count == 0 && first + count <= extent, "tile_position",
        "the PE tile begins at \(first), must begin at a multiple of its \(count) \(name) "
          + "within \(extent)")
      require(
        needed <= count, "tile_size", "'stationary' has \(needed) \(name), the PE tile \(count)")
    }
  }

  /// Requires a float type that this machine's PE array takes.
  fileprivate mutating func requirePEType(_ dtype: DType, _ name: String) {
    let generation = geometry.generation
    require(
      !dtype.isFloat || geometry.matmulTypes.contains(dtype), name,
      dtype == .float8_e4m3fn && generation < 4
        ? "float8_e4m3fn needs trn3, this is NeuronCore-v\(generation)"
        : "'\(name)' is \(dtype), which the PE array does not take",
      remedy: dtype == .float8_e4m3fn ? "use float8_e4m3" : "convert it with tensor_copy first")
  }
}
