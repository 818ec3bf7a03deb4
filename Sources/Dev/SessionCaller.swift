import CInterface
import Programs

/// One caller of a session, who knows what must come of each call.
final class SessionCaller {
  /// What is known of a core's program.
  struct CoreState {
    /// `nil` if it is none or a damaged one.
    var sample: SampleProgram?
    /// Pieces that were appended; `nil` unless it grows.
    var pieces: Int?
    /// Whether nothing more can be appended.
    var isBroken = false

    /// Whether all of the sample is there.
    var isWhole: Bool { sample.map { pieces ?? $0.pieces.count == $0.pieces.count } ?? false }
  }

  /// A text that the session lent.
  struct LentText {
    var pointer: UnsafePointer<CChar>
    var content: String
  }

  var random: SeededGenerator
  let samples: [SampleProgram]
  var session: UnsafeMutableRawPointer
  private(set) var problems: [String] = []
  private(set) var calls = 0
  private(set) var successes = 0

  var cores = [CoreState()]
  var coresPerRank = 1
  var selected = 0
  var mode = "both"
  /// By rank and name.
  var bound: [[String: LentMemory]] = [[:]]
  var ended: [Set<String>] = [[]]
  /// All memory that was ever lent.
  var memory: [LentMemory] = []
  /// Whether the last run succeeded and its programs are still there.
  var hasReport = false
  /// Whether `advance` may have computed something since programs changed or ran.
  var hasValues = false
  var texts: [Int: LentText] = [:]
  /// Who is told now; everyone who ever was is kept, to be recognised.
  var listener: Listener?
  var listeners: [Listener] = []
  var isFreed = false
  private var history: [String] = []

  init(seed: UInt64, samples: [SampleProgram]) {
    random = SeededGenerator(seed: seed)
    self.samples = samples
    session = sessionNew()
  }

  var rank: Int { selected / coresPerRank }

  // MARK: - Requirements

  func require(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { problems.append("\(message()), after: \(history.joined(separator: ", "))") }
  }

  /// Counts a call; gives its result.
  @discardableResult
  func called(_ name: String, _ code: Int32, _ wanted: Int32? = nil) -> Int32 {
    calls += 1
    if code == 0 { successes += 1 }
    history.append("\(name) = \(code)")
    require([0, 1, 2, 64].contains(code), "\(name) gave \(code)")
    if let wanted { require(code == wanted, "\(name) gave \(code), not \(wanted)") }
    if code == 1 || code == 2 {
      let errors = sessionErrors(isFreed ? nil : session).map { String(cString: $0) }
      texts[3] = nil
      require(isFreed || errors != nil && errors != "[]", "\(name) failed without an error")
    }
    return code
  }

  /// What must hold after each call.
  private func requireSound() {
    for piece in memory {
      if let problem = piece.problem { require(false, problem) }
    }
    for (slot, text) in texts {
      require(String(cString: text.pointer) == text.content, "text \(slot) changed")
    }
  }

  // MARK: - Calls

  /// One or two calls.
  func act() {
    switch random.pick(0...32) {
    case 0...2: load()
    case 3...6: append()
    case 7...12: bind(random.pick(["y", "y", "x", "x", "s", "t", "none"]))
    case 13...14:
      // What a sound caller does.
      for name in ["x", "y"] { bind(name, isSound: true) }
    case 15: takeBack()
    case 16...19: run()
    case 20...22: advance()
    case 23...25: read()
    case 26: text(random.pick(0...3))
    case 27: set()
    case 28: listen()
    case 29: random.once(in: 2) ? spread() : select()
    case 30: random.once(in: 3) ? renew() : sizes()
    case 31: variants()
    default: nothing()
    }
    if isFreed { begin() }
    requireSound()
  }

  /// Ends the session; its memory must not be touched any more.
  func finish() {
    requireSound()
    sessionFree(session)
    texts = [:]
    takeBackAll()
    requireSound()
  }

  private func renew() {
    sessionFree(session)
    begin()
  }

  /// A new session in place of one that is gone.
  private func begin() {
    takeBackAll()
    session = sessionNew()
    (cores, coresPerRank, selected, mode) = ([CoreState()], 1, 0, "both")
    (bound, ended, hasReport, hasValues) = ([[:]], [[]], false, false)
    (listener, isFreed, texts) = (nil, false, [:])
  }

  private func takeBackAll() {
    for piece in memory { piece.takeBack(frees: random.once(in: 2)) }
    memory.removeAll { $0.isFreed }
  }

  /// A program came in place of the selected core's.
  private func replaced(by state: CoreState) {
    cores[selected] = state
    for rank in bound.indices {
      for (name, piece) in bound[rank] where piece.core == selected {
        piece.takeBack(frees: random.once(in: 2))
        bound[rank][name] = nil
        ended[rank].insert(name)
      }
    }
    memory.removeAll { $0.isFreed }
    (hasReport, hasValues) = (false, false)
  }

  private func load() {
    let sample = random.pick(samples)
    var bytes = sample.text
    let isDamaged = random.once(in: 8)
    if isDamaged { bytes.removeLast(random.pick(1...bytes.count)) }
    let code = called(
      "load", sessionLoad(session, bytes, UInt64(bytes.count), "p.trn"), isDamaged ? nil : 0)
    if code == 0 { replaced(by: CoreState(sample: isDamaged ? nil : sample)) }
  }

