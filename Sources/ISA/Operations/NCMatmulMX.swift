import CMicrokernels
public import Device
import Formats
public import Machine

/// Matrix product of packed microscaling (MX) data into PSUM.
public struct NCMatmulMX: Operation {
  /// `nc_matmul_mx`.
  public static let name = "nc_matmul_mx"
  /// What it does.
  public static let summary =
    "dst[M,N] (+)= (stationary · its scales)ᵀ · (moving · their scales) of MX data"
  /// Formula, rules and cost.
  public static let details = """
    trn3 on. Partitions (P, a multiple of 32, ≤ 128) and the four elements that a packed element \
    holds are the contraction: dst[m, n] = Σ over p, q of stationary[p, m][q] · \
    moving[p, n][q], each element times 2^(scale - 127) (255: NaN) of its group of 8 partitions \
    by 4 elements. M ≤ 128 and even; N ≤ 4096 (fp32 dst) or 8192 (bfloat16). A scale operand \
    has one column for each packed column; four partitions of each quadrant of 32, from its \
    partition 0, 4, 8 or 12 on, hold the quadrant's scales. Scaled elements and their sums are \
    fp32, added in the order of partitions, then of elements (assumed). \
    Lowers to LDWEIGHTS + MATMUL, in the time of a bfloat16 product.
    """
  /// The PE array.
  public static let engines: [Engine] = [.tensor]
  /// Packed elements are what it is for.
  public static let takesOpaque = true
  /// What its operands hold.
  private static let packed: ElementTypes = [
    .float8_e5m2_x4, .float8_e4m3fn_x4, .float4_e2m1fn_x4,
  ]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "stationary", "moving", "stationary_scale", "moving_scale",
    optional: [
      "tile_position", "tile_size",
      Parameter(
        "accumulate", default: .absent,
        "add to dst instead of overwriting it; None: if a product wrote it before"),
    ])
  /// trn3 on (NKI documentation).
  public static let generation = 4
  /// What earlier ones have.
  public static let instead: String? = "use nc_matmul"
  /// The fields.
  public static let fields: [Field<NCMatmulMX>] = [
    Field(.readWrite, "dst", \.dst, "[M, N] in psum", types: [.float32, .bfloat16]),
    Field(
      .read, "stationary", \.stationary, "[P, M] packed, in sbuf; becomes the weights",
      types: packed),
    Field(.read, "moving", \.moving, "[P, N] packed, in sbuf; streams through", types: packed),
    Field(
      .read, "stationary_scale", \.stationaryScale, "scales of stationary, in its quadrants",
      isSpread: true, types: MXGroup.scaleTypes),
    Field(
      .read, "moving_scale", \.movingScale, "scales of moving, in its quadrants", isSpread: true,
      types: MXGroup.scaleTypes),
    Field(.immediate, "accumulate", \.accumulate, "add to dst instead of overwriting it"),
    Field(.immediate, "tile_position", \.tilePosition, "[row, 0] of the PE tile; [] for all"),
    Field(.immediate, "tile_size", \.tileSize, "[rows, 128] of the PE tile; [] for all"),
  ]

  /// Result in PSUM.
  public var dst = AccessPattern.unset
  /// Packed weights.
  public var stationary = AccessPattern.unset
  /// What streams through, packed.
  public var moving = AccessPattern.unset
  /// Scales of the weights.
  public var stationaryScale = AccessPattern.unset
  /// Scales of what streams through.
  public var movingScale = AccessPattern.unset
  /// Whether to add to `dst`.
  public var accumulate = false
  /// Row and column at which the PE tile begins; empty for the whole array.
  public var tilePosition: [Int] = []
  /// Rows and columns of the PE tile; empty for the whole array.
  public var tileSize: [Int] = []

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    dst: AccessPattern, stationary: AccessPattern, moving: AccessPattern,
    stationaryScale: AccessPattern, movingScale: AccessPattern, accumulate: Bool = false
  ) {
    self.dst = dst
    self.stationary = stationary
    self.moving = moving
    self.stationaryScale = stationaryScale
    self.movingScale = movingScale
    self.accumulate = accumulate
  }

  /// Unless it adds: a product that starts a sum.
  public var replacesResult: Bool { !accumulate }

  /// Generation, shapes, memories and types.
  public func check(_ check: inout Checker) {
    check.requireSpace(dst, "dst", [.psum])
    for (data, name, scale, scaleName) in [
      (stationary, "stationary", stationaryScale, "stationary_scale"),
      (moving, "moving", movingScale, "moving_scale"),
    ] {
      check.requireSpace(data, name, [.sbuf])
      check.requireQuadrants(data, name)
      check.requireScales(scale, scaleName, of: data, name)
    }
    check.requireProductShape(dst, stationary, moving)
    let columns = stationary.elementsPerRow
    check.require(
      columns % 2 == 0, "stationary",
      "'stationary' has \(columns) columns, must have an even number", remedy: "pad M")
    check.requirePETile(
      at: tilePosition, size: tileSize, rows: Int(stationary.rows), columns: columns)
    // NKI documentation, nc_matmul_mx, "Tiling Mode": rows only.
    let peColumns = check.geometry.peColumns
    check.require(
      tileSize.count != 2 || tileSize[1] == peColumns, "tile_size",
      "the PE tile is \(tileSize), must have \(peColumns) columns",
      remedy: "products of MX data split the array's rows only")
  }

  /// LDWEIGHTS and MATMUL.
  public func lower(into emitter: inout Emitter) {
    let rows = Int(stationary.rows)
    // An element of the array takes four packed elements as it takes one of 16 bits.
    let stride = abs(stationary.innermostStride)
    let strideBytes = stride == 1 ? 1 : stride * emitter.place(stationary).dtype.size
    emitter.emit(
      .ldweights,
      .loadWeights(
        LoadWeights(
          rows: rows, columns: stationary.elementsPerRow, fourByte: false, transpose: false,
          strideBytes: strideBytes)),
      reads: [stationary] + stationaryScale.scaleParts(ofRows: rows), writes: [])
    emitter.emit(
      .matmul,
      .matmul(
        Matmul(
          rows: rows, columns: Int(dst.rows), moving: moving.elementsPerRow, rate: .mx,
          transpose: false)),
      reads: [moving] + movingScale.scaleParts(ofRows: rows), writes: [dst],
      accumulates: accumulate)
  }

  /// Computes `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let weights = try machine.readScaled(
      stationary, "stationary", scale: stationaryScale, "stationary_scale")
    let streamed = try machine.readScaled(moving, "moving", scale: movingScale, "moving_scale")
    let (m, n, k) = (weights.columns, streamed.columns, weights.rows)
    let float32 = UInt32(DType.float32.rawValue)
    if let (target, rowStride) = try machine.matmulDestination(
      dst, "dst", accumulating: accumulate)
    {
      trnsim_sgemm_tn(
        float32, weights.elements, m, streamed.elements, n, target, rowStride, m, n, k,
        accumulate ? 1 : 0)
      return
    }
    // A destination that is not plain rows of fp32: computed aside, then stored.
    if accumulate { try machine.requireMatmulWritten(dst, "dst") }
    let result = accumulate ? try machine.read(dst, "dst") : machine.makeTile(rows: m, columns: n)
    trnsim_sgemm_tn(
      float32, weights.elements, m, streamed.elements, n, result.elements, n, m, n, k,
      accumulate ? 1 : 0)
    try machine.write(result, to: dst, "dst", byMatmul: true)
  }
}
