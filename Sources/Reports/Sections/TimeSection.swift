import Hardware
import Simulation

//   time      41.950 µs   50,340 cycles @ 1.2 GHz (NeuronCore clock)
//   doubt     90 %: 40.1 to 44.3 µs; widest part: order and waits, 1.12 µs

/// How long it took, and how far that may be from a device's time.
struct TimeSection: Section {
  static let name = "time"
  static let title = "Time"

  let summary: Summary
  let clock: Double
  let doubt: Doubt?

  init?(_ subject: Subject) {
    guard let timed = subject.core.timed else { return nil }
    summary = timed.summary
    clock = subject.core.run.hardware.clocks.neuroncore
    doubt = subject.core.doubt
  }

  var blocks: [Block] {
    let cycles = Figure.count(summary.neuroncoreCycles, nil, "neuroncore_cycle_count")
    var text: Phrase = "\(.time(summary.total, "total_time"))   "
    text += "\(cycles) cycles @ \("\(clock)") GHz (NeuronCore clock)"
    var facts = [Block.Fact("time", text)]
    if let doubt { facts.append(Block.Fact("doubt", Phrase(doubt.sentence))) }
    return [.facts(facts)]
  }

  var values: [String: JSON] {
    guard let doubt else { return [:] }
    var values = ["doubt": doubt.json]
    if let interval = doubt.interval {
      values["time_low_us"] = .real(interval.low)
      values["time_high_us"] = .real(interval.high)
    }
    return values
  }
}
