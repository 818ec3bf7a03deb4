import Diagnostics
import FoundationEssentials
import Glibc
import Simulation
import Workloads

/// How a worker is started.
package struct WorkerCommand: Sendable {
  private let words: [String]

  /// This program itself, with these arguments.
  package init(arguments: [String]) {
    // Also where the file has been replaced since it was started.
    #if os(Linux)
      words = ["/proc/self/exe"] + arguments
    #else
      words = [CommandLine.arguments[0]] + arguments
    #endif
  }

  /// Starts one, and tells it what to do.
  ///
  /// - Throws: `DiagnosticError` if it does not start.
  func start(_ setup: WorkerSetup) throws(DiagnosticError) -> RunningWorker {
    guard let pages = tmpfile() else {
      throw WorkerCommand.missing(String(cString: strerror(errno)))
    }
    defer { fclose(pages) }
    guard ftruncate(fileno(pages), off_t(ActivityBoard.bytes(width: setup.width))) == 0,
      let board = ActivityBoard(fileno(pages), width: setup.width)
    else { throw WorkerCommand.missing(String(cString: strerror(errno))) }
    // Its end is told in one line; a backtrace takes seconds.
    let backtraces = "SWIFT_BACKTRACE"
    let process = try ChildProcess(
      words, adding: getenv(backtraces) == nil ? [backtraces: "enable=no"] : [:],
      handle: fileno(pages), leadsGroup: true, missing: WorkerCommand.missing)
    let worker = RunningWorker(process, board)
    worker.send(Frame(kind: .setup, content: setup.packed))
    return worker
  }

  private static func missing(_ reason: String) -> DiagnosticError {
    DiagnosticError(
      "cannot start a process for the entries: \(reason)",
      remedy: "free some memory, processes or space for temporary files")
  }
}

/// A worker that was started.
final class RunningWorker {
  private let process: ChildProcess
  private let board: ActivityBoard
  private var reader = Frame.Reader()

  init(_ process: ChildProcess, _ board: ActivityBoard) {
    self.process = process
    self.board = board
  }

  /// Sends a frame; that the worker is gone is what `next()` tells.
  func send(_ frame: Frame) { frame.bytes.withUnsafeBytes { _ = process.send($0) } }

  /// The next frame; `nil` where it has ended.
  func next() -> Frame? { reader.next { process.receive(into: &$0, atMost: 1 << 14) } }

  /// Waits for its end: how it ended, what is worth telling of what it said, what each entry did.
  func finish() -> (end: ChildProcess.End, said: String?, activities: [Int: Stage]) {
    let (end, errors) = process.finish()
    let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n")
      .filter { !$0.allSatisfy(\.isWhitespace) }
    let line = lines.first { $0.contains("Fatal error") } ?? lines.last
    return (end, line.map { String($0.prefix(300)) }, board.activities)
  }
}
