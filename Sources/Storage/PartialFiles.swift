import Synchronization

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
package func removePartialFilesOnSignals() {
  PartialFiles.prepare()
  var all = sigset_t()
  sigemptyset(&all)
  for signal in PartialFiles.signals {
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { number in
      PartialFiles.removeAll()
      if number == SIGINT { sayInterrupted() }
      // The default action was restored on entry (SA_RESETHAND): the process ends as killed.
      endBySignal(number)
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

/// From now on a file that grows beyond the limit of its size (`ulimit -f`) is an error of the write, not
/// the end of this process.
///
/// For programs, to be called once at their start.
package func reportFileSizeLimit() { signal(SIGXFSZ, SIG_IGN) }

/// Says in a line on standard error that the user ended the program; for a handler of signals.
package func sayInterrupted() {
  let text: StaticString =
    isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[Kinterrupted\n" : "interrupted\n"
  _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}

/// Ends the process by a signal whose default action ends it, or as shells report that where the signal cannot: the first
/// process of a container is not ended by its own.
package func endBySignal(_ number: Int32) {
  signal(number, SIG_DFL)
  var one = sigset_t()
  sigemptyset(&one)
  sigaddset(&one, number)
  pthread_sigmask(SIG_UNBLOCK, &one, nil)
  raise(number)
  _exit(128 + number)
}

/// Removes the files that are still being written; for a handler of signals that ends the process.
package func removePartialFilesNow() { PartialFiles.removeAll() }

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

  /// The name of a partial file of `target`, a name without its directory.
  static func name(for target: String, attempt: Int) -> String {
    // File systems take names of 255 bytes.
    "\(String(decoding: target.utf8.prefix(200), as: UTF8.self)).trnsim-\(getpid())-\(attempt).partial"
  }

  /// Whether `name(for:attempt:)` of any process makes such a name.
  private static func isPartialName(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.last == "partial" else { return false }
    let words = parts[parts.count - 2].split(separator: "-", omittingEmptySubsequences: false)
    return words.count == 3 && words[0] == "trnsim"
      && words.dropFirst().allSatisfy {
        !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) }
      }
  }

  /// Creates a file that must not exist yet; a descriptor, or -1 with the reason in `errno`.
  ///
  /// It is removed on a signal from its first moment on. More than 64 at a time are written like
  /// any other file. It is locked until its descriptor is closed, which tells it from a stale one.
  static func create(_ name: String, mode: mode_t) -> Int32 {
    var descriptor: Int32 = -1
    var code: Int32 = 0
    withSignalsBlocked {
      descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
      code = errno
      guard descriptor >= 0 else { return }
      // Another process may have taken it for a stale one before it was locked; then it is removed.
      // File systems without locks have no stale files removed either.
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      var status = stat()
      if isTaken || (fstat(descriptor, &status) == 0 && status.st_nlink == 0) {
        close(descriptor)
        descriptor = -1
        code = EEXIST
        return
      }
      if let free = (0..<capacity).first(where: { names[$0] == nil }) { names[free] = strdup(name) }
    }
    errno = code
    return descriptor
  }

  /// Directories that were looked through; the next process does it again.
  private static let swept = Mutex<Set<String>>([])

  /// Removes the partial files in a directory that no process is writing any more: whoever wrote them was
  /// killed.
  static func removeStale(in directory: String) {
    let isNew = swept.withLock { swept in
      if swept.count >= 1024 { swept.removeAll() }
      return swept.insert(directory).inserted
    }
    guard isNew else { return }
    for name in (try? fileNames(in: directory)) ?? [] where isPartialName(name) {
      let path = "\(directory)/\(name)"
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
      // Its owner may have put it in its target's place since.
      var (mine, current) = (stat(), stat())
      guard fstat(descriptor, &mine) == 0, lstat(path, &current) == 0,
        mine.st_mode & S_IFMT == S_IFREG, mine.st_dev == current.st_dev,
        mine.st_ino == current.st_ino
      else { continue }
      unlink(path)
    }
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
