import Diagnostics
import Storage

/// What has begun before a part of a trace and has not ended.
struct TraceState {
  /// Of the writer: a core.
  var sequence: UInt64
  /// By track: the parts in which its open slices begin, outermost first.
  var begun: [UInt64: [Int]] = [:]
  /// By track: a counter's value.
  var values: [UInt64: Double] = [:]

  /// Reads what `TraceEncoder` tells.
  init(_ bytes: UnsafeRawBufferPointer, of sequence: UInt64) {
    self.sequence = sequence
    var tracks = ProtoFields(bytes)
    while let (field, value) = tracks.next() {
      guard field == 1 else { continue }
      var track: UInt64 = 0
      var parts = ProtoFields(value.bytes)
      while let (field, value) = parts.next() {
        switch field {
        case 1: track = value.integer
        case 2: begun[track, default: []].append(Int(clamping: value.integer))
        case 3: values[track] = Double(bitPattern: value.integer)
        default: continue
        }
      }
    }
  }
}

/// The frames of a trace that says where it can be read from: those that this package writes, each a part of a core's events.
struct TraceFrames {
  /// A part of a core's events.
  struct Part {
    var sequence: UInt64
    /// The part's number, from 0 on for each core.
    var part: Int
    var frame: Int
  }

  /// The frames of a core.
  struct Core {
    var sequence: UInt64
    var frames: Range<Int>
  }

  /// What a frame begins with.
  private struct Head {
    var sequence: UInt64
    /// When the frame before ended, in ns.
    var time: UInt64
    /// `nil` of each core's first.
    var state: TraceState?
  }

  private let frames: FrameReader

  /// `nil` if the file has no table of frames.
  init?(_ path: String) throws(DiagnosticError) {
    guard let frames = try FrameReader(path: path) else { return nil }
    self.frames = frames
  }

  var fileSize: Int { frames.fileSize }

  func content(of frame: Int) throws(DiagnosticError) -> [UInt8] {
    try frames.content(of: frame)
  }

  /// The cores in the order of the file; `nil` where it does not say what has begun before its frames.
  func cores() -> [Core]? {
    var cores: [Core] = []
    var first = 0
    while first < frames.count {
      guard let sequence = head(first)?.sequence,
        let end = firstFrame(of: first..<frames.count, where: { $0.sequence > sequence })
      else { return nil }
      if end > first + 1 && head(first + 1)?.state == nil { return nil }
      cores.append(Core(sequence: sequence, frames: first..<end))
      first = end
    }
    return cores
  }

  /// What has to be read of a core for a window that opens at a time; `nil` where its frames do not say.
  ///
  /// - Parameter wants: Whether a track is looked at.
  func parts(of core: Core, from time: UInt64, wants: (_ track: UInt64) -> Bool) -> [Part]? {
    let first = core.frames.lowerBound
    // Of several parts that begin at that very time the first: events at its end may be as late.
    guard let next = firstFrame(of: core.frames, where: { $0.time >= time }) else { return nil }
    let opening = max(first, next - 1)
    var begun: [Int] = []
    if opening > first {
      guard let state = head(opening)?.state else { return nil }
      begun = Set(state.begun.filter { wants($0.key) }.values.joined()).sorted()
      guard begun.allSatisfy({ (0..<opening - first).contains($0) }) else { return nil }
    }
    return (begun + (opening - first..<core.frames.count)).map {
      Part(sequence: core.sequence, part: $0, frame: first + $0)
    }
  }

  /// The first frame of which something is so, as it is of all behind it; the end if of none, `nil` if one is unreadable.
  private func firstFrame(of range: Range<Int>, where isSo: (Head) -> Bool) -> Int? {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low + high) / 2
      guard let head = head(middle) else { return nil }
      if isSo(head) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// What a frame begins with; `nil` if it is damaged or no part of a trace.
  private func head(_ frame: Int) -> Head? {
    guard let content = try? frames.content(of: frame) else { return nil }
    return content.withUnsafeBytes { bytes in
      var packets = ProtoFields(bytes)
      var head: Head?
      while let (field, packet) = packets.next(), field == 1 {
        var fields = ProtoFields(packet.bytes)
        var (time, sequence, clears) = (UInt64(0), UInt64(0), false)
        while let (field, value) = fields.next() {
          switch field {
          case 8: time = value.integer
          case 10: sequence = value.integer
          case 11: return head
          case 13: clears = value.integer & 1 != 0
          case TraceEncoder.stateField:
            head?.state = TraceState(value.bytes, of: sequence)
            return head
          default: continue
          }
        }
        if head == nil {
          guard clears else { return nil }
          head = Head(sequence: sequence, time: time)
        }
      }
      return head
    }
  }
}
