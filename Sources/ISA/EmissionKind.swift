extension Emission.Kind {
  /// Whether an engine does it itself; transfers and exchanges go on by themselves.
  public var isWork: Bool { if case .work = self { true } else { false } }
}
