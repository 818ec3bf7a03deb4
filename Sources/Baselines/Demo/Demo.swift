/// A named list of kernel runs that are shown in one table.
package struct Demo: Hashable, Sendable {
  /// One run: a kernel with its parameters.
  package struct Entry: Hashable, Sendable {
    /// The kernel.
    package var kernel: String
    /// What sets it apart from other entries of its kernel.
    package var form: String
    /// Rows of the activations.
    package var tokens: Int
    /// The parameters, each of the form `name=value`.
    package var settings: [String]

    package init(_ kernel: String, _ form: String, tokens: Int, _ settings: [String]) {
      self.kernel = kernel
      self.form = form
      self.tokens = tokens
      self.settings = settings
    }

    /// A name for the entry's files: unique within a demo.
    package var fileName: String {
      let words = [kernel] + form.split(separator: " ").map(String.init)
      return (words + ["\(tokens)"]).joined(separator: "-")
    }
  }

  /// The entries in the order of the table.
  package var entries: [Entry]

  package init(_ entries: [Entry]) { self.entries = entries }
}
