import Device
import Formats
import ISA
import Machine
import Workloads

extension AttentionKernel {
  /// Rows of a query tile and of a transposed tile of keys: columns of the PE array.
  static let tile = 128
  /// Keys per product: what a PSUM bank holds of float32.
  static let stripe = 512

  /// Emits one of the two forms.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let q = declared["q"], let k = declared["k"], let v = declared["v"] else { return }
    let out = builder.output("out", dtype, [sequence, headSize])
    let tiles = AttentionTiles(self, builder, q: q, k: k, v: v, out: out)
    let groups = ranges(
      of: sequence / AttentionKernel.tile, by: min(values.integer("group"), tiles.count))
    if values.choice("form") == "fused" {
      tiles.load([.v, .q, .k])
      builder.scope("v") { tiles.transposeV() }
      for (index, group) in groups.enumerated() {
        builder.scope("queries \(index)") { tiles.emitFused(group) }
      }
    } else {
      tiles.load([.q, .k, .v])
      builder.scope("scores") { for group in groups { tiles.emitScores(group) } }
      builder.scope("v") { tiles.transposeV() }
      builder.scope("softmax") { for group in groups { tiles.emitSoftmax(group) } }
      builder.scope("products") { for group in groups { tiles.emitProducts(group) } }
    }
  }
}

/// Engines in turn, from a word of `s` and `v`.
private final class Turns {
  private let engines: [Engine]
  private var used = 0

  init(_ word: String) { engines = word.map { $0 == "v" ? .vector : .scalar } }

  func copy(_ builder: KernelBuilder, from source: TensorView, to target: TensorView) {
    builder.emit(TensorCopy(dst: target.ap, src: source.ap), on: engines[used % engines.count])
    used += 1
  }
}

/// Tiles and operations that both forms share.
private final class AttentionTiles {
  enum Input: CaseIterable { case q, k, v }

  /// Query tiles.
  let count: Int
  private let kernel: AttentionKernel
  private let builder: KernelBuilder
  private let sources: [Input: TensorView]
  private let loaded: [Input: TensorView]
  private let out: TensorView
  private let stripes: [Range<Int>]
  private let group: Int
  /// `[128 keys, tiles of keys, head_dim]`.
  private let turnedV: TensorView
  /// Float32 banks of products.
  private let banks: TilePool
  private let turnedBanks: TilePool
  private let vBank: TilePool
  private let scores: TilePool?
  private let powers: TilePool
  private let turned: TilePool
  private let results: TilePool
  private let statistics: [String: TilePool]
  /// The scores, then the weights, in HBM.
  private let spilled: TensorView?
  private let reloaded: TilePool?
  private let vTurns: Turns
  private let scoreTurns: Turns
  private let weightTurns: Turns
  private let outTurns: Turns

  private var isFused: Bool { spilled == nil }

