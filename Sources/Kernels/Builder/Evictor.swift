import Device
import ISA

/// Moves results from PSUM to SBUF on one engine or, balanced, on two.
final class Evictor {
  private let engines: [Engine]
  private var moved = 0

  /// `vector`, `scalar` or `alternate`.
  init(_ choice: String) {
    switch choice {
    case "vector": engines = [.vector]
    case "scalar": engines = [.scalar]
    default: engines = [.vector, .scalar]
    }
  }

  /// The engine whose turn it is.
  func next() -> Engine {
    defer { moved += 1 }
    return engines[moved % engines.count]
  }

  /// Copies, converting to the target's type.
  func move(
    _ builder: KernelBuilder, from source: TensorView, to target: TensorView,
    file: String = #fileID, line: Int = #line
  ) {
    builder.emit(
      TensorCopy(dst: target.ap, src: source.ap), on: next(), file: file, line: line)
  }
}

/// Cuts `0..<count` into ranges of `size`; the last may be shorter.
func ranges(of count: Int, by size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}
