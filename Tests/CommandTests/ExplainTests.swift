import Testing

/// `trnsim explain` prints what errors name.
@Suite struct ExplainTests {
  @Test func everyTopicIsListedAndExplained() async throws {
    let scratch = try Scratch()
    let list = try await trnsim(["explain"], in: scratch)
    #expect(list.code == 0)
    let topics = list.output.split(separator: "\n").filter { $0.first != " " }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    #expect(topics.count > 15 && Set(topics).isSuperset(of: ["race", "no-room", "host-memory"]))
    let all = try await trnsim(["explain"] + topics, in: scratch)
    #expect(all.code == 0)
    for topic in topics { #expect(all.output.contains("\(topic)\n\n"), "\(topic)") }
  }

  @Test func aFaultNamesItsSection() async throws {
    let scratch = try Scratch()
    try scratch.write(
      Array(
        """
        trnsim program 1
        kernel k
        tensor x: hbm input float32 [128, 64]
        tensor y: hbm output float32 [128, 64]
        tensor a: sbuf float32 [128, 64] at byte 0
        dma_copy dst=y src=a

        """.utf8), to: "p.trn")
    let outcome = try await trnsim(["run", "p.trn", "--json", "-"], in: scratch)
    #expect(outcome.code == 2)
    #expect(outcome.errors.contains("  see: trnsim explain uninitialized-read\n"))
    #expect(outcome.output.contains("\"topic\": \"uninitialized-read\""))
    let section = try await trnsim(["explain", "uninitialized-read"], in: scratch)
    #expect(section.output.hasPrefix("uninitialized-read\n\nAn instruction reads bytes"))
    #expect(!section.output.contains("## "))
  }
}
