import Device
import Diagnostics
import FoundationEssentials
import Storage

/// One row of a capture's instruction table.
struct CapturedInstruction {
  var engine: String
  var index: Int
  var opcode: String
  var begin: Int64
  var end: Int64
  var waits: [SemaphoreTerm]
  var updates: [SemaphoreTerm]
  /// As the table has it; empty where it has none.
  var source: String
  var sourceOperand: CapturedOperand?
  /// As the table has it; empty where it has none.
  var destination: String
  var destinationOperand: CapturedOperand?
  var sourceType: String
  var destinationType: String
  var channels: Int
  var float32Mode: String
  var row: Int
  /// Of a trigger: the semaphore that its DMA increments, and how often; `nil` where the table does not
  /// say.
  var completion: (semaphore: Int, increments: Int)?
  /// Of a trigger: whether its DMA writes HBM; `nil` where the table does not say.
  var writesHBM: Bool?
  /// What it asks of the machine, where the table says so itself (exports of simulated runs).
  var work: Work?
}

/// One row of the DMA list of a simulated run's export.
struct ExportedTransfer {
  /// Whose trigger started it.
  var engine: String
  /// The trigger's place in its engine's stream.
  var index: Int
  var queue: String
  /// Its runs are `runs`, counted from 0.
  var transfer: Transfer
  var runs: [DescriptorRun]
  var firstRead: Int64
  var lastRead: Int64
  var complete: Int64
}

/// One row of a capture's DMA table.
struct CapturedDescriptor {
  var ring: Int
  var queue: Int
  var bytes: Int
  var start: Int64
  var readDone: Int64
  var acknowledged: Int64
}

/// One increment of a semaphore by a DMA.
struct CapturedIncrement {
  var semaphore: Int
  var time: Int64
}

/// The three tables of a capture.
struct CapturedTables {
  /// Path of the instruction table.
  var file: String
  /// User region, in the order of the stream of each engine.
  var instructions: [CapturedInstruction] = []
  /// In the order of their starts.
  var descriptors: [CapturedDescriptor] = []
  /// In the order of time.
  var increments: [CapturedIncrement] = []
  /// Whole transfers with their triggers, where the export has them in the place of descriptors.
  var transfers: [ExportedTransfer] = []
  /// What is taken on trust.
  var notes: [String] = []

  /// Largest text of a table that is accepted, in bytes.
  private static let limit = 1 << 30
  private static let suffix = ".instr.csv.zst"

  /// The name of the capture that an instruction table belongs to; `nil` if it is called otherwise.
  static func name(of path: String) -> String? {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return (CapturePaths.suffixes + [ExportedProfile.suffix]).first(where: last.hasSuffix).map {
      String(last.dropLast($0.count))
    }
  }

  /// No rows yet.
  init(file: String) { self.file = file }

  /// Reads the instructions with operands of `NAME.instr.csv.zst` alone, of all regions.
  init(instructionsOf path: String) throws(DiagnosticError) {
    self.init(file: path)
    try readInstructions(CapturedTables.table(path), isUser: { !$0.destination.isEmpty })
  }

  /// Reads `NAME.instr.csv.zst` and the `.dma` and `.sem` tables beside it, where they are.
  init(_ path: String) throws(DiagnosticError) {
    self.init(file: path)
    guard path.hasSuffix(CapturedTables.suffix) else {
      throw DiagnosticError(
        "is not an instruction table", at: SourceLocation(file: path, line: 0),
        remedy: "name a file NAME\(CapturedTables.suffix); its .dma and .sem siblings are found")
    }
    let stem = String(path.dropLast(CapturedTables.suffix.count))
    try readInstructions(CapturedTables.table(path))
    if FileManager.default.fileExists(atPath: stem + ".dma.csv.zst") {
      try readDescriptors(CapturedTables.table(stem + ".dma.csv.zst"))
    }
    if FileManager.default.fileExists(atPath: stem + ".sem.csv.zst") {
      try readIncrements(CapturedTables.table(stem + ".sem.csv.zst"))
    }
  }

  static func table(_ path: String) throws(DiagnosticError) -> CSVTable {
    let bytes = try readFile(path)
    do {
      return try CSVTable(decompress(bytes, limit: limit), file: path)
    } catch let error as ZstdError {
      throw DiagnosticError("\(error)", at: SourceLocation(file: path, line: 0))
    } catch let error as DiagnosticError {
      throw error
    } catch {
      throw DiagnosticError("\(error)", at: SourceLocation(file: path, line: 0))
    }
  }

