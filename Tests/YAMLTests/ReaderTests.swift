import Testing

@testable import YAML

@Suite struct ReaderTests {
  /// A node without its places.
  private func shape(_ node: Node) -> String {
    switch node {
    case .scalar(let scalar): scalar.isPlain ? scalar.string : "'\(scalar.string)'"
    case .sequence(let list): "[\(list.map(shape).joined(separator: ", "))]"
    case .mapping(let mapping):
      "{\(mapping.map { "\(shape($0.key)): \(shape($0.value))" }.joined(separator: ", "))}"
    }
  }

  @Test(arguments: [
    ("", nil), ("# a comment\n", nil), ("a", "a"), ("\"1.5\"", "'1.5'"),
    ("- 1\n- [2, 3]\n", "[1, [2, 3]]"),
    ("b: 1 # why\na: {x: yes, 'y': \"µ\"}\n", "{b: 1, a: {x: yes, 'y': 'µ'}}"),
    ("\u{FEFF}a: 1", "{a: 1}"), ("a:\n", "{a: }"), ("---\na\n...\n", "a"),
    ("[a, b]: c", "{[a, b]: c}"),
  ])
  func trees(text: String, expected: String?) throws {
    #expect(try Node.read(text).map(shape) == expected)
  }

  @Test func placesAreCountedFromOneInScalars() throws {
    let mapping = try #require(try Node.read("x: 1\nµ: {é: [3, 4]}\n")?.mapping)
    #expect(mapping["x"]?.mark == Mark(line: 1, column: 4))
    #expect(mapping[1].key.mark == Mark(line: 2, column: 1))
    let inner = try #require(mapping["µ"]?.mapping)
    #expect(inner["é"]?.mark == Mark(line: 2, column: 8))
    #expect(inner["é"]?.sequence?[1].mark == Mark(line: 2, column: 12))
    #expect(mapping["y"] == nil)
    #expect(Node.scalar(.init("1")).mark == nil)
  }

  @Test(arguments: [
    ("a: [1, }", "did not find expected node content", 1, 8),
    ("a: 1\n\tb: 2", "found a tab character that violates indentation", 2, 1),
    ("a: 1\n---\nb: 2", "but found another document", 2, 1),
    ("a: &x [1]\nb: *x", "aliases are not allowed", 2, 4),
  ])
  func mistakes(text: String, problem: String, line: Int, column: Int) throws {
    do {
      _ = try Node.read(text)
      Issue.record("it was read")
    } catch {
      guard case .syntax(let found, let mark) = error else { throw error }
      #expect(found == problem)
      #expect(mark == Mark(line: line, column: column))
    }
  }

  @Test func repeatedKeysAreNamedInOrder() throws {
    do {
      _ = try Node.read("z: 1\nb: 1\na: 1\nb: 2\na: 3\na: 4\n")
      Issue.record("it was read")
    } catch {
      guard case .duplicateKeys(let keys, let mark) = error else { throw error }
      #expect(keys == ["a", "b"])
      #expect(mark == Mark(line: 3, column: 1))
    }
  }

  @Test func whatIsNoTextIsAnErrorWithItsByte() throws {
    do {
      _ = try Node.read("ab: \u{1}")
      Issue.record("it was read")
    } catch {
      guard case .encoding(let problem, let byte) = error else { throw error }
      #expect(problem == "control characters are not allowed")
      #expect(byte == 4)
    }
  }
}
