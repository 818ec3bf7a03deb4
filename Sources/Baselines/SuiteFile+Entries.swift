import Diagnostics
import FoundationEssentials
import Storage
import Sweeps
import Workloads
import YAML

/// An entry as it is written; lists in it make several entries.
struct WrittenEntry {
  /// `name`, in front of what is varied.
  var name: String?
  /// `kernel`: names of kernels, or of functions if there is a script.
  var kernels: [String] = []
  /// The files that `program` means.
  var programs: [String] = []
  /// Whether it says what runs, be it something that does not exist.
  var saysWhat = false
  /// `script`.
  var script: String?
  /// `inputs` of a script's function.
  var inputs: [Setting] = []
  /// Names of `sizes`, which inputs' shapes use.
  var sizes: Set<String> = []
  /// Everything with values: `parameters`, `sizes`, `hardware`, `set`, `schedule`.
  var axes: [Axis] = []
  /// `tolerance`, and what the suite says where that says nothing.
  var tolerances: [Quantity: Tolerance]

  static let keys = [
    "kernel", "program", "script", "inputs", "sizes", "name", "parameters", "hardware", "set",
    "schedule", "tolerance",
  ]

  /// What runs: a kernel's name, a program file, or a script and its function.
  var subjects: [String] {
    script.map { script in kernels.map { "\(script):\($0)" } } ?? kernels + programs
  }
}

extension SuiteFile {
  mutating func readEntry(
    _ node: Node, _ reader: inout SpecReader, hardware: String,
    _ inherited: [Quantity: Tolerance]
  ) {
    var entry = WrittenEntry(tolerances: inherited)
    for (key, _, value) in reader.entries(of: node, "an entry", known: WrittenEntry.keys) {
      entry.saysWhat = entry.saysWhat || ["kernel", "program", "script"].contains(key)
      switch key {
      case "name": entry.name = reader.string(value, "name")
      case "kernel": entry.kernels += reader.values(value, of: "kernel")
      case "program":
        for pattern in reader.values(value, of: "program") {
          entry.programs += programs(pattern, value, &reader)
        }
      case "script": entry.script = script(value, &reader)
      case "inputs": entry.inputs = InputShape.read(value, &reader)
      case "hardware": entry.axes.append(Axis(.hardware, reader.values(value, of: "hardware")))
      case "schedule": entry.axes.append(reader.schedules(value))
      case "tolerance": entry.tolerances.merge(SuiteFile.tolerances(value, &reader)) { $1 }
      default:
        for (path, _, list) in reader.entries(of: value, "'\(key)'") {
          let target: Axis.Target = key == "set" ? .override(path) : .parameter(path)
          entry.axes.append(Axis(target, reader.values(list, of: path)))
          if key == "sizes" { entry.sizes.insert(path) }
        }
      }
    }
    entry.axes.removeAll { $0.values.isEmpty }
    guard problems(of: entry, node, &reader).isEmpty else { return }
    for subject in entry.subjects {
      do {
        var base = Variant(subject, on: hardware)
        if entry.script != nil { base.inputs = entry.inputs }
        try add(entry, Space(base, entry.axes, of: kernels))
      } catch let error as DiagnosticError {
        reader.report(error, node)
      } catch {
        reader.report("\(error)", node)
      }
    }
  }

  /// Reports what is wrong with an entry as a whole.
  private func problems(
    of entry: WrittenEntry, _ node: Node, _ reader: inout SpecReader
  ) -> [Diagnostic] {
    var found: [Diagnostic] = []
    func problem(_ message: String, _ remedy: String) {
      found.append(Diagnostic(.error, message, remedy: remedy))
    }
    if entry.script != nil {
      found += entry.scriptProblems
    } else {
      if !entry.saysWhat {
        problem("an entry needs a 'kernel' or a 'program'", "write 'kernel: NAME'")
      }
      if !entry.inputs.isEmpty || !entry.sizes.isEmpty {
        problem(
          "only kernels of a Python script have 'inputs' and 'sizes'",
          "add 'script: FILE.py', or write 'parameters'")
      }
    }
    if !found.isEmpty { reader.report(DiagnosticError(found), node) }
    return found
  }

  private mutating func add(_ written: WrittenEntry, _ space: Space) throws {
    let subject = space.base.subject
    if written.script == nil, kernels[subject] == nil,
      !FileManager.default.fileExists(atPath: pathBeside(path, subject))
    {
      throw DiagnosticError(
        "there is no kernel '\(subject)'",
        remedy: remedyForUnknown(subject, known: kernels.names))
    }
    guard space.count <= SuiteFile.entryLimit - entries.count else {
      throw DiagnosticError(
        "more than \(SuiteFile.entryLimit) entries", remedy: "list fewer values")
    }
    for index in 0..<space.count {
      let variant = space[index]
      let varied = zip(space.axes, space.coordinates(index)).filter { $0.0.values.count > 1 }
      let settings = varied.map { "\($0.0.name)=\($0.0.values[$0.1])" }
      let short = Workload(subject, of: kernels).shortName
      let words: [String]
      if let name = written.name {
        words = (written.subjects.count == 1 ? [name] : [name, short]) + settings
      } else {
        words =
          [short] + variant.parameters.map(\.text)
          + (variant.hardware == "trn2" ? [] : ["on", variant.hardware])
          + variant.overrides.map(\.text)
          + variant.order.map(\.text)
      }
      entries.append(
        Entry(
          name: words.joined(separator: " "), variant: variant, tolerances: written.tolerances))
    }
  }

  /// The program files that a path from the suite's folder on means; `*` stands for any characters of a
  /// name.
  private func programs(_ pattern: String, _ node: Node, _ reader: inout SpecReader) -> [String] {
    guard pattern.contains("*") else {
      let whole = pathBeside(path, pattern)
      if FileManager.default.fileExists(atPath: whole) { return [pattern] }
      reader.report(
        "there is no file '\(whole)'", node, remedy: "paths start at the suite's folder")
      return []
    }
    let slash = pattern.lastIndex(of: "/")
    let folder = slash.map { String(pattern[...$0]) } ?? ""
    let name = slash.map { String(pattern[pattern.index(after: $0)...]) } ?? pattern
    let files = (try? fileNames(in: pathBeside(path, folder.isEmpty ? "." : folder))) ?? []
    let found = files.filter { matches($0, pattern: name) }.map { folder + $0 }
    if found.isEmpty { reader.report("no file matches '\(pathBeside(path, pattern))'", node) }
    return found
  }

  private func script(_ node: Node, _ reader: inout SpecReader) -> String? {
    guard let script = reader.string(node, "script") else { return nil }
    if !script.hasSuffix(".py") {
      reader.report("'\(script)' is no Python script", node, remedy: "name a file FILE.py")
      return nil
    }
    let whole = pathBeside(path, script)
    if !FileManager.default.fileExists(atPath: whole) {
      reader.report(
        "there is no file '\(whole)'", node, remedy: "paths start at the suite's folder")
    }
    return script
  }
}
