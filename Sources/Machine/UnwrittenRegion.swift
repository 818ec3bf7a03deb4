import Formats

/// The elements of a tensor that nothing wrote.
public struct UnwrittenRegion: Hashable, Sendable {
  /// Indices of one dimension, `step` apart.
  public struct Span: Hashable, Sendable {
    /// The first index.
    public var start: Int
    /// The index behind the last.
    public var end: Int
    /// 1 but for indices that lie apart.
    public var step = 1

    /// Whether it is all indices of a dimension.
    func covers(_ extent: Int) -> Bool { start == 0 && end == extent && step == 1 }
  }

  /// The tensor's name.
  public var tensor: String
  /// Its extents.
  public var shape: [Int]
  /// Boxes that together hold the elements: a span for each dimension.
  public var boxes: [[Span]]
  /// How many elements were not written.
  public var elements: Int
  /// The first byte that was not written.
  public var firstByte: Int
  /// Whether the boxes hold nothing else; scattered elements are told by the box around them.
  public var isExact: Bool

  /// Where it is, as a person indexes a tensor: `y[2:4, :]`; of many boxes the first three.
  public var place: String {
    guard elements < shape.reduce(1, *) else { return "\(tensor), all of it" }
    var text = boxes.prefix(3).map(text(of:)).joined(separator: ", ")
    if boxes.count > 3 { text += " and \(boxes.count - 3) more" }
    return isExact ? text : "elements scattered over \(text)"
  }

  /// Clears the marks of its elements, in C order; of scattered elements those of the box around them.
  public func clear(_ marks: UnsafeMutableBufferPointer<UInt8>) {
    for box in boxes {
      var starts = [0]
      for (span, extent) in zip(box, shape) {
        starts = starts.flatMap { start in
          stride(from: span.start, to: span.end, by: span.step).map { start * extent + $0 }
        }
      }
      for element in starts { marks[element] = 0 }
    }
  }

  private func text(of box: [Span]) -> String {
    let spans = zip(box, shape).map { span, extent in
      if span.covers(extent) { return ":" }
      if span.end == span.start + 1 { return "\(span.start)" }
      return "\(span.start):\(span.end)" + (span.step > 1 ? ":\(span.step)" : "")
    }
    return "\(tensor)[\(spans.joined(separator: ", "))]"
  }

  /// What was not written, in a sentence without an end.
  public var sentence: String {
    "nothing was stored to \(place) (\(elements) of \(shape.reduce(1, *)) elements)"
  }
}

extension Machine {
  /// What of an HBM tensor was never written; `nil` if all of it was.
  public func unwritten(_ id: TensorID) -> UnwrittenRegion? {
    let bank = device[Int(id.index)]
    let tensor = tensors[Int(id.index)]
    guard let first = bank.firstNeverWritten(0, tensor.bytes) else { return nil }
    var search = UnwrittenSearch(bank: bank, shape: tensor.shape, elementBytes: tensor.dtype.size)
    let boxes = search.boxes(dimension: 0, element: 0)
    return UnwrittenRegion(
      tensor: tensor.name, shape: tensor.shape, boxes: boxes, elements: search.elements,
      firstByte: first, isExact: search.isExact)
  }
}

/// Finds the boxes of a region, dimension after dimension: neighbours that are alike are joined.
private struct UnwrittenSearch {
  let bank: MemoryBank
  let shape: [Int]
  let elementBytes: Int
  var elements = 0
  var isExact = true

  /// Boxes of one index that are kept before they become the one around them.
  private static let limit = 32

  typealias Box = [UnwrittenRegion.Span]

  /// The boxes of the elements from `element` on that have the same indices up to `dimension`.
  mutating func boxes(dimension: Int, element: Int) -> [Box] {
    let inner = shape[dimension...].reduce(1, *)
    let start = element * elementBytes
    if bank.firstNeverWritten(start, inner * elementBytes) == nil { return [] }
    let rest = shape[dimension...].map { UnwrittenRegion.Span(start: 0, end: $0) }
    if bank.isNeverWritten(start, inner * elementBytes) || dimension == shape.count {
      elements += inner
      return [rest]
    }
    let size = inner / shape[dimension]
    var runs: [(span: UnwrittenRegion.Span, boxes: [Box])] = []
    for index in 0..<shape[dimension] {
      let found = boxes(dimension: dimension + 1, element: element + index * size)
      if found.isEmpty { continue }
      if let last = runs.indices.last, runs[last].boxes == found, runs[last].span.end == index {
        runs[last].span.end += 1
      } else {
        runs.append((UnwrittenRegion.Span(start: index, end: index + 1), found))
      }
    }
    let joined = joinedSteps(runs).flatMap { run in run.boxes.map { [run.span] + $0 } }
    guard joined.count > UnwrittenSearch.limit else { return joined }
    isExact = false
    return [around(joined)]
  }

  /// Single indices that are alike and equally far apart, as one span.
  private func joinedSteps(
    _ runs: [(span: UnwrittenRegion.Span, boxes: [Box])]
  ) -> [(span: UnwrittenRegion.Span, boxes: [Box])] {
    guard runs.count > 2, let first = runs.first, let last = runs.last else { return runs }
    let step = runs[1].span.start - first.span.start
    let isRegular = runs.indices.allSatisfy { i in
      runs[i].boxes == first.boxes && runs[i].span.end == runs[i].span.start + 1
        && runs[i].span.start == first.span.start + i * step
    }
    guard isRegular else { return runs }
    return [
      (
        UnwrittenRegion.Span(start: first.span.start, end: last.span.end, step: step), first.boxes
      )
    ]
  }

  /// The smallest box that holds all.
  private func around(_ boxes: [Box]) -> Box {
    boxes[0].indices.map { dimension in
      UnwrittenRegion.Span(
        start: boxes.map { $0[dimension].start }.min() ?? 0,
        end: boxes.map { $0[dimension].end }.max() ?? 0)
    }
  }
}
