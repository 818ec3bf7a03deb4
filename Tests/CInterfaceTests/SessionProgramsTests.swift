import CInterface
import Dev
import Foundation
import Programs
import Testing

/// Results and bindings belong to the program that they were made with.
@Suite struct SessionProgramsTests {
  /// How values are computed.
  enum Way: CaseIterable {
    case run
    case advance

    func compute(_ session: UnsafeMutableRawPointer) -> Int32 {
      self == .run ? sessionRun(session) : sessionAdvance(session, -1)
    }
  }

  /// A session and 1 MiB of the caller's, of which it is lent the beginning.
  final class Caller {
    let session = sessionNew()
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    private var isFreed = false

    init() { memory.initializeMemory(as: UInt8.self, repeating: 0x55) }

    deinit {
      if !isFreed { sessionFree(session) }
      memory.deallocate()
    }

    /// y of so many floats of 2.5.
    static func store(_ count: Int, to tensor: String = "y") -> String {
      """
      trnsim program 1
      kernel p
      dependencies derived
      tensor \(tensor): hbm output float32 [1, \(count)]
      tensor t: sbuf float32 [1, \(count)] at partition 0 byte 0
      memset dst=t value=2.5 engine=vector
      device_print src=t prefix="t"
      dma_copy dst=\(tensor) src=t engine=sync
      """
    }

    func load(_ text: String) -> Int32 {
      let bytes = Array(text.utf8)
      return sessionLoad(session, bytes, UInt64(bytes.count), "f.trn")
    }

    func bind(_ count: Int, to tensor: String = "y") -> Int32 {
      sessionBind(session, tensor, memory.baseAddress, UInt64(4 * count))
    }

    func read(_ id: Int64, _ count: Int) -> Int32 {
      sessionRead(session, id, memory.baseAddress, UInt64(4 * count), nil)
    }

    func float(_ index: Int) -> Float { memory.load(fromByteOffset: 4 * index, as: Float.self) }

    /// The caller's bytes behind so many floats that are not as they were.
    func changed(beyond count: Int) -> Int { memory[(4 * count)...].count { $0 != 0x55 } }

    var message: String {
      guard let text = sessionErrors(session) else { return "" }
      let errors = try? JSONSerialization.jsonObject(with: Data(String(cString: text).utf8))
      return (errors as? [[String: Any]])?.first?["message"] as? String ?? ""
    }

    func free() {
      isFreed = true
      sessionFree(session)
    }
  }

  /// Once this wrote 65 KB behind what the first program was lent.
  @Test(arguments: Way.allCases)
  func bindingsEndWithTheirProgram(_ way: Way) {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    #expect(caller.load(Caller.store(16384)) == 0)
    #expect(way.compute(caller.session) == 1)
    #expect(caller.message == "what 'y' was bound to belonged to the program before this one")
    #expect(caller.changed(beyond: 0) == 0)
    // The memory is of use again for what it is bound to anew.
    #expect(caller.bind(8) == 1)
    #expect(caller.bind(16384) == 0)
    #expect(way.compute(caller.session) == 0)
    #expect(caller.float(16383) == 2.5)
    #expect(caller.changed(beyond: 16384) == 0)
  }

  @Test func memoryIsTakenBack() {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    #expect(sessionBind(caller.session, "y", nil, 0) == 0)
    #expect(sessionRun(caller.session) == 0)
    #expect(caller.changed(beyond: 0) == 0)
    #expect(caller.read(0, 8) == 0)
    #expect(caller.float(7) == 2.5)
    #expect(sessionBind(caller.session, "y", nil, 4) == 64)
  }

  /// What the new program does not declare is of no interest to it.
  @Test func bindingsOfOtherTensorsDoNotMatter() {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    #expect(caller.load(Caller.store(8, to: "z")) == 0)
    #expect(sessionRun(caller.session) == 0)
    #expect(caller.changed(beyond: 0) == 0)
  }

