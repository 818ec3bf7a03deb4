extension Hardware {
  /// Takes an optional group out; `source` says why this hardware lacks it.
  mutating func remove(group: String, source: String) {
    for index in Schema.entries.indices where Schema.optionalGroup[index] == group {
      sources[index] = ""
    }
    absences[group] = source
    let name = group.split(separator: ".").last.map(String.init) ?? ""
    switch group {
    case "dma.hwdge": dma.hwdge = nil
    case let path where path.hasPrefix("vector."): vector.classes[name] = nil
    case let path where path.hasPrefix("scalar."): scalar.classes[name] = nil
    case let path where path.hasPrefix("gpsimd."): gpsimd.classes[name] = nil
    default: preconditionFailure("'\(group)' is no optional group")
    }
  }
}
