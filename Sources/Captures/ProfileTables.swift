import Diagnostics
import Storage

/// The profiler's own export of a run: `NAME.instructions.csv.zst` and `NAME.dma.csv.zst`.
///
/// Times are whole ns. The user region are the instructions that the compiler named
/// (`bir_instruction_name`): the runtime's have no name. A trigger says which semaphore its DMA
/// increments and how often, and whether it writes HBM, which `traces/` tables leave to be inferred; when
/// a semaphore was incremented is not exported.
extension CapturedTables {
  static let profileSuffix = ".instructions.csv.zst"

  /// From the last read of a DMA to its semaphore's update, in picoseconds.
  ///
  /// The export has no semaphore times. Source: measured on trn2 captures, as `dma.semaphore_visible` of
  /// hwconfigs/trn2.yaml.
  static let semaphoreVisible: Int64 = 350_000

  /// Reads the profiler's tables of the run whose instruction table is at `path`.
  init(profile path: String) throws(DiagnosticError) {
    self.init(file: path)
    let stem = String(path.dropLast(CapturedTables.profileSuffix.count))
    let subgraph = try readProfile(CapturedTables.table(path))
    try readProfileDescriptors(CapturedTables.table(stem + ".dma.csv.zst"), subgraph)
  }

  private mutating func readProfile(_ table: CSVTable) throws(DiagnosticError) -> String {
    let subgraph = try table.column("subgraph")
    let label = try table.column("label")
    let counter = try table.column("pc")
    let opcode = try table.column("opcode")
    let operands = try table.column("operands")
    let begin = try table.column("timestamp")
    let duration = try table.column("duration")
    let name = try table.column("bir_instruction_name")
    let written = try table.column("hbm_write_bytes")
    var graphs: Set<String> = []
    for row in 0..<table.count where !table.text(row, name).isEmpty {
      let words = ProfileOperands(table.text(row, operands))
      let start = try table.picoseconds(row, begin)
      let engine = table.text(row, label)
      var instruction = CapturedInstruction(
        // The profiler shows the matmuls of the tensor engine in a row of their own.
        engine: engine == "TensorMatrix" ? "Tensor" : engine,
        index: table.integer(row, counter) ?? row, opcode: table.text(row, opcode), begin: start,
        end: start + (try table.picoseconds(row, duration)), wait: words.waits,
        update: words.updates, source: words.source.operand,
        destination: words.destination.operand, sourceType: words.source.type,
        destinationType: words.destination.type, channels: words.channels,
        float32Mode: words.values["fp32_mode"] ?? "", row: row)
      if let semaphore = words.values["semaphore"].flatMap({ Int($0) }),
        let increments = words.values["sem_increment"].flatMap({ Int($0) })
      {
        instruction.completion = (semaphore, increments)
        instruction.writesHBM = (table.integer(row, written) ?? 0) > 0
      }
      graphs.insert(table.text(row, subgraph))
      instructions.append(instruction)
    }
    guard let graph = graphs.first, graphs.count == 1 else {
      throw DiagnosticError(
        graphs.isEmpty
          ? "the table has no instruction that the compiler named"
          : "the table has named instructions of \(graphs.count) cores",
        at: SourceLocation(file: file, line: 1),
        remedy: "replay the run of a kernel on one core")
    }
    return graph
  }

  private mutating func readProfileDescriptors(
    _ table: CSVTable, _ graph: String
  ) throws(DiagnosticError) {
    let subgraph = try table.column("subgraph")
    let engine = try table.column("dma_engine")
    let queue = try table.column("dma_queue")
    let begin = try table.column("timestamp")
    let duration = try table.column("duration")
    let size = try table.column("transfer_size")
    descriptors.reserveCapacity(table.count)
    for row in 0..<table.count where table.text(row, subgraph) == graph {
      guard let ring = table.integer(row, engine), let number = table.integer(row, queue),
        let bytes = table.integer(row, size)
      else {
        throw DiagnosticError(
          "dma_engine, dma_queue and transfer_size must be whole numbers", at: table.location(row),
          remedy: "replay an unchanged export")
      }
      let start = try table.picoseconds(row, begin)
      let read = start + (try table.picoseconds(row, duration))
      descriptors.append(
        CapturedDescriptor(
          ring: ring & 15, queue: number, bytes: bytes, start: start, readDone: read,
          acknowledged: read + CapturedTables.semaphoreVisible))
    }
    descriptors.sort { ($0.start, $0.readDone, $0.ring) < ($1.start, $1.readDone, $1.ring) }
  }
}

/// The operands of an instruction as the profiler prints them:
/// `S[5] (Tensor)>=4 S[4] (Scalar)++@complete src=fp32@0x20[1,1][4,1] dst=fp32@0x0[1,1][4,1] channels=128`.
struct ProfileOperands {
  /// Waits and updates in the form of `traces/` tables, separated by blanks.
  private(set) var waits = ""
  private(set) var updates = ""
  /// What stands behind `key=`.
  private(set) var values: [String: String] = [:]

  init(_ text: String) {
    var waiting: [String] = []
    var updating: [String] = []
    // The name of a semaphore's owner is printed behind its number.
    let words = text.split(separator: " ").filter { !$0.hasPrefix("(") || !$0.contains(")") }
    var semaphore: Substring?
    for word in text.split(separator: " ") {
      if word.hasPrefix("S[") {
        semaphore = word
        continue
      }
      if let number = semaphore, word.hasPrefix("("), let close = word.firstIndex(of: ")") {
        let action = word[word.index(after: close)...]
        if action.hasPrefix(">=") { waiting.append("\(number)\(action)") }
        if let end = action.firstRange(of: "@complete") {
          updating.append("\(number)\(action[..<end.lowerBound])")
        }
      }
      semaphore = nil
    }
    for word in words {
      guard let equals = word.firstIndex(of: "=") else { continue }
      values[String(word[..<equals])] = String(word[word.index(after: equals)...])
    }
    waits = waiting.joined(separator: " ")
    updates = updating.joined(separator: " ")
  }

  /// Partitions; 0 if they are not printed.
  var channels: Int { values["channels"].flatMap { Int($0) } ?? 0 }

  var source: (operand: String, type: String) { operand(values["src"] ?? "") }
  var destination: (operand: String, type: String) { operand(values["dst"] ?? "") }

  /// `fp32@0x2000000[1][512]` as `PSUM@0x2000000[1][512]` and `fp32`: PSUM begins at 0x2000000.
  private func operand(_ text: String) -> (operand: String, type: String) {
    let at = text.firstIndex(of: "@")
    let place = at.map { text[text.index(after: $0)...] } ?? text[...]
    guard place.hasPrefix("0x"), let bracket = place.firstIndex(of: "["),
      let address = Int(place[..<bracket].dropFirst(2), radix: 16)
    else { return ("", "") }
    return (
      (address >= 0x200_0000 ? "PSUM@" : "SBUF@") + place, at.map { String(text[..<$0]) } ?? ""
    )
  }
}