  private func append() {
    var state = cores[selected]
    if random.once(in: 10) {
      let garbage = (0..<random.pick(0...20)).map { _ in UInt8(random.pick(9...255)) }
      let isNothing = garbage.isEmpty && state.pieces != nil && !state.isBroken
      called(
        "append garbage", sessionAppend(session, garbage, UInt64(garbage.count)), isNothing ? 0 : 1)
      if state.pieces != nil && !isNothing { cores[selected].isBroken = true }
      return
    }
    let isNew = state.pieces == nil
    if isNew { state = CoreState(sample: random.pick(samples), pieces: 0) }
    guard let sample = state.sample, let first = state.pieces else { return }
    let more = sample.pieces[first...].prefix(random.pick(1...sample.pieces.count))
    let bytes = more.flatMap { $0 }
    let code = called(
      "append", sessionAppend(session, bytes, UInt64(bytes.count)), state.isBroken ? 1 : 0)
    guard code == 0 else { return }
    state.pieces = first + more.count
    if isNew { replaced(by: state) } else { cores[selected] = state }
  }

  private func bind(_ name: String, isSound: Bool = false) {
    let size = cores[selected].sample?.bytes[name]
    let isRight = size != nil && (isSound || !random.once(in: 6))
    let count = isRight ? size ?? 4 : random.pick([4, 32, 4096, 65540])
    let piece = LentMemory(
      name, count: count, value: Float(random.pick(1...9)), isInput: name == "x", core: selected)
    memory.append(piece)
    let isDeclared = sessionTensor(session, name) >= 0
    let code = called(
      "bind \(name) \(count)", sessionBind(session, name, piece.start, UInt64(count)),
      isRight && isDeclared ? 0 : cores[selected].sample == nil || count == size ? nil : 1)
    if code == 0 {
      bound[rank].updateValue(piece, forKey: name)?.takeBack(frees: random.once(in: 2))
      ended[rank].remove(name)
      // What advance computed is there unless the tensor was in use.
    } else {
      piece.takeBack(frees: true)
    }
    memory.removeAll { $0.isFreed }
  }

  private func takeBack() {
    let name = random.pick(["y", "x"])
    let isDeclared = sessionTensor(session, name) >= 0
    called("take back \(name)", sessionBind(session, name, nil, 0), isDeclared ? 0 : 1)
    guard isDeclared else { return }
    bound[rank].removeValue(forKey: name)?.takeBack(frees: random.once(in: 2))
    ended[rank].remove(name)
    memory.removeAll { $0.isFreed }
  }

  private func set() {
    mode = random.pick(["both", "values", "timing"])
    called("mode \(mode)", sessionSet(session, "mode", mode), 0)
    called("set", sessionSet(session, random.pick(["mode", "speed", ""]), "nonsense"), 1)
  }

  private func spread() {
    let (ranks, perRank) = (random.pick(0...2), random.pick(1...2))
    let code = called(
      "cores \(ranks) \(perRank)", sessionCores(session, Int32(ranks), Int32(perRank)),
      ranks > 0 ? 0 : 1)
    guard code == 0 else { return }
    for rank in bound.indices {
      for piece in bound[rank].values { piece.takeBack(frees: random.once(in: 2)) }
      ended[rank].formUnion(bound[rank].keys)
    }
    memory.removeAll { $0.isFreed }
    ended = (0..<ranks).map { ended.indices.contains($0) ? ended[$0] : [] }
    bound = Array(repeating: [:], count: ranks)
    cores = Array(repeating: CoreState(), count: ranks * perRank)
    (coresPerRank, selected, hasReport, hasValues) = (perRank, 0, false, false)
  }

  private func select() {
    let core = random.pick(-1...4)
    let isThere = cores.indices.contains(core)
    called("select \(core)", sessionSelect(session, Int32(core)), isThere ? 0 : 1)
    if isThere { selected = core }
  }

  private func listen() {
    if let listener { listener.isListening = false }
    listener = nil
    if random.once(in: 4) {
      called("nobody listens", sessionOnPrint(session, nil, nil), 0)
      return
    }
    let new = Listener(self)
    listeners.append(new)
    listener = new
    called("listen", sessionOnPrint(session, Listener.callback, new.context), 0)
  }

  /// Sizes that no memory has.
  private func sizes() {
    let count: UInt64 = random.pick([1 << 63, .max, 1 << 62, (1 << 63) + 32])
    let bytes = Array("trnsim program 1\nkernel k".utf8)
    let piece = LentMemory("none", count: 64, value: 0, isInput: true, core: selected)
    memory.append(piece)
    called("load \(count)", sessionLoad(session, bytes, count, "p.trn"), 1)
    called("append \(count)", sessionAppend(session, bytes, count), 1)
    called("bind \(count)", sessionBind(session, "y", piece.start, count), 1)
    called("read \(count)", sessionRead(session, 0, piece.start, count, nil), 1)
    piece.takeBack(frees: true)
    memory.removeAll { $0.isFreed }
  }

  /// Null pointers, which are a misuse and do nothing.
  private func nothing() {
    called("load null", sessionLoad(session, nil, 4, nil), 64)
    called("append null", sessionAppend(session, nil, 4), 64)
    called("bind null", sessionBind(session, "y", nil, 4), 64)
    called("read null", sessionRead(session, 0, nil, 4, nil), 64)
    called("run nothing", sessionRun(nil), 64)
    sessionFree(nil)
  }
}
