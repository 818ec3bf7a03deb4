public import Diagnostics
import Formats

// x=bfloat16[tokens, 2048] | x=weights/x.npy

/// What a script's function gets for a parameter: a type with a shape whose extents may have names, or a file.
public struct InputShape: Hashable, Sendable {
  /// The parameter.
  public var name: String
  /// The element type's NKI name; empty of a file.
  public var dtype = ""
  /// Whole numbers, or names that sizes give.
  public var extents: [String] = []
  /// The `.npy` file that it is; `nil` if it is a shape.
  public var file: String?

  /// Reads `bfloat16 [tokens, 2048]`.
  public init(_ name: String, _ text: String) throws(DiagnosticError) {
    self.name = name
    let parts = text.split(separator: "[", maxSplits: 1, omittingEmptySubsequences: false)
    let closed = parts.last.map(InputShape.trimmed) ?? ""
    guard parts.count == 2, closed.hasSuffix("]") else {
      guard !text.hasSuffix(".npy") else {
        file = text
        return
      }
      throw DiagnosticError(
        "'\(text)' is no type with a shape", remedy: "write \"bfloat16 [128, 2048]\"")
    }
    let word = InputShape.trimmed(parts[0])
    guard let type = DType(name: word) else {
      throw DiagnosticError(
        "there is no element type '\(word)'",
        remedy: remedyForUnknown(word, known: DType.allCases.map(\.name)))
    }
    dtype = type.name
    let inside = closed.dropLast()
    // A number without dimensions.
    guard !inside.allSatisfy(\.isWhitespace) else { return }
    extents = inside.split(separator: ",", omittingEmptySubsequences: false).map {
      InputShape.trimmed($0)
    }
    for extent in extents {
      let isName = extent.first.map { $0.isLetter || $0 == "_" } ?? false
      guard isName || Int(extent).map({ $0 >= 1 }) == true else {
        throw DiagnosticError(
          "'\(extent)' is no extent in '\(text)'",
          remedy: "write a number from 1 on, or a name that 'sizes' gives")
      }
    }
  }

  /// The names among its extents.
  public var sizes: Set<String> { Set(extents.filter { Int($0) == nil }) }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}
