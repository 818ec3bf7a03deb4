import Hardware
import Synchronization

/// The values of machines as baselines keep them, each made once.
final class MachineTable: Sendable {
  private let known = Mutex<[String: Baseline.Machine]>([:])

  func machine(_ key: String, _ hardware: Hardware) -> Baseline.Machine {
    if let found = known.withLock({ $0[key] }) { return found }
    var values: [String: String] = [:]
    for path in hardware.paths { values[path] = hardware.value(of: path) }
    let machine = Baseline.Machine(fingerprint: hardware.fingerprint, values: values)
    known.withLock { $0[key] = machine }
    return machine
  }
}
