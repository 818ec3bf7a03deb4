import Testing

/// One mistake, and what `trnsim` must say about it.
struct BadInput: Sendable, CustomTestStringConvertible {
  /// A file that the mistake is in or needs.
  struct File: Sendable {
    enum Content: Sendable {
      case bytes([UInt8])
      case directory
      /// A zstd file of these bytes, changed.
      case zstd([UInt8], @Sendable ([UInt8]) -> [UInt8])
      /// What `trnsim emit` makes of a small kernel, changed.
      case emitted(String, @Sendable ([UInt8]) -> [UInt8])
    }
    var name: String
    var content: Content

    static func text(_ name: String, _ text: String) -> File {
      File(name: name, content: .bytes(Array(text.utf8)))
    }

    static func bytes(_ name: String, _ bytes: [UInt8]) -> File {
      File(name: name, content: .bytes(bytes))
    }
  }

  var name: String
  var arguments: [String]
  var files: [File]
  var code: Int32
  var messages: [String]

  var testDescription: String { name }

  /// Arguments are separated by blanks; `messages` must all appear among the errors.
  init(
    _ name: String, _ arguments: String, code: Int32 = 1, _ messages: String...
  ) {
    self.init(name, arguments, [], code: code)
    self.messages = messages
  }

  /// The same with files.
  init(
    _ name: String, _ arguments: String, _ files: [File], code: Int32 = 1, _ messages: String...
  ) {
    self.name = name
    self.arguments = arguments.split(separator: " ").map(String.init)
    self.files = files
    self.code = code
    self.messages = messages
  }

  /// The same with a list of messages.
  init(_ name: String, _ arguments: String, _ files: [File], all messages: [String]) {
    self.init(name, arguments, files)
    self.messages = messages
  }

  /// A mistake in the lines of a program that has the tensors below.
  static func program(
    _ name: String, _ lines: String, code: Int32 = 1, _ messages: String...
  ) -> BadInput {
    var input = BadInput(name, "run p.trn", [.text("p.trn", head + lines + "\n")], code: code)
    input.messages = messages
    return input
  }

  /// The same with explicit dependencies; the lines begin at line 14.
  static func explicit(
    _ name: String, _ lines: String, _ messages: String...
  ) -> BadInput {
    let text = head + "dependencies explicit\n" + lines + "\n"
    var input = BadInput(name, "run p.trn", [.text("p.trn", text)], code: 2)
    input.messages = messages
    return input
  }

  /// Twelve lines.
  static let head = """
    trnsim program 1
    kernel k
    tensor x: hbm input float32 [128, 64]
    tensor y: hbm output float32 [128, 64]
    tensor a: sbuf float32 [128, 64] at byte 0
    tensor b: sbuf float32 [128, 64] at byte 256
    tensor h: sbuf bfloat16 [128, 64] at byte 512
    tensor i: sbuf int32 [128, 1] at byte 640
    tensor w: sbuf float32 [128, 8192] at byte 1024
    tensor p: psum float32 [128, 64] at bank 0
    tensor q: psum float32 [128, 64] at bank 1
    tensor r: psum float32 [128, 1024] at bank 2

    """
}
