public import Formats

/// The sizes and limits of one core that values, checks and kernels depend on.
///
/// Filled from the hardware configuration, so that nothing here repeats a number of it.
public struct Geometry: Hashable, Sendable {
  /// SBUF and PSUM partitions.
  public var partitions = 0
  /// Bytes of one SBUF partition that programs can use.
  public var sbufBytes = 0
  /// Multiples at which tensors begin in SBUF whose place is chosen here, in bytes.
  public var sbufAlignment = 1
  /// Bytes of one PSUM partition.
  public var psumBytes = 0
  /// Bytes of one PSUM bank within a partition.
  public var psumBankBytes = 1
  /// Bytes of device memory.
  public var hbmBytes = 0
  /// Where an access to partitions may start.
  public var startPartitions = StartPartitions(upTo32: [0], upTo64: [0], above64: [0])
  /// Largest number of free dimensions of an operand of an engine.
  public var freeDimensions = 0
  /// Largest number of free elements of an SBUF operand.
  public var sbufFreeElements = 0
  /// Largest number of free elements of a PSUM operand.
  public var psumFreeElements = 0
  /// Rows of the PE array.
  public var peRows = 0
  /// Columns of the PE array.
  public var peColumns = 0
  /// Smallest side of a tile of the PE array.
  public var peTile = 1
  /// Columns of the stationary operand of a matmul.
  public var stationaryMax = 0
  /// Columns of the moving operand of a matmul.
  public var movingMax = 0
  /// The same where sums are kept in bfloat16.
  public var movingMaxBF16 = 0
  /// Types that the PE array multiplies.
  public var matmulTypes = DTypeSet([])
  /// MATMULs of a float32 product.
  public var float32Passes = 1
  /// Limits of single operations.
  public var limits = Limits()
  /// NeuronCore generation: 2 for trn1, 3 for trn2, 4 for trn3.
  public var generation = 0

  /// A core without memory: set what it has.
  public init() {}

  /// Limits of single operations.
  public struct Limits: Hashable, Sendable {
    /// Elements per partition of `bn_stats`.
    public var bnStatsElements = 0
    /// Elements per partition of `max8` and its kin.
    public var max8Elements = 0...0
    /// Sources of a DMA that computes.
    public var dmaComputeSources = 0
    /// Elements per partition of one instruction of `nc_n_gather`.
    public var gatherElements = 1
    /// Indices of one GpSimd core in `local_gather`.
    public var localGatherIndices = 0
    /// Elements of a group in `topk`.
    public var topKElements = 0
    /// Results of `topk`.
    public var topKResults = 0
    /// Elements per partition that GpSimd moves in one `sendrecv`.
    public var sendReceiveElements = 0

    /// No room for anything: set what there is.
    public init() {}
  }
}

/// Some of the element types.
public struct DTypeSet: Hashable, Sendable {
  private var bits: UInt64 = 0

  /// The given types.
  public init(_ types: some Sequence<DType>) {
    for type in types { bits |= 1 << UInt64(type.rawValue) }
  }

  /// Whether a type is one of them.
  public func contains(_ type: DType) -> Bool { bits >> UInt64(type.rawValue) & 1 != 0 }
}

/// Where accesses to SBUF and PSUM may start, by how many partitions they reach.
public struct StartPartitions: Hashable, Sendable {
  @usableFromInline let small: Starts
  @usableFromInline let middle: Starts
  @usableFromInline let large: Starts

  /// From lists of partitions in rising order.
  public init(upTo32: [Int], upTo64: [Int], above64: [Int]) {
    small = Starts(upTo32)
    middle = Starts(upTo64)
    large = Starts(above64)
  }

  /// Whether an access to `count` partitions may start at partition `start`.
  @inlinable public func allow(_ start: Int, count: Int) -> Bool {
    if count <= 32 { return small.contain(start) }
    return count <= 64 ? middle.contain(start) : large.contain(start)
  }

  /// For messages: where an access to `count` partitions must start, of `partitions` in all.
  public func expectation(count: Int, of partitions: Int) -> String {
    let starts = count <= 32 ? small : count <= 64 ? middle : large
    if starts.list == [0] { return "at a multiple of \(partitions)" }
    return starts.step > 0 ? "at a multiple of \(starts.step)" : "at one of \(starts.list)"
  }

  /// Partitions in rising order.
  @usableFromInline struct Starts: Hashable, Sendable {
    @usableFromInline let list: [Int]
    /// The distance of neighbours, if the first is 0 and it is the same everywhere; 0 otherwise.
    @usableFromInline let step: Int
    @usableFromInline let last: Int

    init(_ list: [Int]) {
      self.list = list
      let step = list.count > 1 ? list[1] : 1
      self.step = list.indices.allSatisfy { list[$0] == $0 * step } ? step : 0
      last = list.last ?? -1
    }

    @inlinable func contain(_ start: Int) -> Bool {
      guard step > 0 else { return list.contains(start) }
      return start >= 0 && start <= last && start % step == 0
    }
  }
}
