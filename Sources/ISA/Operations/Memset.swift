public import Device
import Formats
public import Machine

/// Fills a tensor with one value.
public struct Memset: Operation {
  /// `memset`.
  public static let name = "memset"
  /// What it does.
  public static let summary = "fills a tensor with one value"
  /// Formula, rules and cost.
  public static let details = """
    dst = value, rounded to dst's type; integer types take integers of 32 bits exactly, \
    packed types and their scales 0 only (all bits 0). Cost: one element per cycle.
    """
  /// Vector by default.
  public static let engines: [Engine] = [.vector, .gpsimd]
  /// Zeros of any type.
  public static let takesOpaque = true
  /// As NKI has it.
  public static let signature: Signature? = Signature(
    "dst", "value",
    optional: [
      "engine"
    ])
  /// The fields.
  public static let fields: [Field<Memset>] = [
    Field(.write, "dst", \.dst, "what to fill"),
    Field(.immediate, "value", \.number, "the value"),
  ]

  /// What to fill.
  public var dst = AccessPattern.unset
  /// The value, whole or fp32.
  public var value: Double {
    get { number.value }
    set { number = WideNumber(newValue) }
  }
  var number = WideNumber(0)

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(dst: AccessPattern, value: Double) {
    self.dst = dst
    self.value = value
  }

  /// Makes the operation from a number of another width.
  public init(dst: AccessPattern, value: some BinaryFloatingPoint) {
    self.init(dst: dst, value: Double(value))
  }

  /// Memory and value.
  public func check(_ check: inout Checker) {
    check.requireOnChip([(dst, "dst")])
    let dtype = check.tensor(dst).dtype
    check.require(
      value == 0 || !dtype.isOpaque, "value",
      "'dst' is \(dtype), which takes the value 0 only, not \(value)",
      remedy: "view it as an integer to set its bits")
    if dtype.isInteger {
      let bits = dtype.size * 8
      let low = dtype.isSigned ? -(1 << (bits - 1)) : 0
      let high = dtype.isSigned ? 1 << (bits - 1) - 1 : 1 << bits - 1
      let single = Float(value)
      let shown = Double(single) == value ? "\(single)" : "\(value)"
      check.require(
        Int(exactly: value).map { (low...high).contains($0) } ?? false, "value",
        "value \(shown) is not a number of \(dtype), which goes from \(low) to \(high)",
        remedy: "use a whole number within the type")
    }
  }

  /// One pass without input.
  public func lower(into emitter: inout Emitter) {
    emitter.stream(.memset, .memset, inputs: [], output: dst)
  }

  /// Fills `dst`.
  public func execute(on machine: inout Machine) throws(Trap) {
    let rows = Int(dst.rows)
    let columns = dst.elementsPerRow
    if let whole = Int64(exactly: value), machine.tensors[Int(dst.tensor.index)].dtype.isInteger {
      let tile = machine.makeTile(rows: rows, columns: columns, of: Int64.self)
      tile.elements.update(repeating: whole, count: tile.count)
      try machine.writeIntegers(tile, to: dst, "dst")
    } else {
      let tile = machine.makeTile(rows: rows, columns: columns)
      tile.elements.update(repeating: Float(value), count: tile.count)
      try machine.write(tile, to: dst, "dst")
    }
  }
}
