import Glibc

/// One kind of input, and how far it is driven: parsed, checked, executed, compiled, timed, reported.
///
/// What a case does follows from its random numbers and its number alone.
package protocol FuzzTarget {
  /// What `--target` calls it.
  static var name: String { get }
  /// One line for the list.
  static var summary: String { get }

  /// Reads what all cases begin with.
  init(_ place: FuzzPlace) throws

  /// Number of cases, where they are all there are; `nil` where random ones never end.
  var size: Int? { get }

  /// Runs one case: what it finds goes into it.
  ///
  /// - Throws: What the case expects nobody to throw.
  func run(_ fuzz: FuzzCase) throws
}

extension FuzzTarget {
  /// Random cases never end.
  package var size: Int? { nil }
}

/// Where a target's files are.
package struct FuzzPlace: Sendable {
  /// The project's folder, whose programs, suites and test data are what is changed.
  package var root: String
  /// A folder of this process alone, for files of cases.
  package var scratch: String

  package init(root: String, scratch: String) {
    self.root = root
    self.scratch = scratch
  }
}

/// All targets, in the order in which they are listed.
package var fuzzTargets: [any FuzzTarget.Type] {
  [
    FormsTarget.self, TextTarget.self, BinaryTarget.self, RunnableTarget.self, CoresTarget.self,
    InstructionsTarget.self, CapturesTarget.self, HardwareTarget.self, SuitesTarget.self,
    BaselinesTarget.self, StoresTarget.self, ArraysTarget.self, TracesTarget.self,
    SessionsTarget.self,
  ]
}

/// Removes a file; one that does not exist is none.
func removeFile(_ path: String) { unlink(path) }
