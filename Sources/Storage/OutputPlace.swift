import Diagnostics

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// What an output's path leads to when its links are followed.
enum OutputPlace {
  /// A file that this process has open: `/dev/stdout`, `/dev/fd/3`.
  case descriptor(Int32)
  /// A device or a pipe, which is written directly.
  case special(String)
  /// A regular file at a path that is no link, or none yet.
  case file(String, status: stat?)

  /// Links that are followed at most, as Linux does.
  private static let linkLimit = 40

  /// Follows a path.
  ///
  /// - Throws: A `DiagnosticError` placed at the path: a directory, a circle of links, not reachable.
  init(_ path: String) throws(DiagnosticError) {
    if path.isEmpty { throw failure("write", path, ENOENT) }
    var place = path
    for _ in 0..<OutputPlace.linkLimit {
      if let number = OutputPlace.descriptor(named: place) {
        self = .descriptor(number)
        return
      }
      // Asked of what the link leads to: links in /proc are not paths of what they mean.
      var target = stat()
      if stat(place, &target) == 0 {
        let kind = target.st_mode & S_IFMT
        if kind == S_IFDIR {
          throw DiagnosticError(
            "is a directory, cannot be written as a file",
            at: SourceLocation(file: path, line: 0), remedy: "name a file in it")
        }
        if kind != S_IFREG {
          self = .special(place)
          return
        }
      }
      var status = stat()
      guard lstat(place, &status) == 0 else {
        guard errno == ENOENT else { throw failure("write", path, errno) }
        self = .file(place, status: nil)
        return
      }
      guard status.st_mode & S_IFMT == S_IFLNK else {
        self = .file(place, status: status)
        return
      }
      let next = try OutputPlace.link(place, of: path)
      let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
      place = next.hasPrefix("/") ? next : folder + next
    }
    throw failure("write", path, ELOOP)
  }

  private static func link(_ place: String, of path: String) throws(DiagnosticError) -> String {
    var code: Int32 = 0
    let next = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 12) { room -> String? in
      guard let base = room.baseAddress else { return nil }
      let count = readlink(place, base, room.count)
      code = count < 0 ? errno : EILSEQ
      guard count > 0 else { return nil }
      return String(validating: UnsafeRawBufferPointer(room)[..<count], as: UTF8.self)
    }
    guard let next else { throw failure("write", path, code) }
    return next
  }

  /// The number of the open file that a path means by its name.
  private static func descriptor(named path: String) -> Int32? {
    switch path {
    case "/dev/stdin": return STDIN_FILENO
    case "/dev/stdout": return STDOUT_FILENO
    case "/dev/stderr": return STDERR_FILENO
    default: break
    }
    for folder in ["/dev/fd/", "/proc/self/fd/", "/proc/thread-self/fd/", "/proc/\(getpid())/fd/"]
    where path.hasPrefix(folder) {
      if let number = Int32(path.dropFirst(folder.count)), number >= 0 { return number }
    }
    return nil
  }
}
