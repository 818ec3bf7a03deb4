import Device
import Diagnostics
import Hardware
import Machine
import Programs
import Simulation
import Timing

// matmul  (dtype=bfloat16, k=1024, m=1024, n=1024)  on trn2, fingerprint dffd45ca1a3fc4c0
//
//   time      38.964 µs   46,756 cycles @ 1.2 GHz (NeuronCore clock)
//   doubt     90 %: 33.1 to 48.2 µs; widest part: order and waits, 4.12 µs
//   compute   55.12 of 78.64 TFLOPS   MFU 70.1 %   HFU 70.1 %   2.1 GFLOP
//   HBM       161.5 of 716.0 GB/s   MBU 22.6 %   read 4.0 MiB, written 2.0 MiB
//   DMA       24 transfers, 256.0 KiB on average; 6,144 descriptors, 1.0 KiB on average
//
//   the PE array is the bottleneck: twice as fast gives -31.7 % (what-if, timing only); Tensor is
//   busy 78 % of the time; also DMA rings -4.1 %; Tensor waited 15 % for queue qSyncDynamicHW
//   (dma_copy lhs_tile.0 at matmul.swift:197)
//
//   engine        busy µs   share   instructions   largest wait
//   Tensor         30.369    78 %            256   dma 5.871 µs (15 %)
//   Vector          5.533    14 %              8   semaphore 29.736 µs (76 %)
//   …
//   if only … limited    µs   of simulated
//   Tensor              27.790    71 %  █████████████████████████████░░░░░░░░░░░
//   dependency chain    17.596    45 %  ██████████████████░░░░░░░░░░░░░░░░░░░░░░
//   …
//   Tensor waited 5.955 µs (15 %): dma 5.871, dispatch 0.083
//        5.871 µs   15 %       ×2  qSyncDynamicHW: dma_copy lhs_tile.0 at matmul.swift:197
//
//   memory    SBUF 34.0 KiB of 207.7 KiB (16 %), PSUM 8.0 KiB of 16.0 KiB (50 %) per partition …
//   check     out: largest difference 0.001230, allowed 0.015625 (2^-6 of the largest): passed
//   host      0.420 s: values 0.300, lowering 0.020, timing 0.100; 1.3 M device instructions/s …

extension Report {
  /// Columns that a text report needs at most.
  static let width = 96

  /// One screen for a person; of several cores their table, and the screen of the one that completed last.
  ///
  /// - Parameter color: Whether to use ANSI escape sequences.
  public func text(color: Bool = false) -> String {
    let ink = Ink(isOn: color)
    let lines =
      coresTable(ink) + slowest.lines(ink, path) + checks(ink) + notes() + host()
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: - Foot

  /// The words of a line that say whose it is; empty where there is one.
  private func owner(rank: Int) -> String { hasSeveralCores ? "rank \(rank) " : "" }

  private func checks(_ ink: Ink) -> [String] {
    run.checks.map { check in
      let verdict = check.passed ? ink.good("passed") : ink.bad("FAILED")
      let line =
        "  check     \(owner(rank: check.rank))\(printable(check.output)): "
        + (check.relativeError.map { "error \(significant($0 * 100)) % of the norm, " }
          ?? "")
        + "largest difference \(short(check.maxAbsDifference)), allowed \(short(check.tolerance))"
      return "\(line) (\(check.rule)): ".clipped(Report.width) + verdict
    } + run.remarks.map { "            \(printable($0))" }
  }

  /// What the run let pass.
  private func notes() -> [String] {
    var notes: [String] = []
    for (rank, regions) in run.unwritten.enumerated() {
      notes += regions.map { (hasSeveralCores ? "rank \(rank): " : "") + $0.sentence }
    }
    for (core, place) in zip(run.cores, run.layout.places) {
      notes += core.undefinedReads.map { trap in
        (hasSeveralCores ? "\(place.description): " : "")
          + "\(trap.message)\(trap.location.map { " at \($0)" } ?? ""): NaN was used"
      }
    }
    for case (let rank, let race?) in run.races.enumerated() {
      notes.append("rank \(rank): \(race.message): the cores take turns")
    }
    return notes.flatMap { wrapped("note      \(printable($0))", hanging: 10) }
  }

  private func host() -> [String] {
    let times = run.host
    let phases = [
      ("checking", times.checking), ("values", times.values), ("lowering", times.lowering),
      ("timing", times.timing),
    ].filter { $0.1 > 0 }
    guard !phases.isEmpty else { return [] }
    var line =
      "host      \(fixed(times.total, 3)) s: "
      + phases.map { "\($0.0) \(fixed($0.1, 3))" }.joined(separator: ", ")
    if let speed = deviceInstructionsPerSecond {
      line += "; \(fixed(speed / 1e6, 2)) M device instructions/s in timing"
    }
    if let peakMemoryBytes { line += "; memory \(bytes(peakMemoryBytes))" }
    return wrapped(line, hanging: 10)
  }
}

extension CoreReport {
  /// The screen of one core, without what belongs to all.
  func lines(_ ink: Ink, _ path: CriticalPath?) -> [String] {
    var lines = header(ink)
    guard let timed else { return lines + ["", "  values only: nothing was timed"] }
    lines += [""] + overview(timed.summary, doubt)
    lines.append("")
    lines += wrapped(printable(timed.bottleneck.sentence)).map { ink.strong($0) }
    lines += [""] + engineTable(timed, ink)
    lines += [""] + boundTable(timed, ink)
    lines += waitTable(timed, ink)
    if let path { lines += path.text(ink) }
    return lines + [""] + memory(timed.summary)
  }

