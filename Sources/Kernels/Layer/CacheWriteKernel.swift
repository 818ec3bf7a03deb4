import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// New keys and values into a layer's cache, from a position on that is known at run time.
package struct CacheWriteKernel: BuiltKernel {
  /// `kv_write`.
  package static let name = KernelName.cacheWrite.rawValue
  /// What it computes.
  package static let summary = "writes new keys and values into the cache at a position of run time"
  /// Formula and strategy.
  package static let details = """
    k and v are [tokens, kv_heads, head_dim]; k_cache [kv_heads, head_dim, places], v_cache [places, \
    kv_heads, head_dim] are changed in place, from `position` on, which DMAs read on the device. Values \
    go out as they are. keys=pe: keys are turned on the PE array, so that a descriptor moves all tokens \
    of an element of a head; keys=dma: the rings move each element on its own.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .integer("tokens", 1...1024, default: 1, "new tokens"),
    .integer("places", 1...1 << 15, default: 1024, "tokens that the cache has room for"),
    .integer("position", 0...1 << 15, default: 512, "trial position: place of the first new token"),
    LayerShape.kvHeads, LayerShape.headSize, .dtype,
    .choice("keys", ["pe", "dma"], "who turns the keys"), .buffers(2),
    .choice("evict", ["alternate", "vector", "scalar"], "engine that moves psum to sbuf"),
    .loadEngine, .storeEngine("gpsimd"),
  ]

  /// All values.
  package let values: KernelParameters
  let tokens: Int
  let places: Int
  let position: Int
  let kvHeads: Int
  let headSize: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    tokens = values.integer("tokens")
    places = values.integer("places")
    position = values.integer("position")
    kvHeads = values.integer("kv_heads")
    headSize = values.integer("head_dim")
    dtype = values.dtype("dtype")
  }

  /// The new tokens, where they go, and the cache.
  package var inputs: [KernelInput] {
    let fill = TensorFill.normal(mean: 0, deviation: 1)
    return [
      KernelInput("k", dtype, [tokens, kvHeads, headSize], fill),
      KernelInput("v", dtype, [tokens, kvHeads, headSize], fill),
      KernelInput("position", .int32, [1, 1], .normal(mean: Double(position), deviation: 0)),
    ] + cache.map { KernelInput($0.name, dtype, $0.shape, fill) }
  }

  private var cache: [(name: String, shape: [Int])] {
    [
      ("k_cache", [kvHeads, headSize, places]), ("v_cache", [places, kvHeads, headSize]),
    ]
  }

  /// The cache; nothing is computed.
  package var outputs: [KernelOutput] {
    cache.map { KernelOutput($0.name, dtype, $0.shape, .equal) }
  }

  /// Tokens that fit behind the position.
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    guard position + tokens > places else { return [] }
    return [
      Diagnostic(
        .error, "\(tokens) tokens from \(position) on do not fit into \(places) places",
        remedy: "use position=\(max(0, places - tokens)) or less, or more places")
    ]
  }

  /// Tile by tile.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let k = declared["k"], let v = declared["v"], let position = declared["position"],
      let keys = declared["k_cache"], let cached = declared["v_cache"]
    else { return }
    let ops = RowOps(builder, dtype: dtype, evict: values.choice("evict"))
    let (load, store) = (values.engine("load_engine"), values.engine("store_engine"))
    let tiles = ranges(of: tokens, by: 128)
    let buffers = min(values.integer("buffers"), tiles.count)
    func pool(_ name: String) -> TilePool {
      builder.pool(
        name, dtype, partitions: tiles[0].count, free: [kvHeads, headSize], buffers: buffers)
    }
    let (keyTiles, valueTiles) = (pool("k_tile"), pool("v_tile"))
    let turned =
      values.choice("keys") == "pe"
      ? builder.pool(
        "k_turned", dtype, partitions: headSize, free: [kvHeads, tiles[0].count], buffers: buffers)
      : nil
    let place = builder.tile("place", .int32, partitions: 1, free: [1])
    builder.emit(DMACopy(dst: place.ap, src: position.ap), on: load)
    /// Copies to as many elements of the cache after `target` as `place` says, times `stride`.
    func write(_ source: TensorView, to target: AccessPattern, stride: Int) {
      var copy = DMACopy(dst: target, src: source.ap)
      copy.scalarOffset = place.ap
      copy.indirect = .dst
      copy.offsetStride = stride
      builder.emit(copy, on: store)
    }
    for range in tiles {
      let key = keyTiles.next().rows(range.count)
      let value = valueTiles.next().rows(range.count)
      builder.emit(DMACopy(dst: key.ap, src: k.rows(range).ap), on: load)
      builder.emit(DMACopy(dst: value.ap, src: v.rows(range).ap), on: load)
      var target = keys.ap
      target.offset = range.lowerBound
      let heads = AccessDimension(stride: headSize * places, size: kvHeads)
      if let turned {
        let columns = turned.next().columns(0..<range.count)
        for head in 0..<kvHeads {
          ops.transposeBlock(
            key.select(head, dimension: 0), into: columns.select(head, dimension: 0))
        }
        target.rows = Int32(headSize)
        target.rowStride = places
        target.free = FreeDimensions([heads, AccessDimension(stride: 1, size: range.count)])
        write(columns, to: target, stride: 1)
      } else {
        target.rows = Int32(range.count)
        target.rowStride = 1
        target.free = FreeDimensions([heads, AccessDimension(stride: places, size: headSize)])
        write(key, to: target, stride: 1)
      }
      write(value, to: cached.rows(range).ap, stride: kvHeads * headSize)
    }
  }

  /// The cache with the new tokens in their places.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    var (keys, values) = (inputs["k_cache"] ?? [], inputs["v_cache"] ?? [])
    let (k, v) = (inputs["k"] ?? [], inputs["v"] ?? [])
    let first = Int(inputs["position"]?.first ?? 0)
    let width = kvHeads * headSize
    for token in 0..<tokens {
      for element in 0..<width {
        keys[element * places + first + token] = k[token * width + element]
        values[(first + token) * width + element] = v[token * width + element]
      }
    }
    return ["k_cache": keys, "v_cache": values]
  }
}
