import Dispatch
import Synchronization

/// The results of `body` for all items, in their order, on all cores of the host.
///
/// `progress` gets how many are done, never from two threads at a time. The first error, in the order of
/// the items, is thrown when all have ended.
func parallelMap<Item: Sendable, Value: Sendable>(
  _ items: [Item], progress: (@Sendable (Int) -> Void)? = nil,
  _ body: @Sendable (Item) throws -> Value
) throws -> [Value] {
  let state = Mutex<(done: Int, results: [Result<Value, any Error>?])>(
    (0, Array(repeating: nil, count: items.count)))
  DispatchQueue.concurrentPerform(iterations: items.count) { index in
    let result = Result { try body(items[index]) }
    state.withLock { state in
      state.results[index] = result
      state.done += 1
      progress?(state.done)
    }
  }
  return try state.withLock { $0.results }.compactMap { try $0?.get() }
}
