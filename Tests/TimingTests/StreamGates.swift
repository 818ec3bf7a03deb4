import Device
import Hardware
import Testing

@testable import Timing

/// One rule of Vector, Scalar and GpSimd per test: exact to the picosecond, the sum in the comment.
@Suite struct StreamGates {
  private func duration(
    _ engine: Engine, _ stream: Stream, on machine: String = "trn2"
  ) throws -> Picoseconds {
    var bench = Bench()
    let index = bench.add(engine, .stream(stream))
    return try bench.run(on: machine).instructions[index].duration
  }

  private func interval(
    _ engine: Engine, _ stream: Stream, on machine: String = "trn2"
  ) throws -> Picoseconds {
    var bench = Bench()
    bench.add(engine, .stream(stream))
    bench.add(engine, .stream(stream))
    let timeline = try bench.run(on: machine)
    return timeline.instructions[1].begin - timeline.instructions[0].begin
  }

  @Test func vectorTensorTensorOf1000TakesOneElementPerCycle() throws {
    // 1000 / 0.96 GHz = 1041.667 ns, + 159.4 ns latency = 1201.067 ns (captured: 1200.0 to 1201.0).
    let time = try duration(.vector, Stream(.tensorTensor, elements: 1000))
    #expect(time == 1_041_667 + 159_400)
  }

  @Test func vectorTensorTensorStartsAreStreamingPlus68() throws {
    // 512 / 0.96 = 533.333 ns, + 68 ns.
    #expect(try interval(.vector, Stream(.tensorTensor, elements: 512)) == 533_333 + 68_000)
  }

  @Test func sixteenBitTensorTensorRunsTwiceAsFast() throws {
    // 1000 / 2 / 0.96 = 520.833 ns + 159.4 ns.
    let stream = Stream(
      .tensorTensor, elements: 1000, sixteenBitInputs: true, sixteenBitOutput: true,
      inputStrideBytes: 2, outputStrideBytes: 2, outputElementBytes: 2)
    #expect(try duration(.vector, stream) == 520_833 + 159_400)
  }

  @Test func sixteenBitCopyRunsFourTimesAsFast() throws {
    // 1024 / 4 / 0.96 = 266.667 ns + 166 ns.
    let stream = Stream(
      .copy, elements: 1024, sixteenBitInputs: true, sixteenBitOutput: true,
      inputStrideBytes: 2, outputStrideBytes: 2, outputElementBytes: 2)
    #expect(try duration(.vector, stream) == 266_667 + 166_000)
  }

