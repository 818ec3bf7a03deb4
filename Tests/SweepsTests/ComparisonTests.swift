import Device
import Diagnostics
import Foundation
import Hardware
import Kernels
import Machine
import Reports
import Simulation
import Testing
import Workloads

@testable import Sweeps

extension String {
  /// With one blank where a layout has several or ends a line.
  fileprivate var inOneLine: String { split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

/// Rankings and their reasons.
@Suite struct ComparisonTests {
  private func compare(
    _ base: Variant, _ axes: [String], width: Int = 2, values: Bool = false
  ) throws -> Comparison {
    try Comparison(
      Space(base, axes.map { try Axis(parsing: $0) }, of: .builtIn),
      evaluator: Evaluator(kernels: .builtIn, values: values),
      runner: ParallelRunner(width: width))
  }

  private static let small = Variant(
    "matmul", [Setting("m", "256"), Setting("k", "256"), Setting("n", "512")])

  /// What a comparison says of a variant is what a run of its own says.
  @Test func numbersAreThoseOfRuns() throws {
    let comparison = try compare(Self.small, ["tile_m=64,128", "set:dma.bytes_per_cycle=16,32"])
    #expect(comparison.ranked.count == 4)
    for (index, measurement) in comparison.ranked {
      let variant = comparison.space[index]
      let hardware = try Hardware.load("trn2", overrides: variant.overrides.map(\.text))
      let kernel = try KernelName.matmul.make(variant.parameters.map(\.text))
      let run = try Simulation.check(
        kernel.programs(Geometry(hardware)), of: kernel, on: hardware)
      // The best and the worst have the sentence of a run alone, the others that of the bounds.
      let bounded = try #require(Report(run).timed)
      let isTold = [comparison.ranked.first?.index, comparison.ranked.last?.index].contains(index)
      let timed = isTold ? try #require(Report(judging: run).timed) : bounded
      #expect(measurement.time == timed.summary.total)
      #expect(measurement[.hbmRead] == timed.summary.hbmReadBytes)
      #expect(measurement[.tensorInstructions] == timed.summary[.tensor].instructionCount)
      #expect(measurement[.sbufPeak] == timed.summary.sbufPeakBytes)
      #expect(measurement.sentence == timed.bottleneck.sentence)
      #expect(measurement.limit == bounded.bottleneck.key)
    }
    let times = comparison.ranked.map(\.measurement.time)
    #expect(times == times.sorted())
    #expect(Set(times).count > 1)
  }

  /// Variants nearer to the best than measured pairs are told apart are ties; on a changed machine nothing is known.
  @Test func nearVariantsAreTies() throws {
    let comparison = try compare(Self.small, ["tile_m=64,128", "tile_n=128,512"])
    let ratio = try #require(comparison.tieRatio)
    #expect(ratio > 1)
    let ranked = comparison.ranked
    let best = Double(ranked[0].measurement.time)
    let count = ranked.count { Double($0.measurement.time) <= ratio * best }
    #expect(comparison.ties(ranked) == count)
    #expect(
      comparison.text(map: nil).contains("ties      the first \(count) are within") == (count > 1))
    // The table marks them, and so do the files.
    let rows = comparison.text(map: nil, on: Page(width: 160)).split(separator: "\n")
      .filter { $0.contains("  tie  ") }
    #expect(rows.count == (count > 1 ? count : 0))
    let cells = comparison.csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).last
    }
    #expect(cells.first == "tied_with_best")
    #expect(cells.count { $0 == "true" } == count)
    #expect(
      comparison.json.text().split(separator: "\"tied_with_best\": true").count == count + 1)
    let changed = try compare(Self.small, ["tile_m=64,128", "set:dma.bytes_per_cycle=16,32"])
    #expect(changed.tieRatio == nil)
    #expect(changed.text(map: nil).contains("ties      not calibrated"))
  }

  @Test func anyWidthGivesTheSame() throws {
    let axes = ["tile_m=32..128*2", "tile_n=128..512*2", "buffers=1,2"]
    let texts = try [1, 2, 5].map { width in
      let comparison = try compare(Self.small, axes, width: width)
      return try comparison.text(map: HeatMap(comparison)) + comparison.csv + comparison.json.text()
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] == texts[2])
  }

  @Test func whatDoesNotFitSaysWhy() throws {
    let comparison = try compare(Self.small, ["tile_m=128,256", "tile_n=512,1024"])
    let text = try comparison.text(map: HeatMap(comparison)).inOneLine
    #expect(comparison.ranked.count == 1)
    #expect(text.contains("4 variants of tile_m × tile_n, 1 ran, 3 do not"))
    #expect(text.contains("tile_m is 256, a stationary tile has columns for 128 (2 variants"))
    #expect(text.contains("tile_n is 1024, a moving tile has columns for 512 (2 variants"))
    let csv = comparison.csv.split(separator: "\n")
    #expect(csv.count == 5)
    #expect(csv.filter { $0.contains(",refused,") }.count == 3)
    let tokens = Setting("tokens", "1024")
    let rows = try compare(
      Variant("rmsnorm", [tokens, Setting("hidden", "16384")]), ["buffers=1,8"])
    #expect(rows.ranked.count == 1)
    #expect(rows.text(map: nil).inOneLine.contains("bytes of each partition, sbuf has 212728"))
  }

  /// One buffer makes the PE array wait for the loads, and the report says so.
  @Test func theWorstIsExplained() throws {
    let comparison = try compare(Self.small, ["buffers=1,3", "tile_m=32,128"])
    let text = try comparison.text(map: HeatMap(comparison))
    let worst = try #require(comparison.ranked.last)
    let best = try #require(comparison.ranked.first)
    #expect(comparison.label(worst.index) == "buffers=1 tile_m=32")
    #expect(best.measurement[.tensorInstructions] < worst.measurement[.tensorInstructions])
    let reasons = Difference(from: best.measurement, to: worst.measurement).reasons
    // Four times the rows of tiles: weights and products each.
    #expect(
      reasons.contains {
        $0.engine == .tensor && $0.text.contains("instructions instead of") && $0.time > 0
      })
    #expect(text.contains("against the best:"))
    let back = Difference(from: worst.measurement, to: best.measurement)
    #expect(back.time == best.measurement.time - worst.measurement.time)
    #expect(back.reasons.allSatisfy { $0.time <= 0 || $0.text.hasPrefix("bound by") })
  }

  @Test func paretoIsTheLowerLeftEdge() {
    func row(_ index: Int, _ time: Int, _ sbuf: Int) -> (
      index: Int, measurement: Sweeps.Measurement
    ) {
      var measurement = Sweeps.Measurement()
      measurement[.time] = time
      measurement[.sbufPeak] = sbuf
      return (index, measurement)
    }
    let ranked: [(index: Int, measurement: Sweeps.Measurement)] = [
      row(0, 10, 80), row(1, 10, 70), row(2, 20, 70), row(3, 30, 90), row(4, 40, 10),
      row(5, 40, 10),
      row(6, 50, 9),
    ]
    #expect(Comparison.pareto(ranked).map(\.index) == [1, 4, 6])
    #expect(Comparison.pareto([]).isEmpty)
  }

  @Test func valuesAreChecked() throws {
    let comparison = try compare(
      Variant("silu", [Setting("tokens", "2")]), ["form=five,one"], values: true)
    #expect(comparison.ranked.allSatisfy { $0.measurement.passed == true })
    #expect(comparison.text(map: nil).contains("passed"))
  }

  @Test func interruptedComparisonsShowWhatTheyHave() throws {
    var asked = 0
    let comparison = try Comparison(
      Space(Self.small, [Axis(parsing: "tile_m=1..100")], of: .builtIn),
      evaluator: Evaluator(kernels: .builtIn),
      runner: ParallelRunner(width: 1),
      isCancelled: {
        asked += 1
        return asked > 5
      })
    #expect(comparison.outcomes.count { $0 != nil } == 5)
    #expect(comparison.text(map: nil).inOneLine.contains("interrupted after 5"))
    #expect(comparison.csv.contains("interrupted"))
  }

  @Test func mapsAreDrawn() throws {
    let comparison = try compare(
      Self.small, ["tile_m=64,128,256", "tile_n=128,512", "buffers=1,2"])
    let map = try #require(try HeatMap(comparison))
    #expect(map.title == "µs by tile_m (down) and tile_n (across); the best over buffers")
    #expect(map.cells.count == 3)
    #expect(map.cells[2] == [nil, nil])
    let fastest = try #require(comparison.ranked.first).measurement.time
    #expect(map.cells.flatMap { $0 }.compactMap { $0 }.min() == fastest)
    let plain = map.blocks.text(on: Page())
    #expect(!plain.contains("\u{1B}"))
    #expect(plain.contains(">"))
    #expect(map.blocks.text(on: Page(color: true)).contains("\u{1B}[30;48;2;253;231;37m"))
    let svg = map.svg(heading: "a < b & \"c\"")
    #expect(svg.contains("a &lt; b &amp; &quot;c&quot;"))
    let document = try XMLCheck(svg)
    #expect(document.names.filter { $0 == "rect" }.count == 1 + 6)
    let turned = try #require(try HeatMap(comparison, axes: ["buffers", "tile_m"]))
    #expect(turned.cells.count == 2)
    #expect(turned.others == ["tile_n"])
    #expect(throws: DiagnosticError.self) { try HeatMap(comparison, axes: ["tile_k"]) }
  }
}

/// The elements of a well-formed XML text, in the order of their beginnings.
///
/// Foundation's XML parser is a separate library on Linux; tags and their nesting are all that is
/// needed here.
struct XMLCheck {
  struct Malformed: Error { var at: String }
  private(set) var names: [String] = []

  init(_ text: String) throws {
    var open: [String] = []
    for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<") ? 0 : 1) {
      guard let end = piece.firstIndex(of: ">") else { throw Malformed(at: String(piece)) }
      let tag = piece[..<end]
      if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
      if tag.hasPrefix("/") {
        guard open.popLast() == String(tag.dropFirst()) else { throw Malformed(at: String(tag)) }
        continue
      }
      let name = String(tag.prefix { $0 != " " && $0 != "/" && $0 != "\n" })
      names.append(name)
      guard tag.filter({ $0 == "\"" }).count.isMultiple(of: 2) else {
        throw Malformed(at: String(tag))
      }
      if !tag.hasSuffix("/") { open.append(name) }
    }
    guard open.isEmpty else { throw Malformed(at: open.joined(separator: " ")) }
  }
}
