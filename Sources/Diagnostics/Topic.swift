/// What a message is about: a section of docs/errors.md, which the message names and `trnsim explain` prints.
public enum Topic: String, CaseIterable, Sendable {
  // Faults of the simulated machine.
  case outOfBounds = "out-of-bounds"
  case uninitializedRead = "uninitialized-read"
  case race
  case deadlock
  case undefinedResult = "undefined-result"
  case invalidValue = "invalid-value"
  case mismatchedExchange = "mismatched-exchange"
  // What a program or kernel asks for.
  case noRoom = "no-room"
  case operands
  case program
  case script
  case unsupported
  case parameters
  case inputs
  // What else is given.
  case hardware
  case suites
  case sweeps
  case captures
  case traces
  case files
  case command
  // What the host has.
  case hostMemory = "host-memory"
  case installation

  /// What messages of a room are about that say nothing else; `nil` for what is no room.
  ///
  /// - Parameter fileID: `Room/File.swift`.
  package init?(fileID: String) {
    switch fileID.prefix(while: { $0 != "/" }) {
    case "Programs", "Compiler": self = .program
    case "Machine", "Simulation": self = .inputs
    case "Workloads": self = .script
    case "Kernels", "Models": self = .parameters
    case "Hardware": self = .hardware
    case "Baselines": self = .suites
    case "Sweeps": self = .sweeps
    case "Captures", "Accuracy": self = .captures
    case "Reports": self = .traces
    case "Storage": self = .files
    case "CInterface", "Dev", "trnsim": self = .command
    case "Host": self = .hostMemory
    default: return nil
    }
  }
}

/// The line of a message that says where more is written.
///
/// - Returns: `nil` where no topic is known.
package func pointer(to topics: [Topic]) -> String? {
  var names: [String] = []
  for topic in topics where !names.contains(topic.rawValue) { names.append(topic.rawValue) }
  return names.isEmpty ? nil : "trnsim explain \(names.joined(separator: " "))"
}
