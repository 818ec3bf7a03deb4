/// How long one class of instructions takes on an engine that streams elements.
///
/// An instruction on N elements per partition starts at s, streams N × cycles per element / clock,
/// and ends at s + streaming + latency. The engine's next instruction starts no earlier than
/// s + max(streaming + issue overhead, minimum cycles / clock), and ends no earlier than its
/// predecessor's end + own streaming + retire overhead.
public struct StreamingClass: Hashable, Sendable {
  /// Streaming rate.
  public var cyclesPerElement = CyclesPerElement()
  /// From start to the next start, without streaming, in ns.
  public var issueOverhead = ByMemory()
  /// From end to the next end, without the next one's streaming, in ns.
  public var retireOverhead = 0.0
  /// From start to end, without streaming, in ns.
  public var latency = ByMemory()
  /// The fewest cycles from start to next start.
  public var minimumCycles = 0.0

  init() {}

  /// Cycles of the engine's clock per element and lane, by where and what the operands are.
  public struct CyclesPerElement: Hashable, Sendable {
    /// All operands in SBUF.
    public var sbuf = 0.0
    /// All operands in SBUF and of 16 bits.
    public var sbuf16Bit = 0.0
    /// All operands in SBUF, of 16 bits and contiguous.
    public var sbuf16BitContiguous = 0.0
    /// An operand in PSUM.
    public var psum = 0.0
    /// An operand in PSUM; all of 16 bits and contiguous.
    public var psum16BitContiguous = 0.0

    init() {}
  }

  /// A time in ns that depends on where the operands are.
  public struct ByMemory: Hashable, Sendable {
    /// All operands in SBUF.
    public var sbuf = 0.0
    /// An operand in PSUM.
    public var psum = 0.0

    init() {}
  }
}

extension Hardware {
  /// The vector engine.
  public struct Vector: Hashable, Sendable {
    /// Classes by name (snake_case); only those that the engine can run.
    public var classes: [String: StreamingClass] = [:]

    init() {}
  }

  /// The scalar (activation) engine.
  public struct Scalar: Hashable, Sendable {
    /// Classes by name (snake_case); only those that the engine can run.
    public var classes: [String: StreamingClass] = [:]
    /// Activation functions that share a loaded table, by the set's name.
    public var tableSets: [String: [String]] = [:]
    /// Functions that every set holds: using them loads no table once any is loaded.
    public var residentFunctions: [String] = []

    init() {}

    /// How long loading a table takes, in ns: the issue overhead of the class `table_load`.
    public var tableLoad: Double { classes["table_load"]?.issueOverhead.sbuf ?? 0 }

    /// The name of the set that `function` needs; nil for resident and for unknown functions.
    public func tableSet(of function: String) -> String? {
      tableSets.first { $0.value.contains(function) }?.key
    }
  }

  /// The GpSimd engine, which has no path to PSUM.
  public struct GpSimd: Hashable, Sendable {
    /// Classes by name (snake_case); their PSUM numbers repeat those of SBUF and have no use.
    public var classes: [String: StreamingClass] = [:]

    init() {}
  }
}
