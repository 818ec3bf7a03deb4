public import Device
import Formats
public import Machine

/// Shows a tensor's values while the kernel runs.
public struct DevicePrint: Operation {
  /// `device_print`.
  public static let name = "device_print"
  /// What it does.
  public static let summary = "shows the values of src to whoever runs the program"
  /// Rules and cost.
  public static let details = """
    A debugging aid: the values that src has at this place in program order. On the device they go \
    out through a debug stream, whose time is not modelled: this takes one sequencer instruction, \
    which waits for what wrote src.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Yes: a debug stream takes its operand.
  public static let reachesEverything = true
  /// Bits are moved as they are.
  public static let takesOpaque = true
  /// What is printed is printed in the program's order.
  public static let isBarrier = true
  /// The fields.
  public static let fields: [Field<DevicePrint>] = [
    Field(.read, "src", \.src, "what is shown, in hbm, sbuf or psum"),
    Field(.immediate, "prefix", \.prefix, "text before the values"),
  ]

  /// What is shown.
  public var src = AccessPattern.unset
  /// Text before the values.
  public var prefix = ""

  /// An operation with nothing set.
  public init() {}

  /// Makes the operation.
  public init(src: AccessPattern, prefix: String = "") {
    self.src = src
    self.prefix = prefix
  }

  /// Anything can be shown.
  public func check(_ check: inout Checker) {}

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.nop, .control, reads: [src], writes: [])
  }

  /// Hands the values to the machine's listener.
  public func execute(on machine: inout Machine) throws(Trap) {
    let dtype = machine.tensors[Int(src.tensor.index)].dtype
    let bits = try machine.readBits(src, "src")
    guard let listener = machine.onPrint else { return }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(bits.count * dtype.size)
    for i in 0..<bits.count {
      withUnsafeBytes(of: bits.elements[i].littleEndian) {
        bytes.append(contentsOf: $0.prefix(dtype.size))
      }
    }
    listener(
      PrintedValue(
        prefix: prefix, dtype: dtype, shape: [Int(src.rows)] + src.free.map { Int($0.size) },
        bytes: bytes))
  }
}
