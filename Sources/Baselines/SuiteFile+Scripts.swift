import Compiler
import Diagnostics
import Formats
import Programs
import Scripts
import Storage
import Sweeps
import YAML

/// An input of a script's kernel as it is written: `bfloat16 [tokens, 2048]`.
struct ShapeText {
  var name: String
  var dtype: String
  /// Whole numbers, or names that `sizes` gives.
  var extents: [String]

  /// Reads `inputs`; all that is wrong with them is reported.
  static func read(_ node: Node, _ reader: inout SpecReader) -> [ShapeText] {
    var found: [ShapeText] = []
    for (name, _, value) in reader.entries(of: node, "'inputs'") {
      guard let text = reader.string(value, name) else { continue }
      do throws(DiagnosticError) {
        found.append(try ShapeText(name, text))
      } catch {
        reader.report(error, value)
      }
    }
    return found
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }

  init(_ name: String, _ text: String) throws(DiagnosticError) {
    self.name = name
    let parts = text.split(separator: "[", maxSplits: 1, omittingEmptySubsequences: false)
    let closed = parts.last.map(ShapeText.trimmed) ?? ""
    guard parts.count == 2, closed.hasSuffix("]") else {
      throw DiagnosticError(
        "'\(text)' is no type with a shape", remedy: "write \"bfloat16 [128, 2048]\"")
    }
    let word = ShapeText.trimmed(parts[0])
    guard let type = DType(name: word) else {
      throw DiagnosticError(
        "there is no element type '\(word)'",
        remedy: remedyForUnknown(word, known: DType.allCases.map(\.name)))
    }
    dtype = type.name
    extents = closed.dropLast().split(separator: ",", omittingEmptySubsequences: false).map {
      ShapeText.trimmed($0)
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
}

extension WrittenEntry {
  /// What is wrong with an entry that has a script.
  var scriptProblems: [Diagnostic] {
    var found: [Diagnostic] = []
    if kernels.isEmpty {
      found.append(
        Diagnostic(
          .error, "an entry with a 'script' needs a 'kernel'",
          remedy: "name a function of the script that is a kernel or calls one"))
    }
    if !programs.isEmpty {
      found.append(
        Diagnostic(
          .error, "an entry has a 'script' or a 'program', not both", remedy: "make two entries"))
    }
    let used = Set(inputs.flatMap(\.extents).filter { Int($0) == nil })
    for name in used.subtracting(sizes).sorted() {
      found.append(
        Diagnostic(
          .error, "nothing says what '\(name)' is in a shape of 'inputs'",
          remedy: "write 'sizes: {\(name): 128}'"))
    }
    for name in sizes.subtracting(used).sorted() {
      found.append(
        Diagnostic(
          .error, "no input has the size '\(name)'",
          remedy: "write it into a shape, or make it one of 'parameters'"))
    }
    for axis in axes where sizes.contains(axis.name) {
      for value in axis.values where Int(value).map({ $0 >= 1 }) != true {
        found.append(
          Diagnostic(.error, "size '\(axis.name)' is '\(value)', not a whole number from 1 on"))
      }
    }
    for axis in axes where !sizes.contains(axis.name) {
      guard case .parameter(let name) = axis.target, inputs.contains(where: { $0.name == name })
      else { continue }
      found.append(
        Diagnostic(
          .error, "'\(name)' is one of 'inputs' and of 'parameters'",
          remedy: "leave one of the two out"))
    }
    return found
  }

  /// How Python calls a variant of this entry; `nil` if it is none of a script.
  func call(_ variant: Variant, beside path: String) -> ScriptCall? {
    guard let script, let colon = variant.subject.lastIndex(of: ":") else { return nil }
    let values = Dictionary(
      variant.parameters.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    return ScriptCall(
      script: pathBeside(path, script),
      function: String(variant.subject[variant.subject.index(after: colon)...]),
      inputs: inputs.map { input in
        ScriptCall.Input(
          name: input.name, dtype: input.dtype,
          shape: input.extents.map { Int($0) ?? values[$0].flatMap { Int($0) } ?? 0 })
      },
      arguments: values.filter { !sizes.contains($0.key) }, hardware: variant.hardware,
      schedule: variant.schedule?.rawValue)
  }
}

extension SuiteFile {
  /// The programs of the entries that are kernels of Python scripts, by their variants' tracing keys.
  ///
  /// - Throws: `DiagnosticError` if there are such entries and no Python that could trace them.
  static func traced(
    _ entries: [Entry]
  ) throws -> [String: Result<ProgramSet, DiagnosticError>] {
    let calls = entries.compactMap { entry in
      entry.call.map { (key: entry.variant.tracingKey, call: $0) }
    }
    guard !calls.isEmpty else { return [:] }
    let programs = try ScriptCall.trace(calls.map(\.call))
    return Dictionary(
      calls.compactMap { key, call in programs[call].map { (key, $0) } },
      uniquingKeysWith: { $1 })
  }
}
