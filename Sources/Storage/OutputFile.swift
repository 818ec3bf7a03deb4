import Diagnostics

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A file being written beside its target; removed when it goes away before `commit`.
final class OutputFile {
  /// As the user gave it, for messages.
  private let path: String
  /// What the temporary file replaces: `path` behind its links.
  private var target = ""
  /// nil when the target is written directly.
  private var temporary: String?
  private var descriptor: Int32 = -1

  init(_ path: String) throws(DiagnosticError) {
    self.path = path
    switch try OutputPlace(path) {
    case .descriptor(let number):
      // Opened anew, it would be written from its beginning.
      descriptor = fcntl(number, F_DUPFD_CLOEXEC, 3)
      if descriptor < 0 { throw failure("write", path, errno) }
    case .special(let place):
      descriptor = open(place, O_WRONLY | O_CLOEXEC)
      if descriptor < 0 { throw failure("write", path, errno) }
    case .file(let place, let status):
      target = place
      try create(status)
    }
  }

  /// Creates the temporary file, with the mode and owner of what it replaces.
  private func create(_ status: stat?) throws(DiagnosticError) {
    // A rename would replace a file that its owner protects.
    if status != nil, access(target, W_OK) != 0 {
      throw failure("write", path, errno, remedy: "give write permission: chmod +w")
    }
    let slash = target.lastIndex(of: "/").map { target.index(after: $0) } ?? target.startIndex
    let folder = String(target[..<slash])
    PartialFiles.removeStale(in: folder.isEmpty ? "." : folder)
    for attempt in 0..<1000 {
      let name = folder + PartialFiles.name(for: String(target[slash...]), attempt: attempt)
      // Nobody may read on the way what is closed to them in the end.
      descriptor = PartialFiles.create(name, mode: status == nil ? 0o666 : 0o600)
      if descriptor >= 0 {
        temporary = name
        break
      }
      if errno != EEXIST { break }
    }
    guard descriptor >= 0 else {
      let code = errno
      let remedy: String? =
        switch code {
        case ENOENT: "create the directory first"
        case EACCES, EROFS: "choose a directory that you may write to"
        default: nil
        }
      throw failure("write", path, code, remedy: remedy)
    }
    guard let status else { return }
    // Only the superuser may give a file away; whoever cannot owns the new one.
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else {
      throw failure("set the mode of", path, errno)
    }
  }

  deinit {
    if let temporary {
      unlink(temporary)
      PartialFiles.forget(temporary)
    }
    if descriptor >= 0 { close(descriptor) }
  }

  /// Writes all of `bytes`.
  func write(_ bytes: ArraySlice<UInt8>) throws(DiagnosticError) {
    var code: Int32 = 0
    bytes.withUnsafeBytes { source in
      var done = 0
      while done < source.count {
        guard let base = source.baseAddress else { return }
        #if canImport(Darwin)
          let count = Darwin.write(descriptor, base + done, source.count - done)
        #elseif canImport(Musl)
          let count = Musl.write(descriptor, base + done, source.count - done)
        #else
          let count = Glibc.write(descriptor, base + done, source.count - done)
        #endif
        if count < 0 {
          if errno == EINTR { continue }
          code = errno
          return
        }
        done += count
      }
    }
    guard code == 0 else { throw writing(code) }
  }

  private func writing(_ code: Int32) -> DiagnosticError {
    let remedy: String? =
      switch code {
      case EFBIG: "raise the limit of a file's size: ulimit -f unlimited"
      case ENOSPC, EDQUOT: "free some space"
      default: nil
      }
    return failure("write", path, code, remedy: remedy)
  }

  /// Puts the file in the target's place.
  ///
  /// Its bytes reach the disk before its name does: after a power cut there is the old file or the new
  /// one. The lock that says that the file is being written ends with its temporary name.
  func commit() throws(DiagnosticError) {
    if let name = temporary {
      try synchronize(descriptor)
      guard rename(name, target) == 0 else { throw failure("write", path, errno) }
      PartialFiles.forget(name)
      temporary = nil
      let slash = target.lastIndex(of: "/")
      let folder = open(slash.map { String(target[...$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
      // A directory that may be written but not read cannot be opened.
      if folder >= 0 {
        defer { close(folder) }
        try synchronize(folder)
      }
    }
    let closed = close(descriptor)
    let code = errno
    descriptor = -1
    guard closed == 0 else { throw writing(code) }
  }

  private func synchronize(_ descriptor: Int32) throws(DiagnosticError) {
    var code: Int32 = 0
    repeat { code = fsync(descriptor) == 0 ? 0 : errno } while code == EINTR
    // File systems without such a thing say so.
    guard code != 0, code != EINVAL, code != ENOTSUP else { return }
    throw writing(code)
  }
}
