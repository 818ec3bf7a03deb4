import Diagnostics
import FoundationEssentials
import Glibc

/// Starts `python -m trnsim.suites` and reads what it says.
enum PythonTracer {
  /// Asks for the programs of one script's calls.
  static func run(_ request: Request, script: String) throws -> Response {
    let (input, output, errors) = (try Scratch(), try Scratch(), try Scratch())
    try input.write(JSONEncoder().encode(request))
    let end = try PythonProcess.run(
      ["-m", "trnsim.suites"],
      streams: [0: input.descriptor, 1: output.descriptor, 2: errors.descriptor])
    if end == .code(0),
      let response = try? JSONDecoder().decode(Response.self, from: output.contents())
    {
      return response
    }
    throw failure(end, try errors.contents(), script: script)
  }

  /// Python itself ended: a package is missing, the script ended the process.
  private static func failure(
    _ end: PythonProcess.End, _ errors: Data, script: String
  ) -> DiagnosticError {
    let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
    let last = lines.last { !$0.allSatisfy(\.isWhitespace) }.map { ": \($0)" } ?? ""
    return DiagnosticError(
      "'\(PythonHost.interpreter)' \(end.text) while it traced '\(script)'\(last)",
      remedy:
        "it needs numpy, ml_dtypes and, outside of the sources, this package: pip install ./python; TRNSIM_PYTHON names another Python"
    )
  }
}

/// A file without a name: it is gone when nobody has it open, however the process ends.
private final class Scratch {
  private let file: UnsafeMutablePointer<FILE>

  init() throws {
    guard let file = tmpfile() else { throw Scratch.failure("make") }
    self.file = file
  }

  deinit { fclose(file) }

  var descriptor: Int32 { fileno(file) }

  func write(_ data: Data) throws {
    let count = data.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    guard count == data.count, fflush(file) == 0 else { throw Scratch.failure("write") }
    rewind(file)
  }

  func contents() throws -> Data {
    rewind(file)
    var data = Data()
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&room, 1, room.count, file)
      guard count > 0 else { break }
      data.append(contentsOf: room[..<count])
    }
    guard ferror(file) == 0 else { throw Scratch.failure("read") }
    return data
  }

  private static func failure(_ doing: String) -> DiagnosticError {
    DiagnosticError(
      "cannot \(doing) a temporary file: \(String(cString: strerror(errno)))",
      remedy: "free some space in the directory for temporary files")
  }
}
