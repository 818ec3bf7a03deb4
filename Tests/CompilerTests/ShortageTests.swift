import Device
import Diagnostics
import Hardware
import Programs
import Simulation
import Testing

@testable import Compiler

/// What is told of a memory without room: each change that is said to make room is applied to the source, and tried.
@Suite struct ShortageTests {
  /// Tensors of SBUF or PSUM that are filled, and filled again later: their sizes are free.
  private struct Source {
    var memory = "sbuf"
    /// By tensor: its name and its float32 elements.
    var tensors: [(name: String, elements: Int)]
    /// Fills, one line each.
    var fills: [String]

    func compiled(on hardware: Hardware) throws -> Compiled {
      var text = "trnsim program 1\nkernel k\n"
      for tensor in tensors {
        text += "tensor \(tensor.name): \(memory) float32 [128, \(tensor.elements)]\n"
      }
      for fill in fills { text += "memset dst=\(fill) value=1\n" }
      var options = CompilerOptions()
      options.schedule = .program
      return try Simulation.compiled(
        Program(text: text, file: "k.trn"), on: hardware, options: options)
    }

    func shortage(on hardware: Hardware) throws -> MemoryShortage? {
      do {
        _ = try compiled(on: hardware)
        return nil
      } catch let error as DiagnosticError {
        return error.diagnostics.first?.shortage
      }
    }

    /// The same with a change made by hand.
    func changed(_ change: MemoryShortage.Change, at instruction: Int, more bytes: Int = 0)
      -> Source
    {
      var source = self
      switch change.kind {
      case .shrink(let left):
        for index in source.tensors.indices where change.tensors == [source.tensors[index].name] {
          source.tensors[index].elements = (left + bytes) / 4
        }
      case .end:
        source.fills = source.fills.enumerated().filter {
          $0.offset < instruction || !change.tensors.contains($0.element)
        }.map(\.element)
      }
      return source
    }
  }

  private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 31)
    }
  }

  @Test(arguments: 1...UInt64(40), ["sbuf", "psum"])
  func changesMakeRoom(_ seed: UInt64, _ memory: String) throws {
    let hardware = try Hardware.load("trn2")
    var random = Seeded(state: seed)
    let most = memory == "sbuf" ? 24_000 : 512
    var source = Source(memory: memory, tensors: [], fills: [])
    for index in 0..<16 {
      source.tensors.append(("t\(index)", Int.random(in: 16...most, using: &random)))
    }
    for index in 0..<16 { source.fills.append("t\(index)") }
    // Each is needed again some fills later.
    for index in 0..<16 {
      let at = Int.random(
        in: min(index + 1, source.fills.count)...source.fills.count, using: &random)
      source.fills.insert("t\(index)", at: at)
    }
    guard let shortage = try source.shortage(on: hardware) else { return }
    // Who is alive, from the lines alone.
    func span(_ name: String) -> ClosedRange<Int> {
      source.fills.firstIndex(of: name)!...source.fills.lastIndex(of: name)!
    }
    let here = span(shortage.wanted.name).lowerBound
    #expect(shortage.instruction == here)
    let alive = source.tensors.map(\.name).filter {
      $0 != shortage.wanted.name && span($0).contains(here) && span($0).lowerBound < here
    }
    #expect(Set(shortage.alive.map(\.name)) == Set(alive), "seed \(seed)")
    for tensor in shortage.alive + shortage.others + [shortage.wanted] {
      #expect(span(tensor.name) == tensor.first...tensor.last)
      #expect(source.tensors.first { $0.name == tensor.name }?.elements == tensor.bytes / 4)
    }
    let needs = source.fills.indices.map { index in
      source.tensors.filter { span($0.name).contains(index) }
        .reduce(0) { $0 + ($1.elements * 4 + 63) / 64 * 64 }
    }
    #expect(shortage.peak.bytes == needs.max())
    #expect(shortage.peak.instruction == needs.firstIndex(of: shortage.peak.bytes))
    #expect(!shortage.changes.isEmpty, "seed \(seed)")
    for change in shortage.changes {
      let after = try source.changed(change, at: here).shortage(on: hardware)
      #expect(change.fits == (after == nil), "seed \(seed): \(change)")
      if let after { #expect(after.instruction > here, "seed \(seed): \(change)") }
      if case .shrink = change.kind, change.fits {
        let more = try source.changed(change, at: here, more: 64).shortage(on: hardware)
        #expect(more != nil, "seed \(seed): \(change) is not the smallest")
      }
    }
  }

  @Test func aTensorThatIsLargerThanTheMemory() throws {
    let source = Source(tensors: [("a", 60_000)], fills: ["a"])
    let error = #expect(throws: DiagnosticError.self) {
      try source.compiled(on: Hardware.load("trn2"))
    }
    #expect(error?.diagnostics.first?.shortage?.alive.isEmpty ?? true)
  }

  /// Of several cores each shortage names its core.
  @Test func coresAreNamed() throws {
    let text = """
      trnsim program 1
      kernel k
      tensor a: sbuf float32 [128, 30000]
      tensor b: sbuf float32 [128, 30000]
      memset dst=a value=1
      memset dst=b value=1
      memset dst=a value=2
      """
    let set = ProgramSet(
      layout: CoreLayout(ranks: 1, coresPerRank: 2),
      programs: try (0..<2).map { _ in try Program(text: text, file: "k.trn") })
    let error = #expect(throws: DiagnosticError.self) {
      try Simulation.run(set, on: Hardware.load("trn2"))
    }
    #expect(
      error?.diagnostics.compactMap { $0.shortage?.core } == ["rank 0 core 0", "rank 0 core 1"])
  }
}
