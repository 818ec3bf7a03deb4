import Testing

@testable import Reports

@Suite struct EncodingTests {
  @Test func varints() {
    var buffer = ProtoBuffer(capacity: 64)
    // protobuf.dev, "Encoding": 150 is 96 01; field 1 of 150 is 08 96 01.
    buffer.integer(1, 150)
    buffer.varint(.max)
    #expect(
      Array(buffer.bytes)
        == [0x08, 0x96, 0x01] + Array(repeating: 0xff, count: 9) + [0x01])
  }

  @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, 70_000])
  func nestedMessagesHaveTheirLengths(count: Int) throws {
    var buffer = ProtoBuffer(capacity: 16)
    buffer.reserve(16)
    let start = buffer.open(3)
    for index in 0..<count {
      buffer.reserve(1)
      buffer.byte(UInt8(truncatingIfNeeded: index))
    }
    buffer.close(start)
    buffer.reserve(8)
    buffer.integer(4, 7)
    let fields = try PerfettoReader.fields(Array(buffer.bytes)[...])
    #expect(fields.count == 2)
    #expect(
      Array(fields[0].1.bytes) == (0..<count).map { UInt8(truncatingIfNeeded: $0) })
    #expect(fields[1].1.integer == 7)
  }

  @Test func numbersAsText() {
    var buffer = ProtoBuffer(capacity: 4)
    buffer.decimal(-120)
    buffer.text(" ")
    buffer.hexadecimal(0x200_0800)
    buffer.text(" ")
    buffer.decimal(0)
    buffer.decimal(.min)
    #expect(
      String(decoding: buffer.bytes, as: UTF8.self)
        == "-120 0x2000800 0-9223372036854775808")
  }

  @Test func interning() {
    var interner = Interner()
    func number(_ text: String) -> (UInt64, Bool) {
      var text = text
      return text.withUTF8 { interner.number(of: $0) }
    }
    for index in 0..<10_000 { #expect(number("text \(index)") == (UInt64(index) + 1, true)) }
    for index in 0..<10_000 { #expect(number("text \(index)") == (UInt64(index) + 1, false)) }
    #expect(number("") == (10_001, true))
    interner.removeAll()
    #expect(number("text 5") == (1, true))
  }

  @Test func heapOrdersByTimeThenKind() {
    var heap = EventHeap()
    var expected: [(Int64, UInt64)] = []
    var seed: UInt64 = 1
    for index in 0..<2_000 {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let kind = TraceEventKind(rawValue: UInt8(seed >> 40 & 3)) ?? .begin
      let event = TraceEvent(Int64(seed >> 50 & 63), kind, index: index)
      expected.append((event.time, event.key))
      heap.push(event)
    }
    expected.sort { $0 < $1 }
    var found: [(Int64, UInt64)] = []
    while heap.count > 0 {
      found.append((heap.top.time, heap.top.key))
      heap.removeTop()
    }
    #expect(found.elementsEqual(expected) { $0 == $1 })
  }
}

/// Rows of plain slices.
@Suite struct LaneTraceTests {
  @Test func lanesKeepTheirOrderAndTheirSlices() throws {
    var bytes: [UInt8] = []
    let lanes = [
      LaneTrace.Lane(
        "measured",
        [
          LaneTrace.Slice(
            "B", begin: 5_000_000, end: 5_000_000, values: [.text("later"), .number(-3)]),
          LaneTrace.Slice("A", begin: 1_000_000, end: 4_000_000, values: [.text("first")]),
          LaneTrace.Slice("A", begin: 2_000_000, end: 3_000_000),
        ]),
      LaneTrace.Lane("predicted", [LaneTrace.Slice("A", begin: 4_000_000, end: 5_000_000)]),
      LaneTrace.Lane("nothing", []),
    ]
    let counts = try LaneTrace.encode(lanes, of: "both", annotations: ["label", "error"]) {
      bytes += $0
    }
    let trace = try PerfettoReader(bytes)
    #expect(counts.slices == 4 && trace.slices.count == 4)
    let measured = trace.slices(row: "measured").sorted { $0.begin < $1.begin }
    #expect(measured.map(\.name) == ["A", "A", "B"])
    #expect(measured.map(\.begin) == [1000, 2000, 5000])
    // A slice without a length is shown for a nanosecond; overlapping ones have tracks of their own.
    #expect(measured.map(\.end) == [4000, 3000, 5001])
    #expect(measured[0].track != measured[1].track && measured[2].track == measured[0].track)
    #expect(measured[2].arguments == ["label": "later", "error": "-3"])
    let ranks = trace.tracks.values.filter { !$0.name.isEmpty }
    #expect(ranks.first { $0.name == "predicted" }?.rank == 1)
    #expect(ranks.contains { $0.name == "nothing" })
  }
}
