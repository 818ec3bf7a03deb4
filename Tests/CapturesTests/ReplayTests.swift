import Accuracy
import Captures
import Device
import Diagnostics
import Foundation
import Hardware
import Reports
import Storage
import Testing
import Timing

/// Replays of a small capture, whose times can be added up.
@Suite struct ReplayTests {
  private func replay(_ dma: DMASource) throws -> Replay {
    let files = try SmallCapture()
    defer { files.remove() }
    return try Replay(
      Capture(contentsOf: files.path), on: Hardware.load("trn2"), dma: dma)
  }

  @Test func measuredDMATakesTheCapturedLatencies() throws {
    let replay = try replay(.measured)
    for (measured, predicted) in zip(replay.capture.transfers, replay.timeline.transfers) {
      #expect(predicted.complete - predicted.trigger == measured.complete - measured.trigger)
    }
    // The first semaphore is complete at 1565 ns, LDWEIGHTS follows 41.7 ns later, its matmul 4.2.
    #expect(replay.timeline.instructions[3].begin == 1_606_700)
    #expect(replay.timeline.instructions[4].begin == 1_610_900)
  }

  @Test func busyTimeCountsOverlapsOnce() throws {
    let replay = try replay(.measured)
    // LDWEIGHTS 3000 to 3138 and MATMUL 3030.8 to 3330 overlap: 330 ns.
    #expect(replay.busy(.tensor).measured == 330_000)
    #expect(replay.busy(.scalar).measured == 265_000)
    #expect(replay.busy(.vector).measured == 0)
  }

  /// Errors are negative where the prediction is shorter.
  @Test func errorsAreSigned() throws {
    let replay = try replay(.predicted)
    #expect(replay.capture.userSpan == 2_632_000)
    #expect((replay.userSpanError < 0) == (replay.userSpan < 2_632_000))
    #expect(replay.beginErrors[1] == 0)
  }

