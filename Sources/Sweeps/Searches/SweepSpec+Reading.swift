import Diagnostics
import FoundationEssentials
import Storage
package import Workloads
import YAML

extension SweepSpec {
  private static let keys = [
    "name", "kernel", "program", "script", "inputs", "sizes", "hardware", "parameters", "set",
    "scale", "together", "schedule", "search", "objective",
  ]

  /// Reads a file.
  ///
  /// - Parameter kernels: Which there are.
  /// - Throws: `DiagnosticError` with everything that is wrong with it.
  package init(path: String, of kernels: KernelCatalog) throws {
    var reader = try SpecReader(path: path)
    let file = path.split(separator: "/").last.map(String.init) ?? path
    var name = String(file.prefix { $0 != "." })
    var functions: [(name: String, node: Node)] = []
    var subjects: [String] = []
    var script: String?
    var inputs: [Setting]?
    var axes: [Axis] = []
    // Where each name stands, for what is found wrong with them together.
    var places: [String: Node] = [:]
    var searchNode: Node?
    var objective = Quantity.time
    let written = reader.entries(of: .mapping(reader.root), "a sweep", known: SweepSpec.keys)
    for (key, keyNode, value) in written {
      places[key] = keyNode
      switch key {
      case "name": name = reader.string(value, "name") ?? name
      case "kernel": functions = reader.values(value, of: "kernel").map { ($0, value) }
      case "script": script = SweepSpec.script(value, beside: path, &reader)
      case "inputs": inputs = InputShape.read(value, &reader)
      case "program": subjects += SweepSpec.programs(value, beside: path, &reader)
      case "hardware": axes.append(Axis(.hardware, reader.values(value, of: key)))
      case "schedule": axes.append(reader.schedules(value))
      case "search": searchNode = value
      case "objective":
        let word = reader.string(value, key) ?? ""
        if let found = Quantity(rawValue: word) {
          objective = found
        } else {
          reader.report(
            "there is no objective '\(word)'", value,
            remedy: remedyForUnknown(word, known: Quantity.allCases.map(\.rawValue)))
        }
      case "together":
        for text in reader.values(value, of: key) {
          do throws(DiagnosticError) {
            axes.append(try Axis(parsing: text))
          } catch {
            reader.report(error, value)
          }
        }
      default:
        for (path, pathNode, list) in reader.entries(of: value, "'\(key)'") {
          places[path] = pathNode
          let target: Axis.Target =
            switch key {
            case "set": .override(path)
            case "scale": .scale(path)
            default: .parameter(path)
            }
          axes.append(Axis(target, reader.values(list, of: path)))
        }
      }
    }
    if ["kernel", "program", "script"].allSatisfy({ places[$0] == nil }) {
      reader.report(
        "a sweep needs a 'kernel', a 'program' or a 'script'", nil, remedy: "write 'kernel: matmul'"
      )
    }
    for key in ["inputs", "sizes"] where script == nil {
      guard let place = places[key] else { continue }
      reader.report(
        "only kernels of a Python script have '\(key)'", place,
        remedy: "add 'script: FILE.py', or write 'parameters'")
    }
    if let script {
      subjects += functions.isEmpty ? [script] : functions.map { "\(script):\($0.name)" }
    } else if places["script"] == nil {
      subjects += SweepSpec.kernels(functions, of: kernels, &reader)
    }
    if subjects.count > 1 { axes.insert(Axis(.subject, subjects), at: 0) }
    let search = SweepSpec.search(searchNode, &reader)
    try reader.finish()
    // What has one value is not varied.
    var base = Variant(subjects[0])
    base.inputs = inputs
    for axis in axes where axis.values.count == 1 { base.set(axis.target, to: axis.values[0]) }
    do throws(DiagnosticError) {
      let space = try Space(base, axes.filter { $0.values.count > 1 }, of: kernels)
      self.init(
        name: name, of: kernels, space: space, search: search, objective: objective)
      try checkRungs()
    } catch {
      for finding in error.diagnostics {
        let name = places.keys.sorted().first { finding.message.contains("'\($0)'") }
        let place = name ?? (places["kernel"] == nil ? "program" : "kernel")
        reader.report(finding.message, places[place], remedy: finding.remedy)
      }
      try reader.finish()
      throw error
    }
    self.path = path
  }

