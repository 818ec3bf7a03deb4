import Compiler
import Device
import Diagnostics
import Foundation
import FoundationXML
import Hardware
import Machine
import Programs
import Simulation
import Testing

@testable import Reports

/// What is told of a run that fails: one value as text, Markdown, JSON and page.
@Suite struct FailureTests {
  static let full = """
    trnsim program 1
    kernel full
    tensor x: hbm input float32 [128, 65536]
    tensor y: hbm output float32 [128, 65536]
    tensor before: sbuf float32 [128, 8192]
    tensor a: sbuf float32 [128, 24576]
    tensor c: sbuf float32 [128, 16384]
    tensor <b>&: sbuf float32 [128, 32768]
    memset dst=before value=0
    dma_copy dst=a src=x[:, 0:24576]
    tensor_scalar dst=c data=a[:, 0:16384] op0=add operand0=1.0
    dma_copy dst="<b>&" src=x[:, 32768:65536]
    dma_copy dst=y[:, 0:24576] src=a
    dma_copy dst=y[:, 24576:40960] src=c
    dma_copy dst=y[:, 32768:65536] src="<b>&"
    """.replacing("tensor <b>&:", with: "tensor \"<b>&\":")

  static let stuck = """
    trnsim program 1
    kernel stuck
    dependencies explicit
    tensor x: hbm input bfloat16 [128, 512]
    tensor y: hbm output bfloat16 [128, 512]
    tensor a: sbuf bfloat16 [128, 512] at partition 0 byte 0
    tensor b: sbuf bfloat16 [128, 512] at partition 0 byte 0x400
    tensor c: sbuf bfloat16 [128, 512] at partition 0 byte 0x800
    load: dma_copy dst=a src=x engine=sync
    first: tensor_copy dst=b src=a engine=vector after=[load, second]
    second: tensor_copy dst=c src=a engine=scalar after=[load, first]
    dma_copy dst=y src=c engine=sync after=[second]
    """

  static func failure(_ text: String) throws -> Failure {
    var options = Simulation.Options()
    options.mode = .timingOnly
    options.compiler.allowsSpills = false
    do {
      _ = try Simulation.run(
        ProgramSet(Program(text: text, file: "k.trn")), on: Hardware.load("trn2"),
        options: options)
    } catch {
      return try #require(Failure(error, of: "k.trn"))
    }
    throw DiagnosticError("it ran")
  }

