import Formats
import Machine

/// Which part of a whole input a rank gets: blocks along one dimension, for each of its cores in turn.
public struct TensorShard: Hashable, Sendable {
  /// Extents of the part in elements; several cores' parts follow one another along the first dimension.
  public let shape: [Int]
  /// Elements that follow one another in the part as in the whole.
  private let run: Int
  /// Blocks of the whole dimension.
  private let extent: Int
  /// By core: which blocks it gets, in order.
  private let blocks: [[Int]]
  /// Runs of a core's part.
  private let runsOfCore: Int

  /// Blocks of `block` elements along a dimension of a whole tensor.
  ///
  /// - Parameter cores: For each core of the rank which blocks it gets, equally many.
  public init(of whole: [Int], dimension: Int, block: Int, cores: [[Int]]) {
    let count = cores.first?.count ?? 0
    precondition(
      cores.allSatisfy { $0.count == count } && whole[dimension] % block == 0,
      "\(cores) of blocks of \(block) of \(whole)")
    var part = whole
    part[dimension] = block * count
    part[0] *= cores.count
    shape = part
    run = whole[(dimension + 1)...].reduce(block, *)
    extent = whole[dimension] / block
    blocks = cores
    runsOfCore = whole[..<dimension].reduce(count, *)
  }

  /// Elements of the part.
  private var count: Int { shape.reduce(1, *) }

  /// Where a run of the part begins in the whole.
  private func start(_ index: Int) -> Int {
    let mine = blocks[index / runsOfCore]
    let place = index % runsOfCore
    return (place / mine.count * extent + mine[place % mine.count]) * run
  }

  /// Calls `body` with each piece of a range of the part: where it is in the part, and in the whole.
  private func forEachPiece(_ range: Range<Int>, _ body: (Int, Range<Int>) -> Void) {
    var at = range.lowerBound
    while at < range.upperBound {
      let inside = at % run
      let length = min(run - inside, range.upperBound - at)
      let first = start(at / run) + inside
      body(at, first..<first + length)
      at += length
    }
  }

  /// The part of a tensor whose contents are there.
  func cut(_ whole: KernelTensor) -> KernelTensor {
    let size = whole.dtype.size
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * size)
    forEachPiece(0..<count) { _, piece in
      bytes += whole.bytes[piece.lowerBound * size..<piece.upperBound * size]
    }
    return KernelTensor(name: whole.name, dtype: whole.dtype, shape: shape, bytes: bytes)
  }

  /// The part of trial contents that are made when they are read; the same bytes as those of `cut`.
  func contents(of input: KernelInput, seed: UInt64) -> LazyContents {
    let whole = input.contents(seed: seed)
    let size = input.dtype.size
    let wholeBytes = input.shape.reduce(size, *)
    let shard = self
    return LazyContents(blockBytes: whole.blockBytes) { block, target, bytes in
      let first = block * (whole.blockBytes / size)
      // Pieces that follow one another often lie in one block of the whole.
      var made = [UInt8](repeating: 0, count: whole.blockBytes)
      var madeBlock = -1
      shard.forEachPiece(first..<first + bytes / size) { at, piece in
        var from = piece.lowerBound * size
        var into = (at - first) * size
        let end = piece.upperBound * size
        while from < end {
          let number = from / whole.blockBytes
          let begin = number * whole.blockBytes
          let length = min(end, begin + whole.blockBytes) - from
          made.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            if madeBlock != number {
              whole.fill(number, base, min(whole.blockBytes, wholeBytes - begin))
              madeBlock = number
            }
            (target + into).copyMemory(from: base + (from - begin), byteCount: length)
          }
          from += length
          into += length
        }
      }
    }
  }
}