  private static func kernels(
    _ names: [(name: String, node: Node)], of kernels: KernelCatalog, _ reader: inout SpecReader
  ) -> [String] {
    let known = kernels.names
    return names.compactMap { name, node in
      if known.contains(name) { return name }
      reader.report(
        "there is no kernel '\(name)'", node, remedy: remedyForUnknown(name, known: known))
      return nil
    }
  }

  private static func script(
    _ node: Node, beside path: String, _ reader: inout SpecReader
  ) -> String? {
    guard let script = reader.string(node, "script") else { return nil }
    let whole = pathBeside(path, script)
    if script.hasSuffix(".py") && FileManager.default.fileExists(atPath: whole) { return script }
    reader.report(
      "there is no Python script '\(whole)'", node, remedy: "paths start at the spec's folder")
    return nil
  }

  private static func programs(
    _ node: Node, beside path: String, _ reader: inout SpecReader
  ) -> [String] {
    reader.values(node, of: "program").filter {
      let whole = pathBeside(path, $0)
      if FileManager.default.fileExists(atPath: whole) { return true }
      reader.report(
        "there is no file '\(whole)'", node, remedy: "paths start at the spec's folder")
      return false
    }
  }

  private static func search(_ node: Node?, _ reader: inout SpecReader) -> Search {
    guard let node, node.scalar?.string != "grid" else { return .grid }
    let known = ["random", "halving", "seed", "keep", "fidelity"]
    var numbers: [String: Int] = [:]
    var rungs: [[Setting]] = []
    var method: String?
    for (key, _, value) in reader.entries(of: node, "a search", known: known) {
      switch key {
      case "random", "halving":
        method = key
        numbers["count"] = reader.integer(value, key, 1...drawLimit)
      case "seed": numbers[key] = reader.integer(value, key, 0...Int.max)
      case "keep": numbers[key] = reader.integer(value, key, 2...1000)
      default: rungs = fidelity(value, &reader)
      }
    }
    let (count, seed) = (numbers["count"] ?? 1, UInt64(numbers["seed"] ?? 0))
    switch method {
    case "random": return .random(count: count, seed: seed)
    case "halving":
      if rungs.count < 2 {
        reader.report(
          "halving needs 'fidelity' with two rounds or more", node,
          remedy: "write 'fidelity: {m: [256, 1024]}'")
      }
      return .halving(count: count, keep: numbers["keep"] ?? 4, seed: seed, rungs: rungs)
    default:
      reader.report(
        "a search is 'grid', {random: COUNT} or {halving: COUNT, fidelity: …}", node)
      return .grid
    }
  }

  /// The settings of each round from lists of equal length.
  private static func fidelity(_ node: Node, _ reader: inout SpecReader) -> [[Setting]] {
    var columns: [(name: String, values: [String])] = []
    for (name, _, value) in reader.entries(of: node, "'fidelity'") {
      columns.append((name, reader.values(value, of: name)))
    }
    let count = columns.map(\.values.count).min() ?? 0
    if columns.contains(where: { $0.values.count != count }) {
      reader.report("the lists of 'fidelity' must have the same length", node)
    }
    return (0..<count).map { rung in columns.map { Setting($0.name, $0.values[rung]) } }
  }

  /// The settings of rounds must be parameters that nothing else sets.
  private func checkRungs() throws(DiagnosticError) {
    guard case .halving(_, _, _, let rungs) = search else { return }
    for rung in rungs {
      for setting in rung {
        _ = try Space(
          space.base, space.axes + [Axis(.parameter(setting.name), [setting.value])], of: kernels)
      }
    }
  }
}
