import Diagnostics
import Dispatch
import Glibc
import Simulation
import Synchronization
package import Workloads

/// A process that runs entries on several threads: it reads frames from its standard input and answers on its standard output,
/// and shares what its threads do as descriptor 3.
package struct EntryWorker: Sendable {
  private let kernels: KernelCatalog
  private var works: [String: @Sendable (Variant, Evaluator) -> [UInt8]] = [:]

  /// A worker that knows these kernels.
  package init(kernels: KernelCatalog) { self.kernels = kernels }

  /// Adds what it can be asked for.
  package mutating func add<Result>(_ work: EntryWork<Result>) {
    works[work.name] = { work.body($0, $1).packed }
  }

  /// Serves who started it, until that process closes the input or is gone.
  ///
  /// - Throws: `DiagnosticError` if something else than this program started it.
  package func serve() throws {
    // What anything prints must not come between the answers.
    let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 4)
    let output = Mutex(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 4))
    dup2(STDERR_FILENO, STDOUT_FILENO)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, STDIN_FILENO)
    let answer: @Sendable (Frame) -> Void = { frame in
      output.withLock { EntryWorker.send(frame.bytes, to: $0) }
    }
    var reader = Frame.Reader()
    func next() -> Frame? { reader.next { EntryWorker.receive(from: input, into: &$0) } }

    guard let first = next(), first.kind == .setup else { throw EntryWorker.stranger }
    var unpacker = Unpacker(first.content)
    let setup = try WorkerSetup(from: &unpacker)
    guard let work = works[setup.work],
      let board = ActivityBoard(3, width: setup.width)
    else { throw EntryWorker.stranger }
    close(3)
    let recorder = Recorder()
    do throws(DiagnosticError) {
      try recorder.open(for: setup.opened, beside: setup.file)
    } catch {
      answer(Frame(kind: .refused, content: error.packed))
      return
    }
    answer(Frame(kind: .ready))

    let evaluator = Evaluator(kernels: kernels, beside: setup.file, recorder: recorder)
    let entries = Entries()
    for thread in 0..<setup.width {
      startThread {
        while true {
          let frame = entries.take()
          board.set(thread, entry: frame.number, .loading)
          let watcher = Stage.Watcher { board.set(thread, entry: frame.number, $0) }
          let content = Stage.$watcher.withValue(watcher) {
            var unpacker = Unpacker(frame.content)
            return (try? Variant(from: &unpacker)).map { work($0, evaluator) } ?? []
          }
          answer(Frame(kind: .result, number: frame.number, content: content))
          board.clear(thread)
          entries.finishOne()
        }
      }
    }
    while let frame = next() { entries.put(frame) }
    // Whoever asked is gone: what is under way is for nobody.
    if entries.areUnderWay { kill(getpgrp() == getpid() ? 0 : getpid(), SIGKILL) }
  }

  private static var stranger: DiagnosticError {
    DiagnosticError(
      "'trnsim worker' is what trnsim starts for its own entries", remedy: "see trnsim --help")
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { source in
      var done = 0
      while done < source.count {
        let count = Glibc.send(
          descriptor, source.baseAddress?.advanced(by: done), source.count - done,
          Int32(MSG_NOSIGNAL))
        if count < 0 && errno == EINTR { continue }
        // Its end is told by the reader.
        guard count > 0 else { return }
        done += count
      }
    }
  }

  private static func receive(from descriptor: Int32, into bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 16) { room in
      var count = -1
      repeat {
        count = read(descriptor, room.baseAddress, room.count)
      } while count < 0 && errno == EINTR
      if count > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: room[..<count])) }
    }
  }
}

/// Entries that wait for a thread, and the number of those that are not answered.
private final class Entries: Sendable {
  private let waiting = Mutex<[Frame]>([])
  private let unfinished = Atomic<Int>(0)
  private let ready = DispatchSemaphore(value: 0)

  func put(_ frame: Frame) {
    unfinished.wrappingAdd(1, ordering: .relaxed)
    waiting.withLock { $0.append(frame) }
    ready.signal()
  }

  func take() -> Frame {
    ready.wait()
    return waiting.withLock { $0.removeFirst() }
  }

  func finishOne() { unfinished.wrappingSubtract(1, ordering: .relaxed) }

  var areUnderWay: Bool { unfinished.load(ordering: .relaxed) > 0 }
}
