import Testing

@testable import Reports

@Suite struct LayoutTests {
  private static let blocks: [Block] = [
    .heading(
      "matmul on trn2: \(.time(41_950_000)) and a name that is_longer_than_any_line_of_a_narrow_page_has"
    ),
    .sentence(
      "not bound by one resource: Tensor alone would take \(.share(0.65)) of the time; \("Tensor", .bad) waited"
    ),
    .facts([
      Block.Fact("time", "\(.time(41_950_000))   \(.count(50_340)) cycles @ 1.2 GHz"),
      Block.Fact("doubt", "90 %: 40.1 to 44.3 µs; widest part: errors that go with no mechanism"),
    ]),
    .table(
      Table(
        [
          Table.Column("engine", .text, isKey: true), Table.Column("busy µs"),
          Table.Column("share"),
          Table.Column("instructions"), Table.Column("largest wait", .text),
          Table.Column("", .bar),
        ],
        [
          [
            "Tensor", .figure(.microseconds(31_513_000)), .figure(.share(0.75)), "260",
            "dma_copy of lhs_tile.0 at MatmulKernel+Emit.swift:197 \(.time(6_977_000))", .bar(0.75),
          ],
          [
            "Sync", .figure(.microseconds(4_520_000)), .figure(.share(0.11)), "8", "none",
            .bar(0.11),
          ],
        ], remainder: "and \(.count(5, "more place"))")),
    .list(["DMAs move 20,971,520 HBM bytes instead of 6,291,456, in 75.991 instead of 20.523 µs"]),
  ]

  private static func words(_ text: String) -> [String: Int] {
    text.filter { $0 != "█" && $0 != "░" }.split(whereSeparator: \.isWhitespace)
      .reduce(into: [:]) { $0[String($1), default: 0] += 1 }
  }

  /// No line of several words is wider than the page, and every word of the wide text is there; only cells break words.
  @Test(arguments: [30, 40, 60, 80, 100, 200])
  func nothingIsCutAndNothingIsTooWide(width: Int) {
    let text = LayoutTests.blocks.text(on: Page(width: width))
    for line in text.split(separator: "\n") {
      #expect(line.count <= width || line.split(separator: " ").count == 1, "\(line)")
    }
    let whole = LayoutTests.words(LayoutTests.blocks.text(on: Page(width: 400)))
    let found = LayoutTests.words(text)
    for (word, count) in whole where word.count < 12 {
      #expect(found[word, default: 0] >= count, "\(word) at \(width)")
    }
    let letters = text.filter { !$0.isWhitespace }
    for long in whole.keys where long.count >= 12 { #expect(letters.contains(long), "\(long)") }
  }

  /// A table in parts says in each what its rows are.
  @Test func wideTablesAreInParts() {
    let table = Table(
      [Table.Column("name", .text, isKey: true)] + (0..<6).map { Table.Column("number \($0)") },
      [["first"] + (0..<6).map { .text("\($0)") }])
    let lines = [Block.table(table)].text(on: Page(width: 40)).split(separator: "\n")
    #expect(lines.count(where: { $0.hasPrefix("  first") }) == 2)
    #expect(lines.count(where: { $0.hasPrefix("  name ") }) == 2)
  }

  /// Source stays a line of its own: its end is cut off where a screen says how wide it is.
  @Test func linesOfSourceAreNotBroken() {
    let long = "y = f(a long line of source, with several words)"
    let table = Table(
      [Table.Column("line", isKey: true), Table.Column("source", .code)],
      [["1", .text("\u{A0}\u{A0}x = 1")], ["2", .text("\u{A0}\u{A0}\(long)")]])
    func shown(_ page: Page) -> [String] {
      [Block.table(table)].text(on: page).split(separator: "\n").map(String.init)
    }
    let narrow = shown(Page(width: 40))
    #expect(
      narrow == ["  line  source", "     1    x = 1", "     2    y = f(a long line of source, …"])
    var pipe = Page(width: 40)
    pipe.cutsCode = false
    #expect(shown(pipe).last == "     2    \(long)")
    #expect(shown(Page(width: 100)) == shown(pipe))
  }

  @Test func coloursAreAsked() {
    #expect(!LayoutTests.blocks.text(on: Page()).contains("\u{1B}"))
    let coloured = LayoutTests.blocks.text(on: Page(color: true))
    #expect(coloured.contains("\u{1B}[31;1mTensor\u{1B}[0m"))
  }

  /// Escape sequences of a user's names reach no terminal.
  @Test func namesAreShown() {
    let text = [Block.sentence("a \("\u{1B}[31mname")")].text(on: Page())
    #expect(!text.contains("\u{1B}"))
  }

  @Test func textsFlowInTheirColumns() {
    let text = """
      A paragraph of two lines that its writer broke
      somewhere is one.

      EXAMPLES
        trnsim run rmsnorm            a kernel at its default shapes, and what it takes
      """
    #expect(
      flowed(text, on: Page(width: 56), joining: true) == """
        A paragraph of two lines that its writer broke somewhere
        is one.

        EXAMPLES
          trnsim run rmsnorm            a kernel at its default
                                        shapes, and what it
                                        takes
        """)
  }

  @Test func markdownEscapes() {
    let text = [
      Block.heading("a_b"),
      .table(Table([Table.Column("x|y", .text)], [["*\("z", .strong)"]])),
    ].markdown(level: 2)
    #expect(text == "## a\\_b\n\n| x\\|y |\n| :-- |\n| \\***z** |\n")
  }
}
