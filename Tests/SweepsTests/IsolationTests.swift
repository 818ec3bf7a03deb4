import Compiler
import Device
import Diagnostics
import Foundation
import Glibc
import Kernels
import Simulation
import Testing
import Workloads

@testable import Sweeps

/// Entries in workers: what is sent, and who is to blame for a worker's end.
///
/// Processes themselves are tested with the tool.
@Suite struct IsolationTests {
  /// Entries 0 to `count`, of which at most four are under way.
  private struct Desk {
    var entries = IsolatedEntries<Int>()
    private var next = 0
    private let count: Int

    init(_ count: Int) { self.count = count }

    mutating func take() throws -> [Int] {
      let (count, first) = (count, next)
      var number = first
      let sent = try entries.take(4) {
        defer { number += 1 }
        return number < count ? number : nil
      }
      next = number
      return sent.map(\.number)
    }
  }

  @Test func aWorkersEndIsTheFaultOfWhoEndsItAlone() throws {
    var desk = Desk(6)
    #expect(try desk.take() == [0, 1, 2, 3])
    #expect(desk.entries.finish(0) == 0)
    // 1 and 2 had begun, 3 had not.
    let first = try desk.entries.end(.signal(SIGSEGV), nil, [1: .timing, 2: .compiling])
    #expect(first == nil)
    // One by one, before anything else.
    #expect(try desk.take() == [1])
    #expect(try desk.take() == [])
    #expect(desk.entries.finish(1) == 1)
    #expect(try desk.take() == [2])
    let death = try desk.entries.end(
      .signal(SIGSEGV), "Fatal error: Index out of range", [2: .compiling])
    #expect(death?.job == 2)
    #expect(
      death?.death
        == "its process was ended by SIGSEGV (signal 11) while its program was compiled: "
        + "Fatal error: Index out of range")
    // What had not begun, then the rest.
    #expect(try desk.take() == [3, 4, 5])
    for number in 3...5 { #expect(desk.entries.finish(number) == number) }
    #expect(try desk.take() == [])
    #expect(desk.entries.isEmpty)
  }

  /// A signal from outside is nobody's fault; want of memory comes again.
  @Test(arguments: [SIGKILL, SIGTERM])
  func whatIsKilledHasAnotherTry(_ signal: Int32) throws {
    var desk = Desk(1)
    #expect(try desk.take() == [0])
    #expect(try desk.entries.end(.signal(signal), nil, [0: .values]) == nil)
    #expect(try desk.take() == [0])
    let death = try desk.entries.end(.signal(signal), nil, [0: .values])
    #expect(death?.job == 0)
    #expect(death?.death.contains("twice, as for want of memory, while its values were") == true)
    #expect(try desk.take() == [])
  }

  /// Exit codes and faults of the processor are not from outside: one is enough.
  @Test func whatEndsItselfIsToBlameAtOnce() throws {
    for end in [ChildProcess.End.code(0), .code(3), .signal(SIGILL), .signal(SIGABRT)] {
      var desk = Desk(1)
      #expect(try desk.take() == [0])
      #expect(try desk.entries.end(end, nil, [0: .loading])?.job == 0)
    }
  }

