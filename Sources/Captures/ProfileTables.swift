import Device
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

  /// Reads the instructions, and gives the core whose they are.
  mutating func readProfile(_ table: CSVTable) throws(DiagnosticError) -> String {
    var reader = TableReader(table)
    let asked = reader.bindOptional(TableColumn<Work?>.work("work"))
    let subgraph = reader.bind(.word("subgraph"))
    // The profiler shows the matmuls of the tensor engine in a row of their own.
    let label = reader.bind(.engine("label", others: [CapturedTables.matmulRow]))
    let counter = reader.bind(.integer("pc", 0...Int(Int32.max)))
    let opcode = reader.bind(.word("opcode"))
    let operands = reader.bind(.profile("operands"))
    let begin = reader.bind(.time("timestamp"))
    let duration = reader.bind(.time("duration"))
    let name = reader.bind(.text("bir_instruction_name"))
    let written = reader.bind(.integer("hbm_write_bytes", 0...Int(Int32.max), empty: 0))
    var graphs: Set<String> = []
    for row in 0..<table.count where reader.value(row, name) != "" {
      let words = reader.value(row, operands)
      if let problem = words?.problem { reader.report(row, operands, problem) }
      let cells = (
        reader.value(row, subgraph), reader.value(row, label), reader.value(row, counter),
        reader.value(row, opcode), reader.value(row, begin), reader.value(row, duration),
        reader.value(row, written)
      )
      guard let words,
        case (let graph?, let engine?, let pc?, let opcode?, let start?, let took?, let written?) =
          cells
      else { continue }
      var instruction = CapturedInstruction(
        engine: engine == CapturedTables.matmulRow ? Engine.tensor.displayName : engine, index: pc,
        opcode: opcode, begin: start, end: start + took, waits: words.waits,
        updates: words.updates, source: words.source.text, sourceOperand: words.source.operand,
        destination: words.destination.text, destinationOperand: words.destination.operand,
        sourceType: words.source.type, destinationType: words.destination.type,
        channels: words.channels, float32Mode: words.float32Mode, row: row)
      if let completion = words.completion {
        instruction.completion = completion
        instruction.writesHBM = written > 0
      }
      if let asked { instruction.work = reader.value(row, asked) ?? nil }
      graphs.insert(graph)
      instructions.append(instruction)
    }
    try reader.check()
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

  private static let matmulRow = "TensorMatrix"

  /// Reads the descriptors of a core.
  mutating func readProfileDescriptors(
    _ table: CSVTable, _ graph: String
  ) throws(DiagnosticError) {
    var reader = TableReader(table)
    let subgraph = reader.bind(.word("subgraph"))
    let engine = reader.bind(.integer("dma_engine", CapturedTables.byte))
    let queue = reader.bind(.integer("dma_queue", CapturedTables.queues))
    let begin = reader.bind(.time("timestamp"))
    let duration = reader.bind(.time("duration"))
    let size = reader.bind(.integer("transfer_size", CapturedTables.descriptorBytes))
    descriptors.reserveCapacity(table.count)
    for row in 0..<table.count where reader.value(row, subgraph) == graph {
      let cells = (
        reader.value(row, engine), reader.value(row, queue), reader.value(row, size),
        reader.value(row, begin), reader.value(row, duration)
      )
      guard case (let ring?, let queue?, let bytes?, let start?, let took?) = cells
      else { continue }
      descriptors.append(
        CapturedDescriptor(
          ring: ring & 15, queue: queue, bytes: bytes, start: start, readDone: start + took,
          acknowledged: start + took + CapturedTables.semaphoreVisible))
    }
    try reader.check()
    descriptors.sort { ($0.start, $0.readDone, $0.ring) < ($1.start, $1.readDone, $1.ring) }
  }
}

/// The operands of an instruction as the profiler prints them:
/// `S[5] (Tensor)>=4 S[4] (Scalar)++@complete src=fp32@0x20[1,1][4,1] dst=fp32@0x0[1,1][4,1] channels=128`.
struct ProfileOperands {
  /// An operand as `traces/` tables print it, and its type.
  struct Operand {
    var text = ""
    var type = ""
    var operand: CapturedOperand?
  }

