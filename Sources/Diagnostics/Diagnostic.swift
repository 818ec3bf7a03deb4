/// A place in a text: file, 1-based line and 1-based column (in characters).
public struct SourceLocation: Hashable, Sendable {
  /// The file's path as the user gave it.
  public var file: String
  /// 1-based line; 0 when only the file is known.
  public var line: Int
  /// 1-based column; 0 when only the line is known.
  public var column: Int

  /// Makes a location.
  public init(file: String, line: Int, column: Int = 0) {
    self.file = file
    self.line = line
    self.column = column
  }
}

extension SourceLocation: CustomStringConvertible {
  /// `file:line:col`, leaving out what is not known.
  public var description: String {
    if line == 0 { return file }
    return column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
  }

  /// The file without its folder, and the line.
  package var shortText: String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return line == 0 ? name : "\(name):\(line)"
  }
}

/// One message about the user's input: what is wrong, where, and what to do.
public struct Diagnostic: Error, Hashable, Sendable {
  /// How grave the message is.
  public enum Severity: String, Sendable { case error, warning, note }

  /// How grave the message is.
  public var severity: Severity
  /// What is wrong: lower case, names the thing and both numbers.
  public var message: String
  /// Where, if a place is known.
  public var location: SourceLocation?
  /// The text of the line at `location`, for the caret.
  public var sourceLine: String?
  /// How many characters the caret underlines; at least 1.
  public var length: Int
  /// What to do about it.
  public var remedy: String?
  /// Position of the instruction in its program, if it is about one.
  public var instruction: Int?
  /// What it is about; `nil` where only the text says so.
  public var topic: Topic?
  /// Who has the memory that there is no room in, if that is what is wrong.
  public var shortage: MemoryShortage? {
    get { extra?.shortage }
    set { extra = newValue.map(Extra.init) }
  }
  /// What few messages have.
  private var extra: Extra?

  private final class Extra: Hashable, Sendable {
    let shortage: MemoryShortage

    init(_ shortage: MemoryShortage) { self.shortage = shortage }

    static func == (a: Extra, b: Extra) -> Bool { a.shortage == b.shortage }
    func hash(into hasher: inout Hasher) { hasher.combine(shortage.wanted) }
  }

  /// Makes a diagnostic.
  ///
  /// - Parameter topic: What it is about; without one, what messages of the caller's room are about.
  public init(
    _ severity: Severity = .error, _ message: String, at location: SourceLocation? = nil,
    sourceLine: String? = nil, length: Int = 1, remedy: String? = nil, instruction: Int? = nil,
    topic: Topic? = nil, fileID: String = #fileID
  ) {
    self.severity = severity
    self.message = message
    self.location = location
    self.sourceLine = sourceLine
    self.length = max(1, length)
    self.remedy = remedy
    self.instruction = instruction
    self.topic = topic ?? Topic(fileID: fileID)
  }

  /// The text shown to a person: `file:line:col: error: message`, the line, a caret, the remedy.
  public func rendered(color: Bool = false) -> String {
    let bold = color ? "\u{1B}[1m" : ""
    let tint = color ? (severity == .error ? "\u{1B}[31;1m" : "\u{1B}[33;1m") : ""
    let off = color ? "\u{1B}[0m" : ""
    var text = ""
    if let location { text += "\(bold)\(printable("\(location)")):\(off) " }
    text += "\(tint)\(severity.rawValue):\(off) \(printable(message))"
    if let sourceLine, !sourceLine.isEmpty, let location, location.column > 0 {
      let gutter = "  "
      let excerpt = Excerpt(of: sourceLine, column: location.column, length: length)
      let blanks = String(repeating: " ", count: excerpt.caret)
      let carets = "^" + String(repeating: "~", count: excerpt.length - 1)
      text += "\n\(gutter)\(excerpt.text)\n\(gutter)\(blanks)\(tint)\(carets)\(off)"
    }
    if let remedy { text += "\n  help: \(printable(remedy))" }
    return text
  }
}

/// All that is wrong with one input.
public struct DiagnosticError: Error, Sendable, CustomStringConvertible {
  /// The messages, in the order of their places.
  public var diagnostics: [Diagnostic]

  /// Makes an error of several diagnostics.
  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// Makes an error of one diagnostic.
  ///
  /// - Parameter topic: What it is about; without one, what messages of the caller's room are about.
  public init(
    _ message: String, at location: SourceLocation? = nil, remedy: String? = nil,
    topic: Topic? = nil, fileID: String = #fileID
  ) {
    self.diagnostics = [
      Diagnostic(.error, message, at: location, remedy: remedy, topic: topic, fileID: fileID)
    ]
  }

  /// All messages, uncoloured.
  public var description: String {
    diagnostics.map { $0.rendered() }.joined(separator: "\n")
  }
}