  /// Columns of an instruction table that are read.
  private struct Columns {
    let engine, region, opcode, sourceType, destinationType, mode: BoundColumn<String>
    let index, channels: BoundColumn<Int>
    let begin, end: BoundColumn<Int64>
    let waits, updates: BoundColumn<[SemaphoreTerm]>
    let source, destination: BoundColumn<CapturedOperand?>
    /// What others follow from, where the table has them.
    let duration: BoundColumn<Int64>?
    let sourceCount, destinationCount: BoundColumn<Int>?

    init(_ reader: inout TableReader) {
      engine = reader.bind(.engine("engine"))
      index = reader.bind(.integer("idx", 0...Int(Int32.max)))
      region = reader.bind(.one("region", of: ["user", "runtime"]))
      opcode = reader.bind(.word("op"))
      begin = reader.bind(.time("begin_ns"))
      end = reader.bind(.time("end_ns"))
      waits = reader.bind(.semaphores("wait"))
      updates = reader.bind(.semaphores("update"))
      source = reader.bind(.operand("src"))
      destination = reader.bind(.operand("dst"))
      sourceType = reader.bind(.elementType("src_dt"))
      destinationType = reader.bind(.elementType("dst_dt"))
      channels = reader.bind(.integer("channels", CapturedTables.partitions, empty: 0))
      mode = reader.bind(.one("fp32_mode", of: CapturedTables.float32Modes))
      duration = reader.bindOptional(.time("dur_ns"))
      sourceCount = reader.bindOptional(.integer("n_src", 0...Int(Int32.max), empty: 0))
      destinationCount = reader.bindOptional(.integer("n_dst", 0...Int(Int32.max), empty: 0))
    }

    /// The instruction of a row; `nil` where a cell is wrong, which the reader keeps.
    func instruction(_ row: Int, _ reader: inout TableReader) -> CapturedInstruction? {
      let engine = reader.value(row, engine)
      let index = reader.value(row, index)
      let opcode = reader.value(row, opcode)
      let begin = reader.value(row, begin)
      let end = reader.value(row, end)
      let waits = reader.value(row, waits)
      let updates = reader.value(row, updates)
      let source = reader.value(row, source)
      let destination = reader.value(row, destination)
      let sourceType = reader.value(row, sourceType)
      let destinationType = reader.value(row, destinationType)
      let channels = reader.value(row, channels)
      let mode = reader.value(row, mode)
      if let begin, let end {
        if end < begin {
          reader.report(row, self.end, "is before begin_ns")
        } else if let duration, let given = reader.value(row, duration),
          abs(given - (end - begin)) > CapturedTables.rounding
        {
          reader.report(row, duration, "is not end_ns minus begin_ns")
        }
      }
      if let source { checkCount(row, source, sourceCount, "src", &reader) }
      if let destination { checkCount(row, destination, destinationCount, "dst", &reader) }
      if case .some(.some) = source, sourceType == "" {
        reader.report(row, self.sourceType, "is no element type, and src has elements")
      }
      guard let engine, let index, let opcode, let begin, let end, let waits, let updates,
        let source, let destination, let sourceType, let destinationType, let channels, let mode
      else { return nil }
      return CapturedInstruction(
        engine: engine, index: index, opcode: opcode, begin: begin, end: end, waits: waits,
        updates: updates, source: reader.table.text(row, self.source.index), sourceOperand: source,
        destination: reader.table.text(row, self.destination.index),
        destinationOperand: destination, sourceType: sourceType, destinationType: destinationType,
        channels: channels, float32Mode: mode, row: row)
    }

    /// Compares an operand with the number of its elements, where the table has it.
    private func checkCount(
      _ row: Int, _ operand: CapturedOperand?, _ count: BoundColumn<Int>?, _ name: String,
      _ reader: inout TableReader
    ) {
      guard let count, let given = reader.value(row, count), given != operand?.elements ?? 0 else {
        return
      }
      reader.report(
        row, count, "is not the number of elements of \(name), \(operand?.elements ?? 0)")
    }
  }

  /// Partitions that an instruction works on.
  static let partitions = 1...128
  /// Passes of float32 as the profiler names them.
  static let float32Modes = ["", "LOW", "HIGH", "LOW_HIGH"]
  /// Times of a row are rounded to ps, each by itself.
  private static let rounding: Int64 = 2

