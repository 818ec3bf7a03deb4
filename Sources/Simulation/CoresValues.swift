public import Machine

/// The memories of several cores after their programs ran as far as they came.
public final class CoresValues {
  private let execution: CoresExecution

  init(_ execution: CoresExecution) { self.execution = execution }

  /// How many tensors a core's program had then; those of a program that grows come behind them.
  public func tensorCount(of core: Int) -> Int { execution.tensorCount(of: core) }

  /// Copies a tensor's contents, and for each element whether it was written (1 or 0).
  /// - Parameters:
  ///   - core: Id of the core.
  ///   - target: As many bytes as the tensor has.
  ///   - written: As many as it has elements.
  public func copy(
    _ tensor: TensorID, of core: Int, into target: UnsafeMutableRawBufferPointer,
    written: UnsafeMutableBufferPointer<UInt8>?
  ) {
    execution.copy(tensor, of: core, into: target, written: written)
  }
}
