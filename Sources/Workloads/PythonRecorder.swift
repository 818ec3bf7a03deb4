import Device
import Diagnostics
import Formats
import FoundationEssentials
import Glibc
import Programs

/// A process of Python that has a script open and records its kernels, a call at a time.
///
/// Threads hand it on; only one has it at a time.
final class PythonRecorder: @unchecked Sendable {
  private let process: ChildProcess
  private let script: String
  /// Bytes that have arrived and were not read yet.
  private var arrived: [UInt8] = []
  private var position = 0

  /// - Throws: `DiagnosticError` if there is no interpreter.
  init(script: String, arguments: [String]) throws(DiagnosticError) {
    self.script = script
    // In an environment in which it finds the package.
    process = try ChildProcess(
      [PythonHost.interpreter, "-m", "trnsim.recordings", script] + arguments,
      adding: PythonHost.additions, missing: PythonHost.missing)
  }

  /// Whether it can be asked again.
  private(set) var isAlive = true

  /// Whether the package is there and answers.
  func isReady() -> Bool { send(Data("{}\n".utf8)) && readLine() != nil }

  private func send(_ data: Data) -> Bool { data.withUnsafeBytes { process.send($0) } }

  /// Records a call.
  ///
  /// - Throws: `DiagnosticError` for what is wrong with the script or the call, and if Python ended.
  func record(_ call: ScriptCall) throws -> Recording {
    guard send(try JSONEncoder().encode(call) + [UInt8(ascii: "\n")]),
      let line = readLine(), let answer = try? JSONDecoder().decode(Answer.self, from: Data(line))
    else { throw ended() }
    if let error = answer.error {
      let place = answer.file.map { SourceLocation(file: $0, line: answer.line ?? 0) }
      throw DiagnosticError(
        error, at: place, remedy: answer.help, topic: answer.topic.flatMap(Topic.init(rawValue:)))
    }
    guard let lengths = answer.programs, let coresPerRank = answer.coresPerRank,
      coresPerRank > 0, !lengths.isEmpty, lengths.count % coresPerRank == 0
    else { throw ended() }
    var programs: [Program] = []
    for length in lengths {
      guard let bytes = read(length) else { throw ended() }
      var stream = ProgramStream(name: "recorded program")
      try bytes.withUnsafeBufferPointer { try stream.append($0) }
      programs.append(stream.program)
    }
    var contents: [[KernelTensor]] = []
    for rank in answer.contents ?? [] {
      var tensors: [KernelTensor] = []
      for given in rank {
        guard let dtype = DType(name: given.dtype), let bytes = read(given.bytes),
          bytes.count == given.shape.reduce(dtype.size, *)
        else { throw ended() }
        tensors.append(
          KernelTensor(name: given.name, dtype: dtype, shape: given.shape, bytes: bytes))
      }
      contents.append(tensors)
    }
    let layout = CoreLayout(ranks: programs.count / coresPerRank, coresPerRank: coresPerRank)
    return Recording(
      set: ProgramSet(layout: layout, programs: programs), settings: answer.settings ?? [:],
      parameters: answer.parameters ?? [:], contents: contents, notes: answer.notes ?? [])
  }

  private struct Answer: Decodable {
    struct Contents: Decodable {
      var name: String
      var dtype: String
      var shape: [Int]
      var bytes: Int
    }

    var programs: [Int]?
    var coresPerRank: Int?
    var settings: [String: String]?
    var parameters: [String: String]?
    var contents: [[Contents]]?
    var notes: [String]?
    var error: String?
    var help: String?
    var topic: String?
    var file: String?
    var line: Int?

    enum CodingKeys: String, CodingKey {
      case programs, settings, parameters, contents, notes, error, help, topic, file, line
      case coresPerRank = "cores_per_rank"
    }
  }

  /// Python itself ended: a package is missing, or the script ended the process.
  func ended() -> PythonEnded {
    isAlive = false
    let (end, errors) = process.finish()
    let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
    let last = lines.last { !$0.allSatisfy(\.isWhitespace) }.map { ": \($0)" } ?? ""
    return PythonEnded(
      error: DiagnosticError(
        "'\(PythonHost.interpreter)' \(end.text) while it recorded '\(script)'\(last)",
        remedy:
          "it needs numpy, ml_dtypes and, outside of the sources, this package: pip install ./python; TRNSIM_PYTHON names another Python",
        topic: .installation))
  }

  // MARK: - Reading

  /// The next line without its end; `nil` at the end of all.
  private func readLine() -> [UInt8]? {
    var searched = position
    while true {
      if let end = arrived[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return Array(arrived[position..<end])
      }
      searched = arrived.count
      guard more() else { return nil }
    }
  }

  /// So many bytes; `nil` if they do not come.
  private func read(_ count: Int) -> [UInt8]? {
    guard count >= 0 else { return nil }
    if position > 0 {
      arrived.removeFirst(position)
      position = 0
    }
    arrived.reserveCapacity(count)
    while arrived.count < count { guard more() else { return nil } }
    position = count
    return Array(arrived[..<count])
  }

  private func more() -> Bool {
    let before = arrived.count
    process.receive(into: &arrived)
    return arrived.count > before
  }
}

/// Python ended where it was to answer.
struct PythonEnded: Error {
  var error: DiagnosticError
}