  /// `isUser` says which rows belong to the kernel; without it those whose region is `user` do.
  private mutating func readInstructions(
    _ table: CSVTable, isUser: ((CapturedInstruction) -> Bool)? = nil
  ) throws(DiagnosticError) {
    var reader = TableReader(table)
    let columns = Columns(&reader)
    for row in 0..<table.count {
      let region = reader.value(row, columns.region)
      guard isUser != nil || region == "user" else { continue }
      guard let instruction = columns.instruction(row, &reader) else { continue }
      if isUser?(instruction) ?? true { instructions.append(instruction) }
    }
    try reader.check()
    if instructions.isEmpty && isUser == nil {
      var all: [CapturedInstruction] = []
      try readInstructions(table) { row in
        all.append(row)
        return true
      }
      instructions = KernelRegion.rows(all)
      notes.append(
        "no row is of the user region: the kernel is taken for what follows SET_ORDERING_MODE; "
          + "engines of such captures (trn1) have clocks of their own, so that only durations and "
          + "busy times can be compared")
    }
    guard !instructions.isEmpty else {
      throw DiagnosticError(
        "the table has no instruction of the user region",
        at: SourceLocation(file: file, line: 1), remedy: "capture the kernel, not only the runtime")
    }
  }

  private mutating func readDescriptors(_ table: CSVTable) throws(DiagnosticError) {
    var reader = TableReader(table)
    let engine = reader.bind(.integer("dma_engine_byte", CapturedTables.byte))
    let queue = reader.bind(.integer("queue", CapturedTables.queues))
    let bytes = reader.bind(.integer("bytes", CapturedTables.descriptorBytes))
    let start = reader.bind(.time("start_ns"))
    let read = reader.bind(.time("read_done_ns"))
    let acknowledged = reader.bind(.time("write_ack_ns"))
    descriptors.reserveCapacity(table.count)
    for row in 0..<table.count {
      let cells = (
        reader.value(row, engine), reader.value(row, queue), reader.value(row, bytes),
        reader.value(row, start), reader.value(row, read), reader.value(row, acknowledged)
      )
      if let from = cells.3, let to = cells.4, to < from {
        reader.report(row, read, "is before start_ns")
      }
      if let from = cells.4, let to = cells.5, to < from {
        reader.report(row, acknowledged, "is before read_done_ns")
      }
      guard
        case (let ring?, let queue?, let size?, let start?, let read?, let acknowledged?) = cells
      else { continue }
      descriptors.append(
        CapturedDescriptor(
          ring: ring & 15, queue: queue, bytes: size, start: start, readDone: read,
          acknowledged: acknowledged))
    }
    try reader.check()
    descriptors.sort { ($0.start, $0.ring) < ($1.start, $1.ring) }
  }

  /// What a byte of a record holds.
  static let byte = 0...255
  /// DMA queues: the most in a capture is 14; a byte of the record.
  static let queues = 0...255
  /// Bytes of a descriptor: 4 to 65,540 in captures; assumed: at most 16 MiB.
  static let descriptorBytes = 1...1 << 24

  private mutating func readIncrements(_ table: CSVTable) throws(DiagnosticError) {
    var reader = TableReader(table)
    let semaphore = reader.bind(.integer("sem_id", CapturedTables.byte))
    let source = reader.bind(.integer("src_byte", CapturedTables.byte))
    let type = reader.bind(.integer("type_byte", CapturedTables.byte))
    let time = reader.bind(.time("ts_ns", CapturedTimes.records))
    for row in 0..<table.count {
      let cells = (
        reader.value(row, semaphore), reader.value(row, source), reader.value(row, type),
        reader.value(row, time)
      )
      guard case (let semaphore?, let source?, let type?, let time?) = cells,
        type == CapturedTables.dmaUpdate, source == CapturedTables.increment
      else { continue }
      increments.append(CapturedIncrement(semaphore: semaphore, time: time))
    }
    try reader.check()
    increments.sort { ($0.time, $0.semaphore) < ($1.time, $1.semaphore) }
  }

  /// Trace record code of a semaphore update that a DMA made (0x9b of the NTFF records).
  private static let dmaUpdate = 155
  /// Marks an increment by one in the captures' semaphore table.
  private static let increment = 243
}
