import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs
public import Simulation
import Timing

/// What a run did, a row each, as columns for programs.
public enum RunTable: String, CaseIterable, Sendable {
  /// Instructions of the engines, in the order of the device program.
  case instructions
  /// Transfers of the DMA queues.
  case transfers
  /// Whom engines waited for, the longest first.
  case stalls
  /// What source lines took, in the order of the sources.
  case lines
  /// What DMAs moved out of and into tensors, most bytes first.
  case tensors

  /// The columns by their names, of all cores; empty lists where nothing was timed.
  ///
  /// - Throws: Whatever `Run.causes` throws, for lines.
  public func json(of run: Run) throws -> JSON {
    var columns = Columns(names: names)
    if self == .lines {
      try lines(of: run, &columns)
      return columns.json
    }
    for (core, run) in run.cores.enumerated() {
      guard let device = run.device, let timeline = run.timeline else { continue }
      switch self {
      case .instructions:
        instructions(run.program, device, timeline, run.hardware, core, &columns)
      case .transfers: transfers(run.program, device, timeline, core, &columns)
      case .stalls: stalls(run.program, device, timeline, core, &columns)
      case .tensors: tensors(run.program, device, core, &columns)
      case .lines: break
      }
    }
    return columns.json
  }

  private var names: [String] {
    switch self {
    case .instructions:
      [
        "core", "engine", "opcode", "instruction", "location", "begin_us", "end_us", "duration_us",
      ] + StallReason.allCases.filter { $0 != .engineBusy }.map { "\($0.key)_us" } + [
        "number", "flops", "adjusted_flops", "is_transpose", "rows", "columns", "moving",
        "operands", "work", "sbuf_read_bytes", "sbuf_write_bytes", "psum_read_bytes",
        "psum_write_bytes", "drained_bytes",
      ]
    case .transfers:
      [
        "core", "queue", "instruction", "location", "trigger_us", "begin_us", "end_us",
        "duration_us", "bytes", "hbm_read_bytes", "hbm_write_bytes", "descriptors",
        "last_read_us", "started_by", "mode", "is_spill", "is_transpose", "source",
        "source_memory", "source_role", "source_partitions", "destination", "destination_memory",
        "destination_role", "destination_partitions", "transfer",
      ]
    case .stalls:
      ["core", "engine", "producer", "instruction", "location", "time_us", "count", "longest_us"]
    case .lines:
      [
        "core", "location", "text", "operations", "executed", "instructions", "critical_us",
        "active_us", "waited_us", "dma_bytes", "hbm_read_bytes", "hbm_write_bytes",
      ]
    case .tensors:
      [
        "core", "tensor", "memory", "role", "count", "bytes", "reads", "read_bytes",
        "reread_bytes", "writes", "written_bytes", "location",
      ]
    }
  }

  private func instructions(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline, _ hardware: Hardware,
    _ core: Int, _ columns: inout Columns
  ) {
    var printed = ProfilerOperands(program, device, hardware)
    for (index, instruction) in device.instructions.enumerated() {
      let timing = timeline.instructions[index]
      let waits = Waits(timing)
      let (operands, bytes) = printed.next(instruction)
      var work: [JSON] = [.integer(0), .integer(0), .bool(false), .null, .null, .null]
      if case .matmul(let matmul) = instruction.work {
        let (operations, adjusted) = Summary.operations(matmul, hardware)
        work = [
          .integer(operations), .integer(Int(adjusted.rounded())), .bool(matmul.transpose),
          .integer(Int(matmul.rows)), .integer(Int(matmul.columns)), .integer(Int(matmul.moving)),
        ]
      }
      columns.append(
        [
          .integer(core), .string(instruction.engine.name), .string(instruction.opcode.name),
          .string(program.instructionText(Int(instruction.source))),
          place(Int(instruction.source), program), time(timing.begin), time(timing.end),
          time(timing.duration),
        ] + StallReason.allCases.filter { $0 != .engineBusy }.map { time(waits[$0]) }
          + [.integer(index)] + work + [
            .string(operands), .string(instruction.work.text), .integer(bytes.sbufRead),
            .integer(bytes.sbufWritten), .integer(bytes.psumRead), .integer(bytes.psumWritten),
            .integer(bytes.drained),
          ])
    }
  }

