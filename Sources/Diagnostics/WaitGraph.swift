/// Who waits for whom where nobody can go on.
public struct WaitGraph: Hashable, Sendable {
  /// An engine, or a core.
  public struct Member: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// The instruction that it is at; `nil` if it has finished.
    public var instruction: Int?
    /// That instruction's text.
    public var text: String
    /// Where it came from.
    public var location: SourceLocation?

    /// Makes one.
    public init(
      _ name: String, at instruction: Int? = nil, text: String = "",
      location: SourceLocation? = nil
    ) {
      self.name = name
      self.instruction = instruction
      self.text = text
      self.location = location
    }

    /// Whether it has nothing left to do.
    public var hasFinished: Bool { instruction == nil }
  }

  /// What one of them waits for.
  public struct Wait: Hashable, Sendable {
    /// Who waits.
    public var member: Int
    /// For whom; `nil` for nobody who is left.
    public var other: Int?
    /// For what.
    public var text: String

    /// Makes one.
    public init(of member: Int, for other: Int?, _ text: String) {
      self.member = member
      self.other = other
      self.text = text
    }
  }

  /// All of them.
  public var members: [Member]
  /// What those that have not finished wait for.
  public var waits: [Wait]

  /// Makes a graph.
  public init(members: [Member], waits: [Wait]) {
    self.members = members
    self.waits = waits
  }

  /// Members of which each waits for the next one, and the last one for the first; empty if there are none.
  ///
  /// Complexity: O(members + waits).
  public var cycle: [Int] {
    var others = Array(repeating: [Int](), count: members.count)
    for wait in waits { if let other = wait.other { others[wait.member].append(other) } }
    var isDone = Array(repeating: false, count: members.count)
    for start in members.indices where !isDone[start] {
      // The way from the start, with how many of its waits each has been followed for.
      var way: [(member: Int, next: Int)] = [(start, 0)]
      var position = [start: 0]
      while let last = way.last {
        guard last.next < others[last.member].count else {
          isDone[last.member] = true
          position[last.member] = nil
          way.removeLast()
          continue
        }
        way[way.count - 1].next += 1
        let other = others[last.member][last.next]
        if let first = position[other] { return way[first...].map(\.member) }
        guard !isDone[other] else { continue }
        position[other] = way.count
        way.append((other, 0))
      }
    }
    return []
  }
}
