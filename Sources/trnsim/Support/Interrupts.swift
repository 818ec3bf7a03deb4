import Storage
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Lets a long command end in good order on the first Ctrl-C (or kill), and at once on the second.
enum Interrupts {
  /// Number of the signal that asked for the end; 0 if none has.
  private static let received = Atomic<Int32>(0)

  /// Whether the user asked for the end.
  static var isRequested: Bool { received.load(ordering: .relaxed) != 0 }

  /// From now on SIGINT and SIGTERM only ask.
  static func areDeferred() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      let handler: @convention(c) (Int32) -> Void = { number in
        let before = Interrupts.received.exchange(number, ordering: .relaxed)
        guard before != 0 else { return }
        removePartialFilesNow()
        if number == SIGINT { sayInterrupted() }
        endBySignal(number)
      }
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = handler
      #else
        action.__sigaction_handler.sa_handler = handler
      #endif
      sigemptyset(&action.sa_mask)
      var before = sigaction()
      guard sigaction(number, nil, &before) == 0, !isIgnored(before) else { continue }
      sigaction(number, &action, nil)
    }
  }

  /// Ends the process as the signal would have, after what was done is in order.
  static func endIfRequested() {
    let number = received.load(ordering: .relaxed)
    guard number != 0 else { return }
    endBySignal(number)
  }

  // What was ignored stays ignored: nohup and shells' background jobs rely on it.
  private static func isIgnored(_ action: sigaction) -> Bool {
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
