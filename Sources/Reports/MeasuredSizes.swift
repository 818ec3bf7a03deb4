import Device

/// The sizes at which a price was measured.
struct MeasuredSizes: Hashable, Sendable {
  /// Who streams.
  let engine: Engine
  /// What.
  let streamClass: StreamClass
  /// Whether an operand is in PSUM.
  let inPSUM: Bool
  /// Elements of a partition, the fewest and the most.
  let elements: ClosedRange<Int>

  init(
    _ engine: Engine, _ streamClass: StreamClass, inPSUM: Bool, _ elements: ClosedRange<Int>
  ) {
    self.engine = engine
    self.streamClass = streamClass
    self.inPSUM = inPSUM
    self.elements = elements
  }

  /// Rows of the products whose clock was measured: all labelled windows of captures have as many.
  static let rows = 128

  /// By engine, class and memory.
  static let known: [MeasuredSizes?] = {
    var known: [MeasuredSizes?] = Array(
      repeating: nil, count: Engine.allCases.count * StreamClass.allCases.count * 2)
    for sizes in measured {
      let row =
        Int(sizes.engine.rawValue) * StreamClass.allCases.count + Int(sizes.streamClass.rawValue)
      known[2 * row + (sizes.inPSUM ? 1 : 0)] = sizes
    }
    return known
  }()
}
