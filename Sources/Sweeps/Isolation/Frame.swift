/// A message between this program and a worker.
///
/// On the way: the content's length and the entry's number in 4 bytes each, the lowest first, the kind in one, and the content.
struct Frame {
  enum Kind: UInt8 {
    /// To the worker, first: a `WorkerSetup`.
    case setup = 1
    /// To the worker: an entry.
    case entry
    /// From the worker: it can begin.
    case ready
    /// From the worker: it cannot; a `DiagnosticError`.
    case refused
    /// From the worker: what an entry gave.
    case result
  }

  var kind: Kind
  var number = 0
  var content: [UInt8] = []

  private static let headSize = 9

  var bytes: [UInt8] {
    var found: [UInt8] = []
    found.reserveCapacity(Frame.headSize + content.count)
    for value in [UInt32(content.count), UInt32(number)] {
      withUnsafeBytes(of: value.littleEndian) { found.append(contentsOf: $0) }
    }
    found.append(kind.rawValue)
    return found + content
  }

  /// Frames out of the bytes in which they arrive.
  struct Reader {
    private var arrived: [UInt8] = []
    private var position = 0

    /// The next frame; `nil` at the end, and at bytes that are none.
    mutating func next(_ more: (inout [UInt8]) -> Void) -> Frame? {
      guard fill(Frame.headSize, more) else { return nil }
      func number(_ offset: Int) -> Int {
        arrived[(position + offset)..<(position + offset + 4)].reversed().reduce(0) {
          $0 << 8 | Int($1)
        }
      }
      let (length, entry) = (number(0), number(4))
      guard let kind = Kind(rawValue: arrived[position + 8]),
        fill(Frame.headSize + length, more)
      else { return nil }
      let begin = position + Frame.headSize
      position = begin + length
      return Frame(kind: kind, number: entry, content: Array(arrived[begin..<position]))
    }

    /// Whether so many bytes are there, after waiting for them.
    private mutating func fill(_ count: Int, _ more: (inout [UInt8]) -> Void) -> Bool {
      while arrived.count - position < count {
        arrived.removeFirst(position)
        position = 0
        let before = arrived.count
        more(&arrived)
        if arrived.count == before { return false }
      }
      return true
    }
  }
}
