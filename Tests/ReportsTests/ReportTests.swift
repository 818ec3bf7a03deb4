import Device
import Foundation
import Hardware
import Programs
import Testing
import Timing

@testable import Reports
@testable import Simulation

@Suite struct ReportTests {
  @Test func text() throws {
    let run = try Fixture.run()
    let report = Report(run, peakMemoryBytes: 48 << 20)
    // The fingerprint changes with every constant of the hardware.
    // What is doubted follows the fitted table.
    let text = report.text().replacingOccurrences(
      of: run.hardware.fingerprint, with: "FINGERPRINT"
    ).replacing(
      try Regex(" {2}doubt {5}90 %[^\\n]*\\n(?: {12}[^\\n]*\\n)*"), with: "  doubt     DOUBT\n")
    let (expected, actual) = try golden("tiny.txt", text)
    #expect(actual == expected)
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
  }

  /// The report for machines: baselines and the Python package read its keys.
  @Test func jsonGolden() throws {
    let run = try Fixture.run()
    guard case .object(var entries) = Report(run, peakMemoryBytes: 48 << 20).detailedJSON else {
      Issue.record("no object")
      return
    }
    // What is doubted follows the fitted table.
    for key in ["doubt", "time_low_us", "time_high_us"] {
      #expect(entries.removeValue(forKey: key) != nil, "\(key)")
    }
    let text = JSON.object(entries).text().replacing(run.hardware.fingerprint, with: "FINGERPRINT")
    let (expected, actual) = try golden("tiny.json", text + "\n")
    #expect(actual == expected)
  }

  /// Sections are told apart by their names, and no two have one key.
  @Test func sectionsAreApart() throws {
    let sections = Report(try Fixture.run()).sections(details: true)
    #expect(Set(Report.sections.map { $0.name }).count == Report.sections.count)
    let keys = sections.flatMap { Array($0.values.keys) }
    #expect(Set(keys).count == keys.count)
  }

  /// All that a screen shows is in the Markdown as well, with a heading for each section.
  @Test func markdown() throws {
    let markdown = Report(try Fixture.run()).markdown
    for title in ["Run", "Verdict", "Engines", "Bounds", "Memory", "Setup"] {
      #expect(markdown.contains("## \(title)\n"))
    }
    #expect(markdown.contains("| Tensor | 0.571 | 6 % | 3 |"))
    #expect(markdown.contains("**FAILED**"))
  }

  @Test func coloursOnlyWhenAsked() throws {
    let report = Report(try Fixture.run())
    #expect(!report.text().contains("\u{1B}"))
    #expect(report.text(color: true).contains("\u{1B}[31;1mFAILED\u{1B}[0m"))
  }

  @Test func valuesOnly() throws {
    var run = try Fixture.run()
    run.cores[0].device = nil
    run.cores[0].timeline = nil
    let report = Report(run)
    #expect(report.timed == nil)
    #expect(report.text().contains("values only"))
    #expect(report.summaryJSON == nil)
    let object = try parse(report.json.text())
    #expect(object["total_time"] == nil)
    #expect(object["kernel"] as? String == "tiny")
  }