  private(set) var waits: [SemaphoreTerm] = []
  private(set) var updates: [SemaphoreTerm] = []
  private(set) var source = Operand()
  private(set) var destination = Operand()
  /// Partitions; 0 if they are not printed.
  private(set) var channels = 0
  /// Empty if it is not printed.
  private(set) var float32Mode = ""
  /// Of a trigger: the semaphore that its DMA increments, and how often.
  private(set) var completion: (semaphore: Int, increments: Int)?
  /// What the first operand is that is wrong; `nil` if none is.
  private(set) var problem: String?

  init(_ text: String) {
    var semaphore: Substring?
    var values: [Substring: Substring] = [:]
    for word in text.split(separator: " ") {
      if let number = semaphore {
        semaphore = nil
        // The name of a semaphore's owner is printed behind its number.
        guard word.hasPrefix("("), let close = word.firstIndex(of: ")") else {
          refuse("has \(number) without its owner in parentheses and what becomes of it")
          continue
        }
        add(String(number), String(word[word.index(after: close)...]))
        continue
      }
      if word.hasPrefix("S[") {
        semaphore = word
      } else if let equals = word.firstIndex(of: "="), !word.hasPrefix("$"), !word.hasPrefix("(") {
        let key = word[..<equals]
        if values[key] != nil, ProfileOperands.keys.contains(String(key)) {
          refuse("has \(key) twice")
        }
        values[key] = word[word.index(after: equals)...]
      }
    }
    if let semaphore { refuse("has \(semaphore) without what becomes of it") }
    source = operand("src", values)
    destination = operand("dst", values)
    if source.operand != nil && source.type.isEmpty { refuse("has a src without its type") }
    channels = number("channels", CapturedTables.partitions, values) ?? 0
    float32Mode = String(values["fp32_mode"] ?? "")
    if !CapturedTables.float32Modes.contains(float32Mode) {
      refuse("has an fp32_mode that is none of LOW, HIGH, LOW_HIGH")
    }
    let number = number("semaphore", SemaphoreTerm.semaphores, values)
    let increments = self.number("sem_increment", 1...SemaphoreTerm.most, values)
    if let number, let increments { completion = (number, increments) }
    if (number == nil) != (increments == nil) {
      refuse("has one of semaphore and sem_increment without the other")
    }
  }

  /// Keys that are read.
  private static let keys = ["src", "dst", "channels", "fp32_mode", "semaphore", "sem_increment"]

  private mutating func refuse(_ text: String) { problem = problem ?? text }

  /// `S[5]` and `>=4`, or `S[4]` and `++@complete`.
  private mutating func add(_ semaphore: String, _ action: String) {
    let end = action.firstRange(of: "@complete")
    let change = end.map { action[..<$0.lowerBound] } ?? action[...]
    guard let term = SemaphoreTerm.all(in: semaphore + change), term.count == 1,
      updates.count + waits.count < 64
    else {
      refuse("has \(semaphore) with '\(action)', which is not of the form >=v or ++@complete")
      return
    }
    if end == nil { waits += term } else { updates += term }
  }

  private mutating func number(
    _ key: String, _ range: ClosedRange<Int>, _ values: [Substring: Substring]
  ) -> Int? {
    guard let text = values[key[...]] else { return nil }
    let number = CellNumber.integer(ArraySlice(text.utf8))
    if number.map(range.contains) != true {
      refuse(
        "has \(key)=\(text), which is not a whole number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  /// `fp32@0x2000000[1][512]` as `PSUM@0x2000000[1][512]` and `fp32`: PSUM begins at 0x2000000.
  private mutating func operand(_ key: String, _ values: [Substring: Substring]) -> Operand {
    guard let text = values[key[...]] else { return Operand() }
    let at = text.firstIndex(of: "@")
    let place = at.map { text[text.index(after: $0)...] } ?? text
    let type = at.map { String(text[..<$0]) } ?? ""
    let address = CapturedOperand.address(place.prefix { $0 != "[" })
    let form = (address ?? 0 >= 0x200_0000 ? "PSUM@" : "SBUF@") + place
    guard let operand = CapturedOperand(form), CapturedType.isKnown(type) else {
      refuse(
        "has \(key)=\(text), which is not TYPE@0xADDRESS[strides][sizes] of 1 to 2^20 elements")
      return Operand()
    }
    return Operand(text: form, type: type, operand: operand)
  }
}
