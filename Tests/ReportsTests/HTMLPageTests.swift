import Foundation
import Machine
import Programs
import Simulation
import Testing

@testable import Reports

@Suite struct HTMLPageTests {
  private static func page() throws -> String {
    String(
      decoding: try HTMLPage.make(Report(try Fixture.run(), peakMemoryBytes: 48 << 20)),
      as: UTF8.self)
  }

  /// Elements are closed in the order in which they were opened.
  @Test func elementsAreNested() throws {
    let page = try HTMLPageTests.page()
    let void: Set<Substring> = ["meta", "input", "!doctype"]
    var open: [Substring] = []
    var rest = page[...]
    while let start = rest.firstIndex(of: "<") {
      rest = rest[start...]
      let end = try #require(rest.firstIndex(of: ">"))
      let tag = rest[rest.index(after: start)..<end]
      let name = tag.prefix { !$0.isWhitespace }
      rest = rest[rest.index(after: end)...]
      if name.hasPrefix("/") {
        #expect(open.popLast() == name.dropFirst(), "\(tag)")
      } else if !void.contains(name), !tag.hasSuffix("/") {
        open.append(name)
        // Their content is text.
        if name == "script" || name == "style" {
          rest = rest[try #require(rest.range(of: "</\(name)>")).lowerBound...]
        }
      }
    }
    #expect(open.isEmpty)
  }

  @Test func nothingIsFetched() throws {
    let page = try HTMLPageTests.page()
    for word in ["http:", "https:", "src=", "@import", "url(", "fetch(", "XMLHttpRequest"] {
      #expect(!page.contains(word), "\(word)")
    }
    let links = page.matches(of: /href="([^"]*)"/).map(\.output.1)
    #expect(!links.isEmpty && links.allSatisfy { $0.hasPrefix("#") })
    for link in links { #expect(page.contains("id=\"\(link.dropFirst())\"")) }
  }

  /// Every number that has a place in the JSON report is what the report has there.
  @Test func numbersAreThoseOfTheReport() throws {
    let report = Report(try Fixture.run(), peakMemoryBytes: 48 << 20)
    let page = String(decoding: try HTMLPage.make(report), as: UTF8.self)
    let numbers = page.matches(of: /<data value="([^"]*)" data-key="([^"]*)">/)
    #expect(numbers.count > 60)
    for number in numbers {
      var found = report.detailedJSON
      for part in number.output.2.split(separator: ".") {
        switch found {
        case .object(let entries): found = try #require(entries[String(part)], "\(number.output.2)")
        case .array(let values): found = values[try #require(Int(part))]
        default: Issue.record("\(number.output.2) is not in the report")
        }
      }
      #expect(found.text(indented: false) == number.output.1, "\(number.output.2)")
    }
  }

  /// Names of users' files are texts, whatever they are.
  @Test func namesAreNoElements() throws {
    var run = try Fixture.run()
    run.cores[0].program.name = "</script><b>&"
    run.cores[0].program.tensors[2].name = "<i>\"</script>"
    let page = String(decoding: try HTMLPage.make(Report(run)), as: UTF8.self)
    #expect(!page.contains("<b>") && !page.contains("<i>"))
    #expect(page.components(separatedBy: "</script>").count == 4)
    #expect(page.contains("&lt;/script&gt;&lt;b&gt;&amp;"))
  }

  @Test func numbersArePacked() {
    var packed = PackedBytes()
    packed.append(0)
    packed.append(300)
    packed.append(signed: -1)
    packed.append(signed: 64)
    #expect(packed.bytes == [0, 0xAC, 0x02, 1, 0x80, 0x01])
    #expect(String(decoding: packed.base64, as: UTF8.self) == "AKwCAYAB")
  }

  @Test func entriesThatRepeatAreNumbers() {
    var first = PackedBytes()
    first.append(300)
    var second = PackedBytes()
    second.append(7)
    var entries = PackedEntries()
    for entry in [first, second, first, second, second] { entries.add(entry) }
    #expect(entries.count == 5)
    #expect(entries.packed.bytes == [0, 0xAC, 0x02, 0, 7, 1, 2, 2])
  }
}
