package import Diagnostics
import FoundationEssentials
import Glibc

/// A process beside this one, which reads requests from its standard input and answers on its standard output.
package final class ChildProcess {
  /// How it ended.
  package enum End: Equatable, Sendable {
    /// By itself, with an exit code.
    case code(Int32)
    /// By a signal.
    case signal(Int32)

    /// `ended with 1`.
    package var text: String {
      switch self {
      case .code(let code): "ended with \(code)"
      case .signal(let number): "was ended by \(End.name(of: number))"
      }
    }

    /// `SIGSEGV (signal 11)`.
    private static func name(of number: Int32) -> String {
      let names: [Int32: String] = [
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGHUP: "SIGHUP",
        SIGILL: "SIGILL", SIGINT: "SIGINT", SIGKILL: "SIGKILL", SIGPIPE: "SIGPIPE",
        SIGSEGV: "SIGSEGV", SIGTERM: "SIGTERM", SIGTRAP: "SIGTRAP", SIGXCPU: "SIGXCPU",
      ]
      return names[number].map { "\($0) (signal \(number))" } ?? "signal \(number)"
    }
  }

  private let process: pid_t
  private let leadsGroup: Bool
  /// Our side of the socket that is its standard input and output.
  private let socket: Int32
  /// A file without a name that takes what it says on standard error.
  private let errors: UnsafeMutablePointer<FILE>
  private var end: End?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: The program, looked for in PATH, and its arguments.
  ///   - additions: What is added to the environment.
  ///   - handle: An open file that it gets as its descriptor 3.
  ///   - leadsGroup: Whether signals for this process's group are none for it and those that it starts, which end with it.
  ///   - missing: What to say if it does not start, of the reason.
  /// - Throws: What `missing` makes, or that there is no room for temporary files.
  package init(
    _ command: [String], adding additions: [String: String], handle: Int32? = nil,
    leadsGroup: Bool = false, missing: (String) -> DiagnosticError
  ) throws(DiagnosticError) {
    guard let errors = tmpfile() else {
      throw DiagnosticError(
        "cannot make a temporary file: \(String(cString: strerror(errno)))",
        remedy: "free some space in the directory for temporary files")
    }
    var sides: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2000000, 0, &sides) == 0 else {
      let reason = String(cString: strerror(errno))
      fclose(errors)
      throw missing(reason)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, sides[1], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, sides[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO)
    if let handle { posix_spawn_file_actions_adddup2(&actions, handle, 3) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    if leadsGroup {
      posix_spawnattr_setpgroup(&attributes, 0)
      posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    }
    let environment = ProcessInfo.processInfo.environment.merging(additions) { $1 }
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") }
    words.append(nil)
    variables.append(nil)
    var process: pid_t = 0
    let code = posix_spawnp(&process, command[0], &actions, &attributes, words, variables)
    (words + variables).forEach { free($0) }
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
    close(sides[1])
    guard code == 0 else {
      close(sides[0])
      fclose(errors)
      throw missing(String(cString: strerror(code)))
    }
    self.process = process
    self.leadsGroup = leadsGroup
    self.errors = errors
    socket = sides[0]
  }

  deinit {
    close(socket)
    if end == nil {
      kill(leadsGroup ? -process : process, SIGKILL)
      _ = wait()
    }
    fclose(errors)
  }

  /// Sends bytes; `false` if the process no longer reads.
  package func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = Glibc.send(
        socket, bytes.baseAddress?.advanced(by: done), bytes.count - done, Int32(MSG_NOSIGNAL))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }

  /// Waits for bytes and adds them, at most so many; none are added when no more come.
  package func receive(into bytes: inout [UInt8], atMost room: Int = 1 << 18) {
    let before = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: room))
    var count = -1
    bytes.withUnsafeMutableBytes { target in
      repeat {
        count = read(socket, target.baseAddress?.advanced(by: before), room)
      } while count < 0 && errno == EINTR
    }
    bytes.removeLast(room - max(0, count))
  }

  /// Tells it that nothing more is asked, and waits for its end; how it ended, and what it said on standard error.
  package func finish() -> (end: End, errors: [UInt8]) {
    shutdown(socket, Int32(SHUT_RDWR))
    let end = wait()
    // Those that it started work for nobody now.
    if leadsGroup { kill(-process, SIGKILL) }
    rewind(errors)
    var said: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&room, 1, room.count, errors)
      guard count > 0 else { return (end, said) }
      said += room[..<count]
    }
  }

  private func wait() -> End {
    if let end { return end }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    // The macros of <sys/wait.h>: the low seven bits are a signal's number, the next byte the exit code.
    let found: End = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
    end = found
    return found
  }
}
