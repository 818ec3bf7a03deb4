package import Diagnostics
package import Machine

/// Why a workload gave no figures: what a report is of a run that failed.
///
/// Text, Markdown, JSON and page are made of it, as of the sections of a report.
package struct Failure: Sendable {
  /// What failed.
  package let subject: String
  /// What is wrong with what was given; empty for a fault of the machine.
  package let diagnostics: [Diagnostic]
  /// The fault of the simulated machine.
  package let trap: Trap?

  /// `nil` for what is no message about the workload.
  package init?(_ error: any Error, of subject: String) {
    self.subject = subject
    switch error {
    case let error as DiagnosticError where !error.diagnostics.isEmpty:
      diagnostics = error.diagnostics
      trap = nil
    case let trap as Trap:
      diagnostics = []
      self.trap = trap
    default: return nil
    }
  }

  /// The key of what went wrong: `memory`, `input`, or the fault's, such as `deadlock` or `out of bounds`.
  package var kind: String {
    if let trap { return trap.kind.rawValue }
    return shortages.isEmpty ? "input" : "memory"
  }

  /// The exit code that goes with it: 1 for what was given or is too large for the host, 2 for a fault of the machine.
  package var exitCode: Int { trap == nil || trap?.kind == .hostMemory ? 1 : 2 }

  /// What is wrong first, without its place.
  package var message: String {
    trap.map { "\($0.kind.rawValue): \($0.message)" } ?? diagnostics.first?.message ?? ""
  }

  /// What it is about, the first message first.
  package var topics: [Topic] { trap.map { [$0.topic] } ?? diagnostics.compactMap(\.topic) }

  /// Memories without room; of several cores one each.
  package var shortages: [MemoryShortage] { diagnostics.compactMap(\.shortage) }

  /// Who waits for whom.
  package var waits: WaitGraph? { trap?.waits }

  // MARK: - What people read

  /// Memories that are shown; those of further cores are most often the same.
  static let shownShortages = 4

  /// What messages do not say: who has the memory, who waits for whom.
  package var details: [Block] {
    var blocks: [Block] = []
    for (index, shortage) in shortages.prefix(Failure.shownShortages).enumerated() {
      if shortages.count > 1 { blocks.append(.heading(Phrase(shortage.title))) }
      blocks += shortage.blocks(key: "failure.memory.\(index)")
    }
    if shortages.count > Failure.shownShortages {
      blocks.append(
        .sentence("and \(.count(shortages.count - Failure.shownShortages, "more core"))"))
    }
    if let waits { blocks += waits.drawing }
    return blocks
  }

  /// All of it.
  package var blocks: [Block] {
    var blocks: [Block] = [.heading("\(subject) did not run"), .sentence(Phrase(message, .bad))]
    var facts: [Block.Fact] = []
    if let location = trap?.location ?? diagnostics.first?.location {
      facts.append(Block.Fact("at", Phrase(location.description)))
    }
    if let trap, let index = trap.instruction {
      facts.append(Block.Fact("instruction", "\(.count(index)): \(trap.instructionText ?? "")"))
    }
    if let operand = trap?.operand { facts.append(Block.Fact("operand", Phrase(operand))) }
    if let remedy = trap?.remedy ?? diagnostics.first?.remedy {
      facts.append(Block.Fact("help", Phrase(remedy)))
    }
    if let pointer = pointer(to: topics) { facts.append(Block.Fact("see", Phrase(pointer))) }
    if !facts.isEmpty { blocks.append(.facts(facts)) }
    if let trap, trap.waits == nil && !trap.notes.isEmpty {
      blocks.append(.list(trap.notes.map { Phrase($0) }))
    }
    let further = diagnostics.dropFirst().filter { $0.shortage == nil }
    if !further.isEmpty {
      blocks.append(
        .list(
          further.prefix(50).map { finding in
            let place = finding.location.map { "\($0): " } ?? ""
            return Phrase("\(place)\(finding.severity.rawValue): \(finding.message)")
          }))
    }
    blocks += details
    if let waits { blocks += waits.table(key: "failure.waits") }
    return blocks
  }

  /// As Markdown.
  package var markdown: String { blocks.markdown(level: 2) }

  // MARK: - What machines read

  /// A document with one key, `failure`.
  package var json: JSON {
    let messages = trap.map { [JSON($0)] } ?? diagnostics.map { JSON($0) }
    return .object([
      "schema": .integer(Report.schemaVersion),
      "failure": .object([
        "subject": .string(subject), "kind": .string(kind), "exit_code": .integer(exitCode),
        "message": .string(message), "messages": .array(messages),
        "memory": .array(shortages.map(\.json)), "waits": waits?.json ?? .null,
      ]),
    ])
  }
}

extension JSON {
  /// A message for programs: every part under a key of its own, and the text for people.
  package init(_ diagnostic: Diagnostic) {
    var object: [String: JSON] = [
      "severity": .string(diagnostic.severity.rawValue), "kind": .string("check"),
      "message": .string(diagnostic.message), "rendered": .string(diagnostic.rendered()),
      "remedy": diagnostic.remedy.map(JSON.string) ?? .null,
      "instruction": diagnostic.instruction.map(JSON.integer) ?? .null,
      "topic": diagnostic.topic.map { .string($0.rawValue) } ?? .null,
    ]
    object.merge(JSON.place(diagnostic.location)) { first, _ in first }
    self = .object(object)
  }

  /// A fault of the simulated machine.
  package init(_ trap: Trap) {
    var object: [String: JSON] = [
      "severity": .string("error"), "kind": .string(trap.kind.rawValue),
      "message": .string(trap.message), "rendered": .string(trap.rendered()),
      "remedy": trap.remedy.map(JSON.string) ?? .null,
      "instruction": trap.instruction.map(JSON.integer) ?? .null,
      "instruction_text": trap.instructionText.map(JSON.string) ?? .null,
      "operand": trap.operand.map(JSON.string) ?? .null,
      "notes": .array(trap.notes.map(JSON.string)), "topic": .string(trap.topic.rawValue),
    ]
    object.merge(JSON.place(trap.location)) { first, _ in first }
    self = .object(object)
  }

  private static func place(_ location: SourceLocation?) -> [String: JSON] {
    [
      "file": location.map { .string($0.file) } ?? .null,
      "line": location.map { .integer($0.line) } ?? .null,
      "column": location.map { .integer($0.column) } ?? .null,
    ]
  }

  /// A place, or null.
  static func location(_ location: SourceLocation?) -> JSON {
    location.map { .string($0.description) } ?? .null
  }
}
