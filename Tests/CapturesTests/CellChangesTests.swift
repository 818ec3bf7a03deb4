import Accuracy
import Captures
import Diagnostics
import Foundation
import Hardware
import Programs
import Storage
import Testing

/// Captures of which one cell was changed: a diagnostic at the cell's row, or a replay.
@Suite struct CellChangesTests {
  /// The tables of a capture, by the ends of their names.
  private struct Tables {
    var files: [String: [[String]]]
    let entry: String

    /// `traces/` tables.
    static func trace() throws -> Tables {
      let small = try SmallCapture(
        instructions: SmallCapture.instructions.map {
          $0.replacing("1090.0,1147.5", with: "3650.0,3707.5")
        })
      defer { small.remove() }
      return try Tables(
        readingFrom: small.directory, stem: "small", ["instr", "dma", "sem"], entry: "instr")
    }

    /// The profiler's own export.
    static func profile() throws -> Tables {
      let directory = try ProfileTests.write(ProfileTests.rows)
      defer { try? FileManager.default.removeItem(at: directory) }
      return try Tables(
        readingFrom: directory, stem: "small", ["instructions", "dma"], entry: "instructions")
    }

    init(readingFrom directory: URL, stem: String, _ kinds: [String], entry: String) throws {
      self.entry = entry
      files = [:]
      for kind in kinds {
        let path = directory.appendingPathComponent("\(stem).\(kind).csv.zst").path
        let text = String(decoding: try decompress(readFile(path), limit: 1 << 28), as: UTF8.self)
        files[kind] = text.split(separator: "\n").map(Tables.cells)
      }
    }

    /// A line's cells; those with commas are in quotes.
    static func cells(_ line: Substring) -> [String] {
      var cells = [""]
      var quoted = false
      for character in line {
        if character == "\"" {
          quoted.toggle()
        } else if character == "," && !quoted {
          cells.append("")
        } else {
          cells[cells.count - 1].append(character)
        }
      }
      return cells
    }

    /// Writes all tables, or one of them.
    func write(to directory: URL, only kind: String? = nil) throws {
      for (name, rows) in files where kind == nil || name == kind {
        var text = ""
        for row in rows {
          for (place, cell) in row.enumerated() {
            if place > 0 { text += "," }
            text += cell.utf8.contains(0x2C) ? "\"\(cell)\"" : cell
          }
          text += "\n"
        }
        let writer = try ZstdWriter(
          path: directory.appendingPathComponent("small.\(name).csv.zst").path)
        try writer.append(text)
        try writer.finish()
      }
    }
  }

  /// What came of a changed capture.
  private enum Outcome {
    case refused(DiagnosticError)
    case replayed(Capture)
  }

  /// Writes the tables, or the one that changed, loads them and replays them both ways.
  private func outcome(
    _ tables: Tables, _ directory: URL, _ hardware: Hardware, changed kind: String? = nil
  ) throws -> Outcome {
    try tables.write(to: directory, only: kind)
    do throws(DiagnosticError) {
      let path = directory.appendingPathComponent("small.\(tables.entry).csv.zst").path
      let capture = try Capture(contentsOf: path)
      for dma in DMASource.allCases { _ = try? Replay(capture, on: hardware, dma: dma) }
      return .replayed(capture)
    } catch {
      return .refused(error)
    }
  }

