import CInterface
import Foundation
import Testing

/// Sessions of several cores, as another language holds them.
@Suite struct SessionCoresTests {
  /// A core of a pair: what the other one has, plus ten, into this one's row of y.
  static func pair(_ core: Int) -> String {
    """
    trnsim program 1
    kernel swap
    tensor x: hbm input float32 [2, 8]
    tensor y: hbm output float32 [2, 8]
    tensor a: sbuf float32 [1, 8] at partition 0 byte 0
    tensor b: sbuf float32 [1, 8] at partition 0 byte 32
    dma_copy dst=a src=x[\(core):\(core + 1)]
    sendrecv dst=b src=a send_to_rank=\(1 - core) recv_from_rank=\(1 - core)
    tensor_scalar dst=b data=b op0=add operand0=10
    dma_copy dst=y[\(core):\(core + 1)] src=b
    """
  }

  private func load(_ texts: [String], ranks: Int32, cores: Int32) -> UnsafeMutableRawPointer {
    let session = sessionNew()
    #expect(sessionCores(session, ranks, cores) == 0)
    for (core, text) in texts.enumerated() {
      let bytes = Array(text.utf8)
      #expect(sessionSelect(session, Int32(core)) == 0)
      #expect(sessionLoad(session, bytes, UInt64(bytes.count), "core\(core).trn") == 0)
    }
    return session
  }

