import Diagnostics
import Foundation
import Testing

@testable import Hardware

@Suite struct BaseTests {
  private func load(_ lines: String...) throws -> Hardware {
    try Hardware.load(text: lines.joined(separator: "\n") + "\n", file: "mine.yaml")
  }

  private func messages(_ lines: String...) -> [String] {
    do {
      _ = try Hardware.load(text: lines.joined(separator: "\n") + "\n", file: "mine.yaml")
      return []
    } catch {
      return error.diagnostics.map(\.message)
    }
  }

  @Test func valuesThatDiffer() throws {
    let trn2 = try Hardware.load(named: "trn2")
    let mine = try load(
      "name: mine", "base: trn2", "clocks:",
      "  tensor: {value: 2.8, unit: GHz, source: \"assumed: what if\"}")
    #expect(mine.name == "mine")
    #expect(mine.description == trn2.description)
    #expect(mine.clocks.tensor == 2.8)
    #expect(mine.source(of: "clocks.tensor") == "assumed: what if")
    for path in trn2.paths where path != "clocks.tensor" {
      #expect(mine.value(of: path) == trn2.value(of: path), "\(path)")
      #expect(mine.source(of: path) == trn2.source(of: path), "\(path)")
    }
    #expect(mine.paths == trn2.paths)
  }

  /// What no document of the machine says is assumed, and keeps the reason of an assumption.
  @Test func sourceOfTheRest() throws {
    let trn2 = try Hardware.load(named: "trn2")
    let mine = try load(
      "name: mine", "base: {value: trn2, source: \"assumed: as trn2\"}", "clocks:",
      "  tensor: {value: 2.8, unit: GHz, source: \"the guide\"}")
    #expect(mine.source(of: "clocks.tensor") == "the guide")
    #expect(mine.source(of: "clocks.vector") == "assumed: as trn2")
    #expect(trn2.isAssumed("dma.static.trigger_initial.vector"))
    #expect(mine.source(of: "dma.static.trigger_initial.vector") == "assumed: as trn2 (as Sync)")
    #expect(mine.source(of: "vector.classes.exponential")?.hasPrefix("assumed: as trn2") == true)
  }

  @Test func groupsComeAndGo() throws {
    let without = try load(
      "name: mine", "base: trn2", "dma:", "  hwdge: {value: none, source: \"no such unit\"}",
      "vector:", "  classes:", "    range_select: {value: none, source: \"no such instruction\"}")
    #expect(without.dma.hwdge == nil)
    #expect(without.vector.classes["range_select"] == nil)
    #expect(without.value(of: "dma.hwdge.interval") == nil)
    #expect(without.source(of: "dma.hwdge.interval") == nil)
    #expect(try without.explain("dma.hwdge.interval").contains("no such unit"))
    #expect(!without.paths.contains { $0.hasPrefix("dma.hwdge") })
    // trn1 has no hardware descriptor generation: all of it must be there, or nothing.
    #expect(
      messages(
        "name: mine", "base: trn1", "dma:", "  hwdge:",
        "    interval: {value: 600, unit: ns, source: \"the guide\"}")
        == [
          "missing section 'trigger' in 'dma.hwdge'",
          "missing section 'first_descriptor' in 'dma.hwdge'",
        ])
    let trn3 = try Hardware.load(named: "trn3")
    #expect(trn3.vector.classes["exponential"] != nil)
    #expect(trn3.paths.count == Schema.entries.count)
  }

  @Test func mistakes() {
    #expect(messages("name: mine", "base: trn22") == ["unknown base 'trn22'"])
    #expect(messages("name: mine", "base: [trn2]") == ["'base' must name a configuration"])
    #expect(messages("base: trn2") == ["missing 'name'"])
    #expect(
      messages("name: mine", "base: {value: trn2, source: \" \"}")
        == ["'base' has an empty source"])
    #expect(
      messages("name: mine", "base: {value: trn2, unit: ns}") == ["unknown key 'unit' in 'base'"])
    #expect(
      messages("name: mine", "base: trn2", "clocks:", "  tensr: {value: 1, unit: GHz, source: x}")
        == ["unknown key 'tensr' in 'clocks'"])
    #expect(
      messages(
        "name: mine", "base: trn2", "hbm:", "  active_cores: {value: 3, unit: count, source: x}")
        == ["hbm.active_cores 3 is above cores_per_stack 2"])
    #expect(
      messages("name: mine", "base: no/such.yaml")
        == ["cannot read the configuration: no such file or directory"])
  }

  @Test func filesBesideEachOther() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("hardware-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    func write(_ name: String, _ text: String) throws -> String {
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return file.path
    }
    // A copy under another name is the same machine.
    let copy = try write("copy.yaml", try builtinText("trn3"))
    let trn3 = try Hardware.load(named: "trn3")
    #expect(try Hardware.load(copy).fingerprint == trn3.fingerprint)
    let next = try write(
      "next.yaml",
      """
      name: next
      base: copy.yaml
      clocks:
        dma: {value: 1.4, unit: GHz, source: "assumed: what if"}
      """)
    let hardware = try Hardware.load(next)
    #expect(hardware.clocks.dma == 1.4)
    #expect(hardware.core.generation == 4)
    let first = try write("first.yaml", "name: first\nbase: second.yaml\n")
    _ = try write("second.yaml", "name: second\nbase: ./first.yaml\n")
    let circle = Hardware.check(path: first)
    #expect(circle.map(\.message) == ["'./first.yaml' is based on this file"])
    #expect(circle.first?.location?.line == 2)
    #expect(circle.first?.location?.file.hasSuffix("second.yaml") == true)
  }

  /// A file with all values is the same as one with a base.
  @Test(arguments: ["trn1", "trn2", "trn3"])
  func wholeFiles(name: String) throws {
    let hardware = try Hardware.load(named: name)
    let whole = try Hardware.load(text: hardware.wholeText, file: "whole.yaml")
    #expect(whole.fingerprint == hardware.fingerprint)
    #expect(try whole.show() == hardware.show())
    #expect(whole.absences == hardware.absences)
  }
}

extension Hardware {
  /// A configuration of all values, without a base.
  var wholeText: String {
    var text = "name: \(name)\ndescription: \"\(description)\"\n"
    func add(_ group: String, indent: String) {
      for name in Schema.groups[group] ?? [] {
        let path = group.isEmpty ? name : "\(group).\(name)"
        if let index = Schema.byPath[path] {
          let entry = Schema.entries[index]
          text += "\(indent)\(name): {value: \(entry.read(self).text), "
          text += "unit: \(entry.unit.rawValue), source: \"\(sources[index])\"}\n"
        } else if let source = absences[path] {
          text += "\(indent)\(name): {value: none, source: \"\(source)\"}\n"
        } else {
          text += "\(indent)\(name):\n"
          add(path, indent: indent + "  ")
        }
      }
    }
    add("", indent: "")
    return text
  }
}
