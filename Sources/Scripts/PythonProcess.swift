public import Diagnostics
import FoundationEssentials
import Glibc

/// A process of Python beside this one.
public enum PythonProcess {
  /// How it ended.
  public enum End: Equatable {
    /// By itself, with an exit code.
    case code(Int32)
    /// By a signal.
    case signal(Int32)

    /// `ended with 1`.
    public var text: String {
      switch self {
      case .code(let code): "ended with \(code)"
      case .signal(let number): "was ended by signal \(number)"
      }
    }
  }

  /// Runs the interpreter to its end, in an environment in which it finds the package.
  ///
  /// - Parameter streams: By the number of one of its open files, ours that it becomes; others stay as here.
  /// - Throws: `DiagnosticError` if there is no such interpreter.
  public static func run(
    _ arguments: [String], streams: [Int32: Int32]
  ) throws(DiagnosticError) -> End {
    let command = [PythonHost.interpreter] + arguments
    let environment = ProcessInfo.processInfo.environment.merging(PythonHost.additions) { $1 }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in streams {
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    }
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") }
    defer { (words + variables).forEach { free($0) } }
    words.append(nil)
    variables.append(nil)
    var process: pid_t = 0
    let code = posix_spawnp(&process, command[0], &actions, nil, words, variables)
    guard code == 0 else { throw PythonHost.missing(String(cString: strerror(code))) }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    // The macros of <sys/wait.h>: the low seven bits are a signal's number, the next byte the exit code.
    return status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
  }
}
