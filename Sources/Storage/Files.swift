package import Diagnostics
import Host

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Reads a whole file.
///
/// - Throws: A `DiagnosticError` placed at the file: missing, a directory, not readable.
package func readFile(_ path: String) throws(DiagnosticError) -> [UInt8] {
  let file = try InputFile(path)
  var bytes: [UInt8] = []
  let place = SourceLocation(file: path, line: 0)
  try MemoryBudget.require(Double(file.expectedSize), for: "the file's bytes", at: place)
  bytes.reserveCapacity(file.expectedSize)
  var next = max(4 << 20, file.expectedSize + 1)
  while try file.read(1 << 20, into: &bytes) {
    // A pipe or a device may go on for ever, and an array that grows needs three times its size for a moment.
    guard bytes.count >= next else { continue }
    try MemoryBudget.require(3 * Double(bytes.count), for: "the file's bytes", at: place)
    next = 2 * bytes.count
  }
  return bytes
}

/// Reads a file's beginning, at most so many bytes.
///
/// - Throws: A `DiagnosticError` placed at the file: missing, a directory, not readable.
package func readFile(_ path: String, upTo count: Int) throws(DiagnosticError) -> [UInt8] {
  let file = try InputFile(path)
  var bytes: [UInt8] = []
  while bytes.count < count, try file.read(count - bytes.count, into: &bytes) {}
  return bytes
}

/// Writes a file whole or not at all.
///
/// The bytes go to a temporary file beside the target, which then takes the target's place with the
/// target's mode; a link stays one, and what it leads to is replaced. A device or a pipe is written
/// directly.
///
/// - Throws: A `DiagnosticError` placed at the file; the target is then as it was before.
package func writeAtomically(
  _ bytes: some Collection<UInt8>, to path: String
) throws(DiagnosticError) {
  let file = try OutputFile(path)
  try file.write([UInt8](bytes)[...])
  try file.commit()
}

/// The diagnostic of a system call that failed with `code`.
func failure(
  _ doing: String, _ path: String, _ code: Int32, remedy: String? = nil
) -> DiagnosticError {
  if path.isEmpty {
    return DiagnosticError("cannot \(doing) a file without a name", remedy: "give a path")
  }
  return DiagnosticError(
    "cannot \(doing): \(String(cString: strerror(code)))",
    at: SourceLocation(file: path, line: 0), remedy: remedy)
}

/// A file open for reading, closed when it goes away.
final class InputFile {
  private let path: String
  private let descriptor: Int32
  /// The file's size as the file system has it; 0 for pipes.
  let expectedSize: Int

  init(_ path: String) throws(DiagnosticError) {
    self.path = path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    let code = errno
    self.descriptor = descriptor
    guard descriptor >= 0 else {
      expectedSize = 0
      let remedy: String? =
        switch code {
        case ENOENT: "check the path"
        case EACCES: "give read permission: chmod +r"
        default: nil
        }
      throw failure("read", path, code, remedy: remedy)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      expectedSize = 0
      throw failure("read", path, errno)
    }
    expectedSize = max(0, Int(status.st_size))
    if status.st_mode & S_IFMT == S_IFDIR {
      throw DiagnosticError(
        "is a directory, a file is needed", at: SourceLocation(file: path, line: 0),
        remedy: "name a file in it")
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes of a part of the file; `nil` if it has none there.
  func read(_ range: Range<Int>) throws(DiagnosticError) -> [UInt8]? {
    guard range.lowerBound >= 0, lseek(descriptor, off_t(range.lowerBound), SEEK_SET) >= 0 else {
      return nil
    }
    var bytes: [UInt8] = []
    while bytes.count < range.count, try read(range.count - bytes.count, into: &bytes) {}
    return bytes.count == range.count ? bytes : nil
  }

  /// Appends at most `count` bytes; false at the end of the file.
  func read(_ count: Int, into bytes: inout [UInt8]) throws(DiagnosticError) -> Bool {
    var got = 0
    var code: Int32 = 0
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { room in
      repeat {
        #if canImport(Darwin)
          got = Darwin.read(descriptor, room.baseAddress, count)
        #elseif canImport(Musl)
          got = Musl.read(descriptor, room.baseAddress, count)
        #else
          got = Glibc.read(descriptor, room.baseAddress, count)
        #endif
        code = errno
      } while got < 0 && code == EINTR
      if got > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<got])) }
    }
    guard got >= 0 else { throw failure("read", path, code) }
    return got > 0
  }
}

/// The names of the files and directories in a directory, in order.
///
/// - Throws: A `DiagnosticError` placed at the directory: missing, not a directory, not readable.
package func fileNames(in directory: String) throws(DiagnosticError) -> [String] {
  guard let stream = opendir(directory) else {
    throw failure("list", directory, errno, remedy: "check the path")
  }
  defer { closedir(stream) }
  // An entry ends with its name: the rest of what its type has is another's memory.
  guard let place = MemoryLayout<dirent>.offset(of: \.d_name) else {
    preconditionFailure("entries have names")
  }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = String(
      cString: (UnsafeRawPointer(entry) + place).assumingMemoryBound(to: CChar.self))
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Whether a path leads to a file with contents of its own: neither a directory nor a pipe or device.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}
