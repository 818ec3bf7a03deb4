import Foundation
import Testing

/// A run that fails leaves why in the files that were asked for.
@Suite struct FailureFilesTests {
  private static let full = """
    trnsim program 1
    kernel full
    tensor x: hbm input float32 [128, 65536]
    tensor y: hbm output float32 [128, 65536]
    tensor a: sbuf float32 [128, 32768]
    tensor b: sbuf float32 [128, 32768]
    dma_copy dst=a src=x[:, 0:32768]
    dma_copy dst=b src=x[:, 32768:65536]
    tensor_tensor dst=a data1=a data2=b op=add
    dma_copy dst=y[:, 0:32768] src=a
    dma_copy dst=y[:, 32768:65536] src=b
    """

  private static let stuck = """
    trnsim program 1
    kernel stuck
    dependencies explicit
    tensor a: sbuf float32 [128, 16] at partition 0 byte 0
    tensor b: sbuf float32 [128, 16] at partition 0 byte 64
    first: memset dst=a value=1 engine=vector after=[second]
    second: memset dst=b value=1 engine=gpsimd after=[first]
    """

  /// Of two ranks only the first comes to the exchange.
  private static let sum = """
    trnsim program 1
    kernel sum
    tensor x: hbm input float32 [4]
    tensor y: hbm output float32 [4]
    all_reduce dst=y src=x
    """
  private static let copy = """
    trnsim program 1
    kernel copy
    tensor x: hbm input float32 [4]
    tensor y: hbm output float32 [4]
    dma_copy dst=y src=x
    """

  private func folder() throws -> Scratch {
    let scratch = try Scratch()
    for (name, text) in [
      ("full", Self.full), ("stuck", Self.stuck), ("sum", Self.sum), ("copy", Self.copy),
    ] {
      try scratch.write(Array(text.utf8), to: "\(name).trn")
    }
    return scratch
  }

  private func failure(_ text: String) throws -> [String: Any] {
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(document["schema"] as? Int == 1)
    return try #require(document["failure"] as? [String: Any])
  }

  @Test func noRoom() async throws {
    let scratch = try folder()
    let outcome = try await trnsim(
      [
        "run", "full.trn", "--timing-only", "--json", "f.json", "--html", "f.html", "--markdown",
        "f.md",
      ],
      in: scratch)
    #expect(outcome.code == 1)
    #expect(outcome.output == "")
    #expect(
      outcome.errors.contains(
        "full.trn:6:1: error: 'b' needs 131072 bytes of each partition, sbuf has 212728"))
    for text in ["131,072", "full.trn:7", "'b' with at most"] {
      #expect(outcome.errors.contains(text))
    }
    let failure = try failure(String(decoding: try scratch.read("f.json"), as: UTF8.self))
    #expect(failure["kind"] as? String == "memory" && failure["exit_code"] as? Int == 1)
    let memory = try #require((failure["memory"] as? [[String: Any]])?.first)
    #expect(memory["capacity"] as? Int == 212_728 && memory["free"] as? Int == 212_728 - 131_072)
    #expect((memory["alive"] as? [[String: Any]])?.map { $0["name"] as? String } == ["a"])
    let html = String(decoding: try scratch.read("f.html"), as: UTF8.self)
    #expect(html.contains("<svg") && html.contains("full.trn did not run"))
    #expect(
      String(decoding: try scratch.read("f.md"), as: UTF8.self).hasPrefix("## full.trn did not run")
    )
  }

  @Test func jsonIsPrinted() async throws {
    let scratch = try folder()
    for (arguments, code, kind) in [
      (["run", "full.trn"], 1, "memory"), (["compile", "full.trn"], 1, "memory"),
      (["run", "stuck.trn"], 2, "deadlock"),
    ] {
      let outcome = try await trnsim(arguments + ["--json", "-"], in: scratch)
      #expect(outcome.code == code, "\(outcome.errors)")
      #expect(try failure(outcome.output)["kind"] as? String == kind)
      #expect(outcome.errors.contains("error: "))
    }
  }

  @Test func enginesThatWaitForEachOther() async throws {
    let scratch = try folder()
    let outcome = try await trnsim(["run", "stuck.trn", "--html", "f.html"], in: scratch)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("Vector → GpSimd → Vector"), "\(outcome.errors)")
    let html = String(decoding: try scratch.read("f.html"), as: UTF8.self)
    #expect(html.contains("class=\"circle\"") && html.contains("Who waits for whom"))
  }

  @Test func coresThatNeverCome() async throws {
    let scratch = try folder()
    let outcome = try await trnsim(["run", "sum.trn", "copy.trn", "--json", "-"], in: scratch)
    #expect(outcome.code == 2, "\(outcome.errors)")
    let waits = try #require(try failure(outcome.output)["waits"] as? [String: Any])
    let members = try #require(waits["members"] as? [[String: Any]])
    #expect(members.map { $0["name"] as? String } == ["rank 0", "rank 1"])
    #expect(members.map { $0["has_finished"] as? Bool } == [false, true])
    #expect((waits["waits"] as? [[String: Any]])?.map { $0["for"] as? Int } == [1])
    #expect((waits["cycle"] as? [Int]) == [])
  }

  /// What the passes did is a document, too.
  @Test func passesAsJSON() async throws {
    let scratch = try folder()
    let outcome = try await trnsim(
      ["compile", "copy.trn", "--schedule", "compiler", "--json", "-"], in: scratch)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let document =
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let passes = try #require(document?["passes"] as? [[String: Any]])
    #expect(passes.contains { $0["pass"] as? String == "place" })
  }

  /// Changes are in the report where they were asked for, and nowhere else.
  @Test func adviceIsAPartOfTheReport() async throws {
    let scratch = try folder()
    let arguments = ["matmul", "--param", "m=128", "--param", "k=256", "--param", "n=512"]
    let plain = try await trnsim(
      ["run"] + arguments + ["--timing-only", "--json", "-"], in: scratch)
    let outcome = try await trnsim(
      ["run"] + arguments + ["--timing-only", "--advise", "--json", "-"], in: scratch)
    let alone = try await trnsim(["advise"] + arguments + ["--json", "-"], in: scratch)
    func object(_ text: String) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }
    #expect(try object(plain.output)["advice"] == nil)
    let advice = try #require(try object(outcome.output)["advice"] as? [String: Any])
    let items = try #require(advice["advice"] as? [[String: Any]])
    let wanted = try #require(try object(alone.output)["advice"] as? [[String: Any]])
    #expect(advice["tried"] as? Int == (try object(alone.output)["tried"] as? Int))
    #expect(items.map { $0["title"] as? String } == wanted.map { $0["title"] as? String })
    #expect(items.map { $0["change"] as? Double } == wanted.map { $0["change"] as? Double })
  }
}
