import Device
import Diagnostics
import ISA
import Programs
import Simulation
import Timing

//   line                           engines µs  waited µs  instructions    DMA  what
//   MatmulKernel+Emit.swift:197         4.520      0.000             8  4 MiB  dma_copy

/// What the lines of the source took: time of engines, waits and bytes.
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
    var instructions = 0
    var busy: Picoseconds = 0
    var waited: Picoseconds = 0
    var bytes = 0
  }

  let uses: [Use]

  init?(_ subject: Subject) {
    guard subject.core.timed != nil, let device = subject.core.run.device,
      let timeline = subject.core.run.timeline
    else { return nil }
    let program = subject.core.run.program
    var found: [Use] = []
    let lines = LinesSection.lines(of: program, &found)
    guard !found.isEmpty else { return nil }
    for (index, instruction) in device.instructions.enumerated() {
      let source = Int(instruction.source)
      guard lines.indices.contains(source), lines[source] >= 0 else { continue }
      let line = lines[source]
      let timing = timeline.instructions[index]
      let waits = Waits(timing)
      found[line].instructions += 1
      found[line].busy += timing.duration
      found[line].waited += max(0, timing.begin - timing.head - waits.engineBusy)
      if case .trigger(let transfer) = instruction.work {
        found[line].bytes += device.transfers[Int(transfer)].bytes
      }
    }
    uses = found.filter { $0.instructions > 0 }.sorted {
      ($1.busy, $0.location.file, $0.location.line) < ($0.busy, $1.location.file, $1.location.line)
    }
  }

  /// By instruction of the program: the number of its line, -1 for none.
  private static func lines(of program: Program, _ found: inout [Use]) -> [Int] {
    var numbers: [SourceLocation: Int] = [:]
    return program.instructions.map { instruction in
      guard let location = instruction.location else { return -1 }
      if let known = numbers[location] { return known }
      let name = Swift.type(of: instruction.operation).name
      numbers[location] = found.count
      found.append(Use(location: location, operation: name))
      return found.count - 1
    }
  }

  var blocks: [Block] {
    var table = Table(
      [
        Table.Column("line", .text, isKey: true), Table.Column("engines µs"),
        Table.Column("waited µs"), Table.Column("instructions"), Table.Column("DMA"),
        Table.Column("what", .text),
      ],
      uses.prefix(LinesSection.shown).enumerated().map { index, use in
        let key = "lines.\(index)"
        return [
          .text(use.location.description), .figure(.microseconds(use.busy, "\(key).time")),
          .figure(.microseconds(use.waited, "\(key).waited")),
          .figure(.count(use.instructions, nil, "\(key).instructions")),
          use.bytes > 0 ? .figure(.bytes(use.bytes, "\(key).dma_bytes")) : "",
          .text(use.operation),
        ]
      })
    let more = uses.count - LinesSection.shown
    if more > 0 { table.remainder = "and \(.count(more, "more line"))" }
    return [
      .sentence(
        "Time of all engines together, so that lines of engines that work beside each other add up to more than the run."
      ),
      .table(table),
    ]
  }

  var values: [String: JSON] {
    [
      "lines": .array(
        uses.map { use in
          .object([
            "location": .string(use.location.description), "operation": .string(use.operation),
            "instructions": .integer(use.instructions), "time": seconds(use.busy),
            "waited": seconds(use.waited), "dma_bytes": .integer(use.bytes),
          ])
        })
    ]
  }
}
