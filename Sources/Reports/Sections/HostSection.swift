import Simulation

//   host      0.420 s: values 0.300, lowering 0.020, timing 0.100; 1.30 M device instructions/s in timing; memory 48.0 MiB

/// What the simulation itself took; alone of all it differs between two runs of one program.
struct HostSection: Section {
  static let name = "host"
  static let title = "Simulation"

  let times: HostTimes
  let instructions: Int?
  let speed: Double?
  let peakMemoryBytes: Int?

  init?(_ subject: Subject) {
    guard let report = subject.report else { return nil }
    times = report.run.host
    instructions = report.deviceInstructions
    speed = report.deviceInstructionsPerSecond
    peakMemoryBytes = report.peakMemoryBytes
  }

  private var phases: [(name: String, seconds: Double)] {
    [
      ("checking", times.checking), ("values", times.values), ("lowering", times.lowering),
      ("timing", times.timing),
    ]
  }

  private var total: Double { phases.map(\.seconds).reduce(0, +) }

  var blocks: [Block] {
    let taken = phases.filter { $0.seconds > 0 }
    guard !taken.isEmpty else { return [] }
    var text: Phrase = "\(.number(total, 3, "s", "host.wall_seconds")): "
    text += taken.map {
      "\($0.name) \(.number($0.seconds, 3, "", "host.seconds.\($0.name)"))" as Phrase
    }.joined(separator: ", ")
    if let speed {
      let million = Figure(
        "\(fixed(speed / 1e6, 2)) M", .real(speed), "host.device_instructions_per_second")
      text += "; \(million) device instructions/s in timing"
    }
    if let peakMemoryBytes {
      text += "; memory \(.bytes(peakMemoryBytes, "host.peak_memory_bytes"))"
    }
    return [.facts([Block.Fact("host", text)])]
  }

  var values: [String: JSON] {
    var host: [String: JSON] = [
      "wall_seconds": .real(total),
      "seconds": .object(
        Dictionary(uniqueKeysWithValues: phases.map { ($0.name, .real($0.seconds)) })),
    ]
    if let instructions { host["device_instructions"] = .integer(instructions) }
    if let speed { host["device_instructions_per_second"] = .real(speed) }
    if let peakMemoryBytes { host["peak_memory_bytes"] = .integer(peakMemoryBytes) }
    return ["host": .object(host)]
  }
}
