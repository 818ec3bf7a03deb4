import Diagnostics
import Testing

@testable import Hardware

@Suite struct OverrideTests {
  @Test func overridesReplaceValues() throws {
    let plain = try Hardware.load(named: "trn2")
    let hardware = try Hardware.load(
      named: "trn2",
      overrides: [
        "clocks.tensor=2.8", "dma.rings = 32", "access.start_partitions_up_to_64=[0, 32, 64]",
        "vector.classes.copy.latency.psum=1.5e2", "scalar.table_sets={all: [exp, silu]}",
        "dtypes.matmul=[bfloat16, float16]", "clocks.tensor=3.0",
      ])
    #expect(hardware.clocks.tensor == 3)
    #expect(hardware.dma.rings == 32)
    #expect(hardware.access.startPartitionsUpTo64 == [0, 32, 64])
    #expect(hardware.vector.classes["copy"]?.latency.psum == 150)
    #expect(hardware.scalar.tableSets == ["all": ["exp", "silu"]])
    #expect(hardware.dtypes.matmul == ["bfloat16", "float16"])
    #expect(hardware.source(of: "clocks.tensor") == "set by the user: clocks.tensor=3")
    #expect(hardware.fingerprint != plain.fingerprint)
    #expect(
      try Hardware.load(named: "trn2", overrides: ["clocks.tensor=2.40"]).fingerprint
        == plain.fingerprint)
  }

  @Test(arguments: [
    ("clocks.tensor", "'clocks.tensor' has no '='", "write path.to.value=x", 1),
    ("clocks.tensr=2", "unknown value 'clocks.tensr'", "did you mean 'clocks.tensor'?", 1),
    ("window_cycles=4", "unknown value 'window_cycles'", "pe_clock.window_cycles", 1),
    ("=4", "unknown value ''", "sections: core, clocks", 1),
    ("clocks=2", "'clocks' is a section, not a value", "one of: clocks.tensor", 1),
    ("clocks.tensor=0", "'clocks.tensor' is 0, expected", "TensorE clock", 15),
    ("clocks.tensor=", "'clocks.tensor' is '', expected", "in GHz", 15),
    ("clocks.tensor=2.4GHz", "'clocks.tensor' is '2.4GHz', expected", "in GHz", 15),
    ("clocks.tensor=0x2", "'clocks.tensor' is '0x2', expected", "in GHz", 15),
    ("clocks.tensor=nan", "'clocks.tensor' is nan, expected", "in GHz", 15),
    ("dma.rings=1.5", "'dma.rings' is '1.5', expected an integer from 1", "DMA rings", 11),
    ("dma.rings=-1", "'dma.rings' is -1, expected an integer from 1", "DMA rings", 11),
    ("dtypes.matmul=[&a [*a]]", "'dtypes.matmul' is '[&a [*a]]', expected", "types", 15),
    ("hbm.active_cores=9", "hbm.active_cores 9 is above cores_per_stack 2", "share it", 0),
  ])
  func badOverrides(text: String, message: String, remedy: String, column: Int) throws {
    let error = try #require(throws: DiagnosticError.self) {
      try Hardware.load(named: "trn2", overrides: [text])
    }
    try #require(error.diagnostics.count == 1)
    let diagnostic = error.diagnostics[0]
    #expect(diagnostic.message.hasPrefix(message))
    #expect(diagnostic.remedy?.contains(remedy) == true)
    #expect(diagnostic.location?.column == column)
  }

  @Test func absentSectionsCannotBeSet() throws {
    let error = try #require(throws: DiagnosticError.self) {
      try Hardware.load(named: "trn1", overrides: ["dma.hwdge.interval=1", "clocks.tensor=x"])
    }
    #expect(error.diagnostics.map(\.message).first == "trn1 has no 'dma.hwdge'")
    #expect(error.diagnostics.count == 2)
  }

  @Test func fingerprintsDiffer() throws {
    let prints = try Hardware.builtinNames.map { try Hardware.load(named: $0).fingerprint }
    #expect(Set(prints).count == prints.count)
    #expect(prints.allSatisfy { $0.count == 16 })
    // The hash must be the same on every machine and in every run.
    #expect(prints == (try Hardware.builtinNames.map { try Hardware.load(named: $0).fingerprint }))
  }
}
