/// A memory on chip that has no room for a tensor: who has it, from when to when, and what would make room.
///
/// Bytes are those of each partition; instructions are positions in the order in which the compiler placed tensors.
public struct MemoryShortage: Hashable, Sendable {
  /// A tensor of the memory, and how long it is needed.
  public struct Tensor: Hashable, Sendable {
    /// What it is called.
    public var name: String
    /// Where it was declared.
    public var location: SourceLocation?
    /// Its bytes.
    public var bytes: Int
    /// The first instruction that touches it.
    public var first: Int
    /// The last one.
    public var last: Int
    /// Where the first one came from.
    public var from: SourceLocation?
    /// Where the last one came from.
    public var until: SourceLocation?
    /// The operation of the last one.
    public var lastOperation: String
    /// Its address, if it had got one.
    public var byte: Int?
    /// Whether the author chose the address.
    public var isAuthors: Bool

    /// Makes one.
    public init(
      name: String, location: SourceLocation?, bytes: Int, first: Int, last: Int,
      from: SourceLocation?, until: SourceLocation?, lastOperation: String, byte: Int?,
      isAuthors: Bool
    ) {
      self.name = name
      self.location = location
      self.bytes = bytes
      self.first = first
      self.last = last
      self.from = from
      self.until = until
      self.lastOperation = lastOperation
      self.byte = byte
      self.isAuthors = isAuthors
    }
  }

  /// A change of the program with which the compiler was run again.
  public struct Change: Hashable, Sendable {
    /// What is changed.
    public enum Kind: Hashable, Sendable {
      /// The tensor has no more than these bytes.
      case shrink(to: Int)
      /// The tensors are not needed any more when the instruction comes.
      case end
    }

    /// What is changed.
    public var kind: Kind
    /// Of which tensors.
    public var tensors: [String]
    /// The bytes that it frees there.
    public var frees: Int
    /// Whether the whole program has room then, and not only the tensor.
    public var fits: Bool

    /// Makes one.
    public init(_ kind: Kind, _ tensors: [String], frees: Int, fits: Bool) {
      self.kind = kind
      self.tensors = tensors
      self.frees = frees
      self.fits = fits
    }
  }

  /// Bytes that the tensors need at an instruction, where that changes.
  public struct Need: Hashable, Sendable {
    /// The instruction.
    public var instruction: Int
    /// The bytes from there on.
    public var bytes: Int

    /// Makes one.
    public init(instruction: Int, bytes: Int) {
      self.instruction = instruction
      self.bytes = bytes
    }
  }

  /// The core, where there are several.
  public var core: String?
  /// The memory: `sbuf` or `psum`.
  public var memory: String
  /// Its bytes.
  public var capacity: Int
  /// Instructions of the program.
  public var instructions: Int
  /// The one at which there is no room.
  public var instruction: Int
  /// Its text.
  public var instructionText: String
  /// Where it came from.
  public var location: SourceLocation?
  /// The tensor that has no room.
  public var wanted: Tensor
  /// Those that have the memory then, the largest first.
  public var alive: [Tensor]
  /// Some that have it before or after, the largest first.
  public var others: [Tensor]
  /// How many more here are.
  public var omitted: Int
  /// The bytes that nobody has then.
  public var free: Int
  /// What all tensors need, instruction by instruction.
  public var needs: [Need]
  /// Where they need most, the first of several places.
  public var peak: Need
  /// Where that instruction came from.
  public var peakLocation: SourceLocation?
  /// What would make room, the smallest change first; those that fit come before those that do not.
  public var changes: [Change]

  /// Makes one without changes.
  public init(
    memory: String, capacity: Int, instructions: Int, instruction: Int, instructionText: String,
    location: SourceLocation?, wanted: Tensor, alive: [Tensor], others: [Tensor], omitted: Int,
    free: Int, needs: [Need], peak: Need, peakLocation: SourceLocation?
  ) {
    self.memory = memory
    self.capacity = capacity
    self.instructions = instructions
    self.instruction = instruction
    self.instructionText = instructionText
    self.location = location
    self.wanted = wanted
    self.alive = alive
    self.others = others
    self.omitted = omitted
    self.free = free
    self.needs = needs
    self.peak = peak
    self.peakLocation = peakLocation
    changes = []
  }
}

extension MemoryShortage.Change {
  /// What to change, in words.
  ///
  /// - Parameter bytes: The bytes of the tensor as it is.
  public func text(bytes: Int) -> String {
    switch kind {
    case .shrink(let left): "'\(tensors[0])' with at most \(left) bytes instead of \(bytes)"
    case .end where tensors.count == 1: "'\(tensors[0])', not needed any more here"
    case .end:
      tensors.prefix(6).map { "'\($0)'" }.joined(separator: ", ")
        + (tensors.count > 6 ? " and \(tensors.count - 6) more" : "")
        + ", not needed any more here"
    }
  }
}