  init(
    _ kernel: AttentionKernel, _ builder: KernelBuilder, q: TensorView, k: TensorView,
    v: TensorView, out: TensorView
  ) {
    self.kernel = kernel
    self.builder = builder
    self.out = out
    let (values, tile, sequence) = (kernel.values, AttentionKernel.tile, kernel.sequence)
    count = sequence / tile
    stripes = ranges(of: sequence, by: AttentionKernel.stripe)
    group = min(values.integer("group"), count)
    let (groupSize, columns) = (group, min(sequence, AttentionKernel.stripe))
    sources = [.q: q, .k: k, .v: v]
    var tiles: [Input: TensorView] = [:]
    for (input, name) in [(Input.q, "q_tile"), (.k, "k_tile"), (.v, "v_tile")] {
      tiles[input] = builder.tile(
        name, kernel.dtype, partitions: kernel.headSize, free: [sequence])
    }
    loaded = tiles
    turnedV = builder.tile("v_turned", .float32, partitions: tile, free: [count, kernel.headSize])
    banks = builder.pool(
      "product", .float32, partitions: tile, free: [columns], buffers: 4, in: .psum)
    turnedBanks = builder.pool(
      "turned", .float32, partitions: tile, free: [columns / tile, tile], buffers: 3, in: .psum)
    vBank = builder.pool(
      "v_bank", kernel.dtype, partitions: tile, free: [columns / tile, kernel.headSize],
      buffers: 1, in: .psum)
    let spills = values.choice("form") != "fused"
    func pool(_ name: String, _ free: [Int], _ buffers: Int) -> TilePool {
      builder.pool(name, .float32, partitions: tile, free: free, buffers: buffers)
    }
    // With one stripe the scores of a group stay in their banks, if there are enough of these.
    let inBanks = !spills && stripes.count == 1 && groupSize <= 4
    scores = inBanks ? nil : pool("scores", [groupSize, sequence], 1)
    powers = pool("powers", [groupSize, sequence], 1)
    turned = pool("weights_turned", [count, tile], groupSize)
    results = builder.pool(
      "results", kernel.dtype, partitions: tile, free: [groupSize, kernel.headSize], buffers: 2)
    var pools: [String: TilePool] = [:]
    for name in ["partial_max", "partial_sum"] {
      pools[name] = pool(name, [groupSize, stripes.count], 2)
    }
    for name in ["negative_max", "sum", "inverse"] { pools[name] = pool(name, [groupSize], 2) }
    statistics = pools
    spilled = spills ? builder.scratch("spilled", .float32, [sequence, sequence]) : nil
    reloaded =
      spills
      ? builder.pool(
        "reloaded", .float32, partitions: tile, free: [groupSize, sequence], buffers: 2) : nil
    vTurns = Turns(values.choice("v_copies"))
    scoreTurns = Turns(values.choice("score_copies"))
    weightTurns = Turns(values.choice(spills ? "v_copies" : "weight_copies"))
    outTurns = Turns(values.choice("out_copies"))
  }

  private func next(_ name: String) -> TensorView {
    guard let tile = statistics[name]?.next() else { preconditionFailure("no tile \(name)") }
    return tile
  }

  private func tile(_ input: Input) -> TensorView {
    guard let tile = loaded[input] else { preconditionFailure("\(input) has no tile") }
    return tile
  }

  /// Loads the inputs in this order.
  func load(_ order: [Input]) {
    for input in order {
      guard let source = sources[input] else { continue }
      builder.emit(
        DMACopy(dst: tile(input).ap, src: source.ap), on: kernel.values.engine("load_engine"))
    }
  }

  /// Brings v's keys onto the partitions.
  func transposeV() {
    for keys in ranges(of: count, by: AttentionKernel.stripe / AttentionKernel.tile) {
      let bank = vBank.next().columns(0..<keys.count, dimension: 0)
      for (slot, key) in keys.enumerated() { transpose(tile(.v), key, into: bank, slot) }
      vTurns.copy(builder, from: bank, to: turnedV.columns(keys, dimension: 0))
    }
  }

  private func transpose(_ source: TensorView, _ part: Int, into bank: TensorView, _ slot: Int) {
    let columns = part * AttentionKernel.tile..<(part + 1) * AttentionKernel.tile
    builder.emit(
      NCTranspose(
        dst: bank.select(slot, dimension: 0).ap, data: source.columns(columns).ap), on: .tensor)
  }

  /// A stripe of scores of one query tile, in PSUM.
  private func product(_ query: Int, _ stripe: Range<Int>) -> TensorView {
    let bank = banks.next().columns(0..<stripe.count)
    let columns = query * AttentionKernel.tile..<(query + 1) * AttentionKernel.tile
    builder.emit(
      NCMatmul(
        dst: bank.ap, stationary: tile(.q).columns(columns).ap,
        moving: tile(.k).columns(stripe).ap))
    return bank
  }

  // MARK: - Fused

