/// Words `key=value` and flags, which texts of work and transfers are made of.
private struct Words {
  var kind: Substring
  private var values: [Substring: Substring] = [:]
  private var flags: Set<Substring> = []

  /// `nil` where the first word is not a name, or one is there twice.
  init?(_ text: Substring) {
    let words = text.split(separator: " ")
    guard let first = words.first, !first.contains("=") else { return nil }
    kind = first
    for word in words.dropFirst() {
      if let equals = word.firstIndex(of: "=") {
        guard
          values.updateValue(word[word.index(after: equals)...], forKey: word[..<equals]) == nil
        else { return nil }
      } else {
        guard flags.insert(word).inserted else { return nil }
      }
    }
  }

  mutating func text(_ key: Substring) -> Substring? { values.removeValue(forKey: key) }

  mutating func number(_ key: Substring) -> Int? {
    guard let value = text(key).flatMap({ Int($0) }), (0...Int(Int32.max)).contains(value) else {
      return nil
    }
    return value
  }

  mutating func flag(_ name: Substring) -> Bool { flags.remove(name) != nil }

  /// Whether all words were asked for.
  var isRead: Bool { values.isEmpty && flags.isEmpty }
}

extension Work {
  /// The work in words: `matmul rows=128 columns=128 moving=512 rate=single misaligned_rows=0`.
  ///
  /// A trigger's transfer has a text of its own.
  public var text: String {
    switch self {
    case .control: return "control"
    case .trigger: return "trigger"
    case .loadWeights(let load):
      return "load_weights rows=\(load.rows) columns=\(load.columns) stride=\(load.strideBytes)"
        + (load.fourByte ? " four_byte" : "") + (load.transpose ? " transpose" : "")
    case .matmul(let matmul):
      return "matmul rows=\(matmul.rows) columns=\(matmul.columns) moving=\(matmul.moving) "
        + "rate=\(matmul.rate) misaligned_rows=\(matmul.misalignedRows)"
        + (matmul.transpose ? " transpose" : "")
    case .stream(let stream):
      let flags = [
        ("reads_psum", stream.readsPSUM), ("writes_psum", stream.writesPSUM),
        ("sixteen_bit_inputs", stream.sixteenBitInputs),
        ("sixteen_bit_output", stream.sixteenBitOutput), ("contiguous", stream.contiguous),
        ("repeats_input", stream.repeatsInput),
      ]
      return
        "stream class=\(stream.streamClass.configurationKey) elements=\(stream.elements) "
        + "input_stride=\(stream.inputStrideBytes) output_stride=\(stream.outputStrideBytes) "
        + "output_element=\(stream.outputElementBytes)"
        + flags.filter(\.1).map { " \($0.0)" }.joined()
    }
  }

  /// The work of a text; `nil` where it is none.
  public init?(text: Substring) {
    guard var words = Words(text) else { return nil }
    switch words.kind {
    case "control": self = .control
    case "trigger": self = .trigger(transfer: -1)
    case "load_weights":
      guard let rows = words.number("rows"), let columns = words.number("columns"),
        let stride = words.number("stride")
      else { return nil }
      self = .loadWeights(
        LoadWeights(
          rows: rows, columns: columns, fourByte: words.flag("four_byte"),
          transpose: words.flag("transpose"), strideBytes: stride))
    case "matmul":
      let name = words.text("rate")
      guard let rows = words.number("rows"), let columns = words.number("columns"),
        let moving = words.number("moving"), let misaligned = words.number("misaligned_rows"),
        let rate = MatmulRate.allCases.first(where: { "\($0)" == name ?? "" })
      else { return nil }
      self = .matmul(
        Matmul(
          rows: rows, columns: columns, moving: moving, rate: rate,
          transpose: words.flag("transpose"), misalignedRows: misaligned))
    case "stream":
      let key = words.text("class")
      guard
        let streamClass = StreamClass.allCases.first(where: { $0.configurationKey == key ?? "" }),
        let elements = words.number("elements"), let inputStride = words.number("input_stride"),
        let outputStride = words.number("output_stride"),
        let outputElement = words.number("output_element")
      else { return nil }
      self = .stream(
        Stream(
          streamClass, elements: elements, readsPSUM: words.flag("reads_psum"),
          writesPSUM: words.flag("writes_psum"), sixteenBitInputs: words.flag("sixteen_bit_inputs"),
          sixteenBitOutput: words.flag("sixteen_bit_output"), contiguous: words.flag("contiguous"),
          inputStrideBytes: inputStride, outputStrideBytes: outputStride,
          outputElementBytes: outputElement, repeatsInput: words.flag("repeats_input")))
    default: return nil
    }
    guard words.isRead else { return nil }
  }
}

