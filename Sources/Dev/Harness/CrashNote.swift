import Glibc

/// What a process says on standard error when a trap, a signal or endless work ends it: which case it was.
enum CrashNote {
  private static let capacity = 512
  private static nonisolated(unsafe) let text = UnsafeMutablePointer<CChar>.allocate(
    capacity: capacity)
  private static nonisolated(unsafe) var length = 0
  /// What was done with the signals before, such as Swift's backtraces.
  private static nonisolated(unsafe) var before: [Int32: sigaction] = [:]
  /// Seconds of processor time after which a case never ends.
  private static let endless = 300

  /// Says what begins.
  static func begin(_ line: String) {
    _ = install
    length = 0
    var end = 0
    for byte in "\nfuzz: this case ended the process: \(line)\n".utf8.prefix(capacity) {
      text[end] = CChar(truncatingIfNeeded: byte)
      end += 1
    }
    length = end
    setTimer(endless)
  }

  /// Nothing is under way.
  static func end() {
    length = 0
    setTimer(0)
  }

  private static func setTimer(_ seconds: Int) {
    var timer = itimerval()
    timer.it_value.tv_sec = seconds
    setitimer(__itimer_which_t(ITIMER_VIRTUAL.rawValue), &timer, nil)
  }

  /// Handlers that write the line and then let the signal do what it does.
  private static let install: Void = {
    // A stack that has no room left cannot be used by its handler.
    let size = 1 << 16
    var stack = stack_t()
    stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    stack.ss_size = size
    sigaltstack(&stack, nil)
    for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGVTALRM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        if CrashNote.length > 0 { _ = write(2, CrashNote.text, CrashNote.length) }
        var former = CrashNote.before[number] ?? sigaction()
        sigaction(number, &former, nil)
        raise(number)
      }
      action.sa_flags = SA_ONSTACK | Int32(bitPattern: UInt32(SA_NODEFER))
      var former = sigaction()
      sigaction(signal, &action, &former)
      before[signal] = former
    }
  }()
}
