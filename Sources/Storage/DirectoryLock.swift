#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Keeps a directory for one process that changes what is in it; others that ask wait.
package final class DirectoryLock {
  private var descriptor: Int32

  /// Waits for the directory; `nil` if there is none, or if the file system has no locks.
  package init?(_ directory: String) {
    descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    var result: Int32 = 0
    repeat { result = flock(descriptor, LOCK_EX) } while result != 0 && errno == EINTR
    guard result == 0 else {
      close(descriptor)
      descriptor = -1
      return nil
    }
  }

  /// Lets others have it.
  package func release() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  deinit { release() }
}
