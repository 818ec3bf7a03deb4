import CInterface
import Testing

/// The memory budget as other languages see it.
@Suite struct BudgetTests {
  @Test func itIsToldInWordsThatFit() {
    let count = memoryLimit(nil, 0)
    #expect(count > 0)
    var text = [CChar](repeating: 1, count: Int(count) + 1)
    let whole = memoryLimit(&text, count + 1)
    #expect(whole == count)
    #expect(
      String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self).hasSuffix(")"))
    #expect(text.last == 0)
    var short = [CChar](repeating: 1, count: 4)
    let cut = memoryLimit(&short, 4)
    #expect(cut == count)
    #expect(short == [text[0], text[1], text[2], 0])
  }
}
