import Foundation

/// A JUnit file, read strictly: well-formed XML, and only what the schemas of Jenkins (junit-10.xsd) and Ant
/// both allow.
struct JUnitFile {
  struct Invalid: Error, CustomStringConvertible { var description: String }

  /// A test case's outcome.
  struct Case {
    var name: String
    var seconds: Double
    /// `failure`, `error` or nothing.
    var problem: String?
    var message: String
    var output: String
  }

  private(set) var cases: [Case] = []
  private(set) var failures = 0
  private(set) var errors = 0

  init(_ text: String) throws {
    let root = try PlainElement(parsing: text)
    try root.require(
      "testsuites", required: ["name", "tests", "failures", "errors"], allowed: ["time"])
    guard root.text.allSatisfy(\.isWhitespace), root.children.count == 1 else {
      throw Invalid(description: "one test suite is expected")
    }
    let suite = root.children[0]
    try suite.require(
      "testsuite", required: ["name", "tests", "failures", "errors"],
      allowed: ["skipped", "time", "timestamp", "hostname", "id", "package"])
    for element in suite.children { cases.append(try JUnitFile.testCase(element)) }
    failures = cases.count { $0.problem == "failure" }
    errors = cases.count { $0.problem == "error" }
    for element in [root, suite] {
      let counts = ["tests": cases.count, "failures": failures, "errors": errors]
      for (name, count) in counts where element.attributes[name] != "\(count)" {
        throw Invalid(
          description:
            "\(element.name) says \(name)=\(element.attributes[name] ?? ""), has \(count)")
      }
    }
  }

  private static func testCase(_ element: PlainElement) throws -> Case {
    try element.require("testcase", required: ["name", "classname", "time"], allowed: [])
    guard let name = element.attributes["name"], !name.isEmpty,
      let seconds = element.attributes["time"].flatMap(Double.init), seconds >= 0
    else { throw Invalid(description: "a test case needs a name and a time") }
    var found = Case(name: name, seconds: seconds, problem: nil, message: "", output: "")
    // The order of Ant's schema: what went wrong, then what was printed; each at most once here.
    var place = 0
    for child in element.children {
      guard
        let order = ["skipped": 0, "error": 1, "failure": 2, "system-out": 3, "system-err": 4][
          child.name]
      else { throw Invalid(description: "a test case has no <\(child.name)>") }
      guard order >= place else { throw Invalid(description: "<\(child.name)> comes too late") }
      place = order + 1
      guard child.children.isEmpty else {
        throw Invalid(description: "<\(child.name)> has elements")
      }
      switch child.name {
      case "system-out": found.output = child.text
      case "error", "failure":
        try child.require(child.name, required: ["message", "type"], allowed: [])
        guard found.problem == nil else { throw Invalid(description: "two problems of \(name)") }
        found.problem = child.name
        found.message = child.attributes["message"] ?? ""
      default: break
      }
    }
    return found
  }
}

/// An element of a well-formed XML text without namespaces, comments and sections.
struct PlainElement {
  var name: String
  var attributes: [String: String] = [:]
  var children: [PlainElement] = []
  /// The text in it, without that of its children.
  var text = ""

  /// Refuses another name, a missing attribute and one that is not known.
  func require(_ wanted: String, required: [String], allowed: [String]) throws {
    guard name == wanted else { throw JUnitFile.Invalid(description: "<\(name)> for <\(wanted)>") }
    for key in required where attributes[key] == nil {
      throw JUnitFile.Invalid(description: "<\(name)> has no \(key)")
    }
    for key in attributes.keys where !required.contains(key) && !allowed.contains(key) {
      throw JUnitFile.Invalid(description: "<\(name)> has '\(key)'")
    }
  }

  /// Parses a text with a declaration and one element.
  init(parsing text: String) throws {
    var rest = Substring(text)
    func fail(_ why: String) -> JUnitFile.Invalid {
      JUnitFile.Invalid(description: "\(why) before '\(rest.prefix(40))'")
    }
    for scalar in text.unicodeScalars where scalar.value < 0x20 && scalar != "\n" {
      throw JUnitFile.Invalid(description: "control character \(scalar.value)")
    }
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    guard rest.hasPrefix(declaration) else { throw fail("no declaration") }
    rest = rest.dropFirst(declaration.count)
    var open: [PlainElement] = [PlainElement(name: "")]
    while let start = rest.firstIndex(of: "<") {
      open[open.count - 1].text += try PlainElement.unescaped(rest[..<start])
      guard let end = rest.firstIndex(of: ">") else { throw fail("no >") }
      let tag = rest[rest.index(after: start)..<end]
      guard !tag.contains("<") else { throw fail("a bare <") }
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard open.count > 1, let done = open.popLast(), done.name == tag.dropFirst() else {
          throw fail("</\(tag.dropFirst())> ends something else")
        }
        open[open.count - 1].children.append(done)
        continue
      }
      let isEmpty = tag.hasSuffix("/")
      let element = try PlainElement(tag: isEmpty ? tag.dropLast() : tag)
      if isEmpty { open[open.count - 1].children.append(element) } else { open.append(element) }
    }
    guard open.count == 1, open[0].children.count == 1, rest.allSatisfy(\.isWhitespace),
      open[0].text.allSatisfy(\.isWhitespace)
    else { throw fail("not one whole element") }
    self = open[0].children[0]
  }

  private init(name: String) { self.name = name }

  /// Reads `name key="value" …`.
  private init(tag: Substring) throws {
    name = String(tag.prefix { $0.isLetter || $0 == "-" })
    var rest = tag.dropFirst(name.count)
    while let first = rest.first {
      guard first == " ", let equals = rest.firstIndex(of: "=") else {
        throw JUnitFile.Invalid(description: "bad tag <\(tag)>")
      }
      let key = String(rest[rest.index(after: rest.startIndex)..<equals])
      rest = rest[rest.index(after: equals)...]
      guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\""), !key.isEmpty,
        key.allSatisfy(\.isLetter), attributes[key] == nil
      else { throw JUnitFile.Invalid(description: "bad attribute '\(key)' of <\(tag)>") }
      attributes[key] = try PlainElement.unescaped(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
    }
    guard !name.isEmpty else { throw JUnitFile.Invalid(description: "a tag without a name") }
  }

  private static func unescaped(_ text: Substring) throws -> String {
    var found = ""
    var rest = text
    while let start = rest.firstIndex(of: "&") {
      found += rest[..<start]
      let entities = ["&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": "\"", "&apos;": "'"]
      guard let entity = entities.first(where: { rest[start...].hasPrefix($0.key) }) else {
        throw JUnitFile.Invalid(description: "a bare & before '\(rest[start...].prefix(20))'")
      }
      found += entity.value
      rest = rest[start...].dropFirst(entity.key.count)
    }
    return found + rest
  }
}