  @Test(arguments: [full, stuck]) func numbersOfThePageAreThoseOfTheDocument(_ text: String) throws
  {
    let failure = try FailureTests.failure(text)
    let page = FailurePage.text(failure)
    let numbers = page.matches(of: /<data value="([^"]*)" data-key="([^"]*)">/)
    #expect(numbers.count > 2)
    for number in numbers {
      var found = failure.json
      for part in number.output.2.split(separator: ".") {
        switch found {
        case .object(let entries): found = try #require(entries[String(part)], "\(number.output.2)")
        case .array(let values): found = values[try #require(Int(part))]
        default: Issue.record("\(number.output.2) is not in the document")
        }
      }
      #expect(found.text(indented: false) == number.output.1, "\(number.output.2)")
    }
    for word in ["http:", "https:", "@import", "fetch(", "<script>", "onload"] {
      #expect(!page.contains(word), "\(word)")
    }
  }

  /// The page is well-formed XML but for what HTML leaves open, and its drawing has a box for each tensor.
  @Test func thePictureOfAMemoryHasEveryTensor() throws {
    let failure = try FailureTests.failure(FailureTests.full)
    let shortage = try #require(failure.shortages.first)
    let picture = MemoryPicture(shortage).html
    let parser = XMLParser(data: Data(picture.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(!FailurePage.text(failure).contains("<b>"))
    let titles = picture.matches(of: /<title>([^<]*): [0-9,]+ bytes/).map { String($0.output.1) }
    #expect(Set(titles) == ["before", "a", "c", "&lt;b&gt;&amp;"])
    // Boxes of the map lie in it, and those that are alive together do not overlap: their areas are what is free of each other.
    var boxes: [(x: ClosedRange<Double>, y: ClosedRange<Double>)] = []
    for match in picture.matches(
      of: /class="(alive|gone)" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"/)
    {
      let x = try #require(Double(match.output.2))
      let y = try #require(Double(match.output.3))
      let width = try #require(Double(match.output.4))
      let height = try #require(Double(match.output.5))
      let slack = 0.2
      boxes.append((x + slack...x + width - slack, y + slack...y + height - slack))
    }
    #expect(boxes.count == 3)
    for (index, box) in boxes.enumerated() {
      for other in boxes[(index + 1)...] {
        #expect(!(box.x.overlaps(other.x) && box.y.overlaps(other.y)))
      }
    }
  }

  @Test func thePictureOfADeadlockHasEveryWait() throws {
    let failure = try FailureTests.failure(FailureTests.stuck)
    let waits = try #require(failure.waits)
    let picture = WaitPicture(waits).html
    let parser = XMLParser(data: Data(picture.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(picture.matches(of: /<path class="circle"/).count == 2)
    #expect(picture.matches(of: /<path class="wait"/).count == 1)
    #expect(picture.matches(of: /class="member stuck"/).count == 2)
    #expect(picture.matches(of: /class="member done"/).count == 2)
    #expect(waits.cycle.map { waits.members[$0].name } == ["Vector", "Scalar"])
    #expect(failure.details.text(on: Page()).contains("Vector → Scalar → Vector"))
    #expect(failure.kind == "deadlock" && failure.exitCode == 2)
  }

  /// A circle is found where there is one, against the closure of the waits.
  @Test(arguments: 1...UInt64(200)) func circlesAreFound(_ seed: UInt64) {
    var state = seed
    func random(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    let count = 1 + random(7)
    var reaches = Array(repeating: Array(repeating: false, count: count), count: count)
    var waits: [WaitGraph.Wait] = []
    for _ in 0..<random(9) {
      let (from, to) = (random(count), random(count))
      waits.append(WaitGraph.Wait(of: from, for: random(5) == 0 ? nil : to, ""))
      if waits.last?.other != nil { reaches[from][to] = true }
    }
    let edges = reaches
    for middle in 0..<count {
      for from in 0..<count where reaches[from][middle] {
        for to in 0..<count where reaches[middle][to] { reaches[from][to] = true }
      }
    }
    let cycle = WaitGraph(
      members: (0..<count).map { WaitGraph.Member("m\($0)", at: 0) }, waits: waits
    ).cycle
    #expect(cycle.isEmpty == !(0..<count).contains { reaches[$0][$0] })
    #expect(Set(cycle).count == cycle.count)
    for (from, to) in zip(cycle, cycle.dropFirst() + cycle.prefix(1)) { #expect(edges[from][to]) }
  }

  @Test(arguments: [("Full", full), ("Stuck", stuck)])
  func goldens(_ name: String, _ text: String) throws {
    let failure = try FailureTests.failure(text)
    for (kind, text) in [
      ("txt", failure.blocks.text(on: Page(width: 120))), ("md", failure.markdown),
      ("json", failure.json.text() + "\n"),
    ] {
      let (expected, actual) = try golden("Failure\(name).\(kind)", text)
      #expect(actual == expected)
    }
  }

  /// A run of several cores has one memory each.
  @Test func severalCores() throws {
    let program = try Program(text: FailureTests.full, file: "k.trn")
    var options = Simulation.Options()
    options.mode = .timingOnly
    let set = ProgramSet(
      layout: CoreLayout(ranks: 1, coresPerRank: 2), programs: [program, program])
    let error = #expect(throws: DiagnosticError.self) {
      try Simulation.run(set, on: Hardware.load("trn2"), options: options)
    }
    let failure = try #require(error.flatMap { Failure($0, of: "k") })
    #expect(failure.shortages.map(\.core) == ["rank 0 core 0", "rank 0 core 1"])
    let page = FailurePage.text(failure)
    #expect(page.contains("id=\"memory\"") && page.contains("id=\"memory-1\""))
  }
}