  private func inDirectory(_ body: (URL) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("cell-changes-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory)
  }

  /// No column that is read holds any of these, but where one is a name.
  private static let bad = [
    "-40", "nan", "inf", "1e9", "9223372036854775807", "-9223372036854775808",
    "99999999999999999999", "11258999068426239", "0x10", " 5", "5 ", "five", "4.5.6", "é",
    "\u{1B}[31m", "-", "+1", "]S[5", "S[", "S[5]", "S[5]>=-1", "S[5]>=99999999999", "S[65536]++",
    "SBUF@0x0", "SBUF@0x0[9223372036854775807,2][9223372036854775807,2]",
    "SBUF@0x0[1,1][9999999999,9999999999]", "SBUF@0x0[1,1][128]", "SBUF@0x0[1][0]",
    "SBUF@-1[1][1]", "DRAM@0x0[1][1]", "S[5] (Tensor) S[4]", "S[5] >=4",
    "src=fp32@0x0[1,1][9999999999,9999999999]", "channels=0", "channels=129", "channels=-1",
    "semaphore=8", "semaphore=8 sem_increment=99999999999", "semaphore=65536 sem_increment=1",
    "fp32_mode=MEDIUM", "dst=x", "src=fp7@0x0[1][1]",
  ]
  /// Columns that no replay reads.
  private static let unread: Set<String> = [
    "act_fn", "next_begin_gap_ns", "next_waits", "b1", "value", "evt_wait_time", "activation_fn",
    "elements", "sbuf_read_bytes", "sbuf_write_bytes", "psum_read_bytes", "psum_write_bytes",
    "hbm_read_bytes", "queue_type", "read_size", "write_size", "transfer_rate", "packet_idx",
  ]
  /// Columns of names, which others than those of the capture may be.
  private static let names: Set<String> = ["op", "opcode", "subgraph", "bir_instruction_name"]
  /// Columns of texts that have words of their own between those that are read.
  private static let words: Set<String> = ["operands"]

  /// Values out of their ranges, by column.
  private static let beyond: [String: [String]] = [
    "engine": ["", "Tensr", "DMA"], "label": ["", "Tensr", "DMA"], "region": ["", "kernel"],
    "idx": ["", "4.5", "2147483648"], "pc": ["", "4.5", "2147483648"], "op": ["", "A B"],
    "opcode": ["", "A B"], "begin_ns": ["", "100000000001", "3.5"], "end_ns": ["", "3.5"],
    "dur_ns": ["", "3.5"], "n_src": ["3"], "n_dst": ["3"], "channels": ["0", "129", "4.5"],
    "src_dt": ["fp", "fp64", "32"], "dst_dt": ["fp", "fp64", "32"], "fp32_mode": ["MEDIUM"],
    "dma_engine_byte": ["", "256", "4.5"], "dma_engine": ["", "256", "4.5"],
    "queue": ["", "256", "4.5"], "dma_queue": ["", "256", "4.5"],
    "bytes": ["", "0", "16777217", "4.5"], "transfer_size": ["", "0", "16777217", "4.5"],
    "start_ns": [""], "read_done_ns": ["", "3.5"], "write_ack_ns": ["", "3.5"],
    "sem_id": ["", "256", "4.5"], "src_byte": ["", "256"], "type_byte": ["", "256"],
    "ts_ns": ["", "-100000000001"], "timestamp": ["", "100000000001"],
    "duration": ["", "100000000001"], "hbm_write_bytes": ["4.5"],
  ]

  /// Whether a cell may hold a value that no number does.
  private func mayHold(_ column: String, _ value: String) -> Bool {
    if CellChangesTests.unread.contains(column) || column == "bir_instruction_name" { return true }
    if CellChangesTests.names.contains(column) {
      return value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
    if CellChangesTests.words.contains(column) {
      // What is no `key=value` and no semaphore is the profiler's own.
      return !value.contains("=") && !value.hasPrefix("S[")
    }
    return column == "ts_ns" && value == "-40"
  }

  @Test(arguments: ["trace", "profile"])
  func everyBadCellIsRefusedAtItsPlace(_ form: String) throws {
    let tables = try form == "trace" ? Tables.trace() : Tables.profile()
    let hardware = try Hardware.load("trn2")
    try inDirectory { directory in
      guard case .replayed(let whole) = try outcome(tables, directory, hardware) else {
        Issue.record("the capture itself is refused")
        return
      }
      #expect(whole.notes.isEmpty)
      for (kind, rows) in tables.files.sorted(by: { $0.key < $1.key }) {
        // All rows of instructions; of transfers and increments the last.
        let chosen = kind.hasPrefix("instr") ? Array(1..<rows.count) : [rows.count - 1]
        for row in chosen where rows[row][0] != "sg01" {
          let isRuntime =
            rows[row].contains("runtime")
            || rows[0].firstIndex(of: "bir_instruction_name").map { rows[row][$0].isEmpty } ?? false
          for (place, column) in rows[0].enumerated() {
            let others = CellChangesTests.beyond[column] ?? []
            // Of what nobody reads a few say as much as all.
            let isRead = !CellChangesTests.unread.contains(column) && !(isRuntime && others.isEmpty)
            let bad = CellChangesTests.bad.prefix(isRead ? .max : 3)
            for value in bad + others where value != rows[row][place] {
              var changed = tables
              changed.files[kind]?[row][place] = value
              let outcome = try outcome(changed, directory, hardware, changed: kind)
              let isOptional =
                !others.contains(value) && mayHold(column, value)
                || isRuntime && column != "region"
              switch outcome {
              case .refused(let error):
                #expect(!CellChangesTests.unread.contains(column), "\(column) '\(value)': \(error)")
                if isOptional { continue }
                for finding in error.diagnostics {
                  let location = try #require(finding.location)
                  #expect(location.file.contains("small.\(kind).csv"), "\(finding.rendered())")
                  #expect(location.line == row + 1, "\(finding.rendered())")
                  #expect(location.column > 0, "\(column) '\(value)': \(finding.rendered())")
                }
              case .replayed:
                #expect(isOptional, "\(kind) row \(row) \(column): '\(value)' is accepted")
              }
            }
          }
        }
        try tables.write(to: directory, only: kind)
      }
    }
  }

  @Test func allErrorsOfATableAreToldAtOnceUpToALimit() throws {
    var tables = try Tables.trace()
    let hardware = try Hardware.load("trn2")
    let header = try #require(tables.files["dma"]?.first)
    let bytes = try #require(header.firstIndex(of: "bytes"))
    try inDirectory { directory in
      for row in [3, 7] { tables.files["dma"]?[row][bytes] = "-1" }
      tables.files["dma"]?[5].append("more")
      guard case .refused(let error) = try outcome(tables, directory, hardware) else {
        Issue.record("accepted")
        return
      }
      #expect(error.diagnostics.compactMap { $0.location?.line } == [6, 4, 8])
      #expect(error.description.contains("bytes: '-1' is not a whole number from 1 to 16777216"))
      #expect(error.description.contains("^~"))
      #expect(error.description.contains("the row has 7 cells and the header 6"))
      for row in 1...30 { tables.files["dma"]?[row][bytes] = "many" }
      guard case .refused(let all) = try outcome(tables, directory, hardware) else {
        Issue.record("accepted")
        return
      }
      // The row with seven cells is told as such.
      #expect(all.diagnostics.count == 21)
      #expect(all.diagnostics.last?.message == "10 more cells or rows are wrong")
    }
  }

  @Test func headersAreChecked() throws {
    let hardware = try Hardware.load("trn2")
    for (from, to, message) in [
      ("queue", "bytes", "the table has the column bytes twice"),
      ("queue", "queu", "the table has no column queue"),
    ] {
      var tables = try Tables.trace()
      let place = try #require(tables.files["dma"]?.first?.firstIndex(of: from))
      tables.files["dma"]?[0][place] = to
      try inDirectory { directory in
        guard case .refused(let error) = try outcome(tables, directory, hardware) else {
          Issue.record("accepted")
          return
        }
        #expect(error.description.contains(message))
      }
    }
  }

  @Test func aSummaryIsChecked() throws {
    let files = try SmallCapture()
    defer { files.remove() }
    let summaries = files.directory.appendingPathComponent("summaries.json")
    for (total, isRefused) in [("54.2", false), ("1e300", true), ("\"54\"", true)] {
      try Data("{\"small\": {\"total_time_us\": \(total)}}".utf8).write(to: summaries)
      if isRefused {
        let error = try #require(throws: DiagnosticError.self) {
          try Capture(contentsOf: files.path)
        }
        #expect(error.description.contains("summaries.json"))
      } else {
        #expect(try Capture(contentsOf: files.path).totalTime == 54_200_000)
      }
    }
  }

  /// Random changes of single cells, the same ones each time.
  @Test(arguments: ["trace", "profile"])
  func randomChangesAreRefusedOrReplayed(_ form: String) throws {
    let tables = try form == "trace" ? Tables.trace() : Tables.profile()
    try change(tables, times: 200, seed: 16)
  }

  static let shared = "../shared/validation"

  /// The same with captures of devices, which are not part of the project.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: shared), "needs \(shared)"),
    arguments: [
      ("traces", "vector_add_256k_tile2000_a", ["instr", "dma", "sem"]),
      ("profiles", "attention_fused_bf16_s512", ["instructions", "dma"]),
    ])
  func changesOfDevicesCapturesAreRefusedOrReplayed(
    _ folder: String, _ stem: String, _ kinds: [String]
  ) throws {
    let directory = URL(fileURLWithPath: "\(CellChangesTests.shared)/\(folder)")
    let tables = try Tables(readingFrom: directory, stem: stem, kinds, entry: kinds[0])
    try change(tables, times: 4, seed: 7)
  }

