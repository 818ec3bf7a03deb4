import Device
import Hardware
import Programs
import Simulation

// matmul on trn2: 41.950 µs

/// What ran, and how long it took.
struct TitleSection: Section {
  static let name = "title"
  static let title = "Run"

  let core: CoreReport
  /// Where several cores are shown: which this is.
  let place: String?

  init(_ subject: Subject) {
    core = subject.core
    place = subject.report.flatMap { report in
      report.hasSeveralCores
        ? report.run.layout.places[report.run.slowest].description : nil
    }
  }

  var blocks: [Block] {
    let hardware = core.run.hardware
    let isChanged = !hardware.changes.isEmpty
    var title: Phrase = "\(place.map { "\($0), which completed last," } ?? core.run.program.name)"
    title += " on \(hardware.name)\(isChanged ? ", changed" : ""): "
    if let summary = core.timed?.summary {
      title += Phrase(.time(summary.total, "total_time"))
    } else {
      title += "values only, nothing was timed"
    }
    return [.heading(title)]
  }
}
