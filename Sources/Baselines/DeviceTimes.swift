package import Compiler
package import Diagnostics
import FoundationEssentials
import Storage
import Sweeps
package import Workloads
import YAML

// workload,measured_us
// matmul m=1024 n=1024 k=1024,51.3
// kernels/rope.trn,12.9
// "rope.py:kernel x=bfloat16[128,2048] width=512",12.9
//
// times:
//   - {workload: "matmul m=1024 n=1024 k=1024", measured_us: 51.3}

/// What a user's device took, row by row.
package struct DeviceTimes: Sendable {
  /// One measured workload.
  package struct Row: Hashable, Sendable {
    /// As it is written.
    package var workload: String
    /// What runs; paths start at the file's folder, those of a suite's entry at the suite's.
    package var entry: SuiteFile.Entry
    /// In µs.
    package var measured: Double
  }

  /// The file.
  package var path: String
  /// Which kernels there are.
  let kernels: KernelCatalog
  /// Its rows.
  package var rows: [Row] = []

  /// Most rows of a file.
  package static let rowLimit = 10_000

  private static let columns = ["workload", "measured_us", "hardware"]

  /// A row before it is known what it means.
  private struct Written {
    var place: SourceLocation
    var workload: String
    var measured: String
    var hardware: String
  }

  /// Reads a file, `.csv` or YAML.
  ///
  /// - Parameters:
  ///   - kernels: Which there are.
  ///   - suite: Whose entries workloads may name.
  /// - Throws: `DiagnosticError` with everything that is wrong with it.
  package init(
    path: String, of kernels: KernelCatalog, suite: SuiteFile? = nil
  ) throws(DiagnosticError) {
    self.kernels = kernels
    self.path = path
    var findings: [Diagnostic] = []
    let written =
      try path.hasSuffix(".csv")
      ? DeviceTimes.csv(path, &findings) : DeviceTimes.yaml(path)
    for one in written {
      do throws(DiagnosticError) {
        rows.append(try DeviceTimes.row(one, path, kernels, suite))
      } catch {
        findings += error.diagnostics.map {
          Diagnostic(.error, $0.message, at: one.place, remedy: $0.remedy)
        }
      }
    }
    if rows.isEmpty && findings.isEmpty {
      findings.append(
        Diagnostic(
          .error, "there are no times", at: SourceLocation(file: path, line: 0),
          remedy: "write a row for each workload: workload,measured_us"))
    }
    guard findings.isEmpty else { throw DiagnosticError(findings) }
  }

  /// Gives workloads that do not say whose order they have this one.
  package mutating func prefer(_ schedule: Schedule) {
    for index in rows.indices where rows[index].entry.variant.schedule == nil {
      rows[index].entry.variant.schedule = schedule
    }
  }

  private static func csv(
    _ path: String, _ findings: inout [Diagnostic]
  ) throws(DiagnosticError) -> [Written] {
    guard let text = String(validating: try readFile(path), as: UTF8.self) else {
      throw DiagnosticError("is not a UTF-8 text", at: SourceLocation(file: path, line: 0))
    }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      cells(String($0))
    }
    func place(_ index: Int) -> SourceLocation { SourceLocation(file: path, line: index + 1) }
    let header = lines.first ?? []
    for column in columns.prefix(2) where !header.contains(column) {
      throw DiagnosticError(
        "the table has no column '\(column)'", at: place(0),
        remedy: "its first line is workload,measured_us")
    }
    for column in header where !columns.contains(column) {
      throw DiagnosticError(
        "there is no column '\(column)'", at: place(0),
        remedy: remedyForUnknown(column, known: columns))
    }
    var found: [Written] = []
    for (index, line) in lines.enumerated().dropFirst() where line != [""] {
      guard line.count == header.count else {
        findings.append(
          Diagnostic(
            .error, "the row has \(line.count) cells and the header \(header.count)",
            at: place(index), remedy: "put a workload with commas in double quotes"))
        continue
      }
      let values = Dictionary(zip(header, line), uniquingKeysWith: { first, _ in first })
      found.append(
        Written(
          place: place(index), workload: values["workload"] ?? "",
          measured: values["measured_us"] ?? "", hardware: values["hardware"] ?? ""))
      try requireFew(found.count, place(index))
    }
    return found
  }

  /// A line's cells without the blanks around them; those with commas are in double quotes.
  private static func cells(_ line: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: cells.append("")
      default: cells[cells.count - 1].append(character)
      }
    }
    return cells.map { cell in
      let rest = cell.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace)
      return String(rest.reversed())
    }
  }

  private static func requireFew(_ count: Int, _ place: SourceLocation) throws(DiagnosticError) {
    guard count > rowLimit else { return }
    throw DiagnosticError("more than \(rowLimit) times", at: place, remedy: "split the file")
  }

  private static func yaml(_ path: String) throws(DiagnosticError) -> [Written] {
    var reader = try SpecReader(path: path)
    var found: [Written] = []
    for (_, _, list) in reader.entries(
      of: .mapping(reader.root), "a file of times", known: ["times"])
    {
      guard let sequence = list.sequence else {
        reader.report("'times' must be a list", list, remedy: "write '- {workload: …}' below it")
        continue
      }
      for node in sequence {
        let place = SourceLocation(
          file: path, line: node.mark?.line ?? 0, column: node.mark?.column ?? 0)
        var one = Written(place: place, workload: "", measured: "", hardware: "")
        for (key, _, value) in reader.entries(of: node, "a time", known: columns) {
          let text = reader.string(value, key) ?? ""
          switch key {
          case "workload": one.workload = text
          case "measured_us": one.measured = text
          default: one.hardware = text
          }
        }
        found.append(one)
        try requireFew(found.count, place)
      }
    }
    try reader.finish()
    return found
  }

  private static func row(
    _ written: Written, _ path: String, _ kernels: KernelCatalog, _ suite: SuiteFile?
  ) throws(DiagnosticError) -> Row {
    guard let measured = Double(written.measured), measured.isFinite, measured > 0 else {
      throw DiagnosticError(
        "'\(written.measured)' is no time", remedy: "write microseconds above 0, such as 12.9")
    }
    if let entry = suite?.entries.first(where: { $0.name == written.workload }) {
      guard written.hardware.isEmpty || written.hardware == entry.variant.hardware else {
        throw DiagnosticError(
          "the suite's entry runs on \(entry.variant.hardware), not on \(written.hardware)",
          remedy: "leave 'hardware' empty")
      }
      return Row(workload: written.workload, entry: entry, measured: measured)
    }
    let words = written.workload.split(separator: " ").map(String.init)
    guard let subject = words.first else {
      throw DiagnosticError("the row names no workload", remedy: "write a kernel or a program file")
    }
    let hardware = written.hardware.isEmpty ? "trn2" : written.hardware
    // What is not `FILE.py:FUNCTION` is judged as any other subject.
    let function = subject.firstRange(of: ".py:").map { String(subject[$0.upperBound...]) }
    let file = function.map { String(subject.dropLast($0.count + 1)) } ?? subject
    guard
      kernels[file] != nil
        || FileManager.default.fileExists(atPath: pathBeside(path, file))
    else {
      let known = kernels.names + (suite?.entries.map(\.name) ?? [])
      throw DiagnosticError(
        "there is no kernel, no file\(suite == nil ? "" : " and no entry of the suite") '\(file)'",
        remedy: remedyForUnknown(file, known: known))
    }
    guard !subject.hasSuffix(".py") else {
      throw DiagnosticError(
        "'\(subject)' is a Python script",
        remedy:
          "name its kernel and what it gets: \(subject):FUNCTION x=bfloat16[128,2048] width=512")
    }
    var settings: [Setting] = []
    for word in words.dropFirst() {
      guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
        throw DiagnosticError("'\(word)' is not a setting", remedy: "write name=value")
      }
      settings.append(
        Setting(String(word[..<equals]), String(word[word.index(after: equals)...])))
    }
    var variant = Variant(subject, settings, on: hardware)
    if function != nil { variant = try script(subject, settings, hardware: hardware) }
    return Row(
      workload: written.workload,
      entry: SuiteFile.Entry(
        name: written.workload, variant: variant, tolerances: [:]),
      measured: measured)
  }

  /// A script's kernel: settings whose value is a type with a shape are arrays, others are its arguments and their sizes.
  private static func script(
    _ subject: String, _ settings: [Setting], hardware: String
  ) throws(DiagnosticError) -> Variant {
    let isArray = { (setting: Setting) in
      setting.value.hasSuffix("]") && !setting.value.hasPrefix("[")
    }
    let arrays = settings.filter(isArray)
    var variant = Variant(subject, settings.filter { !isArray($0) }, on: hardware)
    // Without any the script's own call is taken.
    if !settings.isEmpty { variant.inputs = arrays }
    _ = try variant.call()
    return variant
  }
}
