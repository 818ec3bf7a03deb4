import Compiler
public import Diagnostics

extension Simulation.Options {
  /// What `set` knows: the settings of the C interface, and of what a script's launch asks for.
  public static let settingNames = [
    "mode", "stochastic_rounding", "core_races", "unwritten_outputs", "undefined_reads",
    "undefined", "precision", "schedule", "descriptors", "allocation", "middle_end", "spills",
  ]

  /// Sets an option by name; `false` if there is none of that name.
  ///
  /// - Throws: `DiagnosticError` for a value that it cannot have.
  public mutating func set(_ key: String, to value: String) throws(DiagnosticError) -> Bool {
    switch key {
    case "mode":
      let modes: [String: Simulation.Mode] = [
        "both": .valuesAndTiming, "values": .valuesOnly, "timing": .timingOnly,
      ]
      mode = try choice(value, modes)
    case "stochastic_rounding":
      guard let seed = UInt64(value) else {
        throw DiagnosticError("stochastic_rounding is '\(value)', must be a seed: an integer")
      }
      stochasticRoundingSeed = seed
    case "core_races": coreRaces = try choice(value)
    case "unwritten_outputs": unwrittenOutputs = try choice(value)
    case "undefined_reads": undefinedReads = try choice(value)
    case "undefined": undefinedResults = try choice(value)
    case "precision": precision = try choice(value)
    case "schedule": compiler.schedule = try choice(value) as Schedule
    case "descriptors": compiler.descriptors = try choice(value)
    case "allocation": compiler.allocation = try choice(value)
    case "middle_end": compiler.transformsLoops = try choice(value, ["off": false, "on": true])
    case "spills": compiler.allowsSpills = try choice(value, ["off": false, "on": true])
    default: return false
    }
    return true
  }

  private func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ given: String
  ) throws(DiagnosticError) -> Value {
    try choice(
      given,
      Dictionary(uniqueKeysWithValues: Value.allCases.map { ($0.rawValue, $0) }))
  }

  private func choice<Value>(
    _ given: String, _ known: [String: Value]
  ) throws(DiagnosticError) -> Value {
    guard let found = known[given] else {
      throw DiagnosticError(
        "there is no '\(given)'", remedy: remedyForUnknown(given, known: known.keys.sorted()))
    }
    return found
  }
}
