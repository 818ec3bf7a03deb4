import Device
package import Diagnostics
import Hardware
import ISA
import Programs
package import Simulation
package import Timing

/// What each line of the source and each part of the program took.
package struct Annotation: Sendable {
  /// A line with instructions.
  package struct Line: Sendable {
    /// From 1 on; 0 where only the file is known.
    package var number: Int
    /// Operations that come from it, each once.
    package var operations: [String] = []
    /// How often one of them was executed.
    package var executed = 0
    package var figures = PartFigures()
  }

  /// A source.
  package struct File: Sendable {
    /// As instructions name it.
    package var name: String
    /// Its lines; `nil` where it was not found.
    package var text: [String]?
    /// Lines with instructions, in order.
    package var lines: [Line]
    /// All of them.
    package var figures: PartFigures

    /// The text of a line; `nil` where it is not known.
    package func text(of line: Line) -> String? {
      guard let text, (1...max(1, text.count)).contains(line.number), !text.isEmpty else {
        return nil
      }
      return text[line.number - 1]
    }
  }

  /// What ran, and on which machine.
  package let title: Phrase
  /// The program's name.
  package let name: String
  /// The whole time.
  package let time: Picoseconds
  /// Cores that are counted.
  package let cores: [Int]
  /// Sources with most time on the critical path first.
  package let files: [File]
  /// What comes from no line.
  package let rest: PartFigures
  /// Everything.
  package let total: PartFigures
  /// The same by scope, operation and instruction.
  package let tree: ScopeTree

  /// Measures a run.
  ///
  /// - Parameters:
  ///   - causes: Why everything happened when it did.
  ///   - core: The id of the core that is meant; `nil` for all together.
  ///   - sources: Where the sources are.
  /// - Throws: A `DiagnosticError` if there is no such core, or nothing was timed.
  package init(
    _ run: Run, _ causes: Causes, core: Int? = nil, sources: SourceTexts
  ) throws(DiagnosticError) {
    guard let time = run.total else {
      throw DiagnosticError("'\(run.name)' was not timed", remedy: "run it with timing")
    }
    if let core, !run.cores.indices.contains(core) {
      throw DiagnosticError(
        "'\(run.name)' has \(counted(run.cores.count, "core")), none has the number \(core)",
        remedy: run.cores.count == 1
          ? "leave --core out" : "cores are numbered from 0 to \(run.cores.count - 1)")
    }
    self.time = time
    name = run.name
    cores = core.map { [$0] } ?? Array(run.cores.indices)
    title = Annotation.title(run, core, time)
    let path = causes.criticalPath().filter { core == nil || $0.causer?.core == core }
    let counted = cores.map { (id: $0, run: run.cores[$0]) }
    var lines = LineNumbers()
    let numbers = counted.map { lines.numbers(of: $0.run) }
    let attribution = Attribution(counted, path: path, numbers: numbers, count: lines.found.count)
    rest = attribution.rest
    total = attribution.total
    files = lines.files(attribution.parts).map { file in
      var file = file
      file.text = sources.lines(of: file.name)
      return file
    }.sorted {
      ($1.figures.critical, $1.figures.active, $0.name)
        < ($0.figures.critical, $0.figures.active, $1.name)
    }
    tree = ScopeTree(counted, path: path)
  }

  private static func title(_ run: Run, _ core: Int?, _ time: Picoseconds) -> Phrase {
    var title: Phrase = "\(run.name) on \(run.hardware.name)"
    if run.cores.count > 1 {
      let part =
        core.map { "\(run.layout.places[$0].description) alone" }
        ?? "\(run.cores.count) cores together"
      title += Phrase(", \(part)")
    }
    return title + ": \(.time(time, "total_time"))"
  }
}

/// Numbers of the lines that instructions come from.
private struct LineNumbers {
  struct Place: Hashable {
    var file: String
    var line: Int
  }

  private(set) var found: [(place: Place, line: Annotation.Line)] = []
  private var known: [Place: Int32] = [:]
  /// By operation of a line, so that each is told once.
  private var told: Set<String> = []

  /// By device instruction: the number of its line; -1 for none.
  mutating func numbers(of run: CoreRun) -> [Int32] {
    let lines = run.program.instructions.map { number(of: $0) }
    return (run.device?.instructions ?? []).map { instruction in
      let source = Int(instruction.source)
      return lines.indices.contains(source) ? lines[source] : -1
    }
  }

  private mutating func number(of instruction: Instruction) -> Int32 {
    guard let location = instruction.location else { return -1 }
    let place = Place(file: location.file, line: location.line)
    let number: Int
    if let seen = known[place] {
      number = Int(seen)
    } else {
      number = found.count
      known[place] = Int32(number)
      found.append((place, Annotation.Line(number: place.line)))
    }
    let name = Swift.type(of: instruction.operation).name
    if told.insert("\(number) \(name)").inserted { found[number].line.operations.append(name) }
    found[number].line.executed += 1
    return Int32(number)
  }

  /// The sources with their lines, without their texts.
  func files(_ parts: [PartFigures]) -> [Annotation.File] {
    var files: [String: Annotation.File] = [:]
    for (entry, figures) in zip(found, parts) where !figures.isEmpty {
      var line = entry.line
      line.figures = figures
      let name = entry.place.file
      var file =
        files[name] ?? Annotation.File(name: name, text: nil, lines: [], figures: PartFigures())
      file.lines.append(line)
      file.figures += figures
      files[name] = file
    }
    return files.values.map { file in
      var file = file
      file.lines.sort { $0.number < $1.number }
      return file
    }
  }
}
