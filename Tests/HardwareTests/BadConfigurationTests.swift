import Diagnostics
import Foundation
import Testing

@testable import Hardware

/// One change to trn2.yaml and the message that it must give.
struct BadCase: Sendable, CustomTestStringConvertible {
  let old: String
  let new: String
  let messages: [String]
  var testDescription: String { messages.first ?? "" }

  init(_ old: String, _ new: String, _ messages: String...) {
    self.old = old
    self.new = new
    self.messages = messages
  }
}

private let badCases: [BadCase] = [
  BadCase(
    "tensor: {value: 2.4", "tensr: {value: 2.4", "unknown key 'tensr' in 'clocks'",
    "missing value 'tensor' in 'clocks'"),
  BadCase("clocks:\n", "clock:\n", "missing section 'clocks'", "unknown key 'clock'"),
  BadCase(
    "value: 2.4, unit: GHz", "value: 2400, unit: MHz",
    "'clocks.tensor' is 2400, expected a number from 0.001 to 100",
    "'clocks.tensor' has the unit 'MHz', expected 'GHz'"),
  BadCase(
    "value: 2.4, unit: GHz", "value: 0, unit: GHz",
    "'clocks.tensor' is 0, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: -2.4, unit: GHz",
    "'clocks.tensor' is -2.4, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: .nan, unit: GHz",
    "'clocks.tensor' is nan, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: .inf, unit: GHz",
    "'clocks.tensor' is inf, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: 1e400, unit: GHz",
    "'clocks.tensor' is inf, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: fast, unit: GHz",
    "'clocks.tensor' is 'fast', expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: \"2.4\", unit: GHz",
    "'clocks.tensor' is '2.4', expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: [2.4], unit: GHz",
    "'clocks.tensor' is a list, expected a number from 0.001 to 100"),
  BadCase(
    "value: 2.4, unit: GHz", "value: , unit: GHz",
    "'clocks.tensor' is '', expected a number from 0.001 to 100"),
  BadCase("value: 2.4, unit: GHz", "value: 2.4", "'clocks.tensor' has no unit"),
  BadCase("value: 2.4, unit: GHz", "unit: GHz", "'clocks.tensor' has no value"),
  BadCase(
    "value: 2.4, unit: GHz", "valu: 2.4, unit: GHz", "'clocks.tensor' has no value",
    "unknown key 'valu' in 'clocks.tensor'"),
  BadCase(
    "source: \"trn2 architecture guide, table of compute engine updates\"}\n  vector",
    "source: \" \"}\n  vector", "'clocks.tensor' has no source"),
  BadCase(
    "2.4, unit: GHz, source: \"trn2 architecture guide, table of compute engine updates\"",
    "2.4, unit: GHz", "'clocks.tensor' has no source"),
  BadCase(
    "tensor: {value: 2.4, unit: GHz, source: \"trn2 architecture guide, table of compute engine updates\"}",
    "tensor: 2.4", "'clocks.tensor' must have value, unit and source"),
  BadCase(
    "partitions: {value: 128", "partitions: {value: 100",
    "'sbuf.partitions' is 100, expected an integer from 128 to 1024, a multiple of 128"),
  BadCase(
    "partitions: {value: 128", "partitions: {value: 128.0",
    "'sbuf.partitions' is '128.0', expected an integer from 128 to 1024, a multiple of 128"),
  BadCase(
    "partitions: {value: 128", "partitions: {value: 99999999999999999999",
    "'sbuf.partitions' is '99999999999999999999', expected an integer"),
  BadCase(
    "partitions: {value: 128", "partitions: {value: 256",
    "psum.partitions is 128, sbuf.partitions is 256"),
  BadCase(
    "banks: {value: 8", "banks: {value: 7",
    "psum: 7 banks of 2048 bytes are not bytes_per_partition 16384"),
  BadCase(
    "usable_bytes_per_partition: {value: 212728", "usable_bytes_per_partition: {value: 300000",
    "sbuf.usable_bytes_per_partition 300000 is above bytes_per_partition 229376"),
  BadCase(
    "active_cores: {value: 1", "active_cores: {value: 3",
    "hbm.active_cores 3 is above cores_per_stack 2"),
  BadCase(
    "cool_down_busy: {value: 0.355", "cool_down_busy: {value: 0.8",
    "pe_clock.cool_down_busy 0.8 is not below warm_up_busy 0.745"),
  BadCase(
    "warm_up_busy: {value: 0.745", "warm_up_busy: {value: 76",
    "'pe_clock.warm_up_busy' is 76, expected a number above 0 and up to 1"),
  BadCase(
    "cold_factor: {value: 2", "cold_factor: {value: 0.5",
    "'pe_clock.cold_factor' is 0.5, expected a number from 1 to 1000"),
  BadCase(
    "value: [0, 32, 64, 96]", "value: [0, 32, 64, 128]",
    "access: start partition 128 is not below sbuf.partitions 128"),
  BadCase(
    "value: [0, 32, 64, 96]", "value: [96, 64]",
    "'access.start_partitions_up_to_32' is [96, 64], expected rising partition numbers"),
  BadCase(
    "value: [0, 32, 64, 96]", "value: [0, x]",
    "'access.start_partitions_up_to_32' is a list, expected rising partition numbers"),
  BadCase(
    "{exponential: [exp], sigmoid:", "{exponential: [exp], sigmoid2: [exp], sigmoid:",
    "'scalar.table_sets' is {exponential: [exp], gelu:"),
  BadCase(
    "{exponential: [exp]", "{exponential: [exp, copy]",
    "scalar: copy is resident and in a table set"),
  BadCase(
    "[float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2]", "[float33]",
    "'dtypes.matmul' is [float33], expected different names out of: float32"),
  BadCase(
    "[float32, bfloat16, float16, tfloat32, float8_e4m3, float8_e5m2]", "[float8_e4m3fn]",
    "dtypes.matmul has float8_e4m3fn, which dtypes.storage lacks"),
  BadCase("name: trn2\n", "", "missing 'name'"),
  BadCase("name: trn2\n", "name: [trn2]\n", "'name' must be a text"),
  BadCase("  vector: {value: 0.96", "  tensor: {value: 0.96", "duplicate key 'tensor'"),
  BadCase("\nclocks:\n", "\nsbuf: {}\nclocks:\n", "duplicate key 'sbuf'"),
  BadCase(
    "tensor: {value: 2.4", "tensor: &fast {value: 2.4",
    "anchors and aliases (& and *) are not allowed"),
  BadCase(
    "tensor: {value: 2.4", "tensor: {value: *fast", "anchors and aliases (& and *) are not allowed"),
  BadCase(
    "tensor: {value: 2.4", "tensor: {value: !!float 2.4",
    "'!' (tag, block text or directive) is not allowed"),
  BadCase(
    "description: \"", "description: |\n  \"", "'|' (tag, block text or directive) is not allowed"),
  BadCase("description: \"", "description: '", "this text has no closing ' on its line"),
  BadCase(
    "tensor: {value: 2.4", "tensor: {value: {{{{{{{{{{2.4",
    "brackets nest 9 deep, at most 8 are allowed"),
  BadCase(
    "  tensor: {value: 2.4", "  - - - - - - - - - tensor: {value: 2.4",
    "lists nest 9 deep, at most 8 are allowed"),
  BadCase(
    "  tensor: {value: 2.4",
    "                                                  tensor: {value: 2.4",
    "indented by 50 characters, at most 40 are allowed"),
  BadCase("  tensor: {value: 2.4", "  ? tensor: {value: 2.4", "keys must be plain names"),
  BadCase(
    "tensor: {value: 2.4", "tensor: {value: 2.4]",
    "not valid YAML: did not find expected ',' or '}'"),
  BadCase(
    "  vector: {value: 0.96", "\tvector: {value: 0.96",
    "not valid YAML: found character that cannot start any token"),
  BadCase(
    "clocks:\n  tensor", "clocks: 3\nclocks2:\n  tensor", "'clocks' must be a section",
    "unknown key 'clocks2'"),
  BadCase(
    "  hwdge:\n    trigger:", "  hwdge: {value: maybe, source: guess}\n  hwdge2:\n    trigger:",
    "'dma.hwdge' is a section, its value can only be none", "unknown key 'hwdge2' in 'dma'"),
  BadCase(
    "  hwdge:\n    trigger:", "  hwdge: {value: none}\n  hwdge2:\n    trigger:",
    "'dma.hwdge' has no source", "unknown key 'hwdge2' in 'dma'"),
]

