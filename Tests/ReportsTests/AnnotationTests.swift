import Device
import Diagnostics
import Foundation
import Hardware
import Kernels
import Machine
import Programs
import Testing

@testable import Reports
@testable import Simulation
@testable import Timing

/// The source with its figures, the tree of scopes, and the timeline of characters.
@Suite struct AnnotationTests {
  private static let program = """
    trnsim program 1
    kernel tiny
    tensor x: hbm input float32 [128, 256]
    tensor y: hbm output float32 [128, 256]
    tensor t.0: sbuf float32 [128, 128] at partition 0 byte 0
    tensor t.1: sbuf float32 [128, 128] at partition 0 byte 0x200

    scope columns {
      scope i=0 {
        dma_copy dst=t.0 src=x[:, 0:128]
        reciprocal dst=t.0 data=t.0
        dma_copy dst=y[:, 0:128] src=t.0
      }
      scope i=1 {
        dma_copy dst=t.1 src=x[:, 128:256]
        reciprocal dst=t.1 data=t.1
        dma_copy dst=y[:, 128:256] src=t.1
      }
    }

    """

  /// A folder that goes away with the value that holds it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "annotate-\(UUID().uuidString)"
    ).path

    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws -> String {
      let file = URL(fileURLWithPath: "\(path)/\(name)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      return file.path
    }
  }

  private func run(_ path: String) throws -> Run {
    var options = Simulation.Options()
    options.mode = .timingOnly
    return try Simulation.run(
      ProgramSet(try ProgramFile.read(path)), on: try Hardware.load(named: "trn2"),
      options: options)
  }

  private func annotation(
    _ run: Run, core: Int? = nil, sources: SourceTexts = SourceTexts()
  ) throws -> Annotation {
    try Annotation(run, try #require(try run.causes()), core: core, sources: sources)
  }

  /// Lines, tree and totals agree, and each line's figures are those of its instructions.
  @Test(arguments: KernelName.allCases) func kernels(_ name: KernelName) throws {
    let report = try AttributionTests.report(name)
    let run = report.run
    let found = try annotation(run)
    #expect(found.total.critical == run.total)
    let devices = run.cores.compactMap(\.device)
    #expect(found.total.instructions == devices.reduce(0) { $0 + $1.instructions.count })
    let moved = devices.flatMap(\.transfers)
    #expect(found.total.bytes == moved.reduce(0) { $0 + $1.bytes })
    var lines = found.rest
    for file in found.files {
      #expect(file.lines.map(\.number) == file.lines.map(\.number).sorted())
      #expect(file.lines.reduce(into: PartFigures()) { $0 += $1.figures } == file.figures)
      lines += file.figures
    }
    #expect(lines == found.total)
    for root in found.tree.roots { requireSums(root) }
    let path = try #require(report.path)
    for file in found.files {
      for line in file.lines {
        let onPath = path.lines.filter {
          $0.location?.file == file.name && $0.location?.line == line.number
        }
        #expect(line.figures.critical == onPath.reduce(0) { $0 + $1.time }, "\(file.name)")
        requireFigures(line, file.name, run)
      }
    }
  }

  /// A node is the sum of what is below it.
  private func requireSums(_ node: ScopeTree.Node) {
    guard !node.children.isEmpty else { return }
    let sum = node.children.reduce(into: PartFigures()) { $0 += $1.figures }
    #expect(sum == node.figures, "\(node.name)")
    for child in node.children { requireSums(child) }
  }

  /// Counts and waits, instruction by instruction.
  private func requireFigures(_ line: Annotation.Line, _ file: String, _ run: Run) {
    var count = 0
    var waited: Picoseconds = 0
    var read = 0
    var executed = 0
    for core in run.cores {
      guard let device = core.device, let timeline = core.timeline else { continue }
      let isOwn = core.program.instructions.map {
        $0.location?.file == file && $0.location?.line == line.number
      }
      executed += isOwn.count { $0 }
      for (index, instruction) in device.instructions.enumerated() {
        guard instruction.source >= 0, isOwn[Int(instruction.source)] else { continue }
        count += 1
        waited += timeline.stalls(index).filter { $0.reason != .engineBusy }
          .reduce(0) { $0 + $1.end - $1.begin }
        if case .trigger(let transfer) = instruction.work {
          read += device.transfers[Int(transfer)].hbmReadBytes
        }
      }
    }
    #expect(line.figures.instructions == count, "\(file):\(line.number)")
    #expect(line.figures.waited == waited, "\(file):\(line.number)")
    #expect(line.figures.readBytes == read, "\(file):\(line.number)")
    #expect(line.executed == executed, "\(file):\(line.number)")
  }

  /// The figures of several cores add up, and one core's are its own.
  @Test func cores() throws {
    let report = try AttributionTests.report(.parallelMatmul, ["tp=2"])
    let run = report.run
    try #require(run.cores.count > 1)
    let all = try annotation(run)
    var sum = PartFigures()
    for core in run.cores.indices {
      let one = try annotation(run, core: core)
      #expect(one.cores == [core])
      sum += one.total
    }
    #expect(sum.instructions == all.total.instructions)
    #expect(sum.active == all.total.active)
    #expect(throws: DiagnosticError.self) { try annotation(run, core: run.cores.count) }
  }

  /// What people see of a text, its lines with two around each, and of the whole.
  @Test func linesOfAText() throws {
    let folder = try Folder()
    let path = try folder.write(AnnotationTests.program, to: "tiny.trn")
    let found = try annotation(try run(path))
    #expect(found.files.map(\.name) == [path])
    #expect(found.files[0].lines.map(\.number) == [10, 11, 12, 15, 16, 17])
    let text = found.lineBlocks(AnnotationView(context: 1)).text(on: Page(width: 110))
    // The folder is a new one each time.
    let begin = try #require(text.range(of: "\n\(path)\n")?.upperBound)
    let shown = String(text[begin...])
    let (expected, actual) = try golden("tiny-lines.txt", shown)
    #expect(actual == expected)
    let few = found.lineBlocks(AnnotationView(context: 0)).text(on: Page(width: 110))
    #expect(few.contains("⋮"))
    #expect(!few.contains("kernel tiny"))
    let whole = found.lineBlocks(AnnotationView(isWhole: true)).text(on: Page(width: 200))
    for line in AnnotationTests.program.split(separator: "\n") {
      #expect(whole.contains(line), "\(line)")
    }
    try requireKeys(found.lineBlocks(AnnotationView()), found.json)
  }

  /// Passes of a loop are one node, their operations and instructions too.
  @Test func scopesOfAText() throws {
    let folder = try Folder()
    let path = try folder.write(AnnotationTests.program, to: "tiny.trn")
    let found = try annotation(try run(path))
    #expect(found.tree.roots.map(\.name) == ["columns"])
    let passes = try #require(found.tree.roots.first?.children)
    #expect(passes.map(\.name) == ["i=0…1"])
    #expect(passes.map(\.count) == [2])
    // Their lines tell operations of different passes apart.
    #expect(passes[0].children.count == 6)
    #expect(passes[0].children[0].name == "dma_copy t.0")
    #expect(passes[0].children[0].location?.line == 10)
    #expect(passes[0].children[0].children.map(\.kind) == [.instruction])
    try requireKeys(found.scopeBlocks(AnnotationView(isWhole: true)), found.json)
    let text = found.scopeBlocks(AnnotationView()).text(on: Page(width: 110))
    #expect(text.contains("\n    i=0…1  "))
  }

  /// Every number that people see and that has a place in the JSON is the one there.
  private func requireKeys(_ blocks: [Block], _ json: JSON) throws {
    var seen = 0
    for case .table(let table) in blocks {
      for case .phrase(let phrase) in table.rows.joined() {
        for figure in phrase.pieces.compactMap(\.figure) {
          guard let key = figure.key else { continue }
          var value: JSON? = json
          for part in key.split(separator: ".") {
            switch value {
            case .object(let entries): value = entries[String(part)]
            case .array(let items):
              value = Int(part).flatMap { items.indices.contains($0) ? items[$0] : nil }
            default: value = nil
            }
          }
          #expect(value == figure.value, "\(key)")
          seen += 1
        }
      }
    }
    #expect(seen > 10)
  }

  /// Swift sources are named by module and file; a folder may be named for others.
  @Test func sourcesAreFound() throws {
    let folder = try Folder()
    _ = try folder.write("one\ntwo\r\n", to: "Sources/Mine/Inner/kernel.swift")
    _ = try folder.write("moved\n", to: "elsewhere/other.py")
    #expect(SourceTexts().lines(of: "Mine/kernel.swift") == nil)
    let sources = SourceTexts(folders: [folder.path])
    #expect(sources.lines(of: "Mine/kernel.swift") == ["one", "two"])
    #expect(sources.lines(of: "/gone/other.py") == ["moved"])
    #expect(sources.lines(of: "elsewhere") == nil)
    #expect(sources.lines(of: "/dev/zero") == nil)
  }

  /// A source that is not there leaves the operations.
  @Test func missingSource() throws {
    let folder = try Folder()
    let elsewhere = AnnotationTests.program.replacing(
      "data=t.0", with: "data=t.0  @gone/kernel.py:3")
    let path = try folder.write(elsewhere, to: "tiny.trn")
    let found = try annotation(try run(path))
    #expect(found.files.map { $0.text == nil } == [false, true])
    let text = found.lineBlocks(AnnotationView()).text(on: Page(width: 110))
    #expect(text.contains("The source is not found: --source DIR names the folder that it is in."))
    #expect(text.contains("3  reciprocal\n"))
  }

  @Test(arguments: [
    (["i=0", "i=1", "i=10"], "i=0…10"), (["tile 3"], "tile 3"),
    (["block_0", "block_1"], "block_0…1"),
    (["a1 of 2", "a1 of 3"], "a1 of 2…3"), (["x 1 of 9", "x 2 of 9"], "x 1…2 of 9"),
    (["i=9", "i=10"], "i=9…10"), (["no_reorder"], "no_reorder"),
  ]) func names(_ names: [String], _ text: String) {
    var found = NumberedName(names[0])
    for name in names.dropFirst() {
      #expect(NumberedName.stem(name) == NumberedName.stem(names[0]))
      found.add(name)
    }
    #expect(found.text == text)
  }

  @Test func differentNames() {
    #expect(NumberedName.stem("bf16") != NumberedName.stem("bf8"))
    #expect(NumberedName.stem("i=0") != NumberedName.stem("j=0"))
  }

  // MARK: - Timeline

  @Test func timeline() throws {
    let blocks = try TextTimeline(try Fixture.run()).blocks(width: 100)
    let (expected, actual) = try golden("tiny-timeline.txt", blocks.text(on: Page(width: 100)))
    #expect(actual == expected)
  }

  /// Each row ends where its instruction does, executes for as long, and no line is wider than the page.
  @Test(arguments: [60, 100, 200]) func rowsOfAKernel(_ width: Int) throws {
    let run = try AttributionTests.report(.softmax).run
    let core = run.cores[0]
    let device = try #require(core.device)
    let timeline = try #require(core.timeline)
    let blocks = try TextTimeline(run).blocks(width: width)
    guard case .lines(let lines) = blocks[1] else {
      Issue.record("no drawing")
      return
    }
    #expect(lines.count == 1 + device.instructions.count + device.transfers.count)
    // The ruler says where a µs is.
    let ruler = Array(lines[0])
    let zero = try #require(ruler.firstIndex(of: "|"))
    for line in lines {
      #expect(line.count <= max(width - 2, 60), "\(line)")
      if line != lines[0] { #expect(line.count { $0 == "E" } >= 1, "\(line)") }
    }
    let step = try #require(unit(blocks))
    let ends = (timeline.instructions.map(\.end) + timeline.transfers.map(\.complete))
      .map { zero + Int(($0 - 1) / step) }.sorted()
    let drawn = lines.dropFirst().compactMap { line -> Int? in
      let characters = Array(line)
      // The last of a row's drawing; texts behind it begin two blanks later at the least.
      return characters.indices.first {
        $0 >= zero && characters[$0] == "E"
          && ($0 + 1 >= characters.count || characters[$0 + 1] == " ")
      }
    }.sorted()
    #expect(drawn == ends)
  }

  private func unit(_ blocks: [Block]) -> Picoseconds? {
    guard case .heading(let phrase) = blocks[0],
      let found = phrase.plain.firstMatch(of: /([0-9]+) (ns|ps|µs) a character/),
      let number = Picoseconds(found.1)
    else { return nil }
    return found.2 == "ps" ? number : found.2 == "ns" ? number * 1000 : number * 1_000_000
  }

  /// A kernel of more rows is drawn as far as there is room, and says how to see the rest.
  @Test func timelineHasALimit() throws {
    let run = try AttributionTests.report(.matmul).run
    let text = try TextTimeline(run).blocks(width: 100).text(on: Page(width: 100))
    #expect(text.contains("The first 200 of 355 rows; --timeline-window FROM:TO, in µs,"))
    let total = try #require(run.total)
    let end = try TextTimeline(run, window: total - 1_000_000..<Picoseconds.max).blocks(width: 100)
      .text(on: Page(width: 100))
    #expect(!end.contains("--timeline-window"))
    #expect(end.contains("to \(microseconds(total)) µs"))
    #expect(throws: DiagnosticError.self) {
      try TextTimeline(run, window: total..<total + 1)
    }
    var values = run
    values.cores[0].timeline = nil
    #expect(throws: DiagnosticError.self) { try TextTimeline(values) }
  }

  /// Sections that are asked for come with their headings.
  @Test func sectionsOnRequest() throws {
    let report = Report(try Fixture.run())
    #expect(Report.onRequest.contains("tensors"))
    #expect(!Report.onRequest.contains("engines"))
    let text = report.blocks(of: ["tensors", "roofline"]).text(on: Page(width: 100))
    let titles = text.split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(titles == ["Roofline", "Tensors"])
    #expect(report.blocks(of: []).isEmpty)
  }
}