  private func transfers(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline, _ core: Int,
    _ columns: inout Columns
  ) {
    var triggers: [Int: Int] = [:]
    for (index, instruction) in device.instructions.enumerated() {
      if case .trigger(let transfer) = instruction.work { triggers[Int(transfer)] = index }
    }
    for (index, transfer) in device.transfers.enumerated() {
      let timing = timeline.transfers[index]
      let trigger = triggers[index]
      let source = trigger.map { Int(device.instructions[$0].source) }
      columns.append(
        [
          .integer(core), .string(device.queues[Int(transfer.queue)]),
          source.map { .string(program.instructionText($0)) } ?? .null,
          source.map { place($0, program) } ?? .null, time(timing.trigger), time(timing.firstRead),
          time(timing.complete), time(timing.complete - timing.firstRead),
          .integer(transfer.bytes), .integer(transfer.hbmReadBytes),
          .integer(transfer.hbmWriteBytes), .integer(Int(transfer.descriptors)),
          time(timing.lastRead), trigger.map { .integer($0) } ?? .null, .string(transfer.mode.name),
          .bool(transfer.isSpill), .bool(source.map { isTranspose($0, program) } ?? false),
        ] + ends(of: source, program) + [.string(transfer.text(device.runs))])
    }
  }

  private func isTranspose(_ source: Int, _ program: Program) -> Bool {
    program.instructions[source].operation is DMATranspose
  }

  /// What a DMA reads and what it writes: tensor, memory, role, partitions; of several that it reads the one in HBM.
  private func ends(of source: Int?, _ program: Program) -> [JSON] {
    let unknown: [JSON] = [.null, .null, .null, .null]
    guard let source else { return unknown + unknown }
    let operation = program.instructions[source].operation
    let rowNumbers = operation.rowNumbers
    var (read, written): ([JSON]?, [JSON]?)
    var readsHBM = false
    for operand in operation.operands
    where operand.pattern.isSet
      && program.tensors.indices.contains(Int(operand.pattern.tensor.index))
      && !rowNumbers.contains(operand.pattern)
    {
      let tensor = program.tensors[Int(operand.pattern.tensor.index)]
      let end: [JSON] = [
        .string(tensor.name), .string(tensor.space.name), .string(String(describing: tensor.role)),
        tensor.space == .hbm ? .integer(0) : .integer(Int(operand.pattern.rows)),
      ]
      if operand.role != .read {
        written = end
      } else if !readsHBM {
        read = end
        readsHBM = tensor.space == .hbm
      }
    }
    return (read ?? unknown) + (written ?? unknown)
  }

  private func stalls(
    _ program: Program, _ device: DeviceProgram, _ timeline: Timeline, _ core: Int,
    _ columns: inout Columns
  ) {
    let table = StallTable(program: program, device: device, timeline: timeline)
    let waits = Engine.allCases.flatMap { engine in table[engine].producers.map { (engine, $0) } }
    for (engine, wait) in waits.sorted(by: { $0.1.time > $1.1.time }) {
      columns.append([
        .integer(core), .string(engine.name), .string(wait.producerName), .string(wait.text),
        wait.location.map { .string($0.description) } ?? .null, time(wait.time),
        .integer(wait.count), time(wait.longest),
      ])
    }
  }

  private func lines(of run: Run, _ columns: inout Columns) throws {
    guard let causes = try run.causes() else { return }
    for core in run.cores.indices {
      let found = try Annotation(run, causes, core: core, sources: SourceTexts())
      for file in found.files {
        for line in file.lines {
          let figures = line.figures
          columns.append([
            .integer(core),
            .string(SourceLocation(file: file.name, line: line.number).description),
            file.text(of: line).map { .string($0) } ?? .null,
            .string(line.operations.joined(separator: ", ")), .integer(line.executed),
            .integer(figures.instructions), time(figures.critical), time(figures.active),
            time(figures.waited), .integer(figures.bytes), .integer(figures.readBytes),
            .integer(figures.writtenBytes),
          ])
        }
      }
    }
  }

  private func tensors(
    _ program: Program, _ device: DeviceProgram, _ core: Int, _ columns: inout Columns
  ) {
    for use in TensorTraffic(program, device).uses {
      columns.append([
        .integer(core), .string(use.name), .string(use.space.name),
        .string(String(describing: use.role)), .integer(use.count), .integer(use.size),
        .integer(use.reads), .integer(use.readBytes),
        use.rereadBytes.map { .integer($0) } ?? .null, .integer(use.writes),
        .integer(use.writtenBytes), use.location.map { .string($0.description) } ?? .null,
      ])
    }
  }

  private func place(_ source: Int, _ program: Program) -> JSON {
    program.instructions[source].location.map { .string($0.description) } ?? .null
  }

  private func time(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e6) }

  /// Columns that grow by rows.
  private struct Columns {
    let names: [String]
    var values: [[JSON]]

    init(names: [String]) {
      self.names = names
      values = names.map { _ in [] }
    }

    mutating func append(_ row: [JSON]) {
      for (index, value) in row.enumerated() { values[index].append(value) }
    }

    var json: JSON {
      .object(Dictionary(uniqueKeysWithValues: zip(names, values.map(JSON.array))))
    }
  }
}
