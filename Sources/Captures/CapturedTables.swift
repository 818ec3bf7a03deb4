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
  var wait: String
  var update: String
  var source: String
  var destination: String
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
  /// What is taken on trust.
  var notes: [String] = []

  /// Largest text of a table that is accepted, in bytes.
  private static let limit = 1 << 30
  private static let suffix = ".instr.csv.zst"

  /// The name of the capture that an instruction table belongs to; `nil` if it is called otherwise.
  static func name(of path: String) -> String? {
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return CapturePaths.suffixes.first(where: last.hasSuffix).map {
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

  /// `isUser` says which rows belong to the kernel; without it those whose region is `user` do.
  private mutating func readInstructions(
    _ table: CSVTable, isUser: ((CapturedInstruction) -> Bool)? = nil
  ) throws(DiagnosticError) {
    let engine = try table.column("engine")
    let index = try table.column("idx")
    let region = try table.column("region")
    let opcode = try table.column("op")
    let begin = try table.column("begin_ns")
    let end = try table.column("end_ns")
    let wait = try table.column("wait")
    let update = try table.column("update")
    let source = try table.column("src")
    let destination = try table.column("dst")
    let sourceType = try table.column("src_dt")
    let destinationType = try table.column("dst_dt")
    let channels = try table.column("channels")
    let mode = try table.column("fp32_mode")
    for row in 0..<table.count where isUser != nil || table.text(row, region) == "user" {
      let instruction = CapturedInstruction(
        engine: table.text(row, engine), index: table.integer(row, index) ?? row,
        opcode: table.text(row, opcode), begin: try table.picoseconds(row, begin),
        end: try table.picoseconds(row, end), wait: table.text(row, wait),
        update: table.text(row, update), source: table.text(row, source),
        destination: table.text(row, destination), sourceType: table.text(row, sourceType),
        destinationType: table.text(row, destinationType),
        channels: table.integer(row, channels) ?? 0, float32Mode: table.text(row, mode),
        row: row)
      if isUser?(instruction) ?? true { instructions.append(instruction) }
    }
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
    let engine = try table.column("dma_engine_byte")
    let queue = try table.column("queue")
    let bytes = try table.column("bytes")
    let start = try table.column("start_ns")
    let read = try table.column("read_done_ns")
    let acknowledged = try table.column("write_ack_ns")
    descriptors.reserveCapacity(table.count)
    for row in 0..<table.count {
      guard let ring = table.integer(row, engine), let number = table.integer(row, queue),
        let size = table.integer(row, bytes)
      else {
        throw DiagnosticError(
          "dma_engine_byte, queue and bytes must be whole numbers", at: table.location(row),
          remedy: "replay an unchanged table of a capture")
      }
      descriptors.append(
        CapturedDescriptor(
          ring: ring & 15, queue: number, bytes: size, start: try table.picoseconds(row, start),
          readDone: try table.picoseconds(row, read),
          acknowledged: try table.picoseconds(row, acknowledged)))
    }
    descriptors.sort { ($0.start, $0.ring) < ($1.start, $1.ring) }
  }

  private mutating func readIncrements(_ table: CSVTable) throws(DiagnosticError) {
    let semaphore = try table.column("sem_id")
    let source = try table.column("src_byte")
    let type = try table.column("type_byte")
    let time = try table.column("ts_ns")
    for row in 0..<table.count
    where table.integer(row, type) == CapturedTables.dmaUpdate
      && table.integer(row, source) == CapturedTables.increment
    {
      increments.append(
        CapturedIncrement(
          semaphore: table.integer(row, semaphore) ?? 0,
          time: try table.picoseconds(row, time)))
    }
    increments.sort { ($0.time, $0.semaphore) < ($1.time, $1.semaphore) }
  }

  /// Trace record code of a semaphore update that a DMA made (0x9b of the NTFF records).
  private static let dmaUpdate = 155
  /// Marks an increment by one in the captures' semaphore table.
  private static let increment = 243
}