  // MARK: - Head

  private func header(_ ink: Ink) -> [String] {
    var title = run.program.name
    let spills = Summary.Spills.keys
    let parameters = run.program.metadata.filter {
      ![spills.saved, spills.reloaded, CoreRun.orderKey].contains($0.key)
    }
    if !parameters.isEmpty {
      let parameters = parameters.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value)" }
      title += "  (\(parameters.joined(separator: ", ")))"
    }
    let lines = wrapped(
      "\(printable(title))  on \(run.hardware.name), fingerprint \(fingerprint)",
      indent: "")
    return lines.map { ink.strong($0) } + run.hardware.changes.map { "  with \($0)" }
  }

  private func overview(_ summary: Summary, _ doubt: Doubt?) -> [String] {
    let hardware = run.hardware
    let cycles = grouped(summary.neuroncoreCycles)
    var lines = [
      "  time      \(microseconds(summary.total)) µs   \(cycles) cycles @ "
        + "\(hardware.clocks.neuroncore) GHz (NeuronCore clock)"
    ]
    if let doubt { lines += wrapped("doubt     \(doubt.sentence)", hanging: 10) }
    if summary.hardwareFLOPs > 0 {
      var line =
        "  compute   \(fixed(summary.achievedTFLOPS, 2)) of \(fixed(hardware.peakTFLOPS, 2)) TFLOPS"
        + "   MFU \(fixed(summary.mfu * 100, 1)) %   HFU \(fixed(summary.hfu * 100, 1)) %"
        + "   \(scaled(Double(summary.hardwareFLOPs)))FLOP"
      if summary.transposeFLOPs > 0 {
        let share = Double(summary.transposeFLOPs) / Double(summary.hardwareFLOPs)
        line += ", \(percent(share)) of it transposes"
      }
      lines.append(line)
    }
    if summary.hbmBytes > 0 {
      lines.append(
        "  HBM       \(fixed(summary.achievedHBMBandwidth, 1)) of "
          + "\(fixed(hardware.hbm.bandwidthPerStack, 1)) GB/s   "
          + "MBU \(fixed(summary.mbu * 100, 1)) %   "
          + "read \(bytes(summary.hbmReadBytes)), written \(bytes(summary.hbmWriteBytes))")
    }
    if let spills = summary.spills {
      lines.append(
        "  spills    \(bytes(spills.savedBytes)) that had no room in SBUF saved, "
          + "\(bytes(spills.reloadedBytes)) loaded again")
    }
    let transfers = summary.transfers
    if transfers.count > 0 {
      lines.append(
        "  DMA       \(counted(transfers.count, "transfer")), "
          + "\(bytes(transfers.bytes / transfers.count)) on average; "
          + "\(counted(transfers.packets, "descriptor")), "
          + "\(bytes(transfers.bytes / max(1, transfers.packets))) on average")
    }
    return lines
  }

  private func memory(_ summary: Summary) -> [String] {
    func use(_ name: String, _ peak: Int, _ room: Int) -> String {
      let share = room > 0 ? Double(peak) / Double(room) : 0
      return "\(name) \(bytes(peak)) of \(bytes(room)) (\(percent(share)))"
    }
    let sbuf = use("SBUF", summary.sbufPeakBytes, run.hardware.sbuf.usableBytesPerPartition)
    let psum = use("PSUM", summary.psumPeakBytes, run.hardware.psum.bytesPerPartition)
    return ["  memory    \(sbuf), \(psum) per partition at most"]
  }
}

/// A sentence in lines of the report's width.
///
/// - Parameter hanging: Columns by which the second line and later ones are indented further.
func wrapped(
  _ text: String, indent first: String = "  ", hanging: Int = 0
) -> [String] {
  var indent = first
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ", omittingEmptySubsequences: false) {
    if line.isEmpty {
      line = String(word)
    } else if indent.count + line.count + 1 + word.count > Report.width {
      lines.append(indent + line)
      indent = first + String(repeating: " ", count: hanging)
      line = String(word)
    } else {
      line += " \(word)"
    }
  }
  return lines + [indent + line]
}

extension HostTimes {
  /// Seconds of all phases.
  var total: Double { checking + values + lowering + timing }
}

extension StallReason {
  /// What texts call it.
  var displayName: String {
    switch self {
    case .engineBusy: "engine busy"
    case .weightLoad: "weight load"
    case .semaphore: "semaphore"
    case .dma: "dma"
    case .dispatch: "dispatch"
    }
  }
}

/// A number with about four significant digits, as in `0.001234` or `1.2e-09`.
private func short(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  if value == 0 { return "0" }
  let magnitude = abs(value)
  if magnitude < 1e-4 || magnitude >= 1e6 { return scientific(value) }
  return fixed(value, magnitude >= 1 ? 3 : 6)
}

func counted(_ count: Int, _ noun: String) -> String {
  "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
}

/// ANSI colours, or none.
struct Ink {
  var isOn: Bool

  private func painted(_ text: String, _ code: String) -> String {
    isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  func strong(_ text: String) -> String { painted(text, "1") }
  func faint(_ text: String) -> String { painted(text, "2") }
  func good(_ text: String) -> String { painted(text, "32") }
  func bad(_ text: String) -> String { painted(text, "31;1") }
}
