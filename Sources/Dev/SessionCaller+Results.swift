import CInterface
import Programs

extension SessionCaller {
  /// Whether a program needs memory that went with the one before.
  private var lacksMemory: Bool {
    ended.indices.contains { rank in
      (rank * coresPerRank..<(rank + 1) * coresPerRank).contains { core in
        // A damaged program may or may not declare it.
        declares(core, anyOf: ended[rank])
      }
    }
  }

  private func declares(_ core: Int, anyOf names: Set<String>) -> Bool {
    _ = sessionSelect(session, Int32(core))
    defer { _ = sessionSelect(session, Int32(selected)) }
    return names.contains { $0 != "t" && sessionTensor(session, $0) >= 0 }
  }

  /// The program, where the result of running it is known.
  private var known: SampleProgram? {
    cores.count == 1 && cores[0].isWhole ? cores[0].sample : nil
  }

  func run() {
    let lacks = lacksMemory
    let hasInput = !(known?.readsX ?? false) || bound[0]["x"] != nil
    var wanted: Int32?
    if lacks {
      wanted = 1
    } else if let known {
      // Time alone needs no inputs, and finds no fault of values.
      wanted =
        mode == "timing" && known.ending == .fault
        ? 0 : mode == "timing" || hasInput || known.ending == .refused ? known.ending.rawValue : 1
    }
    let code = called("run", sessionRun(session), wanted)
    (hasReport, hasValues) = (code == 0, false)
    if !isFreed {
      let failure = sessionFailure(session, "json") != nil
      require(code == 0 ? !failure : code != 2 || failure, "after \(code) failure is \(failure)")
      require(sessionFailure(session, "nonsense") == nil, "there is a form nonsense of a failure")
    }
    if code == 0 && mode != "timing" { requireResult() }
  }

  /// What a known program must have made of y.
  private func requireResult() {
    guard !isFreed, let known else { return }
    let y = (known.readsX ? bound[0]["x"]?.value ?? 0 : 0) + known.sum
    if let piece = bound[0]["y"] {
      require(piece.holds(y), "y is not \(y)")
    } else {
      let id = sessionTensor(session, "y")
      let size = known.bytes["y"] ?? 0
      let piece = LentMemory("copy of y", count: size, value: 0, isInput: false, core: 0)
      called("read y", sessionRead(session, id, piece.start, UInt64(size), nil), 0)
      require(piece.holds(y), "y is not \(y)")
      if let problem = piece.problem { require(false, problem) }
    }
  }

  func advance() {
    let until: Int64 = random.pick([-1, -1, -1, 0, 1, 2, 5, 100, .max])
    let lacks = lacksMemory
    let code = called(
      "advance \(until)", sessionAdvance(session, until),
      lacks || cores.count > 1 && until >= 0 ? 1 : nil)
    if !lacks { hasValues = true }
    if code == 0 && until < 0 { requireResult() }
    if cores.count == 1, let known, known.ending == .fine, until < 0, code != 0, !lacks, !isFreed {
      // Only an input that nobody gave can prevent it.
      require(known.readsX, "advance gave \(code)")
    }
  }

  func read() {
    let name = random.pick(["y", "x", "s", "t"])
    var id = sessionTensor(session, name)
    if random.once(in: 8) { id = random.pick([-1, 17, .max, .min]) }
    let size = cores[selected].sample?.bytes["y"]
    let isRight = size != nil && !random.once(in: 6)
    let count = isRight ? size ?? 4 : random.pick([4, 44, 4096])
    let target = LentMemory("target", count: count, value: 0, isInput: false, core: 0)
    let marks = LentMemory("marks", count: count / 4, value: 0, isInput: false, core: 0)
    let code = called(
      "read \(name) \(count)",
      sessionRead(
        session, id, target.start, UInt64(count),
        random.once(in: 3) ? nil : marks.start.assumingMemoryBound(to: UInt8.self)))
    for problem in [target.problem, marks.problem] {
      if let problem { require(false, problem) }
    }
    if !hasReport && !hasValues { require(code != 0, "read gave results that are no more") }
  }

  func text(_ slot: Int) {
    texts[slot] = nil
    let pointer =
      switch slot {
      case 0: sessionReport(session)
      case 1: sessionText(session, Int32(random.pick(0...1)))
      case 2: sessionDescribe(session)
      default: sessionErrors(session)
      }
    if slot < 2 {
      require((pointer != nil) == hasReport, "text \(slot) is \(pointer == nil ? "not " : "")there")
      if !hasReport {
        called("trace", sessionTrace(session, "/dev/null"), 1)
        called("page", sessionPage(session, "/dev/null"), 1)
        require(sessionTimeline(session, "") == nil, "there is a timeline of nothing")
      }
    } else {
      require(pointer != nil, "text \(slot) is not there")
    }
    texts[slot] = pointer.map { LentText(pointer: $0, content: String(cString: $0)) }
    called("text \(slot)", pointer == nil ? 64 : 0)
  }

  /// A call of the session that is executing one.
  func callFromCallback() {
    let bytes = Array("trnsim program 1\nkernel k".utf8)
    var codes: [Int32] = []
    switch random.pick(0...9) {
    case 0: codes.append(sessionRun(session))
    case 1: codes.append(sessionAdvance(session, -1))
    case 2: codes.append(sessionLoad(session, bytes, UInt64(bytes.count), "p.trn"))
    case 3: codes.append(sessionBind(session, "y", nil, 0))
    case 4: codes.append(sessionOnPrint(session, nil, nil))
    case 5: codes.append(sessionCores(session, 2, 2))
    case 6: codes.append(sessionSet(session, "mode", "timing"))
    case 7: require(sessionTensor(session, "y") == -1, "a callback was told a tensor's number")
    case 8:
      require(
        sessionReport(session) == nil && sessionErrors(session) == nil
          && sessionDescribe(session) == nil && sessionText(session, 0) == nil,
        "a callback was given a text")
    default:
      let other = sessionNew()
      require(
        sessionLoad(other, bytes, UInt64(bytes.count), "p.trn") == 0,
        "a callback could not use another session")
      sessionFree(other)
    }
    require(codes.allSatisfy { $0 == 64 }, "a call from a callback gave \(codes)")
    guard random.once(in: 24) else { return }
    sessionFree(session)
    if random.once(in: 2) { sessionFree(session) }
    isFreed = true
  }
}

/// Who is told what device_print shows.
final class Listener {
  private unowned let caller: SessionCaller
  var isListening = true

  init(_ caller: SessionCaller) { self.caller = caller }

  var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  static let callback: PrintCallback = { context, _, _, _, shape, rank, data, bytes in
    guard let context, let data else { return }
    let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
    let caller = listener.caller
    caller.require(listener.isListening, "a callback was called that is no more")
    let elements = (0..<Int(rank)).reduce(1) { $0 * Int(shape[$1]) }
    caller.require(bytes == UInt64(4 * elements), "\(bytes) bytes of \(elements) elements")
    caller.require(data.load(as: Float.self) > 0, "a value that nobody made")
    if !caller.isFreed { caller.callFromCallback() }
  }
}
