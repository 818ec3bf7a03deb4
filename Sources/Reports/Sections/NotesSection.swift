import Device
import Diagnostics
import Machine
import Simulation

//   note      nothing was stored to y[2:4, :] (16 of 32 elements)

/// What the run let pass.
struct NotesSection: Section {
  static let name = "notes"
  static let title = "Notes"

  let run: Run
  let hasSeveralCores: Bool

  init?(_ subject: Subject) {
    guard let report = subject.report else { return nil }
    run = report.run
    hasSeveralCores = report.hasSeveralCores
  }

  var blocks: [Block] {
    var notes = compilerNotes
    for (rank, regions) in run.unwritten.enumerated() {
      notes += regions.map { (hasSeveralCores ? "rank \(rank): " : "") + $0.sentence }
    }
    for (core, place) in zip(run.cores, run.layout.places) {
      notes += core.undefinedReads.map { trap in
        (hasSeveralCores ? "\(place.description): " : "")
          + "\(trap.message)\(trap.location.map { " at \($0)" } ?? ""): NaN was used"
      }
    }
    for (core, place) in zip(run.cores, run.layout.places) {
      notes += core.undefinedResults.map { trap in
        (hasSeveralCores ? "\(place.description): " : "")
          + (trap.location.map { "\($0): " } ?? "") + trap.message
      }
    }
    for case (let rank, let race?) in run.races.enumerated() {
      notes.append("rank \(rank): \(race.message): the cores take turns")
    }
    return notes.isEmpty ? [] : [.facts(notes.map { Block.Fact("note", Phrase($0)) })]
  }

  /// What compilers of all cores tell, each sentence once.
  private var compilerNotes: [String] {
    var notes: [String] = []
    for note in run.cores.flatMap(\.compilerNotes) where !notes.contains(note) {
      notes.append(note)
    }
    return notes
  }

  var values: [String: JSON] {
    var values: [String: JSON] = [:]
    if !compilerNotes.isEmpty {
      values["compiler_notes"] = .array(compilerNotes.map { .string($0) })
    }
    let unwritten = run.unwritten.enumerated().flatMap { rank, regions in
      regions.map { owned(JSON($0), rank: rank, hasSeveralCores) }
    }
    if !unwritten.isEmpty { values["unwritten_outputs"] = .array(unwritten) }
    for (key, traps) in [
      ("undefined_reads", \CoreRun.undefinedReads), ("undefined_results", \.undefinedResults),
    ] {
      let undefined = zip(run.cores, run.layout.places).flatMap { core, place in
        core[keyPath: traps].map { trap in
          let noted = owned(JSON(noted: trap), rank: place.rank, hasSeveralCores)
          return hasSeveralCores ? noted.adding("core", .integer(place.core)) : noted
        }
      }
      if !undefined.isEmpty { values[key] = .array(undefined) }
    }
    let races = run.races.enumerated().compactMap { rank, race in
      race.map { owned(JSON(noted: $0), rank: rank, hasSeveralCores) }
    }
    if !races.isEmpty { values["core_races"] = .array(races) }
    return values
  }
}

extension JSON {
  /// A fault that the run let pass.
  init(noted trap: Trap) {
    self = .object([
      "message": .string(trap.message),
      "instruction": trap.instruction.map { .integer($0) } ?? .null,
      "operand": trap.operand.map { .string($0) } ?? .null,
      "file": trap.location.map { .string($0.file) } ?? .null,
      "line": trap.location.map { .integer($0.line) } ?? .null,
    ])
  }

  /// `ranges` has boxes of [start, end, step] for each dimension.
  fileprivate init(_ region: UnwrittenRegion) {
    self = .object([
      "output": .string(region.tensor),
      "note": .string(region.sentence),
      "elements": .integer(region.elements),
      "shape": .array(region.shape.map { .integer($0) }),
      "exact": .bool(region.isExact),
      "ranges": .array(
        region.boxes.map { box in
          .array(box.map { .array([.integer($0.start), .integer($0.end), .integer($0.step)]) })
        }),
    ])
  }
}