@Suite struct BadConfigurationTests {
  private func diagnostics(
    of text: String, overrides: [String] = []
  ) -> [Diagnostic] {
    do {
      _ = try Hardware.load(text: text, file: "my.yaml", overrides: overrides)
      return []
    } catch {
      return error.diagnostics
    }
  }

  @Test(arguments: badCases)
  func oneChange(bad: BadCase) throws {
    let text = try builtinText("trn2")
    let place = try #require(text.range(of: bad.old), "the text to change is not in trn2.yaml")
    let changed = text.replacingCharacters(in: place, with: bad.new)
    let found = diagnostics(of: changed)
    try #require(found.count == bad.messages.count, "\(found.map(\.message))")
    for (diagnostic, message) in zip(found, bad.messages) {
      #expect(diagnostic.message.hasPrefix(message))
      #expect(diagnostic.location?.file == "my.yaml")
      #expect(diagnostic.remedy?.isEmpty == false)
    }
  }

  @Test func placesAreExact() throws {
    let text = """
      name: mine
      description: test
      clocks:
        tensr: {value: 2.4, unit: GHz, source: x}
        vector: {value: -1, unit: GHz, source: x}
        scalar: {value: 1, unit: Hz, source: x}
        colour: {value: 1, unit: GHz, source: x}
      """
    let found = diagnostics(of: text)
    let shown = found.map {
      "\($0.location?.line ?? 0):\($0.location?.column ?? 0) \($0.message)"
    }
    #expect(shown.contains("4:3 unknown key 'tensr' in 'clocks'"))
    #expect(shown.contains { $0.hasPrefix("5:19 'clocks.vector' is -1") })
    #expect(shown.contains { $0.hasPrefix("6:28 'clocks.scalar' has the unit 'Hz'") })
    #expect(shown.contains("7:3 unknown key 'colour' in 'clocks'"))
    #expect(shown.contains("1:1 missing section 'sbuf'"))
    #expect(!shown.contains { $0.contains("'sbuf.") }, "one message for a missing section")
    let typo = try #require(found.first { $0.message.contains("tensr") })
    #expect(
      typo.rendered() == """
        my.yaml:4:3: error: unknown key 'tensr' in 'clocks'
            tensr: {value: 2.4, unit: GHz, source: x}
            ^~~~~
          help: did you mean 'tensor'?
        """)
    let lines = found.map { $0.location?.line ?? 0 }
    #expect(lines == lines.sorted())
  }

  @Test(arguments: [
    "", "   ", "# only a comment\n", "- 1\n- 2\n", "42", "---\n...\n", "\u{0}", "][",
  ])
  func notAConfiguration(text: String) {
    #expect(diagnostics(of: text).count == 1)
  }

  @Test func severalDocuments() throws {
    let text = try builtinText("trn2")
    #expect(
      diagnostics(of: text + "---\nname: other\n").map(\.message)
        == ["not valid YAML: but found another document"])
  }

  @Test func bombsAreRefusedQuickly() {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for letter in "bcdefghij" {
      bomb += "\(letter): &\(letter) [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
    }
    #expect(diagnostics(of: bomb).allSatisfy { $0.message.contains("anchors and aliases") })
    #expect(!diagnostics(of: bomb).isEmpty)
    for piece in ["[", "{a: ", "- ", "? ", "'a\n", "a: {"] {
      let deep = String(repeating: piece, count: 200_000)
      #expect(!diagnostics(of: deep).isEmpty)
      #expect(diagnostics(of: deep).count <= 21)
    }
    let staircase = (0..<1000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    #expect(diagnostics(of: staircase).first?.message.contains("at most 40") == true)
    let huge = String(repeating: "a", count: (1 << 20) + 1)
    #expect(diagnostics(of: huge).first?.message.contains("a configuration at most") == true)
  }

  /// Random damage must give diagnostics or a configuration, never a crash.
  @Test func randomDamage() throws {
    let trn2 = try builtinText("trn2")
    // The head of the file exercises the same code as the whole, faster.
    let text = Array(trn2.unicodeScalars.prefix(3000))
    var state: UInt64 = 20_250_101
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let pieces = Array("{}[]:,-#'\"&*!|>%?\n\t \\0a.é\u{0}\u{FEFF}".unicodeScalars)
    var refused = 0
    for _ in 0..<300 {
      var damaged = text
      for _ in 0...random(4) {
        let place = random(damaged.count)
        switch random(3) {
        case 0: damaged.remove(at: place)
        case 1: damaged.insert(pieces[random(pieces.count)], at: place)
        default: damaged[place] = pieces[random(pieces.count)]
        }
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: damaged)
      if !diagnostics(of: String(view)).isEmpty { refused += 1 }
    }
    // The head alone lacks most sections.
    #expect(refused == 300)
  }
}
