/// What becomes of bytes of HBM that both cores of a rank touch without meeting in between.
///
/// Where they are no faults the cores take turns, instruction by instruction, so that what each does first comes first.
public enum CoreRaces: String, CaseIterable, Hashable, Sendable {
  /// They are faults.
  case fault
  /// The run tells the first of each rank.
  case note
  /// They are not looked for.
  case allow
}
