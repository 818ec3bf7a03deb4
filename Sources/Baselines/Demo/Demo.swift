/// A named list of kernel runs that are shown in one table.
public struct Demo: Hashable, Sendable {
  /// One run: a kernel with its parameters.
  public struct Entry: Hashable, Sendable {
    /// The kernel.
    public var kernel: String
    /// What sets it apart from other entries of its kernel.
    public var form: String
    /// Rows of the activations.
    public var tokens: Int
    /// The parameters, each of the form `name=value`.
    public var settings: [String]

    /// Makes an entry.
    public init(_ kernel: String, _ form: String, tokens: Int, _ settings: [String]) {
      self.kernel = kernel
      self.form = form
      self.tokens = tokens
      self.settings = settings
    }

    /// A name for the entry's files: unique within a demo.
    public var fileName: String {
      let words = [kernel] + form.split(separator: " ").map(String.init)
      return (words + ["\(tokens)"]).joined(separator: "-")
    }
  }

  /// The entries in the order of the table.
  public var entries: [Entry]

  /// Makes a demo.
  public init(_ entries: [Entry]) { self.entries = entries }
}
