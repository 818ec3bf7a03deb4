import Diagnostics
import Hardware
import Machine
import Programs
import Reports
import Simulation
import Storage
import Sweeps
import Workloads

/// Configurations of the machine, changed: refused with their places, or programs run on them.
package struct HardwareTarget: FuzzTarget {
  package static let name = "hardware"
  package static let summary =
    "changed hardware configurations and overrides, with programs on what is accepted"

  private let texts: [[UInt8]]
  private let lines: [[UInt8]]
  private let builtin: [Hardware]
  private let paths: [String]
  private let programs: [Program]

  package init(_ place: FuzzPlace) throws {
    let whole = try ["trn1", "trn3"].map { try readFile("\(place.root)/hwconfigs/\($0).yaml") }
    let trn2 = try readFile("\(place.root)/hwconfigs/trn2.yaml")
    texts = whole
    lines = (whole + [trn2]).flatMap { $0.split(separator: 0x0A).map(Array.init) }
    builtin = try Hardware.builtinNames.map { name throws(DiagnosticError) in
      try Hardware.load(named: name)
    }
    var sections: [String] = []
    var paths: [String] = []
    for line in String(decoding: trn2, as: UTF8.self).split(separator: "\n") {
      let depth = line.prefix { $0 == " " }.count / 2
      guard let colon = line.firstIndex(of: ":"), !line.hasPrefix("#") else { continue }
      let word = line[..<colon].drop { $0 == " " }
      sections = sections.prefix(depth) + [String(word)]
      if line.contains("{value:") { paths.append(sections.joined(separator: ".")) }
    }
    self.paths = paths
    programs = try ProgramCorpus(place).programs
  }

  package func run(_ fuzz: FuzzCase) throws {
    let hardware: Hardware
    do throws(DiagnosticError) {
      hardware = try fuzz.random.once(in: 2) ? overridden(fuzz) : loaded(fuzz)
    } catch {
      fuzz.requireTold(error, "load")
      return fuzz.reach("refused")
    }
    fuzz.reach("loaded")
    tell(hardware, fuzz)
    for _ in 0..<2 { drive(fuzz.random.pick(programs), hardware, fuzz) }
  }

  /// A built-in machine with other values.
  private func overridden(_ fuzz: FuzzCase) throws(DiagnosticError) -> Hardware {
    var settings: [String] = []
    for _ in 0..<fuzz.random.pick(1...4) {
      let path = fuzz.random.pick(paths)
      let old = builtin[0].value(of: path) ?? ""
      var value = fuzz.random.pick([
        "0", "1", "2", "-1", "0.5", "1e-9", "1e9", "1e18", "127", "128", "129", "1048576", "nan",
        "inf",
        "", "true", "[0]", "[]", "[0, 32, 64, 96]", "9223372036854775807", "tensor", "0x10",
      ])
      if let number = Double(old), fuzz.random.once(in: 2) {
        let factor = fuzz.random.pick([0.01, 0.5, 0.99, 1.01, 2, 10, 1000])
        value = old.contains(".") ? "\(number * factor)" : "\(Int(number * factor))"
      }
      settings.append("\(path)=\(value)")
    }
    fuzz.feed(Array(settings.joined(separator: "\n").utf8), "overrides.txt")
    return try fuzz.random.pick(builtin).overridden(by: settings)
  }

  /// A configuration of few values on a base, or a whole one.
  private func loaded(_ fuzz: FuzzCase) throws(DiagnosticError) -> Hardware {
    var mutation = TextMutation(random: SeededGenerator(seed: fuzz.seed()), lines: lines)
    let text: [UInt8]
    if fuzz.random.once(in: 6) {
      text = mutation.mutate(fuzz.random.pick(texts))
    } else {
      var own = Array(
        "name: mine\ndescription: \"a machine\"\nbase: {value: trn2, source: \"assumed\"}\n".utf8)
      // A section with values of it.
      let at = fuzz.random.pick(0...lines.count - 1)
      if let start = lines[...at].lastIndex(where: { $0.first != 0x20 && $0.first != 0x23 }) {
        own += Array("\n".utf8) + lines[start] + [0x0A]
        for line in lines[(start + 1)...].prefix(while: { $0.first == 0x20 })
        where fuzz.random.once(in: 2) {
          own += line + [0x0A]
        }
      }
      text = mutation.mutate(own)
    }
    fuzz.feed(text, "input.yaml")
    return try Hardware.load(text: String(decoding: text, as: UTF8.self), file: "input.yaml")
  }

  private func tell(_ hardware: Hardware, _ fuzz: FuzzCase) {
    let path = fuzz.random.pick(paths)
    do throws(DiagnosticError) {
      _ = try hardware.explain(path)
      _ = try hardware.show()
    } catch {
      fuzz.fail("a machine that was accepted is not told: \(error)")
    }
    _ = (hardware.assumed(), hardware.fingerprint, hardware.overriddenPaths)
  }

  private func drive(_ program: Program, _ hardware: Hardware, _ fuzz: FuzzCase) {
    var options = Simulation.Options()
    options.mode = .timingOnly
    let elements = program.tensors.reduce(0) { $0 + $1.elements }
    do {
      var inputs: [[KernelTensor]] = []
      if elements < 1 << 16, fuzz.random.once(in: 2) {
        options.mode = .valuesAndTiming
        inputs = [try ProgramDrive().inputs(program, fuzz)]
      }
      let run = try Simulation.run(
        ProgramSet(program), on: hardware, inputs: inputs, options: options)
      fuzz.reach("run")
      let total = run.total ?? -1
      fuzz.require(total >= 0 && total < 1 << 61, "a time of \(total) ps")
      let causes = fuzz.random.once(in: 4) ? try run.causes() : nil
      let gains =
        fuzz.random.once(in: 8) ? try WhatIf.gains(of: run, runner: ParallelRunner(width: 1)) : nil
      let report = Report(run, gains: gains, causes: causes)
      fuzz.requireJSON(report.detailedJSON, "the report")
      fuzz.requirePrintable(report.text(), "the report")
    } catch {
      fuzz.requireTold(error, "run")
      fuzz.reach("refused by the run")
    }
  }
}
