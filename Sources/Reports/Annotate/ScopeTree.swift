import Device
package import Diagnostics
import Programs
import Simulation
import Timing

/// A program as scopes, their operations, and the device's instructions of those.
///
/// Scopes of one scope that differ only in numbers, which the passes of loops do, are one; so are operations of one line that
/// write tensors which differ only in the numbers behind their names.
package struct ScopeTree: Sendable {
  /// What a node is.
  package enum Kind: String, Sendable {
    case scope, operation, instruction
  }

  /// A node with what is below it.
  package struct Node: Sendable {
    package var kind: Kind
    package var name: String
    /// Scopes, executions of operations, or instructions that it stands for.
    package var count: Int
    /// Where an operation comes from.
    package var location: SourceLocation?
    package var figures: PartFigures
    package var children: [Node]
  }

  /// The outermost, in the order of the program.
  package let roots: [Node]

  /// - Parameters:
  ///   - cores: The cores with their ids.
  ///   - path: What the whole time was spent on.
  init(_ cores: [(id: Int, run: CoreRun)], path: [CausedInterval]) {
    var builder = Builder()
    let numbers = cores.map { builder.numbers(of: $0.run) }
    let attribution = Attribution(cores, path: path, numbers: numbers, count: builder.nodes.count)
    roots = builder.tree(attribution.parts)
  }

  private struct Builder {
    struct Node {
      var kind: Kind
      /// What all that it stands for are called.
      var name: String
      /// Of scopes, whose passes have numbers.
      var numbers: NumberedName?
      var count = 0
      var location: SourceLocation?
      var children: [Int] = []
    }

    private struct Key: Hashable {
      var parent: Int
      var kind: Kind
      var name: String
      var location: SourceLocation?
    }

    private(set) var nodes: [Node] = []
    private var roots: [Int] = []
    private var known: [Key: Int] = [:]

    /// The node of a name in another one, which is made if it is new; -1 is no node.
    ///
    /// - Parameter common: What it has in common with the others that the node stands for.
    private mutating func node(
      _ kind: Kind, _ name: String, like common: String, in parent: Int,
      at location: SourceLocation? = nil
    ) -> Int {
      let key = Key(parent: parent, kind: kind, name: common, location: location)
      if let found = known[key] {
        nodes[found].numbers?.add(name)
        if nodes[found].name != name { nodes[found].name = common }
        return found
      }
      let number = nodes.count
      known[key] = number
      nodes.append(
        Node(
          kind: kind, name: name, numbers: kind == .scope ? NumberedName(name) : nil,
          location: location))
      if parent >= 0 { nodes[parent].children.append(number) } else { roots.append(number) }
      return number
    }

    /// By device instruction: the number of its node; -1 for what comes from no instruction of the program.
    mutating func numbers(of run: CoreRun) -> [Int32] {
      let program = run.program
      let source = run.scopes
      var scopes: [Int] = []
      for scope in source.scopes {
        let parent = Int(scope.parent)
        let found = node(
          .scope, scope.name, like: NumberedName.stem(scope.name),
          in: scopes.indices.contains(parent) ? scopes[parent] : -1)
        nodes[found].count += 1
        scopes.append(found)
      }
      let operations = program.instructions.indices.map { index in
        let instruction = program.instructions[index]
        let scope = Int(source.ofInstructions[index])
        let place = instruction.location.map { SourceLocation(file: $0.file, line: $0.line) }
        let name = program.shortText(index) ?? ""
        // Tensors of passes and pools have numbers at their ends.
        let found = node(
          .operation, name, like: String(TensorGroups.stem(name)),
          in: scopes.indices.contains(scope) ? scopes[scope] : -1, at: place)
        nodes[found].count += 1
        return found
      }
      return (run.device?.instructions ?? []).map { instruction in
        let source = Int(instruction.source)
        guard operations.indices.contains(source) else { return -1 }
        let name = "\(instruction.engine.displayName) \(instruction.opcode.name)"
        let found = node(.instruction, name, like: name, in: operations[source])
        nodes[found].count += 1
        return Int32(found)
      }
    }

    func tree(_ figures: [PartFigures]) -> [ScopeTree.Node] {
      roots.map { made($0, figures) }.filter { !$0.figures.isEmpty }
    }

    private func made(_ number: Int, _ figures: [PartFigures]) -> ScopeTree.Node {
      let node = nodes[number]
      let children = node.children.map { made($0, figures) }.filter { !$0.figures.isEmpty }
      return ScopeTree.Node(
        kind: node.kind, name: node.numbers?.text ?? node.name, count: node.count,
        location: node.location,
        figures: children.reduce(into: figures[number]) { $0 += $1.figures }, children: children)
    }
  }
}

/// Names that differ only in numbers: `i=0`, `i=1` and `i=2` are `i=0…2`.
struct NumberedName {
  /// Texts between the numbers: one more than those.
  private let texts: [Substring]
  private var least: [Substring]
  private var largest: [Substring]

  init(_ name: String) {
    let (texts, numbers) = NumberedName.parts(name)
    self.texts = texts
    least = numbers
    largest = numbers
  }

  /// Adds a name of the same stem.
  mutating func add(_ name: String) {
    for (index, number) in NumberedName.parts(name).numbers.enumerated() {
      if NumberedName.isLess(number, least[index]) { least[index] = number }
      if NumberedName.isLess(largest[index], number) { largest[index] = number }
    }
  }

  /// The name, with the range of each number that differs.
  var text: String {
    var text = ""
    for (index, part) in texts.enumerated() {
      text += part
      guard least.indices.contains(index) else { continue }
      text += least[index]
      if least[index] != largest[index] { text += "…\(largest[index])" }
    }
    return text
  }

  /// What names that differ only in numbers have in common.
  static func stem(_ name: String) -> String { parts(name).texts.joined(separator: "\u{0}") }

  /// Numbers are digits that are no part of a word: those of `bf16` are.
  private static func parts(_ name: String) -> (texts: [Substring], numbers: [Substring]) {
    var texts: [Substring] = []
    var numbers: [Substring] = []
    var begin = name.startIndex
    var now = name.startIndex
    while now < name.endIndex {
      guard isDigit(name[now]), now == name.startIndex || !isOfWord(name[name.index(before: now)])
      else {
        now = name.index(after: now)
        continue
      }
      let end = name[now...].firstIndex { !isDigit($0) } ?? name.endIndex
      if end == name.endIndex || !isOfWord(name[end]) {
        texts.append(name[begin..<now])
        numbers.append(name[now..<end])
        begin = end
      }
      now = end
    }
    return (texts + [name[begin...]], numbers)
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func isOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }

  /// Numbers may be of any length.
  private static func isLess(_ one: Substring, _ other: Substring) -> Bool {
    let (a, b) = (one.drop { $0 == "0" }, other.drop { $0 == "0" })
    return (a.count, String(a)) < (b.count, String(b))
  }
}
