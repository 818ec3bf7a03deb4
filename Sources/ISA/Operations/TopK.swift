public import Device
import Formats
public import Machine

/// The largest elements of each group of 16 partitions.
public struct TopK: Operation {
  /// `topk`.
  public static let name = "topk"
  /// What it does.
  public static let summary =
    "the k largest of n elements of each group of 16 partitions, and their indices"
  /// Formula, rules and cost.
  public static let details = """
    Each group of 16 partitions holds one list: element s is in partition s mod 16, column ⌊s / \
    16⌋ (NKI documentation). The k = val_dst's elements per partition largest of the first n go \
    to val_dst and their numbers to idx_dst in the same layout: in ascending order (NKI 0.6; 0.7 \
    promises none), or the largest first if sorted, then k ≤ 8192 (nki-library), equal values by \
    number (assumed); the columns after the ⌈k / 16⌉ first are not written. src and val_dst are \
    bfloat16, idx_dst uint32, all in sbuf; 8 ≤ n < 65536, 1 ≤ k < 32768. Cost on GpSimd: 4 n + k \
    cycles (NKI 2.32; that sorting costs nothing besides is assumed).
    """
  /// Gpsimd only.
  public static let engines: [Engine] = [.gpsimd]
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "val_dst", "idx_dst", "src", "n", optional: ["sorted"])
  /// The fields.
  public static let fields: [Field<TopK>] = [
    Field(.readWrite, "val_dst", \.valDst, "[P, k] values", types: [.bfloat16]),
    Field(.readWrite, "idx_dst", \.idxDst, "[P, k] element numbers", types: [.uint32]),
    Field(.read, "src", \.src, "elements", types: [.bfloat16]),
    Field(.immediate, "n", \.count, "elements of each list"),
    Field(.immediate, "sorted", \.isSorted, "whether the largest comes first"),
  ]

  /// [P, k] bfloat16 values.
  public var valDst = AccessPattern.unset
  /// [P, k] uint32 element numbers.
  public var idxDst = AccessPattern.unset
  /// Bfloat16 elements.
  public var src = AccessPattern.unset
  /// Elements of each list.
  public var count: Int = 8
  /// Whether the largest comes first.
  public var isSorted = false

  /// Most results that can be sorted (nki-library, chunked_topk).
  static let mostSorted = 8192

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(
    valDst: AccessPattern, idxDst: AccessPattern, src: AccessPattern, count: Int = 8,
    isSorted: Bool = false
  ) {
    self.valDst = valDst
    self.idxDst = idxDst
    self.src = src
    self.count = count
    self.isSorted = isSorted
  }

  /// Shapes, memories and types.
  public func check(_ check: inout Checker) {
    for (pattern, name) in [(valDst, "val_dst"), (idxDst, "idx_dst"), (src, "src")] {
      check.requireSpace(pattern, name, [.sbuf])
      check.requireSameRows(src, "src", pattern, name)
    }
    check.requireSameShape(valDst, "val_dst", idxDst, "idx_dst")
    let limits = check.geometry.limits
    check.require(
      src.rows % 16 == 0, "src", "'src' has \(src.rows) partitions, must be a multiple of 16")
    check.require(
      (8...limits.topKElements).contains(count), "n",
      "n is \(count), must be 8 to \(limits.topKElements)")
    check.require(
      src.elementsPerRow * 16 >= count, "src",
      "'src' has 16 × \(src.elementsPerRow) elements in a group, n is \(count)")
    check.require(
      valDst.elementsPerRow <= Swift.min(count, limits.topKResults), "val_dst",
      "k = \(valDst.elementsPerRow) of n = \(count) elements")
    check.require(
      !isSorted || valDst.elementsPerRow <= Self.mostSorted, "sorted",
      "k = \(valDst.elementsPerRow) results, at most \(Self.mostSorted) are sorted")
  }

  /// One pass of GpSimd.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(
      .topK, .iota, inputs: [src], output: valDst, alsoWrites: [idxDst],
      elements: 4 * count + valDst.elementsPerRow)
  }

  /// Computes `val_dst` and `idx_dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let wanted = valDst.elementsPerRow
    let columns = (count + 15) / 16
    var input = src
    input.free = FreeDimensions([AccessDimension(stride: src.innermostStride, size: columns)])
    let values = try machine.read(input, "src")
    for group in stride(from: 0, to: values.rows, by: 16) {
      func value(_ s: Int) -> Float { values.row(group + s % 16)[s / 16] }
      let order = (0..<count).sorted {
        let (a, b) = (value($0), value($1))
        return a != b ? a > b : $0 < $1
      }
      let largest = order.prefix(wanted)
      let best = isSorted ? Array(largest) : largest.reversed()
      for (place, s) in best.enumerated() {
        let (row, column) = (group + place % 16, place / 16)
        let one = machine.makeTile(rows: 1, columns: 1)
        one.elements[0] = value(s)
        try machine.write(one, to: valDst.element(row, column), "val_dst")
        let number = machine.makeTile(rows: 1, columns: 1, of: UInt32.self)
        number.elements[0] = UInt32(s)
        try machine.writeBits(number, to: idxDst.element(row, column), "idx_dst")
      }
    }
  }
}

extension AccessPattern {
  /// One element of an on-chip operand.
  func element(_ row: Int, _ position: Int) -> AccessPattern {
    var one = self
    one.rowStart += Int32(row)
    one.rows = 1
    one.offset += offsets(ofRow: row)(position)
    one.free = FreeDimensions()
    return one
  }
}
