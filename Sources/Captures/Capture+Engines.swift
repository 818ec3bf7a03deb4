import Device
package import Diagnostics

extension Capture {
  /// Reads the engines' rows of a capture without DMA tables (trn1's, whose DMA stamps have no known
  /// unit).
  ///
  /// Only instructions with operands are there, and nothing waits for a DMA, so that durations and busy
  /// times can be compared, not when something began.
  ///
  /// - Throws: Diagnostics of what cannot be read or is not modelled, each at its row.
  package init(enginesOf path: String) throws(DiagnosticError) {
    let tables = try CapturedTables(instructionsOf: path)
    let origin = tables.instructions.map(\.begin).min() ?? 0
    var builder = ProgramBuilder(file: path)
    try builder.add(tables.instructions)
    var whole = builder.program
    let updated = Set(whole.updates.map(\.semaphore))
    var waits: [SemaphoreWait] = []
    for index in whole.instructions.indices {
      let kept = whole.waits(of: whole.instructions[index]).filter {
        updated.contains($0.semaphore)
      }
      whole.instructions[index].firstWait = Int32(waits.count)
      whole.instructions[index].waitCount = UInt16(kept.count)
      waits += kept
    }
    whole.waits = waits
    program = try builder.finished { (program) throws(DiagnosticError) in
      let semaphores = program.semaphores
      program = whole
      program.semaphores = semaphores
    }
    transfers = []
    name = CapturedTables.name(of: path) ?? path
    instructions = builder.rows.map {
      MeasuredInterval(begin: $0.begin - origin, end: $0.end - origin)
    }
    labels = Capture.labels(builder.rows)
    semaphoreNumbers = builder.semaphoreNumbers(of: program)
    ringBusy = []
    notes = tables.notes + builder.notes.texts
    let summary = try CaptureSummary(besideTrace: path, name: name, from: origin)
    clockChanges = []
    totalTime = summary.totalTime
  }
}
