import Device
package import Diagnostics
import Formats
import ISA
package import Machine
package import Workloads

/// Greedy sampling: the index of the largest logit.
package struct ArgmaxKernel: BuiltKernel {
  /// `argmax`.
  package static let name = KernelName.argmax.rawValue
  /// What it computes.
  package static let summary = "index of the largest of one token's logits: greedy sampling"
  /// Formula and strategy.
  package static let details = """
    logits [1, vocabulary] are spread over `lanes` partitions, in order. Each finds its largest with \
    max8 and its place with nc_find_index8; the lanes' maxima come together on one partition \
    (transposed on the PE array), which finds the first lane that has the largest; its place is \
    picked by a comparison and a sum. lanes=1 searches all on one partition. Of equal logits the \
    lowest index wins.
    """
  /// Shapes and strategy.
  package static let parameters: [KernelParameter] = [
    .integer("vocabulary", 8...1 << 20, default: 151_936, "logits (config.json, vocab_size)"),
    .integer("lanes", 1...128, default: 128, "partitions that search; divides vocabulary"),
    .dtype, .loadEngine, .storeEngine("scalar"),
  ]

  /// All values.
  package let values: KernelParameters
  let vocabulary: Int
  let lanes: Int
  let dtype: DType

  /// The kernel with these values.
  package init(_ values: KernelParameters) {
    self.values = values
    vocabulary = values.integer("vocabulary")
    lanes = values.integer("lanes")
    dtype = values.dtype("dtype")
  }

  /// `logits`.
  package var inputs: [KernelInput] {
    [KernelInput("logits", dtype, [1, vocabulary], .normal(mean: 0, deviation: 1))]
  }

  /// `index`.
  package var outputs: [KernelOutput] { [KernelOutput("index", .uint32, [1, 1], .equal)] }

  /// Whole lanes of what max8 takes (NKI documentation: 8 to 16384 elements).
  package func check(_ geometry: Geometry) -> [Diagnostic] {
    let width = vocabulary / lanes
    guard vocabulary % lanes != 0 || !(8...16384).contains(width) else { return [] }
    return [
      Diagnostic(
        .error,
        "vocabulary is \(vocabulary) over \(lanes) lanes: each must have 8 to 16384 logits, all "
          + "equally many", remedy: "choose lanes that divide vocabulary")
    ]
  }

  /// Lanes first, then the largest of them.
  package func emit(into builder: KernelBuilder) {
    let declared = declareInputs(builder)
    guard let logits = declared["logits"] else { return }
    let out = builder.output("index", .uint32, [1, 1])
    let width = vocabulary / lanes
    func tile(_ name: String, _ dtype: DType, _ partitions: Int, _ free: Int) -> TensorView {
      builder.tile(name, dtype, partitions: partitions, free: [free])
    }
    let loaded = tile("logits_tile", dtype, lanes, width)
    builder.emit(
      DMACopy(dst: loaded.ap, src: logits.rowAsRows(lanes)), on: values.engine("load_engine"))
    let (best, place) = (tile("best", .float32, lanes, 8), tile("place", .uint32, lanes, 8))
    builder.emit(Max8(dst: best.ap, src: loaded.ap), on: .vector)
    builder.emit(NCFindIndex8(dst: place.ap, data: loaded.ap, vals: best.ap), on: .vector)
    let store = values.engine("store_engine")
    guard lanes > 1 else {
      builder.emit(DMACopy(dst: out.ap, src: place.columns(0..<1).ap), on: store)
      return
    }
    // Maxima and places of all lanes on one partition each, padded so that max8 finds eight.
    let both = tile("both", .float32, lanes, 2)
    builder.emit(
      TensorCopy(dst: both.columns(0..<1).ap, src: best.columns(0..<1).ap), on: .vector)
    let first = tile("first", .float32, lanes, 1)
    builder.emit(
      Iota(
        dst: first.ap, pattern: IndexPattern([IndexStep(step: 0, count: 1)]),
        channelMultiplier: width), on: .gpsimd)
    builder.emit(
      TensorTensor(
        dst: both.columns(1..<2).ap, data1: first.ap, data2: place.columns(0..<1).ap, op: .add),
      on: .vector)
    let columns = max(8, lanes)
    let rows = (tile("maxima", .float32, 1, columns), tile("places", .float32, 1, columns))
    builder.emit(
      Memset(dst: rows.0.ap, value: Double(-Float.greatestFiniteMagnitude)), on: .vector)
    builder.emit(Memset(dst: rows.1.ap, value: 0), on: .vector)
    for (index, row) in [rows.0, rows.1].enumerated() {
      let bank = builder.tile(
        "bank.\(index)", .float32, partitions: 1, free: [lanes], in: .psum)
      builder.emit(
        NCTranspose(dst: bank.ap, data: both.columns(index..<index + 1).ap), on: .tensor)
      builder.emit(TensorCopy(dst: row.columns(0..<lanes).ap, src: bank.ap), on: .vector)
    }
    let (largest, lane) = (tile("largest", .float32, 1, 8), tile("lane", .uint32, 1, 8))
    builder.emit(Max8(dst: largest.ap, src: rows.0.ap), on: .vector)
    builder.emit(NCFindIndex8(dst: lane.ap, data: rows.0.ap, vals: largest.ap), on: .vector)
    let (numbers, number) = (tile("numbers", .float32, 1, columns), tile("number", .float32, 1, 1))
    builder.emit(
      Iota(dst: numbers.ap, pattern: IndexPattern([IndexStep(step: 1, count: columns)])),
      on: .gpsimd)
    builder.emit(TensorCopy(dst: number.ap, src: lane.columns(0..<1).ap), on: .vector)
    builder.emit(
      ScalarTensorTensor(
        dst: numbers.ap, data: numbers.ap, op0: .equal, operand0: .tile(number.ap), op1: .multiply,
        operand1: rows.1.ap))
    let index = tile("index_tile", .uint32, 1, 1)
    let sum = tile("index_sum", .float32, 1, 1)
    builder.emit(TensorReduce(dst: sum.ap, op: .add, data: numbers.ap))
    builder.emit(TensorCopy(dst: index.ap, src: sum.ap), on: .vector)
    builder.emit(DMACopy(dst: out.ap, src: index.ap), on: store)
  }

  /// The first of the largest.
  package func reference(_ inputs: [String: [Double]]) -> [String: [Double]] {
    let logits = inputs["logits"] ?? []
    var best = 0
    for (index, value) in logits.enumerated() where value > logits[best] { best = index }
    return ["index": [Double(best)]]
  }
}
