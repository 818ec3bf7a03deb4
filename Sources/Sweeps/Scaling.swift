import Device
package import Diagnostics
package import Hardware
import Reports

/// A part of the machine that can be thought faster or slower as a whole.
///
/// Rates (clocks, bandwidths) are multiplied by the factor, times in nanoseconds divided by it. What is
/// configured in cycles follows its clock.
package enum MachinePart: String, CaseIterable, Hashable, Sendable {
  case tensor
  case vector
  case scalar
  case gpsimd
  case dmaBandwidth = "dma.bandwidth"
  case dmaStarts = "dma.starts"
  case dmaLatency = "dma.latency"
  case hbmBandwidth = "hbm.bandwidth"
  case synchronisation

  /// What texts call it.
  package var displayName: String {
    switch self {
    case .tensor: "PE array"
    case .vector: "VectorE"
    case .scalar: "ScalarE"
    case .gpsimd: "GpSimdE"
    case .dmaBandwidth: "DMA rings"
    case .dmaStarts: "starting DMAs"
    case .dmaLatency: "DMA latency"
    case .hbmBandwidth: "HBM bandwidth"
    case .synchronisation: "semaphores and dispatch"
    }
  }

  /// The part as a subject with its verb.
  var subject: String {
    switch self {
    case .tensor: "the PE array is"
    case .dmaBandwidth: "the DMA rings are"
    case .dmaStarts: "starting DMAs is"
    case .synchronisation: "semaphores and dispatch are"
    default: "\(displayName) is"
    }
  }

  /// What it consists of.
  package var meaning: String {
    switch self {
    case .tensor: "its clock and its fixed latencies"
    case .vector, .scalar, .gpsimd: "its clock, issue overheads and latencies"
    case .dmaBandwidth: "the rings' clock, and so their bytes and descriptors per second"
    case .dmaStarts:
      "the instructions that start DMAs, and how soon descriptors of the next can be made"
    case .dmaLatency: "from the start of a DMA to its descriptors, and its acknowledgement"
    case .hbmBandwidth: "the stack's bandwidth and the core's share of it"
    case .synchronisation: "semaphore updates, waits and instruction dispatch"
    }
  }

  /// What it limits where it is the bottleneck.
  fileprivate var limit: PartGains.Limit {
    switch self {
    case .tensor: .engine(.tensor)
    case .vector: .engine(.vector)
    case .scalar: .engine(.scalar)
    case .gpsimd: .engine(.gpsimd)
    case .dmaBandwidth: .rings
    case .dmaStarts: .starts
    case .dmaLatency, .synchronisation: .latency
    case .hbmBandwidth: .hbm
    }
  }

  /// Whether a value of the DMA's configuration is what an engine, or GpSimd's software, takes for each DMA.
  private static func isStart(_ path: String) -> Bool {
    guard path.hasPrefix("dma.") else { return false }
    return ["trigger", "interval", "register_"].contains { path.contains($0) }
      && !path.hasSuffix("register_to_start")
  }

  /// Whether the value at a path is one of its rates (true) or times (false); `nil` if it is neither.
  func isRate(_ path: String, unit: String) -> Bool? {
    switch self {
    case .tensor, .vector, .scalar, .gpsimd:
      guard unit == "GHz" || unit == "ns" || unit == "ns/element" else { return nil }
      if unit == "GHz" { return path == "clocks.\(rawValue)" ? true : nil }
      // Scattered writes to SBUF go with the engine that makes most of them.
      if self == .vector && path.hasPrefix("access.") { return false }
      return path.hasPrefix("\(rawValue).") ? false : nil
    case .dmaBandwidth:
      if path == "clocks.dma" { return true }
      return path.hasPrefix("dma.") && unit == "ns/element" ? false : nil
    case .dmaStarts: return unit == "ns" && Self.isStart(path) ? false : nil
    case .dmaLatency:
      return path.hasPrefix("dma.") && unit == "ns" && !Self.isStart(path) ? false : nil
    case .hbmBandwidth: return path.hasPrefix("hbm.") && unit == "GB/s" ? true : nil
    case .synchronisation:
      let isPart = path.hasPrefix("semaphores.") || path.hasPrefix("sequencer.")
      return isPart && unit == "ns" ? false : nil
    }
  }
}