  @Test(arguments: Way.allCases)
  func resultsEndWithTheirProgram(_ way: Way) {
    let caller = Caller()
    #expect(caller.load(Caller.store(4096)) == 0)
    #expect(way.compute(caller.session) == 0)
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.read(0, 8) == 1)
    #expect(caller.message == "the results went with the program that they were of")
    #expect(caller.changed(beyond: 0) == 0)
    #expect(sessionTrace(caller.session, "/dev/null") == 1)
    #expect(sessionSet(caller.session, "mode", "both") == 0)
    #expect(sessionReport(caller.session) == nil)
    #expect(caller.message == "the results went with the program that they were of")
    #expect(sessionText(caller.session, 0) == nil)
    #expect(way.compute(caller.session) == 0)
    #expect(caller.read(0, 8) == 0)
    #expect(caller.float(7) == 2.5)
    #expect(caller.changed(beyond: 8) == 0)
  }

  /// What `advance` had of a longer program once led it out of the tensors of a shorter one.
  @Test func advanceBeginsAnewAfterLoad() {
    let caller = Caller()
    #expect(caller.load(Caller.store(4096)) == 0)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(caller.load("trnsim program 1\nkernel q\ndependencies derived\n") == 0)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(caller.read(0, 4096) == 1)
    #expect(caller.message == "there is no tensor 0, the program has 0")
  }

  /// A program that cannot be read takes the place of none.
  @Test func aFailedLoadEndsNothing() {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(sessionRun(caller.session) == 0)
    #expect(caller.load("trnsim program 1\nkernel q\nbogus") == 1)
    #expect(caller.read(0, 8) == 0)
    #expect(sessionReport(caller.session) != nil)
  }

  @Test func coresEndResultsAndBindings() {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    #expect(sessionRun(caller.session) == 0)
    #expect(sessionCores(caller.session, 1, 2) == 0)
    #expect(sessionReport(caller.session) == nil)
    #expect(caller.load(Caller.store(16384)) == 0)
    #expect(sessionRun(caller.session) == 1)
    #expect(caller.changed(beyond: 8) == 0)
  }

  /// Another core's program may have a tensor of the same name and another size.
  @Test func sizesAreCheckedWhereMemoryIsMade() {
    let caller = Caller()
    #expect(sessionCores(caller.session, 1, 2) == 0)
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    #expect(sessionSelect(caller.session, 1) == 0)
    let scratch = Caller.store(16384, to: "z").replacingOccurrences(
      of: "kernel p", with: "kernel p\ntensor y: hbm float32 [1, 16384]")
    #expect(caller.load(scratch + "\ndma_copy dst=y src=t") == 0)
    for code in [sessionRun(caller.session), sessionAdvance(caller.session, -1)] {
      #expect(code == 1)
      #expect(caller.message == "'y' is bound to 32 bytes, float32 [1, 16384] needs 65536")
    }
    #expect(caller.changed(beyond: 8) == 0)
  }

  /// What is in HBM for one core and on chip for the other is not one memory.
  @Test func coresShareWhatBothHaveInMemory() {
    let caller = Caller()
    #expect(sessionCores(caller.session, 1, 2) == 0)
    let onChip = Caller.store(8, to: "z").replacingOccurrences(
      of: "kernel p",
      with: "kernel p\ntensor y: sbuf float32 [1, 16384] at partition 0 byte 0x10000")
    #expect(caller.load(onChip + "\nmemset dst=y value=1") == 0)
    #expect(sessionSelect(caller.session, 1) == 0)
    #expect(caller.load(Caller.store(16384)) == 0)
    #expect(sessionRun(caller.session) == 0)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(caller.read(0, 16384) == 0)
    #expect(caller.float(16383) == 2.5)
  }

  @Test(arguments: [1 << 63, .max, (1 << 63) + 32, 1 << 62] as [UInt64])
  func sizesThatNoMemoryHasAreErrors(_ count: UInt64) {
    let caller = Caller()
    let bytes = Array(Caller.store(8).utf8)
    #expect(sessionLoad(caller.session, bytes, count, "f.trn") == 1)
    #expect(caller.message.hasPrefix("\(count) bytes of program"))
    #expect(sessionAppend(caller.session, bytes, count) == 1)
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(sessionBind(caller.session, "y", caller.memory.baseAddress, count) == 1)
    #expect(caller.message == "'y' is bound to \(count) bytes, float32 [1, 8] needs 32")
    #expect(sessionRun(caller.session) == 0)
    #expect(sessionRead(caller.session, 0, caller.memory.baseAddress, count, nil) == 1)
    #expect(sessionRead(caller.session, .min, caller.memory.baseAddress, 32, nil) == 1)
    #expect(caller.changed(beyond: 0) == 0)
  }

  // MARK: - Programs that grow

  private func pieces(_ text: String) throws -> [[UInt8]] {
    let caller = Caller()
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-session-\(UUID().uuidString).trn.zst").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(caller.load(text) == 0)
    #expect(sessionWrite(caller.session, path) == 0)
    return try BinaryRecords(path).pieces
  }

  private func append(_ piece: [UInt8], _ caller: Caller) -> Int32 {
    sessionAppend(caller.session, piece, UInt64(piece.count))
  }

  /// A stream takes the place of what was loaded, and the reverse.
  @Test func streamsAndWholeProgramsReplaceEachOther() throws {
    let all = Array(try pieces(Caller.store(64)).joined())
    let caller = Caller()
    for _ in 0..<2 {
      #expect(caller.load(Caller.store(8)) == 0)
      #expect(caller.bind(8) == 0)
      #expect(sessionRun(caller.session) == 0)
      #expect(append(all, caller) == 0)
      #expect(caller.read(0, 64) == 1)
      #expect(sessionReport(caller.session) == nil)
      #expect(sessionAdvance(caller.session, -1) == 1)
      #expect(caller.bind(64) == 0)
      #expect(sessionAdvance(caller.session, -1) == 0)
      #expect(caller.float(63) == 2.5)
    }
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(sessionRun(caller.session) == 1, "the stream's binding has ended")
    #expect(caller.changed(beyond: 64) == 0)
  }

  /// What is bound after advance began is used too; what is bound anew begins it anew.
  @Test func bindingsOfAProgramThatGrows() throws {
    let caller = Caller()
    for piece in try pieces(Caller.store(8)) {
      #expect(append(piece, caller) == 0)
      if sessionTensor(caller.session, "y") < 0 { #expect(sessionAdvance(caller.session, -1) == 0) }
    }
    #expect(caller.bind(8) == 0)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(caller.float(7) == 2.5)
    let other = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 64)
    defer { other.deallocate() }
    caller.memory.initializeMemory(as: UInt8.self, repeating: 0x55)
    #expect(sessionBind(caller.session, "y", other.baseAddress, 32) == 0)
    #expect(caller.read(0, 8) == 1)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(other.load(fromByteOffset: 28, as: Float.self) == 2.5)
    #expect(caller.changed(beyond: 0) == 0)
  }

  /// Tensors that came after the last advance of several cores have no values yet.
  @Test func tensorsOfSeveralCoresThatAreNewer() throws {
    let all = try pieces(Caller.store(8))
    let caller = Caller()
    #expect(sessionCores(caller.session, 1, 2) == 0)
    #expect(append(all[0], caller) == 0)
    #expect(sessionAdvance(caller.session, -1) == 0)
    #expect(append(Array(all.dropFirst().joined()), caller) == 0)
    #expect(caller.read(0, 8) == 1)
    #expect(caller.message == "'y' is newer than the last advance")
  }

  /// What follows a fault was never computed.
  @Test func advanceEndsAtAFault() {
    let caller = Caller()
    let text = Caller.store(8).replacingOccurrences(
      of: "memset dst=t value=2.5 engine=vector", with: "tensor_copy dst=t src=t")
    #expect(caller.load(text) == 0)
    #expect(sessionAdvance(caller.session, -1) == 2)
    let message = caller.message
    #expect(sessionAdvance(caller.session, -1) == 2)
    #expect(caller.message == message)
  }

  /// What the host cannot hold is an error, of one core and of several, before anything is allocated.
  @Test(arguments: [Int32(1), 2]) func advanceAsksForHostMemory(_ cores: Int32) {
    let caller = Caller()
    #expect(sessionCores(caller.session, 1, cores) == 0)
    let text = """
      trnsim program 1
      kernel k
      tensor s: hbm int8 [1, 2]
      tensor t: hbm int8 [1, 2]
      dma_copy dst=t.ap([[0, 2147483647], [0, 131072]]) src=s.ap([[0, 2147483647], [0, 131072]])
      """
    for core in 0..<cores {
      #expect(sessionSelect(caller.session, core) == 0)
      #expect(caller.load(text) == 0)
    }
    #expect(sessionAdvance(caller.session, -1) == 1)
    #expect(caller.message.contains("the values need about 1048608.0 GiB of memory"))
  }

  // MARK: - Callbacks

  /// A callback, what it does, and what came of it.
  final class Listener {
    let session: UnsafeMutableRawPointer
    var act: (UnsafeMutableRawPointer) -> Void
    var calls = 0

    init(_ caller: Caller, _ act: @escaping (UnsafeMutableRawPointer) -> Void) {
      session = caller.session
      self.act = act
      sessionOnPrint(
        session,
        { context, _, _, _, _, _, _, _ in
          guard let context else { return }
          let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
          listener.calls += 1
          listener.act(listener.session)
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  @Test(arguments: Way.allCases)
  func aCallbackThatCallsItsSessionIsAnError(_ way: Way) {
    let caller = Caller()
    let bytes = Array(Caller.store(16384).utf8)
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    let listener = Listener(caller) { session in
      #expect(sessionLoad(session, bytes, UInt64(bytes.count), "f.trn") == 64)
      #expect(sessionAppend(session, bytes, UInt64(bytes.count)) == 64)
      #expect(sessionRun(session) == 64)
      #expect(sessionAdvance(session, -1) == 64)
      #expect(sessionBind(session, "y", nil, 0) == 64)
      #expect(sessionRead(session, 1, UnsafeMutableRawPointer(bitPattern: 64), 32, nil) == 64)
      #expect(sessionCores(session, 2, 2) == 64)
      #expect(sessionSelect(session, 0) == 64)
      #expect(sessionSet(session, "mode", "timing") == 64)
      #expect(sessionTrace(session, "/dev/null") == 64)
      #expect(sessionWrite(session, "/dev/null") == 64)
      #expect(sessionOnPrint(session, nil, nil) == 64)
      #expect(sessionTensor(session, "y") == -1)
      #expect(sessionReport(session) == nil)
      #expect(sessionText(session, 0) == nil)
      #expect(sessionDescribe(session) == nil)
      #expect(sessionErrors(session) == nil)
      let other = Caller()
      #expect(other.load(Caller.store(8)) == 0)
      #expect(sessionRun(other.session) == 0)
    }
    withExtendedLifetime(listener) { #expect(way.compute(caller.session) == 0) }
    #expect(listener.calls == 1)
    #expect(caller.float(7) == 2.5)
    #expect(caller.changed(beyond: 8) == 0)
    #expect(sessionTensor(caller.session, "y") == 0)
  }

  @Test(arguments: Way.allCases)
  func aCallbackMayFreeItsSession(_ way: Way) {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    #expect(caller.bind(8) == 0)
    let listener = Listener(caller) { session in
      caller.free()
      sessionFree(session)
      #expect(sessionRun(session) == 64)
    }
    withExtendedLifetime(listener) { #expect(way.compute(caller.session) == 0) }
    #expect(caller.float(7) == 2.5)
    listener.act = { _ in }
  }

  /// Nobody is told who no longer listens, also by a machine that was made before.
  @Test func listenersOfAProgramThatGrows() throws {
    let caller = Caller()
    #expect(caller.load(Caller.store(8)) == 0)
    let first = Listener(caller) { _ in }
    #expect(sessionAdvance(caller.session, 1) == 0)
    let second = Listener(caller) { _ in }
    #expect(sessionAdvance(caller.session, 2) == 0)
    #expect(first.calls == 0)
    #expect(second.calls == 1)
  }

  // MARK: - Sequences

  @Test func randomCallsTouchNothingElse() throws {
    let fuzzer = try SessionFuzzer()
    var calls = 0
    var successes = 0
    for seed in 1...UInt64(30) {
      let result = fuzzer.run(caseSeed: seed)
      calls += result.inputs
      successes += result.accepted
      for failure in result.failures { Issue.record("\(failure)") }
      if !result.failures.isEmpty { break }
    }
    #expect(calls > 1000)
    // Calls that are all refused would show nothing.
    #expect(successes > calls / 4)
  }
}
