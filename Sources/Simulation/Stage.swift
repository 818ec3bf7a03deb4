/// What a run does at the moment, for whoever must say it of a process that ended.
package enum Stage: UInt8, CaseIterable, Sendable {
  // Raw values are what workers write: 0 is nothing.
  case loading = 1
  case compiling
  case values
  case lowering
  case timing
  case reporting

  /// Who is told each stage that begins on a thread.
  ///
  /// A type of its own: optimised builds do not find the type of a function that is a task's value, and end with SIGSEGV.
  package struct Watcher: Sendable {
    let tell: @Sendable (Stage) -> Void

    package init(_ tell: @escaping @Sendable (Stage) -> Void) { self.tell = tell }
  }

  /// Told each stage that begins on this thread.
  @TaskLocal package static var watcher: Watcher?

  /// Begins.
  package func enter() { Stage.watcher?.tell(self) }

  /// `its values were computed`.
  package var sentence: String {
    switch self {
    case .loading: "its program was built, read or recorded"
    case .compiling: "its program was compiled"
    case .values: "its values were computed"
    case .lowering: "its program was lowered"
    case .timing: "it was timed"
    case .reporting: "its numbers were collected"
    }
  }
}