  @Test func vectorCopyFromPSUMTakesOneElementPerCycle() throws {
    // 128 / 0.96 = 133.333 ns + 158.4 ns = 291.7 ns (captured 291.7).
    #expect(
      try duration(.vector, Stream(.copy, elements: 128, readsPSUM: true)) == 133_333 + 158_400)
  }

  @Test func pointerTensorScalarOf512() throws {
    // 512 / 2 / 0.96 = 266.667 ns + 214.6 ns = 481.3 ns (captured 480 to 481).
    let stream = Stream(.tensorScalarPointer, elements: 512)
    #expect(try duration(.vector, stream) == 266_667 + 214_600)
    // Start to start 396 ns in the captures: 266.667 + 129.3.
    #expect(try interval(.vector, stream) == 266_667 + 129_300)
  }

  @Test func tensorReduceOf512() throws {
    // 512 / 0.96 = 533.333 ns + 152.1 ns = 685.4 ns (captured 685).
    #expect(try duration(.vector, Stream(.tensorReduce, elements: 512)) == 533_333 + 152_100)
  }

  @Test func reciprocalTakesSevenCyclesPerElement() throws {
    // 8 × 7 / 0.96 = 58.333 ns + 145.6 ns = 203.9 ns (captured 202).
    #expect(try duration(.vector, Stream(.reciprocal, elements: 8)) == 58_333 + 145_600)
  }

  @Test func shortInstructionsAre64CyclesApart() throws {
    // tensor_tensor of 1: 1 / 0.96 + 68 = 69.04 ns is above 64 / 0.96 = 66.667 ns;
    // copy of 1: 0.5 / 0.96 + 50 = 50.5 ns is below, so 66.667 ns.
    #expect(try interval(.vector, Stream(.copy, elements: 1)) == 66_667)
  }

  @Test func scalarCopyOf512FromPSUM() throws {
    // 512 / 1.2 = 426.667 ns + 158.3 ns = 584.967 ns (captured 585.8 to 586.7).
    #expect(
      try duration(.scalar, Stream(.copy, elements: 512, readsPSUM: true)) == 426_667 + 158_300)
  }

  @Test func scalarCopiesSpreadTheirEnds() throws {
    // Starts are N/1.2 + 50 ns apart, ends N/1.2 + 62.5 ns.
    var bench = Bench()
    for _ in 0..<5 {
      bench.add(.scalar, .stream(Stream(.copy, elements: 512, readsPSUM: true)))
    }
    let timings = try bench.run().instructions
    for (a, b) in zip(timings, timings.dropFirst()) {
      #expect(b.begin - a.begin == 426_667 + 50_000)
      #expect(b.end - a.end == 426_667 + 62_500)
    }
  }

  @Test func activationFromSBUFAndPSUM() throws {
    // 512 / 1.2 = 426.667 ns; + 280 ns from SBUF (captured 704 to 708), + 261 ns from PSUM (687.9).
    #expect(try duration(.scalar, Stream(.activation, elements: 512)) == 426_667 + 280_000)
    #expect(
      try duration(.scalar, Stream(.activation, elements: 512, readsPSUM: true))
        == 426_667 + 261_000)
    // Starts: + 186 ns and + 143 ns.
    #expect(try interval(.scalar, Stream(.activation, elements: 512)) == 426_667 + 186_000)
    #expect(
      try interval(.scalar, Stream(.activation, elements: 512, readsPSUM: true))
        == 426_667 + 143_000)
  }

  @Test func exponentialOnTrn3RunsFourTimesAsFastAsActivation() throws {
    // 1024 / 4 / 1.2 GHz = 213.333 ns, + 216.7 ns latency, + 116.7 ns from start to start; activation
    // streams for 1024 / 1.2 = 853.333 ns.
    let stream = Stream(.exponential, elements: 1024)
    #expect(try duration(.vector, stream, on: "trn3") == 213_333 + 216_700)
    #expect(try interval(.vector, stream, on: "trn3") == 213_333 + 116_700)
    #expect(
      try duration(.scalar, Stream(.activation, elements: 1024), on: "trn3") == 853_333 + 280_000)
    // PSUM gives one element of 32 bits per cycle: 853.333 ns, + 225.1 ns.
    let fromPSUM = Stream(.exponential, elements: 1024, readsPSUM: true)
    #expect(try duration(.vector, fromPSUM, on: "trn3") == 853_333 + 225_100)
  }

  @Test func quantisationTakesFourElementsPerCycle() throws {
    // 2048 bfloat16 elements make 512 packed ones of 32 bits: 2048 / 4 / 1.2 GHz = 426.667 ns, + 150 ns.
    let stream = Stream(
      .quantizeMx, elements: 2048, sixteenBitInputs: true, inputStrideBytes: 2)
    #expect(try duration(.vector, stream, on: "trn3") == 426_667 + 150_000)
  }

  @Test func randomNumbersTakeFourPerCycleOnTrn3() throws {
    // 1024 / 4 / 1.2 GHz = 213.333 ns, + 80 ns; on trn2 as memset: 1024 / 2 / 0.96 = 533.333 ns, + 80 ns.
    let stream = Stream(.random, elements: 1024)
    #expect(try duration(.vector, stream, on: "trn3") == 213_333 + 80_000)
    #expect(try duration(.vector, stream) == 533_333 + 80_000)
  }

  @Test func aMemsetEndsBeforeItsElementsAreWritten() throws {
    // 128 × 0.67 / 0.96 GHz = 89.333 ns, + 51.3 ns to the next (captured 140.6); 71 ns to the end, 79 in PSUM.
    let stream = Stream(.memset, elements: 128)
    #expect(try interval(.vector, stream) == 89_333 + 51_300)
    #expect(try duration(.vector, stream) == 71_000)
    #expect(try duration(.vector, Stream(.memset, elements: 128, writesPSUM: true)) == 79_000)
    // One element: 0.698 ns, + 51.3 ns (captured 52).
    #expect(try interval(.vector, Stream(.memset, elements: 1)) == 698 + 51_300)
  }

  @Test func trn2HasNoPriceForTrn3Instructions() throws {
    for streamClass in [StreamClass.exponential, .quantizeMx] {
      #expect(throws: (any Error).self) {
        try duration(.vector, Stream(streamClass, elements: 8))
      }
    }
  }

  @Test func activationTableLoad() throws {
    // 1540 cycles of 1.2 GHz = 1283.3 ns in every capture.
    #expect(try duration(.scalar, Stream(.tableLoad, elements: 0)) == 1_283_300)
  }

  private static func copy(
    _ bytes: Int, from input: Int, to output: Int, readsPSUM: Bool = false, elements: Int = 128
  ) -> Device.Stream {
    Stream(
      .copy, elements: elements, readsPSUM: readsPSUM, sixteenBitInputs: bytes == 2,
      sixteenBitOutput: bytes == 2, contiguous: false, inputStrideBytes: input,
      outputStrideBytes: output, outputElementBytes: bytes)
  }

  @Test func scatteredElementsOfFourBytesTakeABeatEach() throws {
    // 128 x 1.81 = 231.68 ns. ScalarE: + 185.5 ns from SBUF = 417.18 (captured 416.7), + 158.3 from PSUM.
    let stream = Self.copy(4, from: 4, to: 36)
    #expect(try duration(.scalar, stream) == 231_680 + 185_500)
    let evict = Self.copy(4, from: 4, to: 36, readsPSUM: true)
    #expect(try duration(.scalar, evict) == 231_680 + 158_300)
    // VectorE writes two in a beat, 115.84 + 166 = 281.84 ns (captured 281.2), but one from PSUM:
    // 231.68 + 158.4 (captured 385 to 392).
    #expect(try duration(.vector, stream) == 115_840 + 166_000)
    #expect(try duration(.vector, evict) == 231_680 + 158_400)
    // 16 bytes is not above 16 bytes.
    #expect(try duration(.scalar, Self.copy(4, from: 4, to: 16)) == 106_667 + 185_500)
  }

  @Test func smallerScatteredElementsAreReadBeforeTheyAreWritten() throws {
    // 128 x 4.38 = 560.64 ns: ScalarE + 185.5 ns = 746.14 (captured 748); VectorE in pairs 280.32 + 166
    // = 446.32 (captured 448), from PSUM 560.64 + 158.4 (captured 707 to 721).
    let stream = Self.copy(2, from: 2, to: 18)
    #expect(try duration(.scalar, stream) == 560_640 + 185_500)
    #expect(try duration(.vector, stream) == 280_320 + 166_000)
    let evict = Self.copy(2, from: 2, to: 18, readsPSUM: true)
    #expect(try duration(.vector, evict) == 560_640 + 158_400)
  }

  @Test func gatheredElementsAreTakenOneByOne() throws {
    // VectorE: 128 / 0.96 = 133.333 ns, + 166 - 31.6 ns = 267.733 (captured 266.7 to 268.8); the next
    // begins 133.333 + 50 ns later (captured 183.3).
    let stream = Self.copy(4, from: 36, to: 4)
    #expect(try duration(.vector, stream) == 133_333 + 134_400)
    #expect(try interval(.vector, stream) == 133_333 + 50_000)
    // ScalarE reads SBUF beat by beat: 231.68 + 185.5 ns (captured 418 to 420), and begins 90 ns after
    // (captured 321.7).
    #expect(try duration(.scalar, stream) == 231_680 + 185_500)
    #expect(try interval(.scalar, stream) == 231_680 + 90_000)
  }

  @Test func aStrideCostsNothingWhereAnElementTakesACycleAnyway() throws {
    // 444 / 0.96 = 462.5 ns, + 152.1 ns = 614.6 (captured 615.6), strided or not.
    let strided = Stream(
      .tensorReduce, elements: 444, sixteenBitInputs: true, sixteenBitOutput: true,
      contiguous: false, inputStrideBytes: 444, outputStrideBytes: 2, outputElementBytes: 2)
    #expect(try duration(.vector, strided) == 462_500 + 152_100)
  }

  @Test func aRepeatedOperandIsNotTakenInPairs() throws {
    // fp16 tensor_tensor of 444 with a stride of 0: 444 / 0.96 = 462.5 ns, + 159.4 (captured 620).
    let stream = Stream(
      .tensorTensor, elements: 444, sixteenBitInputs: true, sixteenBitOutput: true,
      contiguous: false, inputStrideBytes: 2, outputStrideBytes: 2, outputElementBytes: 2,
      repeatsInput: true)
    #expect(try duration(.vector, stream) == 462_500 + 159_400)
  }

  @Test func gpsimdAffineSelect() throws {
    // 150 + N cycles of 1.2 GHz: 125 ns + 512 / 1.2 = 426.667 ns (NKI reference v2.26).
    #expect(try duration(.gpsimd, Stream(.affineSelect, elements: 512)) == 426_667 + 125_000)
  }

  @Test func anEngineWithoutAPriceIsAnError() throws {
    var bench = Bench()
    bench.add(.gpsimd, .stream(Stream(.max8, elements: 64)))
    #expect(throws: TimingError.self) { try bench.run() }
  }

  @Test func scatteredWritesOverlapReads() throws {
    // 128 fp16 to every ninth place from SBUF. VectorE takes them in 128 cycles of 0.96 GHz and 50 ns; ends
    // are 64 beats = 280.32 ns apart (captured: 451 and 548 ns, 181 ns after one another).
    let copy = Work.stream(Self.copy(2, from: 2, to: 18))
    var bench = Bench()
    bench.add(.vector, copy)
    bench.add(.vector, copy)
    let timings = try bench.run().instructions
    #expect(timings[0].duration == 280_320 + 166_000)
    #expect(timings[1].begin == timings[0].begin + cycles(128, at: 0.96, plus: 50))
    #expect(timings[1].end == timings[0].end + 280_320)
  }

  @Test func aFullWriteQueueHoldsUpTheNext() throws {
    // 128 fp16 from PSUM on ScalarE: it may begin the next when 113 beats of 4.38 ns = 494.94 ns are left
    // (captured 494 to 512); from then on ends are 560.64 ns apart.
    let copy = Work.stream(Self.copy(2, from: 2, to: 18, readsPSUM: true))
    var bench = Bench()
    for _ in 0..<4 { bench.add(.scalar, copy) }
    let timings = try bench.run().instructions
    for (a, b) in zip(timings, timings.dropFirst()) {
      #expect(b.begin == a.end - 494_940)
      #expect(b.end == a.end + 560_640)
    }
    // VectorE: 88 beats. What it scatters itself counts: 44 of them leave 44 for the one before.
    var short = Bench()
    short.add(.vector, copy)
    short.add(.vector, .stream(Self.copy(2, from: 2, to: 18, readsPSUM: true, elements: 44)))
    short.add(.vector, copy)
    let ends = try short.run().instructions
    #expect(ends[1].begin == ends[0].end - 385_440)
    #expect(ends[2].begin == ends[0].end - 192_720)
  }
}
