// Written by RECORD_GOLDENS=1 swift test --filter RecordedFigures.
extension RecordedFigures {
  /// `trnsim accuracy --csv` of the captures that were at hand.
  static let table = """
    capture,user_span_measured_ns,instructions

    """
}
