import Diagnostics
import Programs
import Testing

/// A text with one fault, marked `‹…›` where the caret must be.
struct BadText: Sendable, CustomTestStringConvertible {
  var marked: String
  var message: String
  var remedy: String?

  init(_ marked: String, _ message: String, _ remedy: String? = nil) {
    self.marked = marked
    self.message = message
    self.remedy = remedy
  }

  var testDescription: String { message }

  /// A sound beginning: x and e in hbm, a and w in sbuf, acc in psum.
  static let prelude = """
    trnsim program 1
    kernel k
    tensor x: hbm input bfloat16 [128, 2048]
    tensor e: hbm bfloat16 [8, 128, 64]
    tensor a: sbuf bfloat16 [128, 2048] at partition 0 byte 0
    tensor w: sbuf bfloat16 [128, 2, 2, 2, 2, 2] at partition 0 byte 0x1000
    tensor acc: psum float32 [128, 512] at bank 1

    """

  /// What the marks say: the text without them, and the place.
  var expectation: (text: String, line: Int, column: Int, length: Int) {
    var text = ""
    var line = 1
    var column = 1
    var found = (line: 0, column: 0, length: 0)
    let whole = marked.hasPrefix("!") ? String(marked.dropFirst()) : BadText.prelude + marked
    for character in whole {
      if character == "‹" {
        (found.line, found.column) = (line, column)
      } else if character == "›" {
        found.length = max(1, column - found.column)
      } else {
        text.append(character)
        column += 1
        if character == "\n" { (line, column) = (line + 1, 1) }
      }
    }
    return (text, found.line, found.column, found.length)
  }
}

@Suite struct BadTextTests {
  @Test(arguments: BadText.all)
  func oneFaultIsFoundInItsPlace(_ bad: BadText) {
    let expected = bad.expectation
    #expect {
      try Program(text: expected.text, file: "p.trn")
    } throws: { error in
      guard let found = (error as? DiagnosticError)?.diagnostics, let first = found.first else {
        return false
      }
      #expect(found.count == 1, "\(error)")
      #expect(first.message == bad.message)
      #expect(first.remedy == bad.remedy)
      #expect(first.severity == .error)
      #expect(
        first.location
          == SourceLocation(file: "p.trn", line: expected.line, column: expected.column))
      #expect(first.length == expected.length)
      let lines = expected.text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(first.sourceLine == String(lines[expected.line - 1]))
      return true
    }
  }

  @Test func allFaultsOfAFileAreReportedAtOnce() {
    let text =
      BadText.prelude + """
        tensor a: sbuf float32 [1, 1] at byte 0
        tensor b: sram float32 [1, 1]
        memset dst=b value=0 vallue=1 value=2
        dma_copy dst=aa src=x[0:200, :] dge_mode=hwdg
        bogus dst=a
        scope s {
        dma_copy dst=a src=x after=[nowhere, 99]
        """
    #expect {
      try Program(text: text, file: "p.trn")
    } throws: { error in
      let found = (error as? DiagnosticError)?.diagnostics ?? []
      #expect(
        found.map { "\($0.location.map { "\($0.line):\($0.column)" } ?? "?") \($0.message)" } == [
          "8:8 tensor 'a' is declared twice",
          "9:11 there is no memory 'sram'",
          "10:22 memset has no field 'vallue'",
          "10:31 'value' is given twice",
          "11:14 there is no tensor 'aa'",
          "11:23 slice 0:200 exceeds dimension 0 of 'x', which has 128",
          "11:42 'dge_mode' cannot be 'hwdg'",
          "12:1 there is no operation 'bogus'",
          "13:1 this scope is never closed",
          "14:29 no instruction has the label 'nowhere'",
        ])
      return true
    }
  }

  @Test func moreThanTwoHundredFaultsAreCutWithANote() {
    let text = BadText.prelude + String(repeating: "bogus\n", count: 1000)
    #expect {
      try Program(text: text, file: "p.trn")
    } throws: { error in
      let found = (error as? DiagnosticError)?.diagnostics ?? []
      #expect(found.count == 201)
      #expect(found.last?.severity == .note)
      #expect(found.last?.message == "more than 200 errors, the rest is not shown")
      return true
    }
  }

  @Test func aTensorDeclaredAfterItsUseIsExplained() {
    let text =
      BadText.prelude
      + "dma_copy dst=late src=x\ntensor late: hbm bfloat16 [128, 2048]\n"
    #expect {
      try Program(text: text, file: "p.trn")
    } throws: { error in
      let found = (error as? DiagnosticError)?.diagnostics ?? []
      #expect(found.count == 1)
      #expect(found.first?.message == "there is no tensor 'late'")
      #expect(
        found.first?.remedy
          == "declare tensors before their first use; this one is declared at p.trn:9:1")
      return true
    }
  }

  @Test func invalidUTF8IsAPlacedError() {
    let bytes = Array(BadText.prelude.utf8) + Array("kernel é".utf8) + [0xFF, 10]
    #expect {
      try Program(utf8: bytes, file: "p.trn")
    } throws: { error in
      let found = (error as? DiagnosticError)?.diagnostics.first
      #expect(found?.message == "byte 0xff is not UTF-8")
      #expect(found?.location == SourceLocation(file: "p.trn", line: 8, column: 9))
      return true
    }
  }

  /// Inputs made to be slow or to overflow something; each must end in a diagnostic within seconds.
  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      HostileText("", "x", 10_000_000),
      HostileText("trnsim program 1\nkernel k\ndma_copy ", "[", 5_000_000),
      HostileText("trnsim program 1\nkernel k\ndma_copy ", "a=1 ", 2_000_000),
      HostileText("trnsim program 1\nkernel k\n", "scope s {\n", 300_000),
      HostileText("trnsim program 1\nkernel k\n", "}\n", 1_000_000),
      HostileText("trnsim program 1\nkernel \"", "ä", 4_000_000),
      HostileText("trnsim program 1\nkernel k\ndma_copy \u{0}", "\u{1}", 2_000_000),
      HostileText("trnsim program 1\nkernel k\nmemset value=", "9", 5_000_000),
    ])
  func hostileTextsEndInDiagnostics(_ hostile: HostileText) {
    let text = hostile.start + String(repeating: hostile.repeated, count: hostile.count)
    #expect(throws: DiagnosticError.self) { try Program(text: text, file: "p.trn") }
  }
}

/// A large text, named by what is repeated, so that logs do not hold all of it.
struct HostileText: Sendable, CustomTestStringConvertible {
  var start: String
  var repeated: String
  var count: Int

  init(_ start: String, _ repeated: String, _ count: Int) {
    self.start = start
    self.repeated = repeated
    self.count = count
  }

  var testDescription: String { "\(repeated.debugDescription) × \(count)" }
}
