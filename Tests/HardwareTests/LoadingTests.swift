import Diagnostics
import Foundation
import Testing

@testable import Hardware

/// The package's directory, from this file's place in it.
let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The text of a configuration that comes with the program.
func builtinText(_ name: String) throws -> String {
  String(decoding: try #require(Hardware.builtinTexts[name]), as: UTF8.self)
}

@Suite struct LoadingTests {
  @Test(arguments: ["trn1", "trn2", "trn3"])
  func builtinsLoad(name: String) throws {
    let hardware = try Hardware.load(named: name)
    #expect(hardware.name == name)
    #expect(!hardware.description.isEmpty)
    #expect(Hardware.builtinNames.contains(name))
    let path = packageRoot.appendingPathComponent("hwconfigs/\(name).yaml").path
    #expect(Hardware.check(path: path).isEmpty)
    #expect(try Hardware.load(path).fingerprint == hardware.fingerprint)
  }

  @Test func aByteOrderMarkIsNotPartOfTheText() throws {
    let text = try #require(Hardware.builtinTexts["trn2"])
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data([0xEF, 0xBB, 0xBF] + text).write(to: file)
    #expect(try Hardware.load(path: file.path).fingerprint == Hardware.load("trn2").fingerprint)
    try Data([0xEF, 0xBB, 0xBF] + Array("nane: x".utf8)).write(to: file)
    let first = try #require(Hardware.check(path: file.path).first)
    #expect(first.sourceLine == "nane: x")
  }

  @Test func embeddedTextsAreTheFiles() throws {
    let folder = packageRoot.appendingPathComponent("hwconfigs")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(files == Hardware.builtinNames.map { "\($0).yaml" })
    for file in files {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      #expect(try builtinText(String(file.dropLast(5))) == text, "\(file)")
    }
  }

  @Test(arguments: ["trn1", "trn2", "trn3"])
  func everyValueHasUnitAndSource(name: String) throws {
    let hardware = try Hardware.load(named: name)
    #expect(hardware.paths.count > 400)
    for path in hardware.paths {
      let source = try #require(hardware.source(of: path))
      #expect(source.count > 8, "\(path)")
      let text = try hardware.explain(path)
      let unit = try #require(Schema.byPath[path].map { Schema.entries[$0].unit.rawValue })
      let value = try #require(hardware.value(of: path))
      #expect(text.hasPrefix("\(path) = \(value) \(unit)\n"))
      #expect(text.contains(source))
    }
  }

  @Test func everyPathIsReadBackWhereItWasWritten() throws {
    // Two settings on one stored property, or a setting that writes elsewhere, would show here:
    // each value is changed alone, and only its own path may show the change.
    // trn3 has all sections.
    let original = try Hardware.load(named: "trn3")
    let before = original.paths.map { original.value(of: $0) }
    for (index, entry) in Schema.entries.enumerated() {
      var changed = original
      let probe: Value =
        switch entry.kind {
        case .number: .number(123.456)
        case .integer: .integer(123_456)
        case .integers: .integers([0, 77])
        case .words: .words(["probe"])
        case .sets: .sets(["probe": ["probe"]])
        }
      entry.write(&changed, probe)
      #expect(entry.read(changed) == probe, "\(entry.path)")
      var expected = before
      expected[index] = probe.text
      #expect(changed.paths.map { changed.value(of: $0) } == expected, "\(entry.path)")
      #expect(changed.fingerprint != original.fingerprint, "\(entry.path)")
    }
  }

  @Test func absentSectionsAreAbsent() throws {
    let hardware = try Hardware.load(named: "trn1")
    #expect(hardware.dma.hwdge == nil)
    #expect(hardware.vector.classes["range_select"] == nil)
    #expect(hardware.value(of: "dma.hwdge.interval") == nil)
    #expect(!hardware.paths.contains { $0.hasPrefix("dma.hwdge") })
    #expect(try hardware.explain("dma.hwdge.interval").hasPrefix("trn1 has no dma.hwdge\n"))
    #expect(try hardware.show(section: "dma.hwdge").contains("NeuronCore-v3"))
    #expect(try Hardware.load(named: "trn2").dma.hwdge?.interval == 600)
  }

  @Test func unknownNamesAndFiles() throws {
    let unknown = try #require(throws: DiagnosticError.self) { try Hardware.load("trn22") }
    #expect(unknown.description.contains("unknown hardware 'trn22'"))
    #expect(unknown.description.contains("did you mean 'trn2'?"))
    let named = try #require(throws: DiagnosticError.self) { try Hardware.load(named: "h100") }
    #expect(named.description.contains("one of: trn1, trn2, trn3"))
    let missing = Hardware.check(path: "no/such/file.yaml")
    #expect(missing.count == 1)
    #expect(missing[0].message == "cannot read the configuration: no such file or directory")
    #expect(missing[0].location?.file == "no/such/file.yaml")
    let folder = Hardware.check(path: packageRoot.path)
    #expect(folder.map(\.message) == ["cannot read the configuration: is a directory"])
    let binary = FileManager.default.temporaryDirectory
      .appendingPathComponent("hardware-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: binary) }
    try Data([0x6e, 0xff, 0xfe, 0x00]).write(to: binary)
    #expect(Hardware.check(path: binary.path).map(\.message) == ["the file is not UTF-8 text"])
    try Data(repeating: 0x61, count: (1 << 20) + 1).write(to: binary)
    #expect(Hardware.check(path: binary.path).first?.message.contains("1048576 bytes") == true)
  }

  @Test func derivedNumbers() throws {
    // trn2: the profiler's 78.64 TFLOPS and 109.837; 16 rings of 27.2 GB/s; 28 MiB and 2 MiB.
    let trn2 = try Hardware.load(named: "trn2")
    #expect(abs(trn2.peakTFLOPS - 78.6432) < 1e-9)
    #expect(abs(trn2.peakFLOPsBandwidthRatio - 109.8369) < 1e-4)
    #expect(abs(trn2.ringBandwidth - 27.2) < 1e-9)
    #expect(abs(trn2.ringsBandwidth - 435.2) < 1e-9)
    #expect(trn2.hbmBandwidth == 716)
    #expect(try Hardware.load(named: "trn2", overrides: ["hbm.active_cores=2"]).hbmBandwidth == 358)
    #expect(trn2.sbufBytes == 28 << 20)
    #expect(trn2.psumBytes == 2 << 20)
    #expect(trn2.hbm.bytesPerStack == 24 << 30)
    #expect(trn2.scalar.tableLoad == 1283.3)
    // trn1: 91.75 TFLOPS, 820 GB/s of HBM. trn3: 614 GB/s of rings, 32 MiB of SBUF.
    let trn1 = try Hardware.load(named: "trn1")
    #expect(abs(trn1.peakTFLOPS - 91.7504) < 1e-9)
    #expect(trn1.hbm.bandwidthPerStack == 410)
    #expect(trn1.sbufBytes == 24 << 20)
    let trn3 = try Hardware.load(named: "trn3")
    #expect(abs(trn3.ringsBandwidth - 614.4) < 1e-9)
    #expect(trn3.sbufBytes == 32 << 20)
    #expect(trn3.hbm.bytesPerStack == 36 << 30)
  }

  @Test func publishedDurationsComeOut() throws {
    let hardware = try Hardware.load(named: "trn2")
    let tensor = hardware.tensor
    // Tutorial tooltips: fp32 pass of 512 columns 589 to 592 ns, one every 428.6 ns.
    let pass = tensor.cyclesPerColumn.fp32Pass * 512
    #expect(abs(pass / hardware.clocks.tensor + tensor.leadWarm + tensor.latencyWarm - 592) < 1)
    #expect(abs((pass + tensor.issueOverheadCyclesWarm) / hardware.clocks.tensor - 429.2) < 0.1)
    // device-profile-7: fp32 transpose of 128 columns 272 ns.
    let transpose = tensor.cyclesPerColumn.fp32Transpose * 128
    #expect(
      abs(transpose / hardware.clocks.tensor + tensor.leadWarm + tensor.latencyWarm - 272) < 1)
    // Captures: cold bf16 MATMUL of 512 columns 585 to 634 ns, tensor_tensor of 1000 1201 ns.
    let cold = 512 * hardware.peClock.coldFactor / hardware.clocks.tensor
    #expect((585...634.5).contains(cold + tensor.leadCold + tensor.latencyCold))
    func duration(_ name: String, _ count: Double) throws -> Double {
      let stream = try #require(hardware.vector.classes[name])
      return count * stream.cyclesPerElement.sbuf / hardware.clocks.vector + stream.latency.sbuf
    }
    #expect(try abs(duration("tensor_tensor", 1000) - 1201) < 1)
    #expect(try abs(duration("tensor_scalar_pointer", 512) - 481.25) < 1)
    #expect(try abs(duration("cast", 128) - 216.7) < 1)
    #expect(try abs(duration("tensor_reduce", 512) - 685.4) < 1)
    // The mean of ten: 168 ns in four of them, 178 in six.
    #expect(try abs(duration("reciprocal", 4) - 174.1) < 1)
    // One descriptor of 32,004 bytes: 1005 cycles of 0.85 GHz.
    let cycles = 32_004 / hardware.dma.bytesPerCycle + 1 + Int(hardware.dma.descriptorCycles)
    #expect(cycles == 1005)
  }

  @Test func tableSetsAndStartPartitions() throws {
    let hardware = try Hardware.load(named: "trn2")
    #expect(hardware.scalar.tableSet(of: "exp") == "exponential")
    #expect(hardware.scalar.tableSet(of: "silu") == hardware.scalar.tableSet(of: "sigmoid"))
    #expect(hardware.scalar.tableSet(of: "copy") == nil)
    #expect(hardware.access.startPartitions(forCount: 32) == [0, 32, 64, 96])
    #expect(hardware.access.startPartitions(forCount: 33) == [0, 64])
    #expect(hardware.access.startPartitions(forCount: 65) == [0])
  }

  @Test func showExplainAndAssumed() throws {
    let hardware = try Hardware.load(named: "trn2")
    let all = try hardware.show()
    for path in hardware.paths { #expect(all.contains(path)) }
    let clocks = try hardware.show(section: "clocks")
    #expect(clocks.split(separator: "\n").count == 7)
    #expect(clocks.hasPrefix("clocks.tensor      2.4 GHz   trn2 architecture guide"))
    #expect(try hardware.explain("clocks").contains("clocks.dma = 0.85 GHz"))
    #expect(hardware.isAssumed("pe_clock.phase"))
    #expect(!hardware.isAssumed("clocks.tensor"))
    let assumed = hardware.assumed()
    let count = hardware.paths.filter(hardware.isAssumed).count
    #expect(assumed.hasPrefix("\(count) of \(hardware.paths.count) values of trn2 are assumed"))
    #expect(assumed.contains("pe_clock.phase") && !assumed.contains("clocks.tensor"))
    let unknown = try #require(throws: DiagnosticError.self) {
      try hardware.explain("clocks.tensr")
    }
    #expect(unknown.description.contains("did you mean 'clocks.tensor'?"))
    #expect(throws: DiagnosticError.self) { try hardware.show(section: "clock") }
    #expect(throws: DiagnosticError.self) { try hardware.explain("") }
    for group in Schema.groups.keys where !group.isEmpty {
      #expect(try !hardware.explain(group).isEmpty)
    }
  }
}
