package import Sweeps

extension EntryWork<EntryRun> {
  /// An entry's numbers with what a baseline keeps of it.
  package static let entry = EntryWork(
    "entry", died: { EntryRun(failure: "died: \($0)") }, { EntryRun($0, $1) })
}

/// The machine, which is many values, is left out: `onMachine` adds it.
extension EntryRun: Packable {
  package func pack(into packer: inout Packer) {
    packer.put(entry.subject)
    packer.put(entry.parameters)
    packer.put(entry.schedule) { $0.put($1) }
    packer.put(entry.hardware)
    packer.put(entry.program)
    packer.put(entry.cores) { $0.put($1) }
    packer.put(entry.settings) { $0.put($1) }
    packer.put(entry.measurement)
    packer.put(failure) { $0.put($1) }
    packer.put(notes)
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    entry = Baseline.Entry()
    entry.subject = try unpacker.text()
    entry.parameters = try unpacker.dictionary()
    entry.schedule = try unpacker.optional { unpacker throws(UnpackingError) in
      try unpacker.text()
    }
    entry.hardware = try unpacker.text()
    entry.program = try unpacker.text()
    entry.cores = try unpacker.optional { unpacker throws(UnpackingError) in
      try unpacker.texts()
    }
    entry.settings = try unpacker.optional { unpacker throws(UnpackingError) in
      try unpacker.texts()
    }
    entry.measurement = try Measurement(from: &unpacker)
    failure = try unpacker.optional { unpacker throws(UnpackingError) in try unpacker.text() }
    notes = try unpacker.texts()
  }
}
