import Diagnostics
import Foundation
import Hardware
import Kernels
import Storage
public import Sweeps
import Yams

// kernel: matmul
// parameters: {m: 1024, tile_m: [64, 128], tile_n: 128..512*2, buffers: 1..4}
// set: {dma.bytes_per_cycle: [16, 32, 64]}
// search: {random: 500, seed: 1}
// objective: total_time_ps

/// What a sweep simulates: a space, and how it is searched.
public struct SweepSpec: Hashable, Sendable {
  /// Which variants of a space run.
  public enum Search: Hashable, Sendable {
    /// All.
    case grid
    /// So many different ones, drawn with a seed.
    case random(count: Int, seed: UInt64)
    /// So many different ones at first; of each round the best part goes on to the next, which is
    /// larger: `rungs` has the settings of each round.
    case halving(count: Int, keep: Int, seed: UInt64, rungs: [[Setting]])
  }

  /// The sweep's name.
  public var name: String
  /// What can be chosen.
  public var space: Space
  /// What of it runs.
  public var search: Search
  /// What makes one better than another: less of it.
  public var objective: Quantity

  /// Most variants that are drawn.
  public static let drawLimit = 10_000_000

  /// Makes a spec.
  public init(name: String, space: Space, search: Search, objective: Quantity = .time) {
    self.name = name
    self.space = space
    self.search = search
    self.objective = objective
  }

  /// What the results depend on, as one text: the same for the same sweep and only then.
  public var identity: String {
    let axes = space.axes.map { "\($0.target)=\($0.values.joined(separator: ","))" }
    return ([space.base.key] + axes + ["\(search)", objective.rawValue]).joined(separator: "\n")
  }

  private static let keys = [
    "name", "kernel", "program", "hardware", "parameters", "set", "search", "objective",
  ]

  /// Reads a file.
  ///
  /// - Throws: `DiagnosticError` with everything that is wrong with it.
  public init(path: String) throws {
    var reader = try SpecReader(path: path)
    let file = path.split(separator: "/").last.map(String.init) ?? path
    var name = String(file.prefix { $0 != "." })
    var subjects: [String] = []
    var axes: [Axis] = []
    var searchNode: Node?
    var objective = Quantity.time
    for (key, keyNode, value) in reader.entries(
      of: .mapping(reader.root), "a sweep", known: SweepSpec.keys)
    {
      switch key {
      case "name": name = reader.string(value, "name") ?? name
      case "kernel": subjects += SweepSpec.kernels(value, &reader)
      case "program": subjects += SweepSpec.programs(value, beside: path, &reader)
      case "hardware": axes.append(Axis(.hardware, reader.values(value, of: key)))
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
      default:
        for (path, _, list) in reader.entries(of: value, "'\(key)'") {
          axes.append(
            Axis(key == "set" ? .override(path) : .parameter(path), reader.values(list, of: path)))
        }
        _ = keyNode
      }
    }
    if subjects.isEmpty {
      reader.report(
        "a sweep needs a 'kernel' or a 'program'", nil, remedy: "write 'kernel: matmul'")
    }
    if subjects.count > 1 { axes.insert(Axis(.subject, subjects), at: 0) }
    let search = SweepSpec.search(searchNode, &reader)
    try reader.finish()
    // What has one value is not varied.
    var base = Variant(subjects[0])
    for axis in axes where axis.values.count == 1 {
      switch axis.target {
      case .parameter(let name): base.parameters.append(Setting(name, axis.values[0]))
      case .override(let path): base.overrides.append(Setting(path, axis.values[0]))
      case .hardware: base.hardware = axis.values[0]
      case .subject: base.subject = axis.values[0]
      }
    }
    base = Variant(base.subject, base.parameters, on: base.hardware, with: base.overrides)
    self.init(
      name: name, space: try Space(base, axes.filter { $0.values.count > 1 }), search: search,
      objective: objective)
    try checkRungs()
  }

  private static func kernels(_ node: Node, _ reader: inout SpecReader) -> [String] {
    let known = KernelName.allCases.map(\.rawValue)
    return reader.values(node, of: "kernel").filter { name in
      if known.contains(name) { return true }
      reader.report(
        "there is no kernel '\(name)'", node, remedy: remedyForUnknown(name, known: known))
      return false
    }
  }

  private static func programs(
    _ node: Node, beside path: String, _ reader: inout SpecReader
  ) -> [String] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return reader.values(node, of: "program").map { $0.hasPrefix("/") ? $0 : folder + $0 }.filter {
      if FileManager.default.fileExists(atPath: $0) { return true }
      reader.report("there is no file '\($0)'", node)
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
  private func checkRungs() throws {
    guard case .halving(_, _, _, let rungs) = search else { return }
    for rung in rungs {
      for setting in rung {
        _ = try Space(space.base, space.axes + [Axis(.parameter(setting.name), [setting.value])])
      }
    }
  }
}