  @Test func workersThatNeverBeginAreAnError() throws {
    var desk = Desk(2)
    for _ in 0..<2 {
      #expect(try desk.take() == [0, 1])
      #expect(try desk.entries.end(.code(127), "no such library", [:]) == nil)
    }
    #expect(try desk.take() == [0, 1])
    let error = #expect(throws: DiagnosticError.self) {
      try desk.entries.end(.code(127), "no such library", [:])
    }
    #expect(
      error?.description.contains(
        "the process that runs the entries ended with 127 before it began with one: no such library"
      ) == true)
  }

  // MARK: - What is sent

  @Test func variantsArriveAsTheyAre() throws {
    var variant = Variant("moe.py:rmsnorm", [Setting("eps", "1e-6")], on: "trn1")
    variant.coresPerRank = 2
    variant.inputs = [Setting("x", "bfloat16 [tokens, 2048]")]
    variant.scriptArguments = ["--size", "größer"]
    variant.overrides = [Setting("dma.rings", "8")]
    variant.scales = [Setting("hbm.bandwidth", "2")]
    variant.schedule = .compiler
    for variant in [variant, Variant("matmul")] {
      var unpacker = Unpacker(variant.packed)
      #expect(try Variant(from: &unpacker) == variant)
    }
  }

  @Test func outcomesArriveAsTheyAre() throws {
    let evaluator = Evaluator(kernels: .builtIn, values: true)
    let measured = evaluator.evaluate(Variant("softmax", [Setting("tokens", "64")]))
    #expect(measured.measurement?.waits.isEmpty == false)
    #expect(measured.measurement?.passed == true)
    for outcome in [
      measured, .refused(["one", "two"]), .faulted("race: of two"), .died("its process"),
    ] {
      var unpacker = Unpacker(outcome.packed)
      #expect(try VariantOutcome(from: &unpacker) == outcome)
    }
  }

  /// Bytes that were cut off are an error wherever that is, and never memory that is not there.
  @Test func damagedBytesAreRefused() throws {
    let bytes = VariantOutcome.refused(["one", "two"]).packed
    for count in bytes.indices {
      var unpacker = Unpacker(Array(bytes[..<count]))
      #expect(throws: UnpackingError.self) { try VariantOutcome(from: &unpacker) }
    }
    var long = bytes
    long[15] = 0x7F
    var unpacker = Unpacker(long)
    #expect(throws: UnpackingError.self) { try VariantOutcome(from: &unpacker) }
  }

  /// Frames are found in pieces of any size.
  @Test(arguments: [1, 7, 1 << 14])
  func framesArriveInPieces(_ size: Int) throws {
    let frames = [
      Frame(kind: .ready), Frame(kind: .result, number: 70_000, content: Array(0...255)),
      Frame(kind: .entry, number: 1, content: []),
    ]
    var bytes = frames.flatMap(\.bytes)[...]
    var reader = Frame.Reader()
    for frame in frames {
      let found = reader.next { room in
        room += bytes.prefix(size)
        bytes = bytes.dropFirst(size)
      }
      #expect(found?.kind == frame.kind)
      #expect(found?.number == frame.number)
      #expect(found?.content == frame.content)
    }
    #expect(reader.next { _ in } == nil)
  }

  @Test func theBoardSaysWhatWasDoneLast() throws {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    #expect(ftruncate(fileno(file), off_t(ActivityBoard.bytes(width: 3))) == 0)
    let mine = try #require(ActivityBoard(fileno(file), width: 3))
    let theirs = try #require(ActivityBoard(fileno(file), width: 3))
    theirs.set(0, entry: 0, .loading)
    theirs.set(2, entry: 1 << 30, .loading)
    theirs.set(2, entry: 1 << 30, .timing)
    theirs.set(1, entry: 5, .values)
    theirs.clear(1)
    #expect(mine.activities == [0: .loading, 1 << 30: .timing])
  }

  /// A run says each of its stages to who watches on its thread.
  @Test func runsSayWhatTheyDo() throws {
    final class Seen: @unchecked Sendable { var stages: [Stage] = [] }
    let seen = Seen()
    let evaluator = Evaluator(kernels: .builtIn, values: true)
    let outcome = Stage.$watcher.withValue(Stage.Watcher { seen.stages.append($0) }) {
      evaluator.evaluate(Variant("softmax", [Setting("tokens", "64")]))
    }
    #expect(outcome.status == "measured")
    #expect(seen.stages == [.loading, .compiling, .lowering, .values, .timing, .reporting])
  }

  // MARK: - Stores

  /// What died has another try, unless later rounds were chosen without it; results of others stand in its place.
  @Test func whatDiedIsTriedAgain() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    let variant = Variant("matmul")
    do {
      let store = try SweepTests.store(sweep, folder, "a.sqlite")
      try store.add(rung: 0, index: 1, variant: variant, settings: [], .died("by SIGKILL"))
      try store.add(rung: 0, index: 2, variant: variant, settings: [], .refused(["no"]))
    }
    let store = try SweepTests.store(sweep, folder, "a.sqlite")
    #expect(try store.died(limit: 9).map(\.reason) == ["by SIGKILL"])
    #expect(try !store.contains(rung: 0, index: 1))
    #expect(try store.contains(rung: 0, index: 2))
    try store.add(rung: 0, index: 1, variant: variant, settings: [], .died("by SIGSEGV"))
    #expect(try store.died(limit: 9).map(\.reason) == ["by SIGSEGV"])
    try store.add(rung: 1, index: 2, variant: variant, settings: [], .refused(["no"]))
    #expect(try store.contains(rung: 0, index: 1))
  }

  @Test func whatDiedGivesWayInMerges() throws {
    let folder = try Folder()
    let sweep = try SweepTests.sweep(SweepTests.grid, folder)
    let variant = Variant("matmul")
    let (died, refused) = (VariantOutcome.died("by SIGKILL"), VariantOutcome.refused(["no"]))
    for (name, outcomes) in [("a", [died, refused, died]), ("b", [refused, died, died])] {
      let store = try SweepTests.store(sweep, folder, "\(name).sqlite")
      for (index, outcome) in outcomes.enumerated() {
        try store.add(rung: 0, index: index, variant: variant, settings: [], outcome)
      }
    }
    let store = try SweepTests.store(sweep, folder, "a.sqlite")
    for _ in 0..<2 {
      try store.merge("\(folder.path)/b.sqlite")
      #expect(try store.counts() == ["refused": 2, "died": 1])
    }
  }
}