  private func change(_ tables: Tables, times: Int, seed: UInt64) throws {
    let hardware = try Hardware.load("trn2")
    var generator = SeededGenerator(seed: seed)
    let kinds = tables.files.keys.sorted()
    try inDirectory { directory in
      try tables.write(to: directory)
      for _ in 0..<times {
        var changed = tables
        let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
        guard let rows = tables.files[kind] else { continue }
        let row = Int.random(in: 0..<rows.count, using: &generator)
        let place = Int.random(in: 0..<rows[row].count, using: &generator)
        let other = rows[Int.random(in: 0..<rows.count, using: &generator)]
        changed.files[kind]?[row][place] = mutated(
          rows[row][place], other[Int.random(in: 0..<other.count, using: &generator)], &generator)
        // A trap ends the process: to come back is what is tested.
        if case .refused(let error) = try outcome(changed, directory, hardware, changed: kind) {
          #expect(!error.diagnostics.isEmpty)
        }
        try tables.write(to: directory, only: kind)
      }
    }
  }

  /// A cell with a digit more, a character less, another cell's text, a neighbouring number or a bad value.
  private func mutated(
    _ cell: String, _ other: String, _ generator: inout SeededGenerator
  ) -> String {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return other
    case 1: return String(cell.dropLast())
    case 2:
      var text = cell
      let place = text.indices.randomElement(using: &generator) ?? text.endIndex
      text.insert(contentsOf: "\(Int.random(in: 0...9, using: &generator))", at: place)
      return text
    case 3: return Double(cell).map { "\($0 * 1000)" } ?? cell + cell
    case 4: return Int(cell).map { "\($0 + 1)" } ?? String(cell.reversed())
    default:
      let bad = CellChangesTests.bad
      return bad[Int.random(in: 0..<bad.count, using: &generator)]
    }
  }
}
