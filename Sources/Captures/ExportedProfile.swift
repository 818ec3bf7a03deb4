import Device
import Diagnostics
import FoundationEssentials
import Storage

/// The profiler's JSON export of a run: lists `instruction` and `dma` of one object, with the columns of its CSV export.
///
/// Exports of simulated runs say more than a device's: what each instruction asks of the machine (`work`), and whole
/// transfers with their triggers (`transfer`, `trigger_engine`, `trigger_pc`) in the place of descriptors.
struct ExportedProfile {
  static let suffix = ".json"

  private(set) var tables: CapturedTables
  private(set) var clockEvents: [CaptureSummary.ClockEvent]

  /// Largest file that is accepted, in bytes.
  private static let limit = 1 << 30

  /// A value of a row.
  private struct Cell: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        text = ""
      } else if let number = try? value.decode(Int.self) {
        text = "\(number)"
      } else if let number = try? value.decode(Double.self) {
        text = "\(number)"
      } else if let word = try? value.decode(String.self) {
        text = word
      } else if let flag = try? value.decode(Bool.self) {
        text = "\(flag)"
      } else {
        // Lists and objects are no cells that anything here reads.
        text = ""
      }
    }
  }

  private struct File: Decodable {
    var instruction: [[String: Cell]]?
    var dma: [[String: Cell]]?
    var ham: [CaptureSummary.ClockEvent]?
  }

  /// - Throws: Diagnostics of what cannot be read, each at its row.
  init(contentsOf path: String) throws(DiagnosticError) {
    let bytes = try readFile(path)
    let place = SourceLocation(file: path, line: 0)
    guard bytes.count <= ExportedProfile.limit else {
      throw DiagnosticError(
        "has more than \(ExportedProfile.limit >> 30) GiB", at: place,
        remedy: "capture a shorter run")
    }
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: Data(bytes))
    } catch {
      throw DiagnosticError(
        "is not the profiler's JSON: no object with lists of rows", at: place,
        remedy: "export it with neuron-profile view --output-format json")
    }
    guard let instructions = file.instruction else {
      throw DiagnosticError(
        "has no list 'instruction'", at: place,
        remedy: "export it with neuron-profile view --output-format json; summaries have no stream")
    }
    clockEvents = file.ham ?? []
    tables = CapturedTables(file: path)
    let graph = try tables.readProfile(
      ExportedProfile.table(instructions, file: "\(path) (instruction)"))
    guard let dma = file.dma, !dma.isEmpty else { return }
    let table = try ExportedProfile.table(dma, file: "\(path) (dma)")
    if table.index(of: "transfer") != nil {
      try tables.readTransfers(table, graph)
    } else {
      try tables.readProfileDescriptors(table, graph)
    }
  }

  /// Rows as a table, whose columns are those of any of them.
  private static func table(
    _ rows: [[String: Cell]], file: String
  ) throws(DiagnosticError) -> CSVTable {
    var columns: Set<String> = []
    for row in rows { columns.formUnion(row.keys) }
    let names = columns.filter { name in name.utf8.allSatisfy(CellNumber.isWord) }.sorted()
    var text = Array(names.joined(separator: ",").utf8) + [0x0A]
    for row in rows {
      for (place, name) in names.enumerated() {
        if place > 0 { text.append(0x2C) }
        text.append(0x22)
        // A cell of a table has no quotes and no line ends.
        for byte in row[name]?.text.utf8 ?? "".utf8 {
          text.append(byte == 0x22 ? 0x27 : byte == 0x0A || byte == 0x0D ? 0x20 : byte)
        }
        text.append(0x22)
      }
      text.append(0x0A)
    }
    return try CSVTable(text, file: file)
  }
}

