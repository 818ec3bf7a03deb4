import Device
import Simulation
import Timing

//   engine  opcode     count  busy µs  share  mean ns
//   Tensor  MATMUL       128   27.465   65 %      410

/// What the engines executed, by opcode.
struct OpcodesSection: Section {
  static let name = "opcodes"
  static let title = "Opcodes"
  static let isDetail = true

  /// Instructions of one engine and opcode.
  struct Use {
    var engine: Engine
    var opcode: DeviceOpcode
    var count = 0
    /// Sum of their durations.
    var time: Picoseconds = 0
    /// Time for which the engine executed them, where they are the first that it does.
    var active: Picoseconds = 0
  }

  let uses: [Use]
  let summary: Summary

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed, let device = subject.core.run.device,
      let timeline = subject.core.run.timeline
    else { return nil }
    summary = timed.summary
    let opcodes = (DeviceOpcode.allCases.map { Int($0.rawValue) }.max() ?? 0) + 1
    var found: [Use?] = Array(repeating: nil, count: Engine.allCases.count * opcodes)
    let active = timeline.activeTimes(of: device)
    for (number, instruction) in device.instructions.enumerated() {
      let index = Int(instruction.engine.rawValue) * opcodes + Int(instruction.opcode.rawValue)
      if found[index] == nil {
        found[index] = Use(engine: instruction.engine, opcode: instruction.opcode)
      }
      found[index]?.count += 1
      found[index]?.time += timeline.instructions[number].duration
      found[index]?.active += active[number]
    }
    uses = found.compactMap { $0 }.sorted {
      ($1.active, $0.engine.rawValue, $0.opcode.rawValue)
        < ($0.active, $1.engine.rawValue, $1.opcode.rawValue)
    }
  }

  var blocks: [Block] {
    [
      .table(
        Table(
          [
            Table.Column("engine", .text, isKey: true), Table.Column("opcode", .text),
            Table.Column("count"), Table.Column("busy µs"), Table.Column("share"),
            Table.Column("mean ns"), Table.Column("", .bar),
          ],
          uses.enumerated().map { index, use in
            let key = "opcodes.\(index)"
            let share = summary.share(use.active)
            let mean = Double(use.time) / Double(max(1, use.count))
            return [
              .text(use.engine.displayName), .text(use.opcode.name),
              .figure(.count(use.count, nil, "\(key).count")),
              .figure(.microseconds(use.active, "\(key).active_time")), .figure(.share(share)),
              .figure(.number(mean / 1000, 1)), .bar(share),
            ]
          }))
    ]
  }

  var values: [String: JSON] {
    [
      "opcodes": .array(
        uses.map { use in
          .object([
            "engine": .string(use.engine.name), "opcode": .string(use.opcode.name),
            "count": .integer(use.count), "time": seconds(use.time),
            "active_time": seconds(use.active),
          ])
        })
    ]
  }
}