  /// Everything for some query tiles.
  func emitFused(_ queries: Range<Int>) {
    let kept = scores?.next()
    // By query of the group, by stripe.
    let stored = queries.enumerated().map { place, query in
      stripes.map { stripe in
        let bank = product(query, stripe)
        guard let kept else { return bank }
        let target = kept.select(place, dimension: 0).columns(stripe)
        scoreTurns.copy(builder, from: bank, to: target)
        return target
      }
    }
    let power = powers.next()
    emitExponentials(stored, power)
    var banked: [(from: TensorView, to: TensorView)] = []
    let sum = next("partial_sum")
    let weights = queries.indices.map { query in
      let place = query - queries.lowerBound
      let target = turned.next()
      for keys in ranges(of: count, by: AttentionKernel.stripe / AttentionKernel.tile) {
        let bank = turnedBanks.next().columns(0..<keys.count, dimension: 0)
        for (slot, key) in keys.enumerated() {
          transpose(power.select(place, dimension: 0), key, into: bank, slot)
        }
        banked.append((bank, target.columns(keys, dimension: 0)))
        // The sums come first, and the copies two banks later, so that neither engine waits.
        if banked.count > 2 { evict(&banked) }
      }
      emitSum(place, of: power, into: sum)
      return target
    }
    while !banked.isEmpty { evict(&banked) }
    let inverse = emitInverse(sum, queries.count)
    let result = results.next().columns(0..<queries.count, dimension: 0)
    for place in queries.indices.map({ $0 - queries.lowerBound }) {
      let bank = emitWeighted(weights[place])
      builder.emit(
        TensorScalar(
          dst: result.select(place, dimension: 0).ap, data: bank.ap, op0: .multiply,
          operand0: .tile(inverse.columns(place..<place + 1).ap)), on: .vector)
    }
    store(result, queries)
  }

  private func evict(_ banked: inout [(from: TensorView, to: TensorView)]) {
    let oldest = banked.removeFirst()
    weightTurns.copy(builder, from: oldest.from, to: oldest.to)
  }

  /// Row maxima over all stripes, then exp(score - maximum).
  private func emitExponentials(_ scores: [[TensorView]], _ power: TensorView) {
    let partial = next("partial_max").columns(0..<scores.count, dimension: 0)
    let maximum = next("negative_max").columns(0..<scores.count)
    for (place, parts) in scores.enumerated() {
      for (index, part) in parts.enumerated() {
        builder.emit(
          TensorReduce(
            dst: partial.select(place, dimension: 0).columns(index..<index + 1).ap, op: .maximum,
            data: part.ap))
      }
    }
    builder.emit(
      TensorReduce(dst: maximum.ap, op: .maximum, data: partial.ap, axes: [2], negate: true))
    for (place, parts) in scores.enumerated() {
      for (part, stripe) in zip(parts, stripes) {
        builder.emit(
          Activation(
            dst: power.select(place, dimension: 0).columns(stripe).ap, op: .exp, data: part.ap,
            bias: .tile(maximum.columns(place..<place + 1).ap)))
      }
    }
  }

  private func emitSum(_ place: Int, of power: TensorView, into sum: TensorView) {
    for (index, stripe) in stripes.enumerated() {
      builder.emit(
        TensorReduce(
          dst: sum.select(place, dimension: 0).columns(index..<index + 1).ap, op: .add,
          data: power.select(place, dimension: 0).columns(stripe).ap))
    }
  }

  private func emitInverse(_ sum: TensorView, _ count: Int) -> TensorView {
    let total = next("sum").columns(0..<count)
    let inverse = next("inverse").columns(0..<count)
    builder.emit(
      TensorReduce(
        dst: total.ap, op: .add, data: sum.columns(0..<count, dimension: 0).ap, axes: [2]))
    builder.emit(Reciprocal(dst: inverse.ap, data: total.ap), on: .vector)
    return inverse
  }

  /// Transposed weights times transposed v, in PSUM.
  private func emitWeighted(_ weights: TensorView) -> TensorView {
    let bank = banks.next().columns(0..<kernel.headSize)
    for key in 0..<count { accumulate(weights, key, into: bank) }
    return bank
  }

  private func accumulate(_ weights: TensorView, _ key: Int, into bank: TensorView) {
    builder.emit(
      NCMatmul(
        dst: bank.ap, stationary: weights.select(key, dimension: 0).ap,
        moving: turnedV.select(key, dimension: 0).ap, accumulate: key > 0))
  }

