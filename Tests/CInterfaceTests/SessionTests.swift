import CInterface
import Dev
import Foundation
import Testing

/// Calls the C functions as another language does.
@Suite struct SessionTests {
  static let text = """
    trnsim program 1
    kernel twice
    tensor x: hbm input float32 [4, 8]
    tensor y: hbm output float32 [4, 8]
    tensor a: sbuf float32 [4, 8] at partition 0 byte 0
    load: dma_copy dst=a src=x
    tensor_scalar dst=a data=a op0=multiply operand0=2
    device_print src=a[0:2] prefix="a is"
    dma_copy dst=y src=a
    """

  private func load(_ text: String) -> UnsafeMutableRawPointer {
    let session = sessionNew()
    let bytes = Array(text.utf8)
    #expect(sessionLoad(session, bytes, UInt64(bytes.count), "twice.trn") == 0)
    return session
  }

  private func errors(_ session: UnsafeMutableRawPointer) throws -> [[String: Any]] {
    let text = try #require(sessionErrors(session))
    let json = try JSONSerialization.jsonObject(with: Data(String(cString: text).utf8))
    return try #require(json as? [[String: Any]])
  }

  @Test func hardwareIsDescribed() throws {
    let session = sessionNew()
    defer { sessionFree(session) }
    #expect(sessionSet(session, "hardware", "trn3") == 0)
    #expect(sessionSet(session, "override", "dma.rings=32") == 0)
    let text = String(cString: try #require(sessionHardware(session)))
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let values = try #require(object?["values"] as? [String: [String: Any]])
    #expect(object?["name"] as? String == "trn3")
    #expect(values["core.generation"]?["value"] as? Int == 4)
    #expect(values["dma.rings"]?["source"] as? String == "set by the user: dma.rings=32")
    #expect(values["clocks.dma"]?["unit"] as? String == "GHz")
    #expect(sessionSet(session, "hardware", "trn9") == 0)
    #expect(sessionHardware(session) == nil)
    let message = try errors(session).first?["message"] as? String
    #expect(message == "unknown hardware 'trn9'")
    #expect(sessionSet(session, "hardware", "trn2") == 0)
    #expect(sessionHardware(session) != nil)
    #expect(try errors(session).isEmpty)
  }

  @Test func boundTensorsAreUsedInPlace() throws {
    let session = load(Self.text)
    defer { sessionFree(session) }
    var x = (0..<32).map { Float($0) }
    var y = [Float](repeating: .nan, count: 32)
    final class Seen { var lines: [String] = [] }
    let seen = Seen()
    sessionOnPrint(
      session,
      { context, instruction, prefix, dtype, shape, rank, data, bytes in
        guard let context, let data else { return }
        let values = data.assumingMemoryBound(to: Float.self)
        let first = (0..<Int(bytes) / 4).map { values[$0] }
        Unmanaged<Seen>.fromOpaque(context).takeUnretainedValue().lines.append(
          "\(instruction) \(String(cString: prefix)) \(String(cString: dtype)) "
            + "\((0..<Int(rank)).map { shape[$0] }) \(first[1]) \(first[15])")
      }, Unmanaged.passUnretained(seen).toOpaque())
    let code = x.withUnsafeMutableBytes { xBytes in
      y.withUnsafeMutableBytes { yBytes in
        #expect(sessionBind(session, "x", xBytes.baseAddress, 128) == 0)
        #expect(sessionBind(session, "y", yBytes.baseAddress, 128) == 0)
        return sessionRun(session)
      }
    }
    #expect(code == 0)
    #expect(y == x.map { $0 * 2 })
    #expect(seen.lines == ["2 a is float32 [2, 8] 2.0 30.0"])
    let report = String(cString: try #require(sessionReport(session)))
    #expect(report.contains("\"total_time\""))
    #expect(String(cString: try #require(sessionText(session, 0))).contains("twice"))
  }

  @Test func errorsNameTheInstruction() throws {
    let session = load(
      Self.text.replacingOccurrences(
        of: "\ndma_copy dst=y", with: "\nmemset dst=y value=0\ndma_copy dst=y"))
    defer { sessionFree(session) }
    #expect(sessionRun(session) == 1)
    let found = try errors(session)
    #expect(found.count == 1)
    #expect(found.first?["instruction"] as? Int == 3)
    #expect(found.first?["line"] as? Int == 9)
    #expect((found.first?["message"] as? String)?.contains("must be in sbuf or psum") == true)
  }

  @Test func faultsNameTheOperand() throws {
    let session = load(Self.text.replacingOccurrences(of: "load: dma_copy dst=a src=x\n", with: ""))
    defer { sessionFree(session) }
    var x = [Float](repeating: 1, count: 32)
    #expect(x.withUnsafeMutableBytes { sessionBind(session, "x", $0.baseAddress, 128) } == 0)
    #expect(sessionRun(session) == 2)
    let found = try errors(session)
    #expect(found.first?["kind"] as? String == "uninitialized read")
    #expect(found.first?["operand"] as? String == "data")
    #expect(found.first?["instruction"] as? Int == 0)
  }

  @Test func unwrittenOutputsAreToldWhereThatIsAskedFor() throws {
    let session = load(
      Self.text.replacingOccurrences(
        of: "dma_copy dst=y src=a", with: "dma_copy dst=y[1:3] src=a[1:3]"))
    defer { sessionFree(session) }
    var x = [Float](repeating: 1, count: 32)
    try x.withUnsafeMutableBytes { x in
      #expect(sessionBind(session, "x", x.baseAddress, 128) == 0)
      #expect(sessionRun(session) == 2)
      #expect(sessionSet(session, "unwritten_outputs", "perhaps") == 1)
      #expect(sessionSet(session, "unwritten_outputs", "note") == 0)
      #expect(sessionRun(session) == 0)
      let report = String(cString: try #require(sessionReport(session)))
      #expect(report.contains("nothing was stored to y[0, :], y[3, :] (16 of 32 elements)"))
    }
    var (y, written) = ([Float](repeating: 0, count: 32), [UInt8](repeating: 7, count: 32))
    #expect(
      y.withUnsafeMutableBytes { sessionRead(session, 1, $0.baseAddress, 128, &written) } == 0)
    #expect(written == (0..<32).map { (8..<24).contains($0) ? 1 : 0 })
    #expect(zip(y, written).allSatisfy { $1 == 1 ? $0 == 2 : $0.isNaN })
  }

  @Test func misuseIsReported() throws {
    #expect(sessionRun(nil) == 64)
    let session = load(Self.text)
    defer { sessionFree(session) }
    #expect(sessionSet(session, "speed", "11") == 1)
    #expect(try errors(session).count == 1)
    #expect(sessionBind(session, "x", UnsafeMutableRawPointer(bitPattern: 64), 4) == 1)
    #expect(sessionTensor(session, "a") == 2)
    #expect(sessionTensor(session, "b") == -1)
    #expect(sessionReport(session) == nil)
    #expect(sessionRead(session, 1, UnsafeMutableRawPointer(bitPattern: 64), 128, nil) == 1)
  }

  /// A program that arrives in pieces is executed as it arrives, and can be looked at in between.
  @Test func growingProgramsAreExecutedAsTheyGrow() throws {
    let whole = load(Self.text)
    defer { sessionFree(whole) }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("trnsim-session-\(UUID().uuidString).trn.zst").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(sessionWrite(whole, path) == 0)
    let records = try BinaryRecords(path)
    let session = sessionNew()
    defer { sessionFree(session) }
    var x = (0..<32).map { Float($0) }
    var a = [Float](repeating: 0, count: 32)
    var written = [UInt8](repeating: 9, count: 32)
    x.withUnsafeMutableBytes { bytes in
      var seen = 0
      for piece in records.pieces {
        #expect(sessionAppend(session, piece, UInt64(piece.count)) == 0)
        if !BinaryRecords.isInstruction(piece) { continue }
        if seen == 0 { #expect(sessionBind(session, "x", bytes.baseAddress, 128) == 0) }
        #expect(sessionAdvance(session, -1) == 0)
        #expect(
          a.withUnsafeMutableBytes { sessionRead(session, 2, $0.baseAddress, 128, &written) } == 0)
        #expect(a[5] == (seen == 0 ? 5 : 10))
        #expect(written.allSatisfy { $0 == 1 })
        seen += 1
      }
      #expect(seen == 4)
    }
  }

  @Test func theISAIsDescribed() throws {
    let json = try JSONSerialization.jsonObject(with: Data(String(cString: isa()).utf8))
    let object = try #require(json as? [String: Any])
    let operations = try #require(object["operations"] as? [[String: Any]])
    #expect(operations.contains { $0["name"] as? String == "nc_matmul" })
    #expect((object["dtypes"] as? [String: Int])?["bfloat16"] == 1)
  }
}