extension CapturedTables {
  /// Reads the transfers of a core.
  fileprivate mutating func readTransfers(
    _ table: CSVTable, _ graph: String
  ) throws(DiagnosticError) {
    var reader = TableReader(table)
    let subgraph = reader.bind(.word("subgraph"))
    let queue = reader.bind(.text("label"))
    let begin = reader.bind(.time("timestamp"))
    let duration = reader.bind(.time("duration"))
    let completion = reader.bind(.time("completion"))
    let engine = reader.bind(.engine("trigger_engine"))
    let index = reader.bind(.integer("trigger_pc", 0...Int(Int32.max)))
    let transfer = reader.bind(TableColumn<TransferText>.transfer("transfer"))
    for row in 0..<table.count where reader.value(row, subgraph) == graph {
      let cells = (
        reader.value(row, queue), reader.value(row, begin), reader.value(row, duration),
        reader.value(row, completion), reader.value(row, engine), reader.value(row, index),
        reader.value(row, transfer)
      )
      guard
        case (let queue?, let start?, let took?, let end?, let engine?, let pc?, let asked?) = cells
      else { continue }
      transfers.append(
        ExportedTransfer(
          engine: engine, index: pc, queue: queue, transfer: asked.transfer, runs: asked.runs,
          firstRead: start, lastRead: start + took, complete: end))
    }
    try reader.check()
  }
}

extension Capture {
  /// The capture of an export.
  ///
  /// - Throws: Diagnostics of what is not modelled, each at its row.
  static func exported(_ export: ExportedProfile) throws(DiagnosticError) -> Capture {
    let tables = export.tables
    let origin = tables.instructions.map(\.begin).min() ?? 0
    let summary = try CaptureSummary(export.clockEvents, from: origin, of: tables.file)
    guard !tables.transfers.isEmpty else { return try Capture(tables, summary) }
    var builder = ProgramBuilder(file: tables.file)
    try builder.add(tables.instructions)
    var measured: [MeasuredTransfer] = []
    var notes = builder.notes
    let program = try builder.finished { (program) throws(DiagnosticError) in
      measured = try Capture.put(tables, builder, from: origin, into: &program)
      Capture.leaveOutUnreached(&program, builder.rows, notes: &notes)
      try Capture.checkCounts(program, builder, tables.file)
    }
    return Capture(
      name: CapturedTables.name(of: tables.file) ?? tables.file, program: program,
      instructions: builder.rows.map {
        MeasuredInterval(begin: $0.begin - origin, end: $0.end - origin)
      }, transfers: measured, labels: Capture.labels(builder.rows),
      semaphoreNumbers: builder.semaphoreNumbers(of: program), ringBusy: [],
      clockChanges: summary.clockChanges, totalTime: summary.totalTime,
      isSimulated: tables.instructions.contains { $0.work != nil },
      notes: tables.notes + notes.texts)
  }

  /// Puts whole transfers into a program, each at its trigger.
  private static func put(
    _ tables: CapturedTables, _ builder: ProgramBuilder, from origin: Int64,
    into program: inout DeviceProgram
  ) throws(DiagnosticError) -> [MeasuredTransfer] {
    struct Trigger: Hashable {
      var engine: String
      var index: Int
    }
    var left: [Trigger: ExportedTransfer] = [:]
    for transfer in tables.transfers {
      left[Trigger(engine: transfer.engine, index: transfer.index)] = transfer
    }
    var measured: [MeasuredTransfer] = []
    for trigger in builder.triggers {
      let row = builder.rows[trigger]
      guard let found = left.removeValue(forKey: Trigger(engine: row.engine, index: row.index))
      else {
        throw DiagnosticError(
          "the DMA that \(row.engine)'s instruction \(row.index) starts is not in the list 'dma'",
          at: SourceLocation(file: tables.file, line: 0),
          remedy: "both lists must be of the same run, and whole")
      }
      var transfer = found.transfer
      transfer.firstRun = Int32(program.runs.count)
      program.runs += found.runs
      if !program.queues.contains(found.queue) { program.queues.append(found.queue) }
      transfer.queue = Int32(program.queues.firstIndex(of: found.queue) ?? 0)
      if let completion = row.completion,
        let number = builder.number(ofSemaphore: completion.semaphore)
      {
        transfer.completion = SemaphoreUpdate(
          semaphore: number, amount: Int32(completion.increments))
      }
      program.instructions[trigger].work = .trigger(transfer: Int32(program.transfers.count))
      program.transfers.append(transfer)
      measured.append(
        MeasuredTransfer(
          trigger: row.begin - origin, firstRead: found.firstRead - origin,
          lastRead: found.lastRead - origin, complete: found.complete - origin))
    }
    return measured
  }
}
