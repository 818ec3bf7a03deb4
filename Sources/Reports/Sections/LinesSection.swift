import Device
import Diagnostics
import ISA
import Programs
import Simulation
import Timing

//   line                           critical µs  busy µs  waited µs  instructions    DMA  what
//   MatmulKernel+Emit.swift:197          7.007    4.520      0.000             8  4 MiB  dma_copy

/// What the lines of the source took: time of engines and on the critical path, waits and bytes.
struct LinesSection: Section {
  static let name = "lines"
  static let title = "Source lines"
  static let isDetail = true

  /// Lines that people are shown.
  private static let shown = 60

  /// The instructions of one line.
  struct Use {
    var location: SourceLocation
    /// The operation of its first instruction.
    var operation: String
    var figures = PartFigures()
  }

  let uses: [Use]
  let hasPath: Bool

  init?(_ subject: Subject) {
    let run = subject.core.run
    guard subject.core.timed != nil, let device = run.device else { return nil }
    var found: [Use] = []
    let lines = LinesSection.lines(of: run.program, &found)
    guard !found.isEmpty else { return nil }
    let path = subject.report?.path?.intervals ?? []
    let attribution = Attribution(
      [(id: subject.report?.run.slowest ?? 0, run: run)], path: path,
      numbers: [
        device.instructions.map { instruction in
          let source = Int(instruction.source)
          return lines.indices.contains(source) ? lines[source] : -1
        }
      ], count: found.count)
    for (index, part) in attribution.parts.enumerated() { found[index].figures = part }
    hasPath = !path.isEmpty
    uses = found.filter { $0.figures.instructions > 0 }.sorted {
      (
        $1.figures.critical, $1.figures.active, $0.location.file, $0.location.line
      ) < ($0.figures.critical, $0.figures.active, $1.location.file, $1.location.line)
    }
  }

  /// By instruction of the program: the number of its line, -1 for none.
  private static func lines(of program: Program, _ found: inout [Use]) -> [Int32] {
    var numbers: [SourceLocation: Int32] = [:]
    return program.instructions.map { instruction in
      guard let location = instruction.location else { return -1 }
      if let known = numbers[location] { return known }
      let name = Swift.type(of: instruction.operation).name
      let number = Int32(found.count)
      numbers[location] = number
      found.append(Use(location: location, operation: name))
      return number
    }
  }

  var blocks: [Block] {
    var columns = [
      Table.Column("line", .text, isKey: true), Table.Column("busy µs"),
      Table.Column("waited µs"), Table.Column("instructions"), Table.Column("DMA"),
      Table.Column("what", .text),
    ]
    if hasPath { columns.insert(Table.Column("critical µs"), at: 1) }
    var table = Table(columns)
    for (index, use) in uses.prefix(LinesSection.shown).enumerated() {
      let key = "lines.\(index)"
      let figures = use.figures
      var row: [Table.Cell] = [
        .text(use.location.description),
        .figure(.microseconds(figures.active, "\(key).active_time")),
        .figure(.microseconds(figures.waited, "\(key).waited")),
        .figure(.count(figures.instructions, nil, "\(key).instructions")),
        figures.bytes > 0 ? .figure(.bytes(figures.bytes, "\(key).dma_bytes")) : "",
        .text(use.operation),
      ]
      if hasPath {
        row.insert(.figure(.microseconds(figures.critical, "\(key).critical_time")), at: 1)
      }
      table.rows.append(row)
    }
    let more = uses.count - LinesSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more line"))" }
    return [
      .sentence(
        "Engines that work beside each other are busy for more than the run together\(hasPath ? "; times on the critical path add up to it" : "")."
      ),
      .table(table),
    ]
  }

  var values: [String: JSON] {
    [
      "lines": .array(
        uses.map { use in
          var values = use.figures.values(hasPath: hasPath)
          values["location"] = .string(use.location.description)
          values["operation"] = .string(use.operation)
          return .object(values)
        })
    ]
  }
}
