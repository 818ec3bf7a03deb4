public import Diagnostics

/// What a program text shows.
public struct TextOptions: Sendable {
  /// Whether instructions and tensors carry `@file:line:col`.
  public var showsLocations: Bool

  /// Makes options.
  public init(showsLocations: Bool = true) { self.showsLocations = showsLocations }
}

extension Program {
  /// The whole program as text; `Program(text:file:)` reads it back.
  public var text: String { text() }

  /// The whole program as text.
  public func text(_ options: TextOptions = TextOptions()) -> String {
    var whole: [UInt8] = []
    writeText(options) { whole += $0 }
    return String(decoding: whole, as: UTF8.self)
  }

  /// Prints the program piece by piece, each of about 64 KiB of UTF-8, for programs of any length.
  public func writeText<Failure: Error>(
    _ options: TextOptions = TextOptions(), to sink: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    var printer = TextPrinter(self, options)
    printer.appendHead()
    for index in instructions.indices {
      printer.appendInstruction(index)
      if printer.out.count >= 1 << 16 {
        try sink(printer.out)
        printer.out.removeAll(keepingCapacity: true)
      }
    }
    printer.appendEnd()
    try sink(printer.out)
  }

  /// One instruction as texts show it, without scope and location, for messages about it.
  public func instructionText(_ index: Int) -> String {
    // Only the tensors matter here, so that a message about a long program costs little.
    var frame = Program(name: name)
    frame.tensors = tensors
    frame.instructions = []
    var printer = TextPrinter(frame, TextOptions(showsLocations: false))
    var instruction = instructions[index]
    let after = instruction.after
    instruction.after = []
    printer.appendBody(instruction)
    if !after.isEmpty {
      let names = after.map { other in
        let label = instructions.indices.contains(Int(other)) ? instructions[Int(other)].label : nil
        return label.map(TextSyntax.name) ?? "\(other)"
      }
      printer.append(" after=[\(names.joined(separator: ", "))]")
    }
    return String(decoding: printer.out, as: UTF8.self)
  }
}

/// How a program text is read.
public struct ParseOptions: Sendable {
  /// Whether what has no `@file:line:col` gets its place in the text itself as location.
  public var ownPlaces: Bool

  /// Makes options.
  public init(ownPlaces: Bool = true) { self.ownPlaces = ownPlaces }
}

extension Program {
  /// Deepest nesting of scopes that files may have and `check` accepts.
  public static let scopeDepthLimit = 256

  /// How many names are considered for "did you mean".
  static let nearestNameLimit = 2000

  /// Reads a program text.
  ///
  /// - Parameters:
  ///   - utf8: The text; any bytes are safe.
  ///   - file: Its name, for messages and locations.
  ///   - options: How it is read.
  /// - Throws: Every error of the text at once, at most 200.
  public init(
    utf8: [UInt8], file: String, options: ParseOptions = ParseOptions()
  ) throws(DiagnosticError) {
    let result = utf8.withUnsafeBufferPointer { bytes in
      var parser = TextParser(bytes, file: file, options: options)
      return parser.parse()
    }
    self = try result.get()
  }

  /// Reads a program text.
  public init(
    text: String, file: String, options: ParseOptions = ParseOptions()
  ) throws(DiagnosticError) {
    try self.init(utf8: Array(text.utf8), file: file, options: options)
  }
}
