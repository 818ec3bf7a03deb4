package import Compiler
package import Diagnostics
package import Hardware
import ISA
package import Machine
package import Programs
package import Reports

/// A change of programs that may make them faster: each is tried, simulated, and told with what it gave.
///
/// Adding one: a file in this folder, a line in `Rules.all`, a test.
package protocol Rule: Sendable {
  /// The key in files.
  var key: String { get }
  /// What it tries, in a line.
  var summary: String { get }

  /// The changed programs that are worth a simulation; empty where the rule has nothing to say.
  ///
  /// Values stay what they are, but for roundings that the change's text tells.
  func changes(of program: Program, _ evidence: Evidence) -> [ProgramChange]
}

/// All rules.
package enum Rules {
  /// In the order in which equal gains are told.
  package static let all: [any Rule] = [
    OtherQueue(), LargerDMAs(), LoadOnce(), MoreBuffers(), OtherEngine(), NarrowTypes(),
    TransposesByDMA(), WithoutPrints(), OtherOrder(),
  ]

  /// Those with the keys; all if none is named.
  package static func named(_ keys: [String]) throws(DiagnosticError) -> [any Rule] {
    guard !keys.isEmpty else { return all }
    var found: [any Rule] = []
    var unknown: [Diagnostic] = []
    for key in keys {
      if let rule = all.first(where: { $0.key == key }) {
        found.append(rule)
      } else {
        unknown.append(
          Diagnostic(
            .error, "there is no rule '\(key)'",
            remedy: remedyForUnknown(key, known: all.map(\.key))))
      }
    }
    guard unknown.isEmpty else { throw DiagnosticError(unknown) }
    return found
  }
}

/// What is known of a run whose program is to be changed.
package struct Evidence: Sendable {
  /// The machine.
  package let hardware: Hardware
  /// Its sizes and limits.
  package let geometry: Geometry
  /// What the run's whole time was spent on.
  package let path: CriticalPath
  /// How its programs are compiled.
  package let schedule: Schedule
}

/// A changed program.
package struct ProgramChange: Sendable {
  /// What was changed, as a heading: `half of the DMA starts on the Scalar queue`.
  package var title: String
  /// What to write in the source.
  package var how: String
  /// The lines that it is about, where they are known.
  package var lines: [SourceLocation]
  /// The result.
  package var program: Program
  /// In whose order it executes, if that is what was changed.
  package var schedule: Schedule?

  init(
    _ title: String, how: String, lines: [SourceLocation] = [], _ program: Program,
    schedule: Schedule? = nil
  ) {
    self.title = title
    self.how = how
    self.lines = lines
    self.program = program
    self.schedule = schedule
  }
}

extension Program {
  /// Whether instructions can be taken out and put elsewhere: none is named by another one, none jumps.
  var isStream: Bool {
    dependencies == .derived
      && instructions.allSatisfy { $0.after.isEmpty && !type(of: $0.operation).isControl }
  }

  /// Whether every instruction passes the machine's checks.
  func isSound(_ geometry: Geometry, _ indices: some Sequence<Int>) -> Bool {
    indices.allSatisfy { index in
      let instruction = instructions[index]
      return instruction.operation.findings(
        geometry: geometry, tensors: tensors, engine: instruction.resolvedEngine
      ).isEmpty
    }
  }

  /// A plain copy by the DMA rings: whole operands, no index; `nil` for anything else.
  func plainCopy(_ index: Int) -> DMACopy? {
    guard let copy = instructions[index].operation as? DMACopy, copy.scalarOffset == nil,
      copy.vectorOffset == nil, !copy.dst.isDynamic, !copy.src.isDynamic
    else { return nil }
    return copy
  }

  /// A tensor's declaration.
  func tensor(_ pattern: AccessPattern) -> Tensor { tensors[Int(pattern.tensor.index)] }

  /// The operation with the line that it comes from.
  func placeText(_ index: Int) -> String {
    let name = type(of: instructions[index].operation).name
    return instructions[index].location.map { "\(name) at \($0.shortText)" } ?? name
  }
}
