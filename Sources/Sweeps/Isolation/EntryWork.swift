/// What is done with entries, here or in a worker, which knows it by its name.
package struct EntryWork<Result: Packable & Sendable>: Sendable {
  /// Its name.
  package let name: String
  /// Does it.
  package let body: @Sendable (Variant, Evaluator) -> Result
  /// What to say of an entry whose process ended, of how it did.
  package let died: @Sendable (String) -> Result

  package init(
    _ name: String, died: @escaping @Sendable (String) -> Result,
    _ body: @escaping @Sendable (Variant, Evaluator) -> Result
  ) {
    self.name = name
    self.died = died
    self.body = body
  }
}

extension EntryWork<VariantOutcome> {
  /// An entry's numbers without its waits: what stores keep.
  package static let outcome = EntryWork("outcome", died: { .died($0) }) { variant, evaluator in
    var outcome = evaluator.evaluate(variant)
    if case .measured(var measurement) = outcome {
      measurement.waits = []
      outcome = .measured(measurement)
    }
    return outcome
  }
}

/// What a worker is told first.
struct WorkerSetup: Packable {
  /// The `EntryWork`.
  var work: String
  /// Number of threads.
  var width: Int
  /// The suite or spec from whose folder on variants name files.
  var file: String
  /// Python is started for the first script among these.
  var opened: [Variant]

  init(work: String, width: Int, file: String, opened: [Variant]) {
    self.work = work
    self.width = width
    self.file = file
    self.opened = opened
  }

  func pack(into packer: inout Packer) {
    packer.put(work)
    packer.put(width)
    packer.put(file)
    packer.put(opened) { $0.put($1) }
  }

  init(from unpacker: inout Unpacker) throws(UnpackingError) {
    work = try unpacker.text()
    width = try unpacker.number()
    file = try unpacker.text()
    opened = try unpacker.list { unpacker throws(UnpackingError) in try Variant(from: &unpacker) }
  }
}
