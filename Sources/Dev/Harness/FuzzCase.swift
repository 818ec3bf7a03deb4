import Diagnostics
import FoundationEssentials
package import Programs
package import Reports
import Storage

/// One case: its random numbers, how far its input came, and what was found.
package final class FuzzCase {
  /// Random numbers of this case alone.
  package var random: SeededGenerator
  /// Its number, from 0.
  package let number: Int
  /// A folder for files.
  package let scratch: String
  private let keep: String?
  /// What does not hold.
  private(set) var problems: [String] = []
  /// How far its inputs came, by step; steps of several inputs count each.
  private(set) var steps: [String: Int] = [:]
  /// What was fed, by name: for the folder that failures leave.
  private(set) var inputs: [(name: String, bytes: [UInt8])] = []

  /// Most problems that are told of a case.
  private static let limit = 8

  /// - Parameter keep: A folder for the inputs, which are written before anybody reads them.
  init(of target: String, seed: UInt64, number: Int, scratch: String, keep: String? = nil) {
    // FNV-1a, so that targets do not run the same numbers.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in target.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var mixed = SeededGenerator(seed: seed ^ hash)
    random = SeededGenerator(seed: mixed.next() &+ UInt64(number) &* 0x2545_f491_4f6c_dd1d)
    self.number = number
    self.scratch = scratch
    self.keep = keep
  }

  /// Says that an input came this far.
  package func reach(_ step: String) { steps[step, default: 0] += 1 }

  /// Tells a problem.
  package func fail(_ message: String) {
    if problems.count < FuzzCase.limit { problems.append(message) }
  }

  /// Tells a problem unless `condition` holds.
  package func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
  }

  /// Says what is fed next.
  package func feed(_ bytes: [UInt8], _ name: String) {
    inputs.append((name, bytes))
    if let keep { try? writeAtomically(bytes, to: "\(keep)/\(name)") }
  }

  /// A seed of its own for a generator.
  package func seed() -> UInt64 { random.next() }

  /// Requires that an error is one for users, and can be told in every way that there is.
  package func requireTold(_ error: any Error, _ step: String) {
    guard let failure = Failure(error, of: "input") else {
      return fail("\(step): an error that is no message for users: \(error)")
    }
    for diagnostic in failure.diagnostics {
      require(!diagnostic.message.isEmpty, "\(step): a diagnostic without words")
      requirePrintable(diagnostic.rendered(), "\(step): a diagnostic")
    }
    requirePrintable("\(error)", "\(step): an error")
    requireJSON(failure.json, "\(step): its failure")
    _ = failure.markdown
  }

  /// Requires that a text moves no cursor.
  package func requirePrintable(_ text: String, _ what: String) {
    for scalar in text.unicodeScalars where scalar.value < 0x20 && scalar != "\n" {
      return fail("\(what) has U+\(String(scalar.value, radix: 16)): \(text.debugDescription)")
    }
  }

  /// Requires that each line of a text is JSON.
  package func requireJSONLines(_ text: String, _ what: String) {
    for line in text.split(separator: "\n") {
      do {
        _ = try JSONDecoder().decode(ReadJSON.self, from: Data(line.utf8))
      } catch {
        return fail("\(what): is no JSON: \(line)")
      }
    }
  }

  /// Requires that a JSON value has no NaN and no infinity, and that its text is JSON.
  package func requireJSON(_ json: JSON, _ what: String) {
    if let place = json.firstWithoutNumber {
      fail("\(what): \(place.isEmpty ? "the value" : place) is no number")
    }
    let text = json.text(indented: random.once(in: 2))
    do {
      let read = try JSONDecoder().decode(ReadJSON.self, from: Data(text.utf8))
      require(read.isSame(as: json), "\(what): its JSON text means something else")
    } catch {
      fail("\(what): is no JSON: \(error)")
    }
  }
}

extension JSON {
  /// Where a number is none; `nil` if all are.
  fileprivate var firstWithoutNumber: String? {
    switch self {
    case .real(let value): return value.isFinite ? nil : ""
    case .array(let values):
      for (index, value) in values.enumerated() {
        if let place = value.firstWithoutNumber { return "\(index).\(place)" }
      }
    case .object(let values):
      for (key, value) in values.sorted(by: { $0.key < $1.key }) {
        if let place = value.firstWithoutNumber { return "\(key).\(place)" }
      }
    case .null, .bool, .integer, .string: break
    }
    return nil
  }
}

/// What a reader of others finds in a JSON text.
private indirect enum ReadJSON: Decodable {
  case null
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case string(String)
  case array([ReadJSON])
  case object([String: ReadJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let values = try? container.decode([ReadJSON].self) {
      self = .array(values)
    } else {
      self = .object(try container.decode([String: ReadJSON].self))
    }
  }

  func isSame(as json: JSON) -> Bool {
    switch (self, json) {
    case (.null, .null): true
    case (.null, .real(let value)): !value.isFinite
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.integer(let a), .real(let b)): Double(a) == b
    case (.real(let a), .real(let b)): a == b
    case (.string(let a), .string(let b)): a == b
    case (.array(let a), .array(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    case (.object(let a), .object(let b)):
      a.count == b.count
        && a.allSatisfy { key, value in b[key].map { value.isSame(as: $0) } ?? false }
    default: false
    }
  }
}