/// What is made faster or slower: a part of the machine, or one value of its configuration.
package enum ScaledTarget: Hashable, Sendable {
  case part(MachinePart)
  /// The way between HBM and the chip as a whole: rings, their latency, HBM.
  case memory
  case value(String)

  /// Reads the name of a part or the path of a number.
  package init(_ name: String, on hardware: Hardware) throws(DiagnosticError) {
    if let part = MachinePart(rawValue: name) {
      self = .part(part)
    } else if name == "memory" {
      self = .memory
    } else if hardware.value(of: name).flatMap(Double.init) != nil {
      self = .value(name)
    } else {
      throw DiagnosticError(
        "'\(name)' is no part of the machine and no number of its configuration",
        remedy: remedyForUnknown(name, known: MachinePart.allCases.map(\.rawValue))
          + "; 'trnsim hardware show' lists the numbers")
    }
  }

  /// Reads by how much.
  package static func factor(_ text: String, of name: String) throws(DiagnosticError) -> Double {
    guard let factor = Double(text), (1e-3...1e3).contains(factor) else {
      throw DiagnosticError(
        "'\(text)' is no factor of '\(name)'", remedy: "write a number from 0.001 to 1000")
    }
    return factor
  }

  /// What texts call it.
  package var displayName: String {
    switch self {
    case .part(let part): part.displayName
    case .memory: "DMA and HBM together"
    case .value(let path): path
    }
  }

  /// The key in files.
  package var key: String {
    switch self {
    case .part(let part): part.rawValue
    case .memory: "memory"
    case .value(let path): path
    }
  }

  /// What it consists of; empty for a single value.
  var parts: [MachinePart] {
    switch self {
    case .part(let part): [part]
    case .memory: [.dmaBandwidth, .dmaStarts, .dmaLatency, .hbmBandwidth]
    case .value: []
    }
  }

  /// The change of a run's time by a factor, with what sentences call the target.
  func gain(_ change: Double) -> PartGains.Gain {
    PartGains.Gain(
      key: key, name: displayName,
      subject: parts.count == 1 ? parts[0].subject : "\(displayName) are",
      limit: parts.count == 1 ? parts[0].limit : .memory, change: change)
  }

  /// The values that belong to parts, in the order of configurations, and whether each is a rate of them.
  private static let valuesOfParts: [(path: String, isRate: [MachinePart: Bool])] =
    Hardware.units.compactMap { path, unit in
      var isRate: [MachinePart: Bool] = [:]
      for part in MachinePart.allCases { isRate[part] = part.isRate(path, unit: unit) }
      return isRate.isEmpty ? nil : (path, isRate)
    }

  /// The values that a factor changes: it multiplies rates and divides the others.
  private var values: [(path: String, isRate: Bool)] {
    if case .value(let path) = self { return [(path, true)] }
    let parts = parts
    return ScaledTarget.valuesOfParts.compactMap { path, isRate in
      parts.lazy.compactMap { isRate[$0] }.first.map { (path, $0) }
    }
  }

  /// The overrides that make it `factor` times as fast; of a single value: `factor` times as large.
  package func overrides(_ factor: Double, on hardware: Hardware) -> [Setting] {
    values.compactMap { path, isRate in
      guard let number = hardware.value(of: path).flatMap(Double.init) else { return nil }
      let scaled = isRate ? number * factor : number / factor
      guard scaled != number else { return nil }
      // Whole numbers stay whole: there is no half a ring.
      let isWhole = !hardware.isFractional(path)
      return Setting(path, isWhole ? "\(Int(scaled.rounded()))" : "\(scaled)")
    }
  }
}
