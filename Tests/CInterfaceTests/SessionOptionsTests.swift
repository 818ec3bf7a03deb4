import CInterface
import Dev
import Foundation
import Testing

/// What the settings of a session change, as another language sees it.
@Suite struct SessionOptionsTests {
  /// y = x · 1.0078125 + 0.0009765625, whose bits bfloat16 has no room for.
  private static let product = """
    trnsim program 1
    kernel product
    tensor x: hbm input bfloat16 [2, 8]
    tensor y: hbm output bfloat16 [2, 8]
    tensor t: sbuf bfloat16 [2, 8] at partition 0 byte 0
    dma_copy dst=t src=x
    tensor_scalar dst=t data=t op0=multiply operand0=1.0078125 op1=add operand1=0.0009765625
    dma_copy dst=y src=t
    """

  private func load(_ text: String, into session: UnsafeMutableRawPointer) -> Int32 {
    let bytes = Array(text.utf8)
    return sessionLoad(session, bytes, UInt64(bytes.count), "options.trn")
  }

  private func errors(_ session: UnsafeMutableRawPointer) throws -> [[String: Any]] {
    let text = String(cString: try #require(sessionErrors(session)))
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
  }

  private func total(_ session: UnsafeMutableRawPointer) throws -> Double {
    let text = String(cString: try #require(sessionReport(session)))
    let report = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require(report?["total_time"] as? Double)
  }

  // MARK: - precision

  @Test func widePrecisionKeepsAllBitsAndTheTime() throws {
    let session = sessionNew()
    defer { sessionFree(session) }
    #expect(load(Self.product, into: session) == 0)
    // bfloat16 3 is 0x4040; 3 · 1.0078125 + 0.0009765625 = 3.0244140625 rounds to 3.03125, 0x4042.
    var narrow = [UInt16](repeating: 0x4040, count: 16)
    var rounded = [UInt16](repeating: 0, count: 16)
    let ranPrecise = narrow.withUnsafeMutableBytes { bytes -> Int32 in
      #expect(sessionBind(session, "x", bytes.baseAddress, 32) == 0)
      return sessionRun(session)
    }
    #expect(ranPrecise == 0)
    #expect(
      rounded.withUnsafeMutableBytes { sessionRead(session, 1, $0.baseAddress, 32, nil) } == 0)
    #expect(rounded == [UInt16](repeating: 0x4042, count: 16))
    let time = try total(session)

    #expect(sessionSet(session, "precision", "wide") == 0)
    var wide = [Float](repeating: 3, count: 16)
    var exact = [Float](repeating: 0, count: 16)
    let ranWide = wide.withUnsafeMutableBytes { bytes -> Int32 in
      // Bound memory is float32 too.
      #expect(sessionBind(session, "x", bytes.baseAddress, 32) == 1)
      #expect(sessionBind(session, "x", bytes.baseAddress, 64) == 0)
      return sessionRun(session)
    }
    #expect(ranWide == 0)
    #expect(exact.withUnsafeMutableBytes { sessionRead(session, 1, $0.baseAddress, 64, nil) } == 0)
    #expect(exact == [Float](repeating: 3.024_414_062_5, count: 16))
    #expect(try total(session) == time)
  }

  @Test func programsThatSeeBitsCannotBeWide() throws {
    let session = sessionNew()
    defer { sessionFree(session) }
    #expect(
      load(
        """
        trnsim program 1
        kernel bits
        tensor x: hbm input bfloat16 [2, 8]
        tensor y: hbm output uint16 [2, 8]
        tensor t: sbuf bfloat16 [2, 8] at partition 0 byte 0
        tensor u: sbuf uint16 [2, 8] of t
        dma_copy dst=t src=x
        dma_copy dst=y src=u
        """, into: session) == 0)
    #expect(sessionSet(session, "precision", "wide") == 0)
    var x = [Float](repeating: 1, count: 16)
    let ran = x.withUnsafeMutableBytes { bytes -> Int32 in
      #expect(sessionBind(session, "x", bytes.baseAddress, 64) == 0)
      return sessionRun(session)
    }
    #expect(ran != 0)
    let error = try #require(try errors(session).first)
    #expect(error["kind"] as? String == "narrow types")
    #expect(error["message"] as? String == "'t' is seen as bfloat16 and as uint16")
  }