extension Transfer {
  /// The transfer and its descriptors in words: `hwdge bytes=65536 hbm_read=65536 hbm_write=0 reads_anew
  /// runs=0:8x512:1:contiguous:1:1,…`, of each run ring, count, bytes, elements, kind, pieces, written pieces.
  ///
  /// Queue, completion and exchange are not part of it.
  public func text(_ all: [DescriptorRun]) -> String {
    let own = all[Int(firstRun)..<Int(firstRun + runCount)].map { run in
      "\(run.ring):\(run.count)x\(run.bytes):\(run.elements):\(run.kind):\(run.pieces):\(run.writtenPieces)"
        + (run.writesHBM ? ":hbm" : "")
    }
    return "\(mode.name) bytes=\(bytes) hbm_read=\(hbmReadBytes) hbm_write=\(hbmWriteBytes) "
      + "runs=\(own.joined(separator: ","))" + (readsAnew ? " reads_anew" : "")
      + (isScratch ? " scratch" : "") + (isSpill ? " spill" : "")
  }

  /// The transfer of a text, whose runs are added to `runs`; `nil` where the text is none.
  public init?(text: Substring, into runs: inout [DescriptorRun]) {
    guard var words = Words(text),
      let mode = DGEMode.allCases.first(where: { $0.name == words.kind }),
      let bytes = words.number("bytes"), let read = words.number("hbm_read"),
      let written = words.number("hbm_write"), let list = words.text("runs")
    else { return nil }
    let first = runs.count
    var descriptors = 0
    for word in list.split(separator: ",") {
      guard let run = DescriptorRun(text: word) else { return nil }
      descriptors += Int(run.count)
      runs.append(run)
    }
    self.init(
      firstRun: first, runCount: runs.count - first, bytes: bytes, hbmReadBytes: read,
      hbmWriteBytes: written, descriptors: descriptors, queue: 0, mode: mode)
    readsAnew = words.flag("reads_anew")
    isScratch = words.flag("scratch")
    isSpill = words.flag("spill")
    guard words.isRead else { return nil }
  }
}

extension DescriptorRun {
  /// `0:8x512:1:contiguous:1:1`, and `:hbm` where the destination is there; `nil` where it is not of this form.
  fileprivate init?(text: Substring) {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let writesHBM = parts.last == "hbm"
    if writesHBM { parts.removeLast() }
    guard parts.count == 6,
      let kind = DescriptorKind.allCases.first(where: { "\($0)" == parts[3] })
    else { return nil }
    let sizes = parts[1].split(separator: "x", omittingEmptySubsequences: false)
    let numbers = ([parts[0]] + sizes + [parts[2], parts[4], parts[5]]).map { Int($0) ?? -1 }
    guard numbers.count == 6, numbers[0] <= 15,
      numbers.allSatisfy({ (0...Int(Int32.max)).contains($0) }), numbers[1] > 0
    else { return nil }
    self.init(
      ring: numbers[0], count: numbers[1], bytes: numbers[2], elements: numbers[3], kind: kind,
      writesHBM: writesHBM, pieces: numbers[4], writtenPieces: numbers[5])
  }
}