  /// Tensor waits for Scalar's update and Scalar for Tensor's: the capture's rows and numbers say so.
  @Test func enginesThatWaitForEachOtherAreNamed() throws {
    let instructions = SmallCapture.instructions.map {
      $0.replacingOccurrences(of: "S[8]>=16", with: "S[4]>=1")
    }
    let files = try SmallCapture(instructions: instructions)
    defer { files.remove() }
    let capture = try Capture(contentsOf: files.path)
    let error = try #require(throws: DiagnosticError.self) {
      try Replay(capture, on: Hardware.load("trn2"), dma: .measured)
    }
    let text = error.description
    #expect(text.contains("the replay of 'small' cannot go on"))
    #expect(
      text.contains(
        "row Tensor 7 LDWEIGHTS SBUF@0x37efc[-1,0,0][128,1,1] waits for S[4] >= 1, "
          + "which is 0 and gets to 1 in all; it is set by Scalar"))
    #expect(text.contains("row Scalar 3 COPY"))
    #expect(
      text.contains(
        "waits for S[5] >= 1, which is 0 and gets to 1 in all; it is set by Tensor"))
  }

  @Test func thePhaseIsThatOfTheRecordedChanges() throws {
    var capture = try replay(.measured).capture
    let hardware = try Hardware.load("trn2")
    let origin = try Replay(capture, on: hardware, dma: .measured).predictedOrigin
    // Windows of 4096 cycles of 1.2 GHz. Changes one and three windows after 1000 ns of the kernel.
    let window = 4096 / 1.2
    for (distance, warm) in [(1.0, true), (3.0, false)] {
      capture.clockChanges.append(
        MeasuredClockChange(
          time: 1_000_000 + Int64((distance * window * 1000).rounded()), warm: warm))
    }
    let (replay, phases) = try Replay.judged(
      capture, on: hardware, dma: .measured, phase: .captured)
    #expect(abs(replay.phase - (1000 + Double(origin) / 1000)) < 0.01)
    #expect(phases.captured?.phase == replay.phase)
    #expect(phases.errors.count == 8)
  }

  @Test func phasesAreRead() {
    #expect(PhaseChoice("captured") == .captured)
    #expect(PhaseChoice("mean") == .mean)
    #expect(PhaseChoice("12.5") == .nanoseconds(12.5))
    for text in ["", "warm", "-1", "nan", "1e99"] { #expect(PhaseChoice(text) == nil) }
  }

  @Test func theTraceHasMeasuredAndPredictedUnderEachOther() throws {
    let replay = try replay(.predicted)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("replay-\(UUID().uuidString).pftrace.zst").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let counts = try replay.writeTrace(to: path)
    // Two slices for each instruction and transfer.
    #expect(counts.slices == 2 * (5 + 2))
    #expect(counts.tracks >= 2 * (2 + 4))
    #expect(try readFile(path).prefix(4) == [0x28, 0xB5, 0x2F, 0xFD])
  }

  /// Every number of the page is what the JSON has there, and both sides are drawn from one beginning on.
  @Test func thePageHasMeasuredAndPredictedOnOneScale() throws {
    let files = try SmallCapture()
    defer { files.remove() }
    let (replay, phases) = try Replay.judged(
      Capture(contentsOf: files.path), on: Hardware.load("trn2"), dma: .predicted, phase: .mean)
    let page = String(decoding: replay.page(phases), as: UTF8.self)
    let json = try JSONSerialization.jsonObject(with: Data(replay.json(phases).text().utf8))
    let numbers = page.matches(of: /<data value="([^"]*)" data-key="([^"]*)">/)
    #expect(numbers.count >= 10)
    for number in numbers {
      var found: Any? = json
      for part in number.output.2.split(separator: ".") {
        found = (found as? [String: Any])?[String(part)]
      }
      #expect(found as? Double == Double(number.output.1), "\(number.output.2)")
    }
    let drawn = try #require(
      page.firstMatch(of: /id="timeline-data">(.*)<\/script>\n<script>/.dotMatchesNewlines()))
    let data = try #require(
      try JSONSerialization.jsonObject(with: Data(drawn.output.1.utf8)) as? [String: Any])
    #expect(data["paired"] as? Bool == true)
    let cores = try #require(data["cores"] as? [[String: Any]])
    #expect(cores.map { $0["name"] as? String } == ["measured", "predicted"])
    for core in cores {
      let rows = try #require(core["rows"] as? [[String: Any]])
      #expect(rows.reduce(0) { $0 + ($1["count"] as? Int ?? 0) } == 5 + 2)
    }
  }

  @Test func theJSONHasTheKeysThatScriptsRelyOn() throws {
    let files = try SmallCapture()
    defer { files.remove() }
    let (replay, phases) = try Replay.judged(
      Capture(contentsOf: files.path), on: Hardware.load("trn2"), dma: .predicted, phase: .mean)
    let text = replay.json(phases).text()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["name"] as? String == "small")
    #expect(object["instructions"] as? Int == 5)
    #expect(object["user_span_measured_ns"] as? Double == 2632)
    for key in ["user_span_predicted_ns", "user_span_error_percent"] {
      #expect(object[key] is Double)
    }
    let engines = try #require(object["engines"] as? [String: [String: Double]])
    #expect(Set(engines.keys) == ["Tensor", "Vector", "Scalar", "GpSimd"])
    #expect(engines["Scalar"]?["busy_measured_ns"] == 265)
    #expect(engines["Scalar"]?["busy_predicted_ns"] != nil)
    let durations = object["instruction_duration_error_percent"] as? [String: Any]
    #expect(durations?["median"] is Double && durations?["p95"] is Double)
    let judged = try #require(object["phases"] as? [String: Any])
    #expect(judged["mean"] is Double && judged["worst"] is Double && judged["count"] as? Int == 8)
    #expect(judged["captured"] is NSNull)
  }
}