  @Test(arguments: ["precision", "check_records", "undefined_reads"])
  func valuesThatDoNotExistAreErrors(_ key: String) throws {
    let session = sessionNew()
    defer { sessionFree(session) }
    #expect(sessionSet(session, key, "maybe") == 1)
    let error = try #require(try errors(session).first)
    #expect(error["message"] as? String == "there is no 'maybe'")
  }

  // MARK: - check_records

  /// The records of a program, the last of which is one that the machine does not take: 9 rows of 8.
  private static func wrong() throws -> [[UInt8]] {
    let session = sessionNew()
    defer { sessionFree(session) }
    let text = """
      trnsim program 1
      kernel wrong
      tensor x: hbm input float32 [9, 8]
      tensor t: sbuf float32 [9, 8] at partition 0 byte 0
      tensor s: sbuf float32 [8, 8] at partition 0 byte 64
      dma_copy dst=t src=x
      reciprocal dst=t data=t
      reciprocal dst=s data=t
      """
    let bytes = Array(text.utf8)
    #expect(sessionLoad(session, bytes, UInt64(bytes.count), "wrong.trn") == 0)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-session-\(UUID().uuidString).trn.zst").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(sessionWrite(session, path) == 0)
    return try BinaryRecords(path).pieces
  }

  @Test func recordsAreCheckedAsTheyArriveWhereThatIsAskedFor() throws {
    let pieces = try Self.wrong()
    for (choice, fails) in [("on", true), ("off", false)] {
      let session = sessionNew()
      defer { sessionFree(session) }
      #expect(sessionSet(session, "check_records", choice) == 0)
      let last = try #require(pieces.indices.last)
      for (index, piece) in pieces.enumerated() {
        let status = sessionAppend(session, piece, UInt64(piece.count))
        #expect(status == (fails && index == last ? 1 : 0), "\(choice), piece \(index)")
      }
      // Whoever did not ask for it gets the same when the program runs.
      if !fails { #expect(sessionRun(session) == 1) }
      let error = try #require(try errors(session).first)
      #expect(error["message"] as? String == "reciprocal: 'data' has 9 partitions, 'dst' has 8")
      #expect(error["instruction"] as? Int == 2)
      // After a wrong record nothing more can come.
      if fails, let first = pieces.first {
        #expect(sessionAppend(session, first, UInt64(first.count)) == 1)
      }
    }
  }

  /// The rules are those of the machine that was chosen before.
  @Test func recordsAreCheckedByTheRulesOfTheMachine() throws {
    let text = """
      trnsim program 1
      kernel squares
      tensor t: sbuf float32 [8, 8] at partition 0 byte 0
      memset dst=t value=2.0
      tensor_scalar dst=t data=t op0=square
      """
    let whole = sessionNew()
    defer { sessionFree(whole) }
    #expect(load(text, into: whole) == 0)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-session-\(UUID().uuidString).trn.zst").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(sessionWrite(whole, path) == 0)
    let pieces = try BinaryRecords(path).pieces
    for (machine, status) in [("trn2", Int32(1)), ("trn3", 0)] {
      let session = sessionNew()
      defer { sessionFree(session) }
      #expect(sessionSet(session, "hardware", machine) == 0)
      #expect(sessionSet(session, "check_records", "on") == 0)
      let statuses = pieces.map { sessionAppend(session, $0, UInt64($0.count)) }
      #expect(statuses.last == status, "\(machine)")
      #expect(statuses.dropLast().allSatisfy { $0 == 0 })
    }
  }
}