  private func message(_ session: UnsafeMutableRawPointer) throws -> String {
    String(cString: try #require(sessionErrors(session)))
  }

  @Test func twoCoresShareWhatIsBound() throws {
    let session = load([Self.pair(0), Self.pair(1)], ranks: 1, cores: 2)
    defer { sessionFree(session) }
    var x = (0..<16).map { Float($0) }
    var y = [Float](repeating: .nan, count: 16)
    let code = x.withUnsafeMutableBytes { xBytes in
      y.withUnsafeMutableBytes { yBytes in
        #expect(sessionBind(session, "x", xBytes.baseAddress, 64) == 0)
        #expect(sessionBind(session, "y", yBytes.baseAddress, 64) == 0)
        return sessionRun(session)
      }
    }
    #expect(code == 0)
    let wanted: [Float] = [18, 19, 20, 21, 22, 23, 24, 25, 10, 11, 12, 13, 14, 15, 16, 17]
    #expect(y == wanted)
    let report = try JSONSerialization.jsonObject(
      with: Data(String(cString: try #require(sessionReport(session))).utf8))
    let cores = try #require((report as? [String: Any])?["cores"] as? [[String: Any]])
    #expect(cores.count == 2)
    #expect(String(cString: try #require(sessionText(session, 0))).contains("rank 0 core 1"))
  }

  /// What was recorded so far runs as far as it comes, and any tensor can be read.
  @Test func programsThatAreNotWholeAdvance() throws {
    let half = Self.pair(0).split(separator: "\n").prefix { !$0.hasPrefix("sendrecv") }
      .joined(separator: "\n")
    let session = load([half, Self.pair(1)], ranks: 1, cores: 2)
    defer { sessionFree(session) }
    var x = (0..<16).map { Float($0) }
    var a = [Float](repeating: 0, count: 8)
    var written = [UInt8](repeating: 9, count: 8)
    x.withUnsafeMutableBytes { bytes in
      #expect(sessionBind(session, "x", bytes.baseAddress, 64) == 0)
      #expect(sessionAdvance(session, -1) == 0)
    }
    #expect(a.withUnsafeMutableBytes { sessionRead(session, 2, $0.baseAddress, 32, &written) } == 0)
    #expect(a == (8..<16).map { Float($0) })
    #expect(written.allSatisfy { $0 == 1 })
    #expect(a.withUnsafeMutableBytes { sessionRead(session, 3, $0.baseAddress, 32, &written) } == 0)
    #expect(written.allSatisfy { $0 == 0 }, "the other core has not come")
    #expect(sessionAdvance(session, 1) == 1)
    #expect(try message(session).contains("cannot advance to an instruction"))
  }

  @Test func ranksHaveMemoriesOfTheirOwn() throws {
    let text = """
      trnsim program 1
      kernel sum
      tensor x: hbm input float32 [8]
      tensor y: hbm output float32 [8]
      all_reduce dst=y src=x
      """
    let session = load([text, text], ranks: 2, cores: 1)
    defer { sessionFree(session) }
    var one = [Float](repeating: 1, count: 8)
    var two = [Float](repeating: 2, count: 8)
    one.withUnsafeMutableBytes { one in
      two.withUnsafeMutableBytes { two in
        for (core, bytes) in [one, two].enumerated() {
          #expect(sessionSelect(session, Int32(core)) == 0)
          #expect(sessionBind(session, "x", bytes.baseAddress, 32) == 0)
        }
        #expect(sessionRun(session) == 0)
      }
    }
    var y = [Float](repeating: 0, count: 8)
    #expect(y.withUnsafeMutableBytes { sessionRead(session, 1, $0.baseAddress, 32, nil) } == 0)
    #expect(y == [Float](repeating: 3, count: 8))
  }

  @Test func coresThatAreNotThereAreErrors() throws {
    let session = sessionNew()
    defer { sessionFree(session) }
    #expect(sessionCores(nil, 1, 1) == 64)
    #expect(sessionCores(session, 0, 1) == 1)
    #expect(sessionCores(session, 1, 3) == 1)
    #expect(try message(session).contains("1 ranks of 3 cores"))
    #expect(sessionCores(session, 2, 2) == 0)
    #expect(sessionSelect(session, 4) == 1)
    #expect(try message(session).contains("there is no core 4, the session has 4"))
  }

  @Test func racesBetweenCoresAreFaultsUnlessAllowed() throws {
    let both = Self.pair(1)
    let session = load([both, both], ranks: 1, cores: 2)
    defer { sessionFree(session) }
    var x = [Float](repeating: 1, count: 16)
    var messages: [String] = []
    x.withUnsafeMutableBytes { bytes in
      #expect(sessionBind(session, "x", bytes.baseAddress, 64) == 0)
      for choice in ["fault", "allow", "note"] {
        #expect(sessionSet(session, "core_races", choice) == 0)
        #expect(sessionRun(session) == 2)
        messages.append(sessionErrors(session).map { String(cString: $0) } ?? "")
      }
    }
    #expect(messages[0].contains("\"race\""))
    // With races allowed it is found that neither core writes the first row.
    #expect(messages[1].contains("\"uninitialized read\""))
    #expect(messages[2] == messages[1])
    #expect(sessionSet(session, "core_races", "maybe") == 1)
  }

  @Test func racesBetweenCoresAreNotedInOneRun() throws {
    // Both clear all of y and then fill a row, without meeting: where they take turns neither clears the other's row.
    func fills(_ core: Int) -> String {
      """
      trnsim program 1
      kernel fills
      tensor x: hbm input float32 [2, 8]
      tensor y: hbm output float32 [2, 8]
      tensor a: sbuf float32 [2, 8] at partition 0 byte 0
      memset dst=a value=0.0
      dma_copy dst=y src=a
      dma_copy dst=y[\(core):\(core + 1)] src=x[\(core):\(core + 1)]
      """
    }
    let session = load([fills(0), fills(1)], ranks: 1, cores: 2)
    defer { sessionFree(session) }
    var x = (0..<16).map { Float($0) }
    try x.withUnsafeMutableBytes { bytes in
      #expect(sessionBind(session, "x", bytes.baseAddress, 64) == 0)
      #expect(sessionSet(session, "core_races", "note") == 0)
      #expect(sessionRun(session) == 0)
      let report = String(cString: try #require(sessionReport(session)))
      #expect(report.contains("\"core_races\""))
      #expect(report.contains("both cores of rank 0 touch byte 0 of 'y'"))
    }
    var y = [Float](repeating: 0, count: 16)
    #expect(y.withUnsafeMutableBytes { sessionRead(session, 1, $0.baseAddress, 64, nil) } == 0)
    #expect(y == x)
  }
}