  private func store(_ result: TensorView, _ queries: Range<Int>) {
    let rows = queries.lowerBound * AttentionKernel.tile..<queries.upperBound * AttentionKernel.tile
    builder.emit(
      DMACopy(dst: out.rows(rows).groupedRows(AttentionKernel.tile).ap, src: result.ap),
      on: kernel.values.engine("store_engine"))
  }

  // MARK: - Three passes

  /// Moves some query tiles of a group between HBM and SBUF.
  private func spill(
    _ queries: Range<Int>, _ part: Range<Int>, _ tiles: TensorView, isStore: Bool
  ) {
    guard let spilled else { return }
    let first = (queries.lowerBound + part.lowerBound) * AttentionKernel.tile
    let rows = spilled.rows(first, part.count * AttentionKernel.tile)
      .groupedRows(AttentionKernel.tile)
    let target = tiles.columns(part, dimension: 0)
    builder.emit(
      isStore ? DMACopy(dst: rows.ap, src: target.ap) : DMACopy(dst: target.ap, src: rows.ap),
      on: kernel.values.engine(isStore ? "spill_store_engine" : "spill_load_engine"))
  }

  private func parts(_ queries: Range<Int>) -> [Range<Int>] {
    ranges(of: queries.count, by: kernel.values.integer("dma_tiles"))
  }

  /// Scores of some query tiles, to HBM.
  func emitScores(_ queries: Range<Int>) {
    guard let kept = scores?.next() else { return }
    for part in parts(queries) {
      for place in part {
        for stripe in stripes {
          let bank = product(queries.lowerBound + place, stripe)
          scoreTurns.copy(
            builder, from: bank, to: kept.select(place, dimension: 0).columns(stripe))
        }
      }
      spill(queries, part, kept, isStore: true)
    }
  }

  /// Scores from HBM, weights to HBM.
  func emitSoftmax(_ queries: Range<Int>) {
    guard let score = reloaded?.next(), let weight = scores?.next() else { return }
    for part in parts(queries) { spill(queries, part, score, isStore: false) }
    let places = queries.indices.map { $0 - queries.lowerBound }
    let power = powers.next()
    emitExponentials(
      places.map { place in stripes.map { score.select(place, dimension: 0).columns($0) } }, power)
    let sum = next("partial_sum")
    for place in places { emitSum(place, of: power, into: sum) }
    let inverse = emitInverse(sum, queries.count)
    for part in parts(queries) {
      for place in part {
        builder.emit(
          TensorScalar(
            dst: weight.select(place, dimension: 0).ap, data: power.select(place, dimension: 0).ap,
            op0: .multiply, operand0: .tile(inverse.columns(place..<place + 1).ap)), on: .vector)
      }
      spill(queries, part, weight, isStore: true)
    }
  }

  /// Weights from HBM, products with v.
  func emitProducts(_ queries: Range<Int>) {
    guard let weight = reloaded?.next() else { return }
    let parts = parts(queries)
    for part in parts { spill(queries, part, weight, isStore: false) }
    let result = results.next().columns(0..<queries.count, dimension: 0)
    var ready: [TensorView] = []
    func transposeWeights(_ part: Range<Int>) {
      for place in part {
        let target = turned.next()
        for keys in ranges(of: count, by: AttentionKernel.stripe / AttentionKernel.tile) {
          let bank = turnedBanks.next().columns(0..<keys.count, dimension: 0)
          for (slot, key) in keys.enumerated() {
            transpose(weight.select(place, dimension: 0), key, into: bank, slot)
          }
          weightTurns.copy(builder, from: bank, to: target.columns(keys, dimension: 0))
        }
        ready.append(target)
      }
    }
    transposeWeights(parts[0])
    for (index, part) in parts.enumerated() {
      for place in part {
        // Before the part's last products, so that the PE array need not wait for the copies.
        if place == part.upperBound - 1 && index + 1 < parts.count {
          transposeWeights(parts[index + 1])
        }
        outTurns.copy(
          builder, from: emitWeighted(ready[place]), to: result.select(place, dimension: 0))
      }
    }
    store(result, queries)
  }
}
