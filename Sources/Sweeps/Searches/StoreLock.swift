import Diagnostics

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Keeps a store for one writer: two sweeps that fill it at once would each run everything.
final class StoreLock {
  private let path: String
  private let descriptor: Int32

  /// Locks a store.
  ///
  /// - Throws: `DiagnosticError` if another process has it.
  init(_ store: String) throws(DiagnosticError) {
    path = store + "-lock"
    while true {
      let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard opened >= 0 else {
        throw DiagnosticError(
          "cannot open: \(String(cString: strerror(errno)))",
          at: SourceLocation(file: store, line: 0), remedy: "check the path and its directory")
      }
      guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
        close(opened)
        throw DiagnosticError(
          "another sweep writes to this store", at: SourceLocation(file: store, line: 0),
          remedy: "wait for it, or split the work: --shard 1/2 and --shard 2/2 with a store each")
      }
      // Its last owner may have removed the file meanwhile; then the lock is on nothing.
      var (mine, current) = (stat(), stat())
      if fstat(opened, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino {
        descriptor = opened
        return
      }
      close(opened)
    }
  }

  deinit {
    unlink(path)
    close(descriptor)
  }
}
