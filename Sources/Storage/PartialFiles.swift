#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// From now on a signal that ends this process (Ctrl-C, kill, a closed terminal) first removes the
/// files that are still being written.
///
/// For programs, to be called once at their start; a library leaves its host's signals alone.
public func removePartialFilesOnSignals() {
  PartialFiles.prepare()
  var all = sigset_t()
  sigemptyset(&all)
  for signal in PartialFiles.signals {
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      PartialFiles.removeAll()
      // The default action was restored on entry (SA_RESETHAND): the process ends as killed.
      raise(number)
    }
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    sigemptyset(&action.sa_mask)
    action.sa_flags = Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
    // What was ignored stays ignored: nohup and shells' background jobs rely on it.
    var before = sigaction()
    guard sigaction(signal, nil, &before) == 0, !isIgnored(before) else { continue }
    sigaction(signal, &action, nil)
    sigaddset(&all, signal)
  }
  // A parent that started this process from a worker thread may have left them blocked.
  pthread_sigmask(SIG_UNBLOCK, &all, nil)
}

/// Removes the files that are still being written; for a handler of signals that ends the process.
public func removePartialFilesNow() { PartialFiles.removeAll() }

private func isIgnored(_ action: sigaction) -> Bool {
  #if canImport(Darwin)
    let handler = action.__sigaction_u.__sa_handler
  #else
    let handler = action.__sigaction_handler.sa_handler
  #endif
  return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}

/// The files that this process is writing, in a form that a signal handler may use.
///
/// Names are C strings in a fixed table. The thread that changes it blocks the signals meanwhile.
enum PartialFiles {
  /// The signals that end a process in ordinary life.
  static let signals = [SIGINT, SIGTERM, SIGHUP]

  private static let capacity = 64
  private nonisolated(unsafe) static let names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> =
    {
      let names = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
      names.initialize(repeating: nil, count: capacity)
      return names
    }()

  private nonisolated(unsafe) static let lock: UnsafeMutablePointer<pthread_mutex_t> = {
    let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    pthread_mutex_init(lock, nil)
    return lock
  }()

  /// Makes the table, which a signal handler must not do.
  static func prepare() { _ = (names, lock) }

  /// Creates a file that must not exist yet; a descriptor, or -1 with the reason in `errno`.
  ///
  /// It is removed on a signal from its first moment on. More than 64 at a time are written like
  /// any other file.
  static func create(_ name: String) -> Int32 {
    var descriptor: Int32 = -1
    var code: Int32 = 0
    withSignalsBlocked {
      descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      code = errno
      guard descriptor >= 0 else { return }
      if let free = (0..<capacity).first(where: { names[$0] == nil }) { names[free] = strdup(name) }
    }
    errno = code
    return descriptor
  }

  /// Leaves a file alone from now on.
  static func forget(_ name: String) {
    withSignalsBlocked {
      for index in 0..<capacity {
        guard let known = names[index], strcmp(known, name) == 0 else { continue }
        names[index] = nil
        free(known)
        return
      }
    }
  }

  /// Removes them all; may be called from a signal handler.
  static func removeAll() {
    for index in 0..<capacity {
      if let name = names[index] { unlink(name) }
    }
  }

  private static func withSignalsBlocked(_ body: () -> Void) {
    var blocked = sigset_t()
    var before = sigset_t()
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_BLOCK, &blocked, &before)
    pthread_mutex_lock(lock)
    body()
    pthread_mutex_unlock(lock)
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
