public import Device

/// Ends the innermost loop.
public struct EndLoop: Operation {
  /// `end_loop`.
  public static let name = "end_loop"
  /// What it does.
  public static let summary = "ends the innermost loop or while_loop"
  /// Rules and cost.
  public static let details = """
    After each pass, every engine that has work in the loop branches on its own: one sequencer \
    instruction each (assumed), which waits for the register loads that the loop's end depends on.
    """
  /// Any sequencer; Sync by default.
  public static let engines: [Engine] = [.sync, .scalar, .gpsimd, .vector, .tensor]
  /// Only the sequencers take part.
  public static let isControl = true
  /// None.
  public static let fields: [Field<EndLoop>] = []

  /// The operation.
  public init() {}

  /// Nothing can be wrong with it alone.
  public func check(_ check: inout Checker) {}

  /// One instruction of the sequencer.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(.branch, .control, reads: [], writes: [])
  }
}
