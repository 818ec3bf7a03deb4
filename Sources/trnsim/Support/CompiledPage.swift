import Compiler
import ISA
import Programs
import Reports

/// What the compiler's passes made of a workload, as a page.
struct CompiledPage {
  /// The program of one core.
  struct Core {
    /// Which one; empty if there is one alone.
    var name: String
    /// Before the passes.
    var given: Program
    /// With the programs that they left.
    var passes: [PassResult]
  }

  private let title: String
  private let cores: [Core]

  init(of title: String, _ cores: [Core]) {
    self.title = title
    self.cores = cores
  }

  /// Lines of a program's text up to which texts are compared: what is longer takes memory by the square of its changes.
  private static let comparedLines = 1000
  /// Changed lines of a pass that are shown.
  private static let shownLines = 400

  /// The file's bytes.
  var bytes: [UInt8] {
    var parts: [HTMLDocument.Part] = []
    var values: [JSON] = []
    for (number, core) in cores.enumerated() {
      let steps = CompiledPage.steps(core)
      let suffix = cores.count > 1 ? " of \(core.name)" : ""
      parts.append(
        HTMLDocument.Part(
          "passes\(number)", "Passes\(suffix)",
          steps.isEmpty
            ? [.sentence("No pass ran: the program keeps its order and has its addresses.")]
            : [.table(CompiledPage.table(steps, from: values.count))]))
      parts.append(
        HTMLDocument.Part(
          "changes\(number)", "What changed\(suffix)", html: CompiledPage.changes(core, steps)))
      values += steps.map { $0.json(core: number) }
    }
    return HTMLDocument(
      title: title,
      head: [
        .heading(Phrase("what the compiler makes of \(title)")),
        .sentence(
          "Passes in their order: what each did, the operations that it added and removed, and below the lines of the program's text that it changed."
        ),
      ], parts: parts, json: .object(["schema": .integer(1), "passes": .array(values)])
    ).bytes
  }

  // MARK: - Steps

  /// A pass with what is there before and after it.
  private struct Step {
    var pass: PassResult
    var before: Program
    var after: Program
    /// By operation: how many more there are after it, or fewer.
    var operations: [(name: String, change: Int)]

    init(_ pass: PassResult, from before: Program, to after: Program) {
      (self.pass, self.before, self.after) = (pass, before, after)
      var counts: [String: Int] = [:]
      for instruction in before.instructions {
        counts[type(of: instruction.operation).name, default: 0] -= 1
      }
      for instruction in after.instructions {
        counts[type(of: instruction.operation).name, default: 0] += 1
      }
      operations = counts.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        .map { ($0.key, $0.value) }
    }

    func json(core: Int) -> JSON {
      .object([
        "core": .integer(core), "pass": .string(pass.name),
        "changes": .object(
          Dictionary(
            pass.changes.map { ($0.what, .integer($0.count)) }, uniquingKeysWith: { $1 })),
        "instructions": .integer(after.instructions.count),
        "operations": .object(
          Dictionary(uniqueKeysWithValues: operations.map { ($0.name, .integer($0.change)) })),
      ])
    }
  }

  private static func steps(_ core: Core) -> [Step] {
    var before = core.given
    return core.passes.map { pass in
      let after = pass.program ?? before
      defer { before = after }
      return Step(pass, from: before, to: after)
    }
  }

  /// - Parameter first: The number of the first step in the JSON.
  private static func table(_ steps: [Step], from first: Int) -> Table {
    Table(
      [
        Table.Column("pass", .text, isKey: true), Table.Column("did", .text),
        Table.Column("operations", .text), Table.Column("instructions after it"),
      ],
      steps.enumerated().map { number, step in
        let key = "passes.\(first + number)"
        let changes = step.pass.changes.filter { $0.count != 0 }.map { change -> Phrase in
          "\(change.what) \(Figure.count(change.count, nil, "\(key).changes.\(change.what)"))"
        }
        let operations = step.operations.map { operation -> Phrase in
          let text = operation.change > 0 ? "+\(operation.change)" : "\(operation.change)"
          return
            "\(Figure(text, .integer(operation.change), "\(key).operations.\(operation.name)")) \(operation.name)"
        }
        return [
          .text(step.pass.name), .phrase(changes.joined(separator: ", ")),
          .phrase(operations.joined(separator: ", ")),
          .figure(.count(step.after.instructions.count, nil, "\(key).instructions")),
        ]
      })
  }

  // MARK: - Lines

  /// The lines that each pass changed, and the program that comes out.
  private static func changes(_ core: Core, _ steps: [Step]) -> String {
    var html = ""
    var before = lines(core.given)
    for step in steps {
      let after = lines(step.after)
      defer { before = after }
      guard before != after else { continue }
      let (text, count) = difference(before, after)
      html +=
        "<details><summary>\(escapedForMarkup(step.pass.name)): \(count)</summary>\n<pre>\(escapedForMarkup(text))</pre>\n</details>\n"
    }
    if html.isEmpty { html = "<p>No line of the program changed.</p>\n" }
    let shown = before.prefix(comparedLines).joined(separator: "\n")
    let rest =
      before.count > comparedLines ? "\nand \(before.count - comparedLines) more lines" : ""
    return html
      + "<details><summary>the program that comes out</summary>\n<pre>\(escapedForMarkup(shown + rest))</pre>\n</details>\n"
  }

  private static func lines(_ program: Program) -> [String] {
    program.text().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Lines that went (`-`), came (`+`) and moved (`~`, where they came to), in their order, and how many there are.
  private static func difference(
    _ before: [String], _ after: [String]
  ) -> (text: String, count: String) {
    guard max(before.count, after.count) <= comparedLines else {
      return (
        "the program is too long to be compared line by line",
        "\(before.count) lines before, \(after.count) after"
      )
    }
    // By line: where it moved to, or from; `nil` in it for neither.
    var removed: [Int: Int?] = [:]
    var inserted: [Int: Int?] = [:]
    for change in after.difference(from: before).inferringMoves() {
      switch change {
      case .remove(let offset, _, let to): removed.updateValue(to, forKey: offset)
      case .insert(let offset, _, let from): inserted.updateValue(from, forKey: offset)
      }
    }
    var found: [String] = []
    var (old, new) = (0, 0)
    while old < before.count || new < after.count {
      if let to = removed[old] {
        if to == nil { found.append("- \(before[old])") }
        old += 1
      } else if let from = inserted[new] {
        let mark = from.map { "~ \(after[new])    (was line \($0 + 1))" }
        found.append(mark ?? "+ \(after[new])")
        new += 1
      } else {
        (old, new) = (old + 1, new + 1)
      }
    }
    let moves = inserted.values.count { $0 != nil }
    let left = found.count - shownLines
    if left > 0 { found = found.prefix(shownLines) + ["and \(left) more"] }
    return (
      found.joined(separator: "\n"),
      "\(removed.count - moves) lines went, \(inserted.count - moves) came, \(moves) moved"
    )
  }
}