  private func parse(_ text: String) throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(value as? [String: Any])
  }

  @Test func json() throws {
    let report = Report(try Fixture.run(), peakMemoryBytes: 1234)
    let object = try parse(report.json.text())
    #expect(object["kernel"] as? String == "tiny")
    #expect(object["parameters"] as? [String: String] == ["k": "128", "n": "512"])
    #expect(object["hbm_read_bytes"] as? Int == 65_536)
    #expect(object["total_time"] as? Double == 1e-5)
    let hardware = try #require(object["hardware"] as? [String: Any])
    #expect(hardware["name"] as? String == "trn2")
    #expect((hardware["fingerprint"] as? String)?.count == 16)
    let bottleneck = try #require(object["bottleneck"] as? [String: Any])
    #expect(bottleneck["limit"] as? String == "latency")
    #expect(bottleneck["share"] as? Double == 0.95)
    let bounds = try #require(object["bounds"] as? [String: Double])
    #expect(bounds["dma_rings"] == 6e-6)
    #expect(bounds["dependency_chain"] == 9.5e-6)
    let checks = try #require(object["checks"] as? [[String: Any]])
    #expect(checks[0]["max_abs_difference"] as? Double == 0.00123)
    #expect(checks[0]["passed"] as? Bool == true)
    // A NaN is null, not a broken file.
    #expect(checks[1]["max_abs_difference"] is NSNull)
    let host = try #require(object["host"] as? [String: Any])
    #expect(host["wall_seconds"] as? Double == 0.875)
    #expect(host["device_instructions"] as? Int == 7)
    #expect(host["device_instructions_per_second"] as? Double == 14)
    #expect(host["peak_memory_bytes"] as? Int == 1234)
    let stalls = try #require(object["stalls"] as? [String: [String: Any]])
    #expect(stalls["tensor"]?["waited"] as? Double == 3.055e-6)
    #expect(stalls["gpsimd"] == nil)
  }

  @Test func overridesAreNamed() throws {
    var run = try Fixture.run()
    run.cores[0].hardware = try .load(named: "trn2", overrides: ["clocks.tensor=2.8"])
    let object = try parse(Report(run).json.text())
    let hardware = try #require(object["hardware"] as? [String: Any])
    #expect(hardware["overrides"] as? [String] == ["clocks.tensor=2.8"])
    #expect(Report(run).text().contains("with clocks.tensor=2.8"))
  }

  /// Of several cores the slowest one's keys are at the top, all are under `cores`, and ranks are named.
  @Test func severalCores() throws {
    let one = try Fixture.run()
    var run = Run(
      ProgramSet(
        layout: CoreLayout(ranks: 2, coresPerRank: 1), programs: [Fixture.program, Fixture.program]),
      on: one.hardware)
    run.cores = [one.cores[0], one.cores[0]]
    run.cores[0].timeline?.total = 9_000_000
    run.checks = [0, 1].map { rank in
      NumericCheck(
        rank: rank, output: "c", maxAbsDifference: 0, tolerance: 1, rule: "absolute", passed: true)
    }
    let report = Report(run)
    let object = try parse(report.json.text())
    let cores = try #require(object["cores"] as? [[String: Any]])
    #expect(cores.map { $0["total_time"] as? Double } == [9e-6, 1e-5])
    #expect(cores.map { $0["rank"] as? Int } == [0, 1])
    #expect(object["slowest_core"] as? Int == 1)
    #expect(object["total_time"] as? Double == 1e-5)
    let checks = try #require(object["checks"] as? [[String: Any]])
    #expect(checks.map { $0["rank"] as? Int } == [0, 1])
    let host = try #require(object["host"] as? [String: Any])
    #expect(host["device_instructions"] as? Int == 14)
    // What one core alone says is all there at the top.
    let alone = try parse(Report(one).json.text())
    #expect(Set(alone.keys).isSubset(of: object.keys))
    let text = report.text()
    #expect(text.hasPrefix("tiny on 2 ranks of 1 core: 10.000 µs\n"))
    #expect(text.contains("rank 1, which completed last, on trn2: 10.000 µs\n"))
    #expect(text.contains("check     rank 1 c: passed"))
  }

  /// Tools read one line and take the first value.
  @Test func summaryJSON() throws {
    let text = try #require(try Report(Fixture.run()).summaryJSON)
    #expect(!text.contains("\n"))
    let object = try parse(text)
    #expect(object.count == 1)
    let metrics = try #require(object.first?.value as? [String: Any])
    #expect(object.first?.key.hasPrefix("n_") == true)
    #expect(metrics["transpose_flops"] as? Int == 16_777_216)
  }

  @Test func jsonText() throws {
    let value = JSON.object([
      "b": .integer(Int.max), "a": .string("\"\\\n\u{1}é"), "c": .array([]),
      "d": .array([.real(.infinity), .real(0.1), .real(1e300), .bool(false)]),
    ])
    let line = value.text(indented: false)
    #expect(
      line == "{\"a\": \"\\\"\\\\\\n\\u0001é\", \"b\": 9223372036854775807, \"c\": [], "
        + "\"d\": [null, 0.1, 1e+300, false]}")
    #expect(try parse(line)["a"] as? String == "\"\\\n\u{1}é")
    #expect(try parse(value.text())["b"] as? Int == Int.max)
  }

  @Test func numbers() {
    #expect(grouped(0) == "0")
    #expect(grouped(999) == "999")
    #expect(grouped(-1_234_567) == "-1,234,567")
    #expect(percent(0) == "0 %")
    #expect(percent(0.0001) == "<1 %")
    #expect(percent(0.417) == "42 %")
    #expect(bytes(1536) == "1.5 KiB")
  }
}
